//! What the warehouse does and tells, without a broker.

use crossdock_domain::{Address, LineId, Money, OrderLine, Platform};
use crossdock_events::{RawEvent, ShipmentDispatched, ShipmentVoided, StockCounted};
use fastrand::Rng;
use tokio::sync::mpsc::UnboundedReceiver;

use super::super::tell::Letter;
use super::*;

/// A book, and what was told out of it.
struct Told {
    book: Book,
    letters: UnboundedReceiver<Letter>,
}

impl Told {
    fn new() -> Self {
        let (outbox, letters) = Outbox::new();
        let shelf = Shelf::of(vec![("TEE-M".into(), 10), ("CAP".into(), 1), ("Test001".into(), 5)]);
        Self { book: Book::new(shelf, Labels::new(Rng::with_seed(1)), outbox), letters }
    }

    fn release(&mut self, order: ReleasedOrder) {
        self.book.release(order, None, Instant::now());
    }

    /// Everything told since the last call.
    fn next(&mut self) -> Vec<Letter> {
        std::iter::from_fn(|| self.letters.try_recv().ok()).collect()
    }

    fn kinds(&mut self) -> Vec<&'static str> {
        self.next().iter().map(|letter| letter.kind).collect()
    }

    fn stock(&self, sku: &str) -> (i64, i64) {
        let level = self.book.level(&Sku::from(sku)).unwrap();
        (level.on_hand, level.allocated.unwrap())
    }
}

fn order(number: &str, lines: &[(&str, u32)]) -> ReleasedOrder {
    let line = |(sku, quantity): &(&str, u32)| OrderLine {
        line_id: LineId::from("1"),
        sku: Sku::from(*sku),
        name: "A thing".into(),
        quantity: *quantity,
        unit_price: Money::default(),
        options: std::collections::BTreeMap::new(),
    };
    ReleasedOrder {
        number: number.into(),
        store: "acme-au".parse().unwrap(),
        platform: Platform::Bigcommerce,
        order_id: "1001".into(),
        test: false,
        placed_at: Timestamp::UNIX_EPOCH,
        currency: "AUD".into(),
        ship_to: Address::default(),
        shipping_method: String::new(),
        pickup: false,
        customer_note: String::new(),
        lines: lines.iter().map(line).collect(),
        total: Money::default(),
    }
}

fn units(sku: &str, quantity: u32) -> Vec<PackedLine> {
    vec![PackedLine { sku: sku.into(), quantity, line_id: None }]
}

#[test]
fn an_order_that_comes_again_is_counted_and_nothing_else() {
    let mut told = Told::new();
    let number = OrderNumber::from("BG1001");
    told.release(order("BG1001", &[("TEE-M", 2), ("TEE-M", 1)]));
    assert_eq!(told.kinds(), ["warehouse.order.accepted"]);
    assert_eq!(told.stock("TEE-M"), (10, 3));
    told.release(order("BG1001", &[("TEE-M", 2), ("TEE-M", 1)]));
    assert_eq!(told.kinds(), [""; 0]);
    assert_eq!(told.stock("TEE-M"), (10, 3));
    assert_eq!((told.book.received(&number), told.book.orders().count()), (2, 1));
}

#[test]
fn an_unknown_sku_is_rejected_with_a_sentence_and_nothing_is_set_aside() {
    let mut told = Told::new();
    told.release(order("BG1001", &[("TEE-M", 1), ("NOWHERE", 1)]));
    let [letter] = &told.next()[..] else { panic!("one thing is told") };
    let event = RawEvent::parse(&letter.body).unwrap().read::<WarehouseOrderRejected>().unwrap();
    assert!(event.data.reason.contains("'NOWHERE'"), "{}", event.data.reason);
    assert_eq!(told.stock("TEE-M"), (10, 0));
    assert!(matches!(told.book.ship(&"BG1001".into(), None), Err(NotOpen::Closed { .. })));
}

#[test]
fn units_leave_the_shelf_with_each_parcel_until_nothing_is_open() {
    let mut told = Told::new();
    let number = OrderNumber::from("BG1001");
    told.release(order("BG1001", &[("TEE-M", 3), ("CAP", 1)]));
    told.book.ship(&number, Some(units("TEE-M", 2))).unwrap();
    assert_eq!((told.stock("TEE-M"), told.stock("CAP")), ((8, 1), (1, 1)));
    assert!(matches!(
        told.book.ship(&number, Some(units("TEE-M", 2))),
        Err(NotOpen::Lines { quantity: 2, .. })
    ));
    let rest = told.book.ship(&number, None).unwrap();
    assert_eq!(rest.lines, Some([units("TEE-M", 1), units("CAP", 1)].concat()));
    assert_eq!((told.stock("TEE-M"), told.stock("CAP")), ((7, 0), (0, 0)));
    assert_eq!(told.book.state(&number), Some(OrderState::Shipped));
    assert!(told.book.ship(&number, None).is_err());
    assert_eq!(told.book.shipments_of(&number).count(), 2);
}

