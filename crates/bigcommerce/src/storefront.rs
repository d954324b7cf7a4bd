//! A BigCommerce shop as a storefront.

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, ShopOrder, Sku};
use crossdock_settings::{BigcommerceConnection, TrackingSettings};
use crossdock_storefront::{
    Budget, Dispatch, Dispatched, Page, Place, Priority, Quantity, Storefront, StorefrontError, Webhooks,
    Window,
};
use jiff::Timestamp;

use crate::client::{Client, InvalidAccessToken};
use crate::hooks::Hooks;
use crate::list_size::ListSize;
use crate::{check, dispatch, list_orders, listings, read_orders, stock};

/// A BigCommerce shop.
#[derive(Debug, Clone)]
pub struct Bigcommerce {
    client: Client,
    list_size: Arc<ListSize>,
    hooks: Hooks,
    tracking: TrackingSettings,
}

impl Bigcommerce {
    /// A shop, called through `http` (from [`crate::http_client`]) within `budget`, which all that call this shop share.
    ///
    /// # Errors
    /// [`InvalidAccessToken`]: put the token into the settings as BigCommerce showed it.
    pub fn new(
        http: reqwest::Client,
        connection: &BigcommerceConnection,
        tracking: &TrackingSettings,
        budget: Arc<Budget>,
    ) -> Result<Self, InvalidAccessToken> {
        let client = Client::new(http, connection, budget)?;
        let hooks = Hooks::new(client.clone(), connection);
        Ok(Self { client, list_size: Arc::default(), hooks, tracking: tracking.clone() })
    }
}

#[async_trait]
impl Storefront for Bigcommerce {
    async fn orders(&self, ids: &[OrderId], priority: Priority) -> Vec<Result<ShopOrder, StorefrontError>> {
        read_orders::shop_orders(&self.client, &self.list_size, ids, priority).await
    }

    async fn list(&self, window: &Window, from: Option<&Place>) -> Result<Page, StorefrontError> {
        list_orders::list(&self.client, window, from).await
    }

    /// Nothing: the API has no list of archived orders (OpenAPI file of Orders V2). A webhook tells of them (`store/order/archived`),
    /// and a read, by `is_deleted`.
    async fn deleted(&self, _since: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        Ok(Vec::new())
    }

    async fn dispatch(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        dispatch::dispatch(&self.client, &self.tracking, dispatch).await
    }

    async fn listings(&self, skus: &[Sku]) -> Result<Vec<Listing>, StorefrontError> {
        listings::listings(&self.client, skus).await
    }

    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<(), StorefrontError>> {
        stock::set_stock(&self.client, quantities).await
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        check::check(&self.client).await
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(&self.hooks)
    }
}
