//! RabbitMQ is away while shops go on telling: each webhook is answered 200, and none of them is lost.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_events::standard_webhooks::{Key, sign};
use crossdock_tests::broker::Taken;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::process::{Process, crossdock};
use crossdock_tests::world::{BIGCOMMERCE_SECRET, World};
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::Value;

const QUEUE: &str = "crossdock.order-importer";

/// Webhooks that arrive while RabbitMQ is away.
const WEBHOOKS: u32 = 2_000;

/// Requests that a shop has under way at once.
const AT_ONCE: usize = 64;

/// Room for all of them.
const ROOMY: u64 = 64 * 1024 * 1024;

/// A signed webhook about this order.
fn webhook(order: u32) -> (Vec<(&'static str, String)>, String) {
    let (key, now): (Key, i64) =
        (BIGCOMMERCE_SECRET.as_bytes().to_vec().into(), Timestamp::now().as_second());
    let body = format!(
        r#"{{"scope":"store/order/created","store_id":"1","data":{{"type":"order","id":{order}}},"hash":"h{order}","created_at":1760000000,"producer":"stores/journey1"}}"#
    );
    let id = format!("msg_{order}");
    let signature = sign(&key, &id, now, body.as_bytes());
    let headers =
        vec![("webhook-id", id), ("webhook-timestamp", now.to_string()), ("webhook-signature", signature)];
    (headers, body)
}

/// Sends one webhook; none if nobody answers.
async fn send(world: &World, http: &reqwest::Client, order: u32) -> Option<u16> {
    let (headers, body) = webhook(order);
    let mut request = http.post(world.receiver.join("webhooks/bigcommerce").unwrap()).body(body);
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let answer = request.send().await.ok()?;
    if answer.status() == 503 {
        assert!(answer.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    }
    Some(answer.status().as_u16())
}

/// Sends webhooks of all these orders, many at once, and returns how each was answered.
async fn send_all(
    world: &World,
    orders: impl IntoIterator<Item = u32>,
    after_each: impl Fn(u32, Option<u16>),
) -> BTreeMap<u32, Option<u16>> {
    let (http, after_each) = (reqwest::Client::new(), &after_each);
    let sending = stream::iter(orders).map(|order| {
        let http = http.clone();
        async move {
            let status = send(world, &http, order).await;
            after_each(order, status);
            (order, status)
        }
    });
    sending.buffer_unordered(AT_ONCE).collect().await
}

fn answered(answers: &BTreeMap<u32, Option<u16>>, status: u16) -> BTreeSet<u32> {
    answers.iter().filter(|(_, answer)| **answer == Some(status)).map(|(order, _)| *order).collect()
}

async fn readiness(world: &World) -> Option<(u16, Value)> {
    let answer = reqwest::get(world.receiver.join("readyz").unwrap()).await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

async fn drained(world: &World) {
    eventually("the spool is drained", || async {
        let (_, told) = readiness(world).await?;
        (told["broker"] == "up" && told["spool"]["events"] == 0).then_some(())
    })
    .await;
}

/// How often each order's event is in the queue, each with the id that it always has.
async fn arrived(world: &World) -> BTreeMap<u32, usize> {
    let mut ids = BTreeMap::<u32, (String, usize)>::new();
    for Taken { id, body, .. } in world.vhost.take(QUEUE).await {
        let event: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(event["id"], id.as_str());
        let order = event["data"]["order_id"].as_str().unwrap().parse().unwrap();
        let seen = ids.entry(order).or_insert((id.clone(), 0));
        assert_eq!(seen.0, id, "the same event keeps its id");
        seen.1 += 1;
    }
    let distinct: BTreeSet<&String> = ids.values().map(|(id, _)| id).collect();
    assert_eq!(distinct.len(), ids.len(), "each event has an id of its own");
    ids.into_iter().map(|(order, (_, count))| (order, count)).collect()
}

async fn metric(world: &World, name: &str) -> u64 {
    let text = reqwest::get(world.receiver.join("metrics").unwrap()).await.unwrap().text().await.unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}")).parse().unwrap()
}

async fn world(node: &Node, bytes_max: u64) -> World {
    let world = World::over(Engine::Sqlite, node.vhost().await).await;
    world.turn_spool_on(bytes_max);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_taken_while_the_broker_is_stopped_and_all_are_there_after_its_start() {
    let node = Node::create().await;
    let world = world(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    drained(&world).await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS, |_, _| {}).await;
    assert_eq!(answered(&answers, 200).len(), WEBHOOKS as usize, "{answers:?}");
    let (status, told) = readiness(&world).await.unwrap();
    assert_eq!((status, &told["ready"], &told["spool"]["events"]), (200, &true.into(), &WEBHOOKS.into()));
    assert_eq!(metric(&world, "crossdock_receiver_spool_events").await, u64::from(WEBHOOKS));
    assert_eq!(metric(&world, "crossdock_receiver_spooled_total").await, u64::from(WEBHOOKS));

    node.start().await;
    drained(&world).await;
    assert_eq!(metric(&world, "crossdock_receiver_drained_total").await, u64::from(WEBHOOKS));
    let arrived = arrived(&world).await;
    assert_eq!(arrived.len(), WEBHOOKS as usize);
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_killed_among_webhooks_loses_none_that_it_answered_200() {
    let node = Node::create().await;
    let world = world(&node, ROOMY).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    drained(&world).await;
    node.stop().await;
    let taken = std::sync::atomic::AtomicU32::new(0);
    let enough = tokio::sync::Notify::new();
    let count = |_: u32, status: Option<u16>| {
        if status == Some(200) && taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == WEBHOOKS / 2 {
            enough.notify_one();
        }
    };
    let kill = async {
        enough.notified().await;
        receiver.kill().await;
    };
    let (answers, ()) = tokio::join!(send_all(&world, 1..=WEBHOOKS, count), kill);
    let first = answered(&answers, 200);
    assert!(first.len() > WEBHOOKS as usize / 2 && first.len() < WEBHOOKS as usize, "{}", first.len());

    // The shop sends again what was not answered.
    let receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let unanswered: Vec<u32> = (1..=WEBHOOKS).filter(|order| !first.contains(order)).collect();
    let again = send_all(&world, unanswered.clone(), |_, _| {}).await;
    assert_eq!(answered(&again, 200).len(), unanswered.len(), "{again:?}");
    node.start().await;
    drained(&world).await;
    let arrived = arrived(&world).await;
    assert_eq!(arrived.len(), WEBHOOKS as usize);
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_spool_is_a_503_and_loses_nothing_that_it_answered_200() {
    let node = Node::create().await;
    let world = world(&node, 256 * 1024).await;
    let receiver = Process::start(&world.config, Some("receiver"));
    drained(&world).await;
    node.stop().await;
    let answers = send_all(&world, 1..=WEBHOOKS, |_, _| {}).await;
    let (taken, refused) = (answered(&answers, 200), answered(&answers, 503));
    assert!(!taken.is_empty() && !refused.is_empty(), "{} and {}", taken.len(), refused.len());
    assert_eq!(taken.len() + refused.len(), WEBHOOKS as usize);
    let (status, told) = readiness(&world).await.unwrap();
    assert_eq!((status, &told["spool"]["state"]), (503, &"full".into()));

    // Stopped and started while it is full, and without RabbitMQ.
    receiver.signal("TERM").await;
    assert_eq!(receiver.ended().await, 0);
    let _receiver = Process::start(&world.config, Some("receiver"));
    node.start().await;
    drained(&world).await;
    let arrived = arrived(&world).await;
    assert!(taken.iter().all(|order| arrived.contains_key(order)));
    assert!(arrived.values().all(|count| (1..=2).contains(count)), "{arrived:?}");
    let late = send_all(&world, refused, |_, _| {}).await;
    assert!(late.values().all(|status| *status == Some(200)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_receiver_on_the_same_spool_is_refused() {
    let world = World::create(Engine::Sqlite).await;
    world.turn_spool_on(ROOMY);
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let second = crossdock(&world.config, &["run", "--role", "receiver"]).await;
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains("in use by another receiver; give each its own receiver.spool_dir"), "{told}");
}
