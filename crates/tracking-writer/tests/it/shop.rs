//! A shop with one order, that takes parcels as long as they fit.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_domain::{ImportRules, Kits, OrderId, Platform, ShopOrder, StockPush, StoreId};
use crossdock_settings::{Connection, EcwidConnection, StockSettings, StoreSettings, TrackingSettings};
use crossdock_storefront::{
    CataloguePage, Dispatch, Dispatched, Page, Place, Priority, ProductListings, Quantity, Shop, Storefront,
    StorefrontError, TakeBack, Taken, TakenBack, Window,
};
use jiff::Timestamp;
use jiff::tz::TimeZone;

#[derive(Clone)]
pub(crate) struct Fake(Arc<Mutex<Inside>>);

struct Inside {
    sold: u32,
    refuses_credentials: bool,
    /// Units by parcel.
    parcels: BTreeMap<String, u32>,
}

impl Fake {
    pub(crate) fn that_sold(units: u32) -> Self {
        let inside = Inside { sold: units, refuses_credentials: false, parcels: BTreeMap::new() };
        Self(Arc::new(Mutex::new(inside)))
    }

    pub(crate) fn refuse_credentials(&self, refuse: bool) {
        self.inside().refuses_credentials = refuse;
    }

    pub(crate) fn parcels(&self) -> Vec<(String, u32)> {
        self.inside().parcels.clone().into_iter().collect()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

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
            stock: StockSettings { push: StockPush::Off, daily_at: None, on_change: true, buffer: 0 },
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

impl Inside {
    fn require_credentials(&self) -> Result<(), StorefrontError> {
        let answer = "401".to_owned();
        if self.refuses_credentials { Err(StorefrontError::CredentialsRefused { answer }) } else { Ok(()) }
    }
}

#[async_trait]
impl Storefront for Fake {
    async fn dispatch(&self, dispatch: &Dispatch) -> Result<Dispatched, StorefrontError> {
        let mut inside = self.inside();
        inside.require_credentials()?;
        let units: u32 = dispatch.lines.iter().map(|line| line.quantity).sum();
        if inside.parcels.values().sum::<u32>() + units > inside.sold {
            return Err(StorefrontError::Misfit { reason: "more than is open".to_owned() });
        }
        let id = dispatch.shipment.shipment_id.to_string();
        inside.parcels.insert(id.clone(), units);
        Ok(Dispatched { shop_shipments: vec![id], order_status: "PROCESSING".to_owned(), wrote: true })
    }

    async fn take_back(&self, taken: &TakeBack) -> Result<TakenBack, StorefrontError> {
        let mut inside = self.inside();
        inside.require_credentials()?;
        let wrote = inside.parcels.remove(taken.shipment.shipment_id.as_str()).is_some();
        Ok(TakenBack { order_status: "PROCESSING".to_owned(), wrote })
    }

    async fn orders(&self, _: &[OrderId], _: Priority) -> Vec<Result<ShopOrder, StorefrontError>> {
        unreachable!("tracking has no use for it")
    }

    async fn list(&self, _: &Window, _: Option<&Place>) -> Result<Page, StorefrontError> {
        unreachable!("tracking has no use for it")
    }

    async fn deleted(&self, _: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        unreachable!("tracking has no use for it")
    }

    async fn catalogue(&self, _: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
        unreachable!("tracking has no use for it")
    }

    async fn listings_of_products(&self, _: &[String]) -> Result<ProductListings, StorefrontError> {
        unreachable!("tracking has no use for it")
    }

    async fn set_stock(&self, _: &[Quantity]) -> Vec<Result<Taken, StorefrontError>> {
        unreachable!("tracking has no use for it")
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        unreachable!("tracking has no use for it")
    }
}
