//! What comes after a shop's pause, and goes before what was put aside during it.

use std::sync::Arc;

use crossdock_domain::{
    Address, LineId, Mend, OrderId, OrderLine, OrderNumber, PackedLine, Platform, ReleasedOrder, Shipment,
    Sku, StockPush,
};
use crossdock_events::{Event, EventData, ShipmentVoided, Source};
use crossdock_ledger::{Happening, Judged, Ledger, OrderState, Verdict};
use crossdock_queue::{Delivery, Handler as _, Outcome};
use crossdock_storefront::Shops;
use crossdock_tracking_writer::TrackingWriter;
use jiff::Timestamp;

use crate::shop::Fake;

/// The order, of which so many units of one SKU were released.
const NUMBER: &str = "W-1001";
const UNITS: u32 = 3;

struct Scene {
    shop: Fake,
    ledger: Arc<dyn Ledger>,
    writer: TrackingWriter,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let shop = Fake::that_sold(UNITS);
        release(&*ledger).await;
        let writer = TrackingWriter::new(Shops::new([shop.shop()]), ledger.clone());
        Self { shop, ledger, writer, _folder: folder }
    }

    /// What became of each: done, put aside until the shop takes our credentials again, or dead.
    async fn handle(&self, batch: &[Delivery]) -> Vec<&'static str> {
        let outcomes = self.writer.handle("acme-widgets", batch.to_vec()).await;
        let word = |outcome: &Outcome| match outcome {
            Outcome::Done => "done",
            Outcome::Failed(failure) if failure.mend == Mend::Credentials => "put aside",
            Outcome::Failed(_) => "failed",
        };
        outcomes.iter().map(word).collect()
    }

    async fn state(&self) -> OrderState {
        self.ledger.order_by_number(&NUMBER.into()).await.unwrap().unwrap().state
    }
}

#[tokio::test]
async fn a_parcel_of_all_that_is_open_takes_nothing_of_those_that_wait() {
    let scene = Scene::set().await;
    let waiting = [parcel("S1", Some(1)), parcel("S2", Some(1))];
    scene.shop.refuse_credentials(true);
    assert_eq!(scene.handle(&waiting).await, ["put aside", "put aside"]);
    scene.shop.refuse_credentials(false);
    assert_eq!(scene.handle(&[parcel("S3", None)]).await, ["done"]);
    assert_eq!(scene.shop.parcels(), [("S3".to_owned(), 1)]);
    assert_eq!(scene.handle(&waiting).await, ["done", "done"]);
    assert_eq!(scene.shop.parcels(), ["S1", "S2", "S3"].map(|id| (id.to_owned(), 1)));
    assert_eq!(scene.state().await, OrderState::Shipped);
}

#[tokio::test]
async fn a_parcel_of_all_that_is_open_takes_what_a_waiting_void_has_opened_again() {
    let scene = Scene::set().await;
    assert_eq!(scene.handle(&[parcel("S1", Some(1))]).await, ["done"]);
    let waiting = [parcel("S2", Some(1)), void("S1")];
    scene.shop.refuse_credentials(true);
    assert_eq!(scene.handle(&waiting).await, ["put aside", "put aside"]);
    scene.shop.refuse_credentials(false);
    assert_eq!(scene.handle(&[parcel("S3", None)]).await, ["done"]);
    assert_eq!(scene.shop.parcels(), [("S1".to_owned(), 1), ("S3".to_owned(), 2)]);
    // There is no room for the first before the second is done: that does not wait for it.
    assert_eq!(scene.handle(&waiting).await, ["failed", "done"]);
    assert_eq!(scene.handle(&waiting[..1]).await, ["done"]);
    assert_eq!(scene.shop.parcels(), [("S2".to_owned(), 1), ("S3".to_owned(), 2)]);
    assert_eq!(scene.state().await, OrderState::Shipped);
}

fn parcel(id: &str, units: Option<u32>) -> Delivery {
    let lines = units.map(|quantity| vec![PackedLine { sku: Sku::from("MUG"), quantity, line_id: None }]);
    let (number, tracking_number) = (NUMBER.into(), format!("TRACK-{id}"));
    let carrier = "Australia Post".to_owned();
    message(
        id,
        Shipment {
            shipment_id: id.into(),
            number,
            carrier,
            service: None,
            tracking_number,
            tracking_url: None,
            dispatched_at: Timestamp::UNIX_EPOCH,
            lines,
        },
    )
}

fn void(id: &str) -> Delivery {
    message(&format!("{id}/voided"), ShipmentVoided { shipment_id: id.into(), number: NUMBER.into() })
}

fn message<T: EventData>(id: &str, data: T) -> Delivery {
    let event = Event::new(&Source::Warehouse, id, Timestamp::now(), data);
    Delivery {
        routing_key: T::TYPE.to_owned(),
        id: id.to_owned(),
        body: event.to_json().into(),
        attempt: 1,
        first_failed_at: None,
    }
}

/// The order is at the warehouse.
async fn release(ledger: &dyn Ledger) {
    let now = Timestamp::now();
    let line = OrderLine {
        line_id: LineId::new("1".to_owned()),
        sku: "MUG".into(),
        name: String::new(),
        quantity: UNITS,
        unit_price: "9.90".parse().unwrap(),
        options: [].into(),
    };
    let order = ReleasedOrder {
        number: OrderNumber::from(NUMBER),
        store: "acme-widgets".parse().unwrap(),
        platform: Platform::Ecwid,
        order_id: OrderId::from("1001"),
        test: false,
        placed_at: now,
        currency: "AUD".to_owned(),
        ship_to: Address::default(),
        shipping_method: String::new(),
        pickup: false,
        customer_note: String::new(),
        lines: vec![line],
        total: "9.90".parse().unwrap(),
    };
    let (what, cause) = ("to be released".to_owned(), String::new());
    let judged = Judged {
        store: order.store.clone(),
        platform: order.platform,
        order_id: order.order_id.clone(),
        number: order.number.clone(),
        placed_at: now,
        modified_at: now,
        shop_status: "PAID/PROCESSING".to_owned(),
        verdict: Verdict::Release(Box::new(order.clone())),
        shape: Ok(Box::new(order.clone())),
        kept: Vec::new(),
        given_back: Vec::new(),
        stock_push: StockPush::Available,
        read_at: now,
        again: false,
        happening: Happening { key: "read".to_owned(), at: now, role: "order-importer", what, cause },
        notices: Vec::new(),
    };
    ledger.judge(&judged).await.unwrap();
    ledger.told(&order.store, &order.order_id, 1, now).await.unwrap();
}