#[test]
fn a_shipment_told_again_is_the_same_event_and_takes_nothing() {
    let mut told = Told::new();
    told.release(order("BG1001", &[("TEE-M", 1)]));
    told.next();
    let shipment = told.book.ship(&"BG1001".into(), None).unwrap();
    told.book.tell_shipment(&shipment);
    let [first, again] = &told.next()[..] else { panic!("it is told twice") };
    assert_eq!(first.id, again.id);
    let read = |letter: &Letter| RawEvent::parse(&letter.body).unwrap().read::<ShipmentDispatched>().unwrap();
    assert_eq!(read(first).data, shipment);
    assert_eq!(
        (read(first).id, read(first).data, read(first).time),
        (read(again).id, read(again).data, read(again).time)
    );
    assert_eq!(told.stock("TEE-M"), (9, 0));
}

#[test]
fn test_orders_are_accepted_and_neither_set_aside_nor_shipped() {
    let mut told = Told::new();
    told.book.ship_after = Some(Duration::ZERO);
    told.release(ReleasedOrder { test: true, ..order("BG1001", &[("Test001", 2)]) });
    told.book.ship_due(Instant::now());
    assert_eq!(told.kinds(), ["warehouse.order.accepted"]);
    assert_eq!(told.stock("Test001"), (5, 0));
    assert_eq!(told.book.ship(&"BG1001".into(), None), Err(NotOpen::Test("BG1001".into())));
}

#[test]
fn a_cancelled_order_gives_its_units_back_and_is_not_shipped() {
    let mut told = Told::new();
    let now = Instant::now();
    told.book.ship_after = Some(Duration::from_secs(5));
    told.release(order("BG1001", &[("TEE-M", 2)]));
    told.release(order("BG1002", &[("TEE-M", 1)]));
    told.book.cancel(&"BG1001".into());
    assert_eq!(told.stock("TEE-M"), (10, 1));
    told.book.ship_due(now + Duration::from_secs(1));
    assert_eq!(told.book.shipments().len(), 0, "nothing is due yet");
    told.book.ship_due(now + Duration::from_secs(10));
    let numbers: Vec<&str> = told.book.shipments().iter().map(|shipment| shipment.number.as_str()).collect();
    assert_eq!(numbers, ["BG1002"]);
    assert_eq!(told.stock("TEE-M"), (9, 0));
}

#[test]
fn an_amendment_replaces_what_is_set_aside_and_what_has_left_is_not_packed_again() {
    let mut told = Told::new();
    let now = Instant::now();
    told.release(order("BG1001", &[("TEE-M", 2)]));
    told.book.amend(order("BG1001", &[("TEE-M", 5), ("CAP", 1)]), None, now);
    assert_eq!((told.stock("TEE-M"), told.stock("CAP")), ((10, 5), (1, 1)));
    assert_eq!(told.kinds(), ["warehouse.order.accepted"; 2]);
    told.book.ship(&"BG1001".into(), Some(units("TEE-M", 1))).unwrap();
    told.book.amend(order("BG1001", &[("TEE-M", 3)]), None, now);
    assert_eq!((told.stock("TEE-M"), told.stock("CAP")), ((9, 2), (1, 0)));
    assert_eq!(told.book.received(&"BG1001".into()), 1);
}

#[test]
fn an_order_of_which_nothing_is_to_leave_any_more_has_been_shipped() {
    for refused in [false, true] {
        let mut told = Told::new();
        told.book.ship_after = Some(Duration::ZERO);
        let (number, now) = (OrderNumber::from("BG1001"), Instant::now());
        told.release(order("BG1001", &[("TEE-M", 1), ("CAP", 1)]));
        told.book.ship(&number, Some(units("TEE-M", 1))).unwrap();
        if refused {
            told.book.reject(&number, "the cap is torn").unwrap();
            told.release(order("BG1001", &[("TEE-M", 1)]));
        } else {
            told.book.amend(order("BG1001", &[("TEE-M", 1)]), None, now);
        }
        told.book.ship_due(now + Duration::from_secs(9));
        assert_eq!(told.book.state(&number), Some(OrderState::Shipped));
        assert_eq!((told.book.shipments().len(), told.stock("CAP")), (1, (1, 0)));
    }
}

#[test]
fn an_order_waits_for_goods_that_are_not_there() {
    let mut told = Told::new();
    let now = Instant::now();
    told.book.ship_after = Some(Duration::ZERO);
    told.release(order("BG1001", &[("CAP", 2)]));
    told.book.ship_due(now + Duration::from_millis(1));
    assert_eq!((told.book.shipments().len(), told.stock("CAP")), (0, (1, 2)));
    told.book.put_away(&"CAP".into(), 1);
    told.book.ship_due(now + Duration::from_secs(2));
    assert_eq!((told.book.shipments().len(), told.stock("CAP")), (1, (0, 0)));
}

