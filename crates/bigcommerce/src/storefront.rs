//! A BigCommerce shop as a storefront.

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, ShopOrder, Sku};
use crossdock_settings::{BigcommerceConnection, TrackingSettings};
use crossdock_storefront::{Budget, Dispatch, Dispatched, Quantity, Storefront, StorefrontError};
use futures_util::StreamExt as _;
use futures_util::stream;

use crate::client::{Client, InvalidAccessToken};
use crate::{check, dispatch, listings, stock};

/// Most orders read at once: "Some resources limit concurrent requests too" (page on rate limits).
const ORDERS_AT_ONCE: usize = 4;

/// A BigCommerce shop.
#[derive(Debug, Clone)]
pub struct Bigcommerce {
    client: Client,
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
        Ok(Self { client: Client::new(http, connection, budget)?, tracking: tracking.clone() })
    }
}

#[async_trait]
impl Storefront for Bigcommerce {
    async fn orders(&self, ids: &[OrderId]) -> Vec<Result<ShopOrder, StorefrontError>> {
        let reads: Vec<_> = ids.iter().map(|id| self.client.shop_order(id)).collect();
        stream::iter(reads).buffered(ORDERS_AT_ONCE).collect().await
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
}
