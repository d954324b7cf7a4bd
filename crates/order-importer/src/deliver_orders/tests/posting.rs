//! What is posted of two orders that travel in two lanes.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{
    Address, LineId, Mend, OrderId, OrderLine, OrderNumber, Platform, ReleasedOrder, StockPush,
};
use crossdock_events::OrderReleased;
use crossdock_ledger::{Happening, Judged, Ledger, Verdict};
use crossdock_queue::{Delivery, Failure, Handler as _, Message, Outcome};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;
use tempfile::TempDir;
use url::Url;
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::super::{DeliverOrders, Endpoint};
use crate::ROLE;
use crate::tell_warehouse::wrapped;

pub(super) fn order(number: &str) -> ReleasedOrder {
    ReleasedOrder {
        number: OrderNumber::new(number.to_owned()),
        store: "acme-au".parse().unwrap(),
        platform: Platform::Bigcommerce,
        order_id: OrderId::from(number),
        test: false,
        placed_at: Timestamp::now(),
        currency: "AUD".to_owned(),
        ship_to: Address::default(),
        shipping_method: String::new(),
        pickup: false,
        customer_note: String::new(),
        lines: vec![OrderLine {
            line_id: LineId::new("1".to_owned()),
            sku: "TEE".into(),
            name: String::new(),
            quantity: 1,
            unit_price: "9.90".parse().unwrap(),
            options: [].into(),
        }],
        total: "9.90".parse().unwrap(),
    }
}

/// A ledger where this warehouse is posted its orders.
pub(super) async fn posting(warehouse: &MockServer) -> (TempDir, Arc<dyn Ledger>, DeliverOrders) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
    ledger.begin_posting(Timestamp::now()).await.unwrap();
    let url = Url::parse(&warehouse.uri()).unwrap();
    let endpoint = Endpoint::new(url, &"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".into()).unwrap();
    (folder, ledger.clone(), DeliverOrders::new(ledger, endpoint))
}

/// The decision to release an order, as it was just read.
pub(super) fn judged(order: &ReleasedOrder) -> Judged {
    let now = Timestamp::now();
    let (key, what, cause) = (format!("read/{now}"), "to be released".to_owned(), String::new());
    Judged {
        store: order.store.clone(),
        platform: order.platform,
        order_id: order.order_id.clone(),
        number: order.number.clone(),
        placed_at: order.placed_at,
        modified_at: now,
        shop_status: String::new(),
        verdict: Verdict::Release(Box::new(order.clone())),
        shape: Ok(Box::new(order.clone())),
        kept: Vec::new(),
        given_back: Vec::new(),
        stock_push: StockPush::Available,
        read_at: now,
        again: false,
        happening: Happening { key, at: now, role: ROLE, what, cause },
        notices: Vec::new(),
    }
}

/// A message, as it comes off the queue for the first time.
pub(super) fn taken(message: Message) -> Delivery {
    let Message { routing_key, id, body, .. } = message;
    Delivery { routing_key, id, body, attempt: 1, first_failed_at: None }
}

/// The release of a new order, as it comes off the queue.
async fn released(ledger: &dyn Ledger, number: &str) -> Delivery {
    let order = order(number);
    ledger.judge(&judged(&order)).await.unwrap();
    ledger.told(&order.store, &order.order_id, 1, Timestamp::now()).await.unwrap();
    taken(wrapped::<OrderReleased>(number.to_owned(), Timestamp::now(), TraceParent::start(), order))
}

async fn failure(deliver_orders: &DeliverOrders, lane: &str, delivery: Delivery) -> Failure {
    match deliver_orders.handle(lane, vec![delivery]).await.remove(0) {
        Outcome::Failed(failure) => failure,
        Outcome::Done => panic!("it was done"),
    }
}

#[tokio::test]
async fn a_wait_that_the_warehouse_asks_for_holds_for_every_lane_and_batch() {
    let warehouse = MockServer::start().await;
    let throttled = ResponseTemplate::new(429).insert_header("retry-after", "60");
    Mock::given(any()).respond_with(throttled).expect(1).mount(&warehouse).await;
    let (_folder, ledger, deliver_orders) = posting(&warehouse).await;
    let (first, other) = (released(&*ledger, "BG1").await, released(&*ledger, "BG2").await);
    assert_eq!(failure(&deliver_orders, "/delivery/1", first.clone()).await.class, "warehouse-throttled");
    for (lane, delivery) in [("/delivery/2", other), ("/delivery/1", first)] {
        let failure = failure(&deliver_orders, lane, delivery).await;
        let Mend::WaitFor(wait) = failure.mend else { panic!("{failure:?}") };
        assert_eq!(failure.class, "warehouse-not-tried");
        assert!(wait > Duration::from_secs(40) && wait <= Duration::from_mins(1), "{wait:?}");
    }
    // What was never posted is not there: a cancellation need not be either.
    assert!(!ledger.delivered(&OrderNumber::new("BG2".to_owned())).await.unwrap().may_be_there);
}
