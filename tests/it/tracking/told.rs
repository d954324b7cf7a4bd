//! What the order-importer and the warehouse tell of an order of two mugs.

use std::collections::BTreeMap;

use crossdock_domain::{
    Address, LineId, OrderId, OrderLine, OrderNumber, PackedLine, Platform, ReleasedOrder, Shipment,
    ShipmentId, StockPush,
};
use crossdock_events::{Event, EventData, OrderWanted, ShipmentVoided, Source};
use crossdock_ledger::{Happening, Judged, Verdict};
use crossdock_queue::Delivery;
use jiff::Timestamp;

/// The shop's id in the settings.
pub(crate) const STORE: &str = "acme";

/// All mugs of an order leave under this number.
pub(crate) fn dispatched(order_id: &OrderId, tracking_number: &str, at: i64) -> Delivery {
    delivery(&format!("{tracking_number} at {at}"), at, shipment(order_id, tracking_number))
}

/// One mug of an order leaves under this number, in a parcel of its own.
pub(crate) fn part_dispatched(order_id: &OrderId, tracking_number: &str, at: i64) -> Delivery {
    let shipment = Shipment {
        shipment_id: ShipmentId::new(format!("S-{order_id}/{tracking_number}")),
        dispatched_at: moment(at),
        lines: Some(vec![PackedLine { sku: "MUG".into(), quantity: 1, line_id: None }]),
        ..shipment(order_id, tracking_number)
    };
    delivery(&format!("{tracking_number} at {at}"), at, shipment)
}

fn shipment(order_id: &OrderId, tracking_number: &str) -> Shipment {
    Shipment {
        shipment_id: shipment_id(order_id),
        number: number(order_id),
        carrier: "UPS".to_owned(),
        service: None,
        tracking_number: tracking_number.to_owned(),
        tracking_url: Some(format!("https://t.example/{tracking_number}")),
        dispatched_at: moment(0),
        lines: None,
    }
}

/// They have not left after all.
pub(crate) fn voided(order_id: &OrderId, at: i64) -> Delivery {
    let data = ShipmentVoided { shipment_id: shipment_id(order_id), number: number(order_id) };
    delivery("voided", at, data)
}

fn delivery<T: EventData>(id: &str, at: i64, data: T) -> Delivery {
    let body = Event::new(&Source::Warehouse, id, moment(at), data).to_json().into();
    Delivery { routing_key: T::TYPE.to_owned(), id: id.to_owned(), body, attempt: 1, first_failed_at: None }
}

/// So many seconds after all mugs left.
fn moment(at: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + at).unwrap()
}

fn shipment_id(order_id: &OrderId) -> ShipmentId {
    ShipmentId::new(format!("S-{order_id}"))
}

fn number(order_id: &OrderId) -> OrderNumber {
    OrderNumber::new(format!("A{order_id}"))
}

/// One of the two mugs is not wanted any more.
pub(crate) fn wanted(platform: Platform, order_id: &OrderId) -> Delivery {
    let order = released_order(platform, order_id, 1);
    let data = OrderWanted { number: order.number, store: order.store, order_id: order.order_id };
    delivery("wanted", 0, data)
}

/// What the order-importer puts down when it releases an order of two mugs.
pub(crate) fn released(platform: Platform, order_id: &OrderId) -> Judged {
    judged(platform, order_id, 2, "released")
}

/// The same when it finds that one of them is not wanted any more.
pub(crate) fn reduced(platform: Platform, order_id: &OrderId) -> Judged {
    judged(platform, order_id, 1, "reduced")
}

fn judged(platform: Platform, order_id: &OrderId, mugs: u32, what: &str) -> Judged {
    let order = released_order(platform, order_id, mugs);
    let now = Timestamp::now();
    let status = match platform {
        Platform::Bigcommerce => "awaiting_fulfillment",
        Platform::Ecwid => "PAID/AWAITING_PROCESSING",
    };
    Judged {
        store: order.store.clone(),
        platform,
        order_id: order_id.clone(),
        number: order.number.clone(),
        placed_at: now,
        modified_at: now,
        shop_status: status.to_owned(),
        verdict: Verdict::Release(Box::new(order.clone())),
        shape: Ok(Box::new(order)),
        kept: Vec::new(),
        given_back: Vec::new(),
        stock_push: StockPush::Available,
        read_at: now,
        again: false,
        happening: Happening {
            key: what.to_owned(),
            at: now,
            role: "order-importer",
            what: what.to_owned(),
            cause: "the test".to_owned(),
        },
        notices: Vec::new(),
    }
}

fn released_order(platform: Platform, order_id: &OrderId, mugs: u32) -> ReleasedOrder {
    let line = OrderLine {
        line_id: LineId::from("1"),
        sku: "MUG".into(),
        name: "Mug".to_owned(),
        quantity: mugs,
        unit_price: "19.95".parse().unwrap(),
        options: BTreeMap::new(),
    };
    ReleasedOrder {
        number: number(order_id),
        store: STORE.parse().unwrap(),
        platform,
        order_id: order_id.clone(),
        test: false,
        placed_at: Timestamp::UNIX_EPOCH,
        currency: "AUD".to_owned(),
        ship_to: Address::default(),
        shipping_method: String::new(),
        pickup: false,
        customer_note: String::new(),
        lines: vec![line],
        total: "39.90".parse().unwrap(),
    }
}
