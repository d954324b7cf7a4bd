//! A BigCommerce shop as a storefront.

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{OrderId, ShopOrder};
use crossdock_settings::{BigcommerceConnection, BigcommerceLegacy, TrackingSettings};
use crossdock_storefront::{
    Budget, CataloguePage, Dispatch, Dispatched, Page, Place, Priority, ProductListings, Quantity,
    Storefront, StorefrontError, TakeBack, Taken, TakenBack, Webhooks, Window,
};
use jiff::Timestamp;

use crate::account::Account;
use crate::call_size::CallSize;
use crate::client::{Client, InvalidAccessToken};
use crate::hooks::Hooks;
use crate::pages::PAGE_ROWS;
use crate::{catalogue, check, dispatch, legacy, list_orders, listings, read_orders, stock, take_back};

/// A BigCommerce shop.
#[derive(Debug, Clone)]
pub struct Bigcommerce {
    client: Client,
    list_size: Arc<CallSize>,
    catalogue_size: Arc<CallSize>,
    adjustment_size: Arc<CallSize>,
    /// None with a legacy account, which has neither webhooks nor V3.
    hooks: Option<Hooks>,
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
        let client = Client::new(http, Account::of_token(connection)?, budget);
        let hooks = Some(Hooks::new(client.clone(), connection));
        Ok(Self::of(client, hooks, tracking))
    }

    /// A shop behind a legacy account: orders, shipments and stock go by V2, and there are no webhooks.
    pub fn legacy(
        http: reqwest::Client,
        account: &BigcommerceLegacy,
        tracking: &TrackingSettings,
        budget: Arc<Budget>,
    ) -> Self {
        Self::of(Client::new(http, Account::legacy(account), budget), None, tracking)
    }

    fn of(client: Client, hooks: Option<Hooks>, tracking: &TrackingSettings) -> Self {
        let [list_size, catalogue_size, adjustment_size] =
            [PAGE_ROWS, PAGE_ROWS, stock::ITEMS_MAX].map(|most| Arc::new(CallSize::up_to(most)));
        let tracking = tracking.clone();
        Self { client, list_size, catalogue_size, adjustment_size, hooks, tracking }
    }

    fn is_legacy(&self) -> bool {
        self.hooks.is_none()
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

    async fn take_back(&self, taken: &TakeBack) -> Result<TakenBack, StorefrontError> {
        take_back::take_back(&self.client, &self.tracking, taken).await
    }

    async fn catalogue(&self, from: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
        if self.is_legacy() {
            return legacy::page(&self.client, from).await;
        }
        catalogue::page(&self.client, &self.catalogue_size, from).await
    }

    async fn listings_of_products(&self, product_ids: &[String]) -> Result<ProductListings, StorefrontError> {
        if self.is_legacy() {
            let listings = legacy::of_products(&self.client, product_ids).await?;
            return Ok(ProductListings { listings, unread: Vec::new() });
        }
        listings::of_products(&self.client, product_ids).await
    }

    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<Taken, StorefrontError>> {
        if self.is_legacy() {
            return legacy::set_stock(&self.client, quantities).await;
        }
        stock::set_stock(&self.client, &self.adjustment_size, quantities).await
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        check::check(&self.client, self.is_legacy()).await
    }

    async fn remarks(&self) -> Result<Vec<String>, StorefrontError> {
        Ok(self.is_legacy().then(|| check::OF_LEGACY.to_owned()).into_iter().collect())
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        self.hooks.as_ref().map(|hooks| hooks as &dyn Webhooks)
    }
}
