//! A shop that a test looks into, and tells what to answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_domain::{
    ImportRules, Kits, Listing, ListingStock, OrderId, Platform, ShopOrder, Sku, StockPush, StoreId,
};
use crossdock_settings::{Connection, EcwidConnection, StockSettings, StoreSettings, TrackingSettings};
use crossdock_storefront::{
    CataloguePage, Dispatch, Dispatched, Page, Place, Priority, ProductListings, Quantity, Shop, Storefront,
    StorefrontError, TakeBack, Taken, TakenBack, Window,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What becomes of a quantity on its way.
pub(crate) type Answer = fn(&Quantity) -> Result<Taken, StorefrontError>;

/// What is in the shop.
#[derive(Default)]
pub(crate) struct Inside {
    /// What it lists, in a page each.
    pub(crate) pages: Vec<Vec<Listing>>,
    /// The units that have reached it, by product; also those whose answer got lost.
    pub(crate) units: BTreeMap<String, i64>,
    /// Calls that set quantities.
    pub(crate) writes: usize,
    /// Calls that read products.
    pub(crate) reads: usize,
    /// Products that cannot be read.
    pub(crate) unread: BTreeSet<String>,
    /// Products whose quantities it refuses, whatever else it answers.
    pub(crate) refuses: BTreeSet<String>,
    /// How often it has refused each of them.
    pub(crate) refusals: BTreeMap<String, usize>,
    /// Quantities that it takes before it has no more calls to give; none: it always has.
    pub(crate) takes: Option<usize>,
    /// How it answers to a quantity; by default it says that it changed something.
    pub(crate) answer: Option<Answer>,
    /// Whether it refuses to go on after the first page.
    pub(crate) forgets_places: bool,
}

impl Inside {
    fn set(&mut self, quantity: &Quantity) -> Result<Taken, StorefrontError> {
        if self.takes == Some(0) {
            return Err(StorefrontError::Throttled { wait: Duration::from_secs(5) });
        }
        if self.refuses.contains(&quantity.listing.product_id) {
            *self.refusals.entry(quantity.listing.product_id.clone()).or_default() += 1;
            return Err(StorefrontError::Refused { status: 400, message: "no".to_owned() });
        }
        let result = self.answer.unwrap_or(|_| Ok(Taken::Changed))(quantity);
        if !matches!(result, Err(StorefrontError::Refused { .. })) {
            self.takes = self.takes.map(|left| left - 1);
            self.units.insert(quantity.listing.product_id.clone(), quantity.units);
        }
        result
    }
}

/// An Ecwid shop.
#[derive(Clone, Default)]
pub(crate) struct Fake(Arc<Mutex<Inside>>);

/// A product that the shop counts.
pub(crate) fn listing(sku: &str, product_id: &str) -> Listing {
    Listing {
        sku: Sku::from(sku),
        product_id: product_id.to_owned(),
        variant_id: None,
        stock: ListingStock::Counted,
    }
}

impl Fake {
    pub(crate) fn listing(listings: impl IntoIterator<Item = Listing>) -> Self {
        let fake = Self::default();
        fake.inside().pages = vec![listings.into_iter().collect()];
        fake
    }

    pub(crate) fn inside(&self) -> std::sync::MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often it was told quantities, and which ones it has.
    pub(crate) fn writes_and_units(&self) -> (usize, BTreeMap<String, i64>) {
        let inside = self.inside();
        (inside.writes, inside.units.clone())
    }

    /// Told what is on hand.
    pub(crate) fn shop(&self) -> Shop {
        let id: StoreId = "acme-widgets".parse().unwrap();
        let connection = EcwidConnection {
            store_id: 1003,
            client_secrets: Vec::new(),
            access_token: "token".to_owned().into(),
            api_url: "http://127.0.0.1:9".parse().unwrap(),
        };
        let settings = StoreSettings {
            name: "Acme".to_owned(),
            time_zone: TimeZone::UTC,
            connection: Connection::Ecwid(connection),
            webhook_url: None,
            orders: rules(&id),
            sweep_every: Duration::from_mins(5),
            tracking: TrackingSettings::default(),
            stock: StockSettings { push: StockPush::OnHand, daily_at: None, on_change: true, buffer: 0 },
            id,
        };
        Shop { settings: Arc::new(settings), storefront: Arc::new(self.clone()) }
    }
}

fn rules(store: &StoreId) -> ImportRules {
    ImportRules {
        store: store.clone(),
        platform: Platform::Ecwid,
        prefix: String::new(),
        placed_from: None,
        statuses: Vec::new(),
        payment_statuses: Vec::new(),
        fulfillment_statuses: Vec::new(),
        countries: Vec::new(),
        channels: Vec::new(),
        kits: Kits::default(),
        test_skus: Vec::new(),
        product_options: Vec::new(),
        hold_hours: 0,
    }
}

#[async_trait]
impl Storefront for Fake {
    async fn catalogue(&self, from: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
        let inside = self.inside();
        let page: usize = from.map_or(0, |place| place.as_str().parse().unwrap());
        if page > 0 && inside.forgets_places {
            return Err(StorefrontError::Refused { status: 400, message: "no such place".to_owned() });
        }
        let next = (page + 1 < inside.pages.len()).then(|| Place::new((page + 1).to_string()));
        let is_read = |listing: &&Listing| !inside.unread.contains(&listing.product_id);
        let listings = inside.pages[page].iter().filter(is_read).cloned().collect();
        let products = ProductListings { listings, unread: inside.unread.iter().cloned().collect() };
        Ok(CataloguePage { products, next })
    }

    async fn listings_of_products(&self, product_ids: &[String]) -> Result<ProductListings, StorefrontError> {
        let mut inside = self.inside();
        inside.reads += 1;
        let of_these = |listing: &&Listing| product_ids.contains(&listing.product_id);
        let is_read = |listing: &&Listing| !inside.unread.contains(&listing.product_id);
        let listings = inside.pages.iter().flatten().filter(of_these).filter(is_read).cloned().collect();
        Ok(ProductListings { listings, unread: inside.unread.iter().cloned().collect() })
    }

    async fn set_stock(&self, quantities: &[Quantity]) -> Vec<Result<Taken, StorefrontError>> {
        let mut inside = self.inside();
        inside.writes += 1;
        quantities.iter().map(|quantity| inside.set(quantity)).collect()
    }

    async fn orders(&self, _: &[OrderId], _: Priority) -> Vec<Result<ShopOrder, StorefrontError>> {
        unreachable!("stock has no use for it")
    }

    async fn list(&self, _: &Window, _: Option<&Place>) -> Result<Page, StorefrontError> {
        unreachable!("stock has no use for it")
    }

    async fn deleted(&self, _: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        unreachable!("stock has no use for it")
    }

    async fn dispatch(&self, _: &Dispatch) -> Result<Dispatched, StorefrontError> {
        unreachable!("stock has no use for it")
    }

    async fn take_back(&self, _: &TakeBack) -> Result<TakenBack, StorefrontError> {
        unreachable!("stock has no use for it")
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        unreachable!("stock has no use for it")
    }
}
