//! One trace from a request to its last effect: in what is published on the way, and in the log.

use std::time::Duration;

use crossdock_events::standard_webhooks::{
    ID_HEADER, SIGNATURE_HEADER, TIMESTAMP_HEADER, key_from_whsec, sign,
};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::broker::Taken;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::log::Log;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, ShopSender};
use crossdock_tests::world::{ALL_BUT_THE_DESK, WAREHOUSE_SECRET, World};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Everything that Crossdock has to say.
const FILTER: &str = "warn,crossdock=debug";

/// How long the shop takes to answer for an order while others queue up behind it.
const READING: Duration = Duration::from_secs(2);

const RELEASED: &str = "released to the warehouse";

/// A trace that begins at a sender.
struct Sent {
    id: String,
    traceparent: String,
}

fn sent(digit: char) -> Sent {
    let id = digit.to_string().repeat(32);
    let traceparent = format!("00-{id}-b7ad6b7169203331-01");
    Sent { id, traceparent }
}

/// The shop `acme-au`, naming this trace.
fn shop(world: &World, trace: &Sent) -> ShopSender {
    world.shop().with("traceparent", &trace.traceparent)
}

/// Places an order of which the shop itself says nothing.
fn place_order(world: &World) -> u32 {
    world.bigcommerce.callbacks().hold();
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])).parse().unwrap()
}

/// Has the warehouse tell an event over HTTP.
async fn tell(world: &World, trace: &Sent, kind: &str, id: &str, data: Value) {
    let now = Timestamp::now();
    let event = json!({"specversion": "1.0", "id": id, "source": "/warehouse", "type": kind, "time": now, "data": data});
    let (body, seconds) = (event.to_string(), now.as_second());
    let signature = sign(&key_from_whsec(WAREHOUSE_SECRET).unwrap(), id, seconds, body.as_bytes());
    let request = http().post(world.at("warehouse/events"));
    let request = request
        .header("content-type", "application/cloudevents+json")
        .header("traceparent", &trace.traceparent)
        .header(ID_HEADER, id)
        .header(TIMESTAMP_HEADER, seconds)
        .header(SIGNATURE_HEADER, signature);
    assert_eq!(request.body(body).send().await.unwrap().status(), 200);
}

/// Waits for so many messages in a queue, and takes them out.
async fn taken(world: &World, queue: &str, count: u32) -> Vec<Taken> {
    eventually(&format!("{queue} holds {count}"), || async {
        (world.vhost.depth(queue).await >= count).then_some(())
    })
    .await;
    world.vhost.take(queue).await
}

/// The message carries the trace, as the child of a step of our own.
fn carries(message: &Taken, trace: &Sent) {
    let carried = message.json()["traceparent"].as_str().unwrap().to_owned();
    assert!(carried.starts_with(&format!("00-{}-", trace.id)), "{carried}");
    assert_ne!(carried, trace.traceparent, "each step is a parent of its own");
}

/// Waits until a line of this trace says this.
async fn told(log: &Log, trace: &Sent, message: &str) -> Value {
    eventually(&format!("a line of trace {} says: {message}", trace.id), || async {
        let says = |line: &Value| line["message"].as_str().is_some_and(|it| it.contains(message));
        log.of_trace(&trace.id).into_iter().find(says)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhooks_trace_reaches_the_warehouse_and_comes_back_with_the_tracking_number() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _crossdock = Process::start_logging(&world.config, None, &log, FILTER);
    world.ready().await;
    let releases = world.vhost.tap("order.released").await;
    let (trace, order) = (sent('a'), place_order(&world));
    let number = format!("BG{order}");
    // The first reading fails: the trace goes over a retry.
    world.bigcommerce.faults().next("GET", "/orders", Fault::Status(500));
    assert_eq!(shop(&world, &trace).send(order).await, Answer::Status(200));

    carries(&taken(&world, &releases, 1).await[0], &trace);
    assert!(world.bigcommerce.faults().all_met());
    told(&log, &trace, "events were taken").await;
    assert_eq!(told(&log, &trace, RELEASED).await["order.number"], number.as_str());
    told(&log, &trace, "taken over by the warehouse").await;

    world.order_in_state(&number, "accepted").await;
    world.warehouse.ship(&number, None).unwrap();
    told(&log, &trace, "written to the shop").await;
    let calls = log.of_trace(&trace.id).into_iter().filter(|line| line["message"] == "shop answered");
    let written = |line: &Value| line["http.path"].as_str().is_some_and(|it| it.contains("/shipments"));
    assert!(calls.into_iter().any(|line| written(&line)), "the shop's own answers are in the trace");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_of_the_warehouse_reaches_the_shops_and_the_dead_letters() {
    let world = World::create(Engine::Sqlite).await;
    let log = Log::in_folder(world.folder());
    let _crossdock = Process::start_logging(&world.config, Some(ALL_BUT_THE_DESK), &log, FILTER);
    world.ready().await;
    let pushes = world.vhost.tap("stock.due").await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;

    let shipped = sent('b');
    let shipment = json!({"shipment_id": "s-1", "number": number, "carrier": "Post", "tracking_number": "T-1", "dispatched_at": Timestamp::now()});
    tell(&world, &shipped, "warehouse.shipment.dispatched", "d-1", shipment).await;
    told(&log, &shipped, "events were taken").await;
    assert_eq!(told(&log, &shipped, "written to the shop").await["order.number"], number.as_str());

    let counted = sent('c');
    let count = json!({"counted_at": Timestamp::now(), "levels": [{"sku": "MUG", "on_hand": 30}]});
    tell(&world, &counted, "warehouse.stock.counted", "c-1", count).await;
    // The order, and the reconciler, cause pushes too.
    let mut of_the_count = 0;
    while of_the_count < 2 {
        for push in
            taken(&world, &pushes, 1).await.iter().filter(|push| push.id.starts_with("/warehouse#c-1/"))
        {
            carries(push, &counted);
            of_the_count += 1;
        }
    }
    told(&log, &counted, "took a count").await;
    told(&log, &counted, "told the shop its stock").await;

    let differs = sent('d');
    let lines = json!([{"sku": "MUG", "quantity": 5}]);
    let shipment = json!({"shipment_id": "s-1", "number": number, "carrier": "Post", "tracking_number": "T-1", "dispatched_at": Timestamp::now(), "lines": lines});
    tell(&world, &differs, "warehouse.shipment.dispatched", "d-2", shipment).await;
    carries(&taken(&world, "crossdock.dead-letters", 1).await[0], &differs);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_notices_of_an_order_the_newest_lends_its_trace_and_the_others_are_linked() {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let releases = world.vhost.tap("order.released").await;
    let (other, order) = (place_order(&world), place_order(&world));
    let (before, notices) = (sent('a'), [sent('1'), sent('2'), sent('3')]);
    assert_eq!(shop(&world, &before).send(other).await, Answer::Status(200));
    for notice in &notices {
        assert_eq!(shop(&world, notice).send(order).await, Answer::Status(200));
    }
    // While another order is read, these wait together.
    world.bigcommerce.faults().next("GET", "/orders", Fault::Hang(READING));
    let log = Log::in_folder(world.folder());
    let _importer = Process::start_logging(&world.config, Some("order-importer"), &log, FILTER);
    let releases = taken(&world, &releases, 2).await;
    carries(&releases[0], &before);
    carries(&releases[1], &notices[2]);
    let line = told(&log, &notices[2], RELEASED).await;
    assert_eq!(line["span"]["trace.links"], format!("{} {}", notices[1].id, notices[0].id));
}
