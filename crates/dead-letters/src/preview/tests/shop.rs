//! A shop that a test fills with orders, and tells what to answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_domain::{Address, Money, OrderId, ShopLine, ShopOrder, ShopStatus, Sku};
use crossdock_storefront::{
    CataloguePage, Dispatch, Dispatched, Page, Place, Priority, ProductListings, Quantity, Storefront,
    StorefrontError, TakeBack, Taken, TakenBack, Window,
};
use jiff::Timestamp;

/// A BigCommerce shop; its prefix is `BG`.
pub(super) const MAIN: &str = "acme-au";
/// An Ecwid shop; its prefix is `W-`.
pub(super) const ECWID: &str = "acme-widgets";

#[derive(Default)]
struct Inside {
    orders: HashMap<String, ShopOrder>,
    answers: HashMap<String, fn() -> StorefrontError>,
    throttled: u32,
    calls: usize,
}

/// A shop.
#[derive(Clone, Default)]
pub(super) struct Fake(Arc<Mutex<Inside>>);

impl Fake {
    /// It has this order now.
    pub(super) fn has(&self, order: ShopOrder) {
        self.inside().orders.insert(order.order_id.to_string(), order);
    }

    /// That is what it answers when it is asked for this order.
    pub(super) fn answers(&self, id: &str, answer: fn() -> StorefrontError) {
        self.inside().answers.insert(id.to_owned(), answer);
    }

    /// It asks for time so many times.
    pub(super) fn throttles(&self, times: u32) {
        self.inside().throttled = times;
    }

    /// How often it was asked.
    pub(super) fn calls(&self) -> usize {
        self.inside().calls
    }

    /// The order, as it has it.
    pub(super) fn order(&self, id: &str) -> ShopOrder {
        self.inside().orders[id].clone()
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Two of a SKU, paid and to be sent.
pub(super) fn order(id: &str, sku: &str) -> ShopOrder {
    let at: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
    ShopOrder {
        order_id: OrderId::from(id),
        placed_at: at,
        modified_at: at,
        status: ShopStatus::Order("awaiting_fulfillment".to_owned()),
        channel: None,
        currency: "AUD".to_owned(),
        ship_to: Some(Address {
            name: "Jo Doe".to_owned(),
            company: String::new(),
            address1: "1 High St".to_owned(),
            address2: String::new(),
            city: "Melbourne".to_owned(),
            state: "Victoria".to_owned(),
            state_code: "VIC".to_owned(),
            postcode: "3000".to_owned(),
            country_code: "AU".to_owned(),
            phone: String::new(),
            email: String::new(),
        }),
        destinations: 1,
        shipping_method: "Standard".to_owned(),
        pickup: false,
        customer_note: String::new(),
        lines: vec![ShopLine {
            line_id: "1".into(),
            part_of: None,
            sku: Sku::from(sku),
            name: "A thing".to_owned(),
            quantity: 2,
            shipped: 0,
            unit_price: "10.00".parse::<Money>().unwrap(),
            options: BTreeMap::new(),
            shippable: true,
        }],
        total: "20.00".parse::<Money>().unwrap(),
    }
}

/// The same, cancelled.
pub(super) fn cancelled(order: ShopOrder) -> ShopOrder {
    ShopOrder { status: ShopStatus::Order("cancelled".to_owned()), ..order }
}

/// The same, in a status that is not wanted.
pub(super) fn unpaid(order: ShopOrder) -> ShopOrder {
    ShopOrder { status: ShopStatus::Order("pending".to_owned()), ..order }
}

/// The same at an Ecwid shop: paid, and delivered so far.
pub(super) fn fulfilled(order: ShopOrder, fulfillment: &str) -> ShopOrder {
    let (payment, fulfillment) = ("PAID".to_owned(), fulfillment.to_owned());
    ShopOrder { status: ShopStatus::PaymentAndFulfillment { payment, fulfillment }, ..order }
}

/// The same, of which so many units of each line have left.
pub(super) fn left(mut order: ShopOrder, units: u32) -> ShopOrder {
    for line in &mut order.lines {
        line.shipped = units;
    }
    order
}

#[async_trait]
impl Storefront for Fake {
    async fn orders(&self, ids: &[OrderId], _: Priority) -> Vec<Result<ShopOrder, StorefrontError>> {
        let mut inside = self.inside();
        inside.calls += 1;
        if inside.throttled > 0 {
            inside.throttled -= 1;
            let wait = Duration::from_secs(10);
            return ids.iter().map(|_| Err(StorefrontError::Throttled { wait })).collect();
        }
        let read = |id: &OrderId| match (inside.answers.get(id.as_str()), inside.orders.get(id.as_str())) {
            (Some(answer), _) => Err(answer()),
            (None, Some(order)) => Ok(order.clone()),
            (None, None) => Err(StorefrontError::NotFound { what: format!("order {id}") }),
        };
        ids.iter().map(read).collect()
    }

    async fn list(&self, _: &Window, _: Option<&Place>) -> Result<Page, StorefrontError> {
        unreachable!("a preview has no use for it")
    }

    async fn deleted(&self, _: Timestamp) -> Result<Vec<OrderId>, StorefrontError> {
        unreachable!("a preview has no use for it")
    }

    async fn dispatch(&self, _: &Dispatch) -> Result<Dispatched, StorefrontError> {
        unreachable!("a preview writes nothing")
    }

    async fn take_back(&self, _: &TakeBack) -> Result<TakenBack, StorefrontError> {
        unreachable!("a preview writes nothing")
    }

    async fn catalogue(&self, _: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
        unreachable!("a preview has no use for it")
    }

    async fn listings_of_products(&self, _: &[String]) -> Result<ProductListings, StorefrontError> {
        unreachable!("a preview has no use for it")
    }

    async fn set_stock(&self, _: &[Quantity]) -> Vec<Result<Taken, StorefrontError>> {
        unreachable!("a preview writes nothing")
    }

    async fn check(&self) -> Result<String, StorefrontError> {
        unreachable!("a preview has no use for it")
    }
}