#[test]
fn a_count_tells_the_shelf_as_it_is_after_so_many_shipments() {
    let mut told = Told::new();
    told.book.count_after_shipments = Some(2);
    for number in ["BG1001", "BG1002", "BG1003"] {
        told.release(order(number, &[("TEE-M", 2)]));
    }
    told.next();
    told.book.ship(&"BG1001".into(), None).unwrap();
    let second = told.book.ship(&"BG1002".into(), None).unwrap();
    let letters = told.next();
    let counts: Vec<_> = letters.iter().filter(|letter| letter.kind == StockCounted::TYPE).collect();
    let [count] = counts[..] else { panic!("one count is told") };
    let count = RawEvent::parse(&count.body).unwrap().read::<StockCounted>().unwrap().data;
    assert!(count.counted_at > second.dispatched_at);
    let tee = count.levels.iter().find(|level| level.sku.as_str() == "TEE-M").unwrap();
    assert_eq!((tee.on_hand, tee.allocated), (6, Some(2)));
    assert_eq!(count.levels.len(), 3);
}

#[test]
fn a_count_by_hand_is_told_just_as_given_and_corrects_the_shelf() {
    let mut told = Told::new();
    let level = StockLevel { sku: "TEE-M".into(), on_hand: 3, allocated: None };
    told.book.count(vec![level.clone()]);
    let [letter] = &told.next()[..] else { panic!("one count is told") };
    assert_eq!(RawEvent::parse(&letter.body).unwrap().read::<StockCounted>().unwrap().data.levels, [level]);
    assert_eq!(told.stock("TEE-M"), (3, 0));
}

#[test]
fn a_trace_is_carried_from_the_order_to_its_parcel() {
    let mut told = Told::new();
    let trace = TraceParent::start();
    told.book.release(order("BG1001", &[("TEE-M", 1)]), Some(&trace.to_string()), Instant::now());
    told.book.ship(&"BG1001".into(), None).unwrap();
    for letter in told.next() {
        let carried = RawEvent::parse(&letter.body).unwrap().traceparent.unwrap();
        assert_eq!(carried.parse::<TraceParent>().unwrap().trace_id(), trace.trace_id());
    }
}

#[test]
fn an_order_refused_later_gives_its_units_back() {
    let mut told = Told::new();
    told.release(order("BG1001", &[("TEE-M", 4)]));
    told.book.reject(&"BG1001".into(), "the shelf fell over").unwrap();
    assert_eq!(told.kinds(), ["warehouse.order.accepted", "warehouse.order.rejected"]);
    assert_eq!(told.stock("TEE-M"), (10, 0));
    assert_eq!(told.book.state(&"BG1001".into()), Some(OrderState::Rejected));
    assert_eq!(told.book.reject(&"BG9".into(), ""), Err(NotOpen::Unknown("BG9".into())));
}

#[test]
fn what_has_left_of_an_order_that_was_refused_then_is_not_packed_again() {
    let mut told = Told::new();
    let number = OrderNumber::from("BG1001");
    told.release(order("BG1001", &[("TEE-M", 4)]));
    told.book.ship(&number, Some(units("TEE-M", 1))).unwrap();
    told.book.reject(&number, "the shelf fell over").unwrap();
    told.release(order("BG1001", &[("TEE-M", 3)]));
    assert_eq!(told.stock("TEE-M"), (9, 2));
    assert_eq!(told.book.ship(&number, None).unwrap().lines, Some(units("TEE-M", 2)));
    assert_eq!(told.stock("TEE-M"), (7, 0));
}

#[test]
fn a_relabelled_parcel_is_the_same_with_another_number() {
    let mut told = Told::new();
    told.release(order("BG1001", &[("TEE-M", 2)]));
    let first = told.book.ship(&OrderNumber::from("BG1001"), None).unwrap();
    told.next();
    let second = told.book.relabel(&first.shipment_id).unwrap();
    assert_ne!(first.tracking_number, second.tracking_number);
    assert_eq!((&first.lines, first.dispatched_at), (&second.lines, second.dispatched_at));
    let letters = told.next();
    let event = RawEvent::parse(&letters[0].body).unwrap().read::<ShipmentDispatched>().unwrap();
    assert!(event.data == second && event.time > Some(first.dispatched_at));
    assert_eq!(told.stock("TEE-M"), (8, 0));
}

#[test]
fn a_voided_parcel_is_on_the_shelf_again_and_may_leave_again() {
    let mut told = Told::new();
    let number = OrderNumber::from("BG1001");
    told.release(order("BG1001", &[("TEE-M", 2)]));
    let first = told.book.ship(&number, None).unwrap();
    told.next();
    for _ in 0..2 {
        told.book.void(&first.shipment_id).unwrap();
        assert_eq!((told.stock("TEE-M"), told.book.state(&number)), ((10, 2), Some(OrderState::Accepted)));
    }
    let letters = told.next();
    let event = RawEvent::parse(&letters[0].body).unwrap().read::<ShipmentVoided>().unwrap();
    assert_eq!(
        (letters.len(), event.data),
        (2, ShipmentVoided { shipment_id: first.shipment_id, number: number.clone() })
    );
    told.book.ship(&number, None).unwrap();
    assert_eq!(told.stock("TEE-M"), (8, 0));
}
