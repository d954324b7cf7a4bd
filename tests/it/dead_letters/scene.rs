//! What journeys of the desk have in common: its process, its commands, and messages that fail.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_domain::{PackedLine, Shipment, Sku};
use crossdock_events::{CONTENT_TYPE, Event, EventData, ShopOrderChanged, Source};
use crossdock_ledger::{DeadLetterState, DeadLettersWanted, Fallen, Ledger, MessageKey};
use crossdock_queue::Message;
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::eventually;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::world::World;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The desk's role.
pub(crate) const DESK: &str = "dead-letters";

/// How long many replays may take, in minutes: generous, because it is only ever used up by a failure.
const MANY_MINUTES_MAX: u64 = 5;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 100;

/// A process that does nothing but the desk's work.
pub(crate) fn desk(world: &World) -> Process {
    Process::start(&world.config, Some(DESK))
}

/// What a sweep told of an order of this shop, which this role could not read.
pub(crate) fn unread(role: &str, store: &str, order_id: &str) -> Fallen {
    let (of, cause) = (store.parse().unwrap(), "sweep".to_owned());
    failed(role, store, order_id, ShopOrderChanged { store: of, order_id: order_id.into(), cause })
}

/// Anything about an order of this shop that failed in this role.
pub(crate) fn failed<T: EventData>(role: &str, store: &str, subject: &str, data: T) -> Fallen {
    let now = Timestamp::now();
    let id = format!("lost/{role}/{store}/{subject}");
    let event = Event::new(&Source::Role("reconciler"), id, now, data);
    Fallen {
        message: MessageKey { role: role.to_owned(), message_id: event.id.clone() },
        store: store.to_owned(),
        subject: Some(subject.to_owned()),
        kind: event.kind.clone(),
        content_type: CONTENT_TYPE.to_owned(),
        properties: json!({}),
        body: event.to_json(),
        class: "shop-unavailable".to_owned(),
        chain: "the shop did not answer as it should".to_owned(),
        cause: "the shop did not answer as it should".to_owned(),
        group: "0a0b0c0d".to_owned(),
        attempts: 12,
        first_failed_at: now,
        last_failed_at: now,
        waits: false,
        replay: None,
    }
}

/// The exit status, and the printed JSON of a command of the desk.
pub(crate) async fn asked(world: &World, arguments: &[&str]) -> (i32, Value) {
    let arguments = [&["dead-letters"], arguments, &["--json"]].concat();
    let output = crossdock(&world.config, &arguments).await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let json = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON, but: {told}"));
    (output.status.code().unwrap(), json)
}

/// The exit status, and all that was printed, with one blank between two words.
pub(crate) async fn said(world: &World, arguments: &[&str]) -> (i32, String) {
    let output = crossdock(&world.config, &[&["dead-letters"], arguments].concat()).await;
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Whether it was said, wherever lines end.
pub(crate) fn says(text: &str, sentence: &str) -> bool {
    text.contains(&sentence.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The ledger as it stands, opened without a write: SQLite may be busy with others' for longer than one look waits.
pub(crate) async fn ledger(world: &World) -> Arc<dyn Ledger> {
    let url = world.ledger_url().into();
    eventually("the ledger is opened", || async { crossdock_ledger::open_existing(&url).await.ok() }).await
}

/// Waits until so many stand so.
pub(crate) async fn are(world: &World, wanted: u64, state: DeadLetterState) {
    let (ledger, of_state) =
        (ledger(world).await, DeadLettersWanted { states: vec![state], ..Default::default() });
    in_the_end(&format!("{wanted} are {state}"), async || {
        ledger.count_dead_letters(&of_state).await.is_ok_and(|count| count == wanted)
    })
    .await;
}

/// Waits longer than [`eventually`]: for hundreds of messages, on a busy machine.
pub(crate) async fn in_the_end(claim: &str, mut look: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_mins(MANY_MINUTES_MAX);
    while !look().await {
        assert!(Instant::now() < deadline, "{claim}");
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}

/// An order of the BigCommerce shop that the warehouse has accepted: its id, and its number.
pub(crate) async fn accepted(world: &World, lines: &[(&str, u32)]) -> (String, String) {
    let id = world.bigcommerce.place_order(&Draft::of(lines));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    (id, number)
}

/// Ships one unit of a SKU.
pub(crate) fn ship(world: &World, number: &str, sku: &str) -> Shipment {
    world
        .warehouse
        .ship(number, Some(vec![PackedLine { sku: Sku::from(sku), quantity: 1, line_id: None }]))
        .unwrap()
}

/// The next shipment that is written to the BigCommerce shop is refused for good.
pub(crate) fn refuse_next_shipment(world: &World) {
    world.bigcommerce.faults().next("POST", "/shipments", Fault::Status(422));
}

/// The tracking numbers that the order shows at the BigCommerce shop, in order.
pub(crate) fn tracking(world: &World, id: &str) -> Vec<String> {
    let shipments = world.bigcommerce.shipments(id);
    shipments.iter().map(|it| it["tracking_number"].as_str().unwrap().to_owned()).collect()
}

/// Waits until these are the tracking numbers at the BigCommerce shop.
pub(crate) async fn tracked(world: &World, id: &str, shipments: &[&Shipment]) {
    let wanted: Vec<&str> = shipments.iter().map(|it| it.tracking_number.as_str()).collect();
    eventually(&format!("order {id} shows {wanted:?}"), || async {
        (tracking(world, id) == wanted).then_some(())
    })
    .await;
}

/// Has the tracking-writer told something that it cannot read.
pub(crate) async fn publish(world: &World, id: &str, body: &[u8]) {
    publish_all(world, [(id.to_owned(), body.to_vec())]).await;
}

/// Has the tracking-writer told all of this, by message id.
pub(crate) async fn publish_all(world: &World, all: impl IntoIterator<Item = (String, Vec<u8>)>) {
    let publisher = world.publisher().await;
    let message = |(id, body): (String, Vec<u8>)| Message {
        routing_key: "warehouse.shipment.dispatched".to_owned(),
        id,
        content_type: "application/cloudevents+json".into(),
        body: body.into(),
    };
    for message in all.into_iter().map(message) {
        publisher.publish(message).await.unwrap();
    }
}
