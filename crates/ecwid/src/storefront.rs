//! [`Ecwid`]: one shop, as the rest of Crossdock sees it.

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{OrderId, ShopOrder};
use crossdock_settings::{EcwidConnection, TrackingSettings};
use crossdock_storefront::{
    Budget, CataloguePage, Dispatch, Dispatched, Page, Place, Priority, ProductListings, Quantity,
    Storefront, StorefrontError, TakeBack, Taken, TakenBack, Window,
};
use jiff::Timestamp;

use crate::batch::BatchPace;
use crate::client::{Client, InvalidAccessToken};
use crate::components::Components;
use crate::profile::Currency;
use crate::stock::NextBatch;

/// Most calls under way for one shop at once. Ecwid allows 600 a minute and token, and says so only by a 429.
pub(crate) const CALLS_AT_ONCE_MAX: usize = 4;

/// An Ecwid shop.
#[derive(Debug)]
pub struct Ecwid {
    pub(crate) client: Client,
    pub(crate) currency: Currency,
    pub(crate) components: Components,
    pub(crate) tracking: TrackingSettings,
    pub(crate) next_batch: NextBatch,
    pub(crate) batch_pace: BatchPace,
}

impl Ecwid {
    /// A shop, called through `http` (from [`crate::http_client`]) within `budget`, which all that call this shop share.
    ///
    /// # Errors
    /// [`InvalidAccessToken`]: put the token into the settings as Ecwid showed it.
    pub fn new(
        http: reqwest::Client,
        connection: &EcwidConnection,
        tracking: &TrackingSettings,
        budget: Arc<Budget>,
    ) -> Result<Self, InvalidAccessToken> {
        let client = Client::new(http, connection, budget)?;
        Ok(Self {
            client,
            currency: Currency::default(),
            components: Components::default(),
            tracking: tracking.clone(),
            next_batch: NextBatch::default(),
            batch_pace: BatchPace::default(),
        })
    }
}

#[async_trait]
impl Storefront for Ecwid {
    async fn orders(&self, ids: &[OrderId], priority: Priority) -> Vec<Result<ShopOrder, StorefrontError>> {
        self.orders_of(ids, priority).await
    }

    async fn list(&self, window: &Window, from: Option<&Place>) -> Result<Page, StorefrontError> {
        self.listed_orders(window, from).await
    }

    async fn deleted(&self, since: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        self.deleted_orders(since).await
    }

    async fn dispatch(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        self.write_tracking(dispatch).await
    }

    async fn take_back(&self, taken: &TakeBack) -> Result<TakenBack, StorefrontError> {
        self.take_tracking_back(taken).await
    }

    async fn catalogue(&self, from: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
        self.catalogue_page(from).await
    }

    async fn listings_of_products(&self, product_ids: &[String]) -> Result<ProductListings, StorefrontError> {
        self.listings_by_product(product_ids).await
    }

    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<Taken, StorefrontError>> {
        self.set_quantities(quantities).await
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        self.check_scopes().await
    }

    async fn remarks(&self) -> Result<Vec<String>, StorefrontError> {
        let statuses = self.custom_statuses().await?;
        Ok(statuses.into_iter().map(|(id, name)| format!("'{name}' is the status {id}")).collect())
    }
}
