//! Orders, answers, shipments and counts as the tests tell them. Times are minutes of one morning.

use std::collections::BTreeMap;

use crossdock_domain::{
    Address, LineId, Listing, ListingStock, OrderId, OrderLine, OrderNumber, PackedLine, Platform,
    ReleasedOrder, Shipment, ShipmentId, ShippedLine, Sku, StockLevel, StockPush, StoreId,
};
use crossdock_ledger::{Answer, Happening, Judged, Ledger, NextStep, OrderRecord, Verdict};
use jiff::{SignedDuration, Timestamp};

/// A time of the morning.
pub(crate) fn minute(minute: i64) -> Timestamp {
    "2026-11-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

pub(crate) fn store(id: &str) -> StoreId {
    id.parse().unwrap()
}

pub(crate) fn au() -> StoreId {
    store("acme-au")
}

pub(crate) fn happening(key: &str, at: Timestamp) -> Happening {
    Happening {
        key: key.to_owned(),
        at,
        role: "order-importer",
        what: format!("told by {key}"),
        cause: "store/order/created".to_owned(),
    }
}

/// Order 1001 of acme-au is BG1001 at the warehouse.
pub(crate) fn number(order_id: &str) -> OrderNumber {
    OrderNumber::new(format!("BG{order_id}"))
}

pub(crate) fn released_order(order_id: &str, lines: &[(&str, u32)]) -> ReleasedOrder {
    let line = |(position, (sku, quantity)): (usize, &(&str, u32))| OrderLine {
        line_id: LineId::new(position.to_string()),
        sku: Sku::from(*sku),
        name: format!("Product {sku}"),
        quantity: *quantity,
        unit_price: "9.90".parse().unwrap(),
        options: BTreeMap::from([("Size".to_owned(), "M".to_owned())]),
    };
    ReleasedOrder {
        number: number(order_id),
        store: au(),
        platform: Platform::Bigcommerce,
        order_id: OrderId::from(order_id),
        test: false,
        placed_at: minute(0),
        currency: "AUD".to_owned(),
        ship_to: Address {
            name: "Jo Müller".to_owned(),
            country_code: "AU".to_owned(),
            ..Address::default()
        },
        shipping_method: "Express".to_owned(),
        pickup: false,
        customer_note: "nul \u{0}, quote ' and emoji 📦".to_owned(),
        lines: lines.iter().enumerate().map(line).collect(),
        total: "19.80".parse().unwrap(),
    }
}

pub(crate) fn release(order_id: &str, lines: &[(&str, u32)]) -> Verdict {
    Verdict::Release(Box::new(released_order(order_id, lines)))
}

pub(crate) fn filter(reason: &str) -> Verdict {
    Verdict::Filter { reason: reason.to_owned() }
}

pub(crate) fn hold(reason: &str) -> Verdict {
    Verdict::Hold { reason: reason.to_owned(), until: None }
}

/// A decision about an order of acme-au that the shop changed, and we read, at this minute.
pub(crate) fn judged(order_id: &str, at: i64, verdict: Verdict) -> Judged {
    Judged {
        store: au(),
        platform: Platform::Bigcommerce,
        order_id: OrderId::from(order_id),
        number: number(order_id),
        placed_at: minute(0),
        modified_at: minute(at),
        shop_status: format!("status of minute {at}"),
        shape: match &verdict {
            Verdict::Release(order) => Ok(order.clone()),
            _ => Ok(Box::new(released_order(order_id, &[("TEE", 2)]))),
        },
        kept: Vec::new(),
        given_back: Vec::new(),
        stock_push: StockPush::Available,
        verdict,
        read_at: minute(at),
        again: false,
        happening: happening(&format!("event of minute {at}"), minute(at)),
        notices: Vec::new(),
    }
}

/// Order 1001, with these lines, on the warehouse's queue.
pub(crate) async fn release_1001(ledger: &dyn Ledger, lines: &[(&str, u32)]) {
    release_order(ledger, released_order("1001", lines)).await;
}

/// Any order, on the warehouse's queue.
pub(crate) async fn release_order(ledger: &dyn Ledger, order: ReleasedOrder) {
    let (store, order_id) = (order.store.clone(), order.order_id.clone());
    let judged = Judged {
        store: store.clone(),
        number: order.number.clone(),
        ..judged(order_id.as_str(), 1, Verdict::Release(Box::new(order)))
    };
    assert!(matches!(ledger.judge(&judged).await.unwrap(), NextStep::Tell(_)));
    ledger.told(&store, &order_id, 1, minute(2)).await.unwrap();
}

/// What the warehouse is still to be told of order 1001 at this minute, as whoever looks at it then hears: by a reading that says nothing new.
pub(crate) async fn still_untold(ledger: &dyn Ledger, at: i64) -> NextStep {
    let stale = judged("1001", 0, release("1001", &[("TEE", 2)]));
    let happening = happening("a stale reading", minute(at));
    ledger.judge(&Judged { happening, ..stale }).await.unwrap()
}

/// The warehouse's answer to order 1001 at this minute.
pub(crate) async fn answer_1001(ledger: &dyn Ledger, at: i64, answer: Answer) {
    let happening = happening(&format!("answer of minute {at}"), minute(at));
    ledger.answered(&number("1001"), &answer, &happening).await.unwrap();
}

pub(crate) fn rejected(reason: &str) -> Answer {
    Answer::Rejected { reason: reason.to_owned(), unknown_skus: Vec::new() }
}

pub(crate) async fn order_1001(ledger: &dyn Ledger) -> OrderRecord {
    ledger.order_by_number(&number("1001")).await.unwrap().unwrap()
}

/// What the timeline of order 1001 tells, sentence by sentence.
pub(crate) async fn told_of_1001(ledger: &dyn Ledger) -> Vec<String> {
    let timeline = ledger.timeline(&au(), &OrderId::from("1001")).await.unwrap();
    timeline.into_iter().map(|entry| entry.what).collect()
}

/// The same, as the warehouse tells of them.
pub(crate) fn packed_lines(lines: &[(&str, u32)]) -> Vec<PackedLine> {
    shipped_lines(lines).into_iter().map(PackedLine::from).collect()
}

pub(crate) fn shipped_lines(lines: &[(&str, u32)]) -> Vec<ShippedLine> {
    lines.iter().map(|(sku, quantity)| ShippedLine { sku: Sku::from(*sku), quantity: *quantity }).collect()
}

/// A consignment of order 1001 that left at this minute; without lines, all that is open.
pub(crate) fn shipment(id: &str, at: i64, lines: Option<&[(&str, u32)]>) -> Shipment {
    Shipment {
        shipment_id: ShipmentId::from(id),
        number: number("1001"),
        carrier: "Australia Post".to_owned(),
        service: None,
        tracking_number: format!("TRACK-{id}"),
        tracking_url: None,
        dispatched_at: minute(at),
        lines: lines.map(packed_lines),
    }
}

pub(crate) fn level(sku: &str, on_hand: i64) -> StockLevel {
    StockLevel { sku: Sku::from(sku), on_hand, allocated: None }
}

pub(crate) fn listing(sku: &str, product_id: &str, variant_id: Option<&str>) -> Listing {
    Listing {
        sku: Sku::from(sku),
        product_id: product_id.to_owned(),
        variant_id: variant_id.map(str::to_owned),
        stock: ListingStock::Counted,
    }
}

/// A consignment of order 1001 stands at the shop as it was told last.
pub(crate) async fn stands_at_the_shop(ledger: &dyn Ledger, id: &str, happening: &Happening) {
    let all = ledger.shipments(&au(), &OrderId::from("1001")).await.unwrap();
    let told = all.into_iter().find(|it| it.shipment.shipment_id.as_str() == id).unwrap().shipment;
    ledger.shipment_done(&told, &[format!("shop-{id}")], happening).await.unwrap();
}
