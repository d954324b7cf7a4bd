//! Dead letters on their way to the desk.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_domain::Mend;
use crossdock_queue::{
    DEAD_LETTERS, DeadLetter, DeadLetterConsumer, Delivery, Desk, EVENTS_EXCHANGE, Failure, Fate, Message,
    Route, headers,
};
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use jiff::Timestamp;
use lapin::BasicProperties;
use lapin::options::{BasicGetOptions, BasicNackOptions, BasicPublishOptions};
use lapin::types::{AMQPValue, FieldTable};
use serde_json::json;

use super::topology::{DELIVERY_LIMIT, other_client};
use super::{Rig, Script, UNPOISONED, WORK, failed, message};

/// A desk that can be away, and that never takes what its body calls poison.
#[derive(Default)]
pub(super) struct Desktop {
    away: AtomicBool,
    /// How often it fails yet.
    falters: AtomicUsize,
    taken: Mutex<Vec<Fate>>,
}

impl Desktop {
    fn away() -> Arc<Self> {
        Arc::new(Self { away: true.into(), ..Self::default() })
    }

    fn taken(&self) -> Vec<Fate> {
        self.taken.lock().expect(UNPOISONED).clone()
    }

    pub(super) fn letters(&self) -> Vec<DeadLetter> {
        let dead = |fate| if let Fate::Dead(letter) = fate { Some(letter) } else { None };
        self.taken().into_iter().filter_map(dead).collect()
    }

    pub(super) async fn has(&self, fates: usize) {
        eventually(&format!("the desk has {fates}"), async || (self.taken().len() >= fates).then_some(()))
            .await;
    }
}

#[async_trait]
impl Desk for Desktop {
    async fn take(&self, batch: Vec<Fate>) -> Result<(), Failure> {
        let poison = |fate: &Fate| matches!(fate, Fate::Dead(it) if it.body.ends_with(b"poison"));
        let falters =
            self.falters.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        if falters || self.away.load(Ordering::SeqCst) || batch.iter().any(poison) {
            let chain = "the desk is away".to_owned();
            return Err(Failure { class: "desk-away", chain, mend: Mend::Wait });
        }
        self.taken.lock().expect(UNPOISONED).extend(batch);
        Ok(())
    }

    async fn ready(&self) -> bool {
        !self.away.load(Ordering::SeqCst)
    }
}

pub(super) fn open(rig: &Rig, desk: &Arc<Desktop>) {
    let consumer = DeadLetterConsumer::new(rig.broker.clone(), &rig.publisher, Arc::clone(desk) as _);
    tokio::spawn(consumer.run(rig.stop.child_token()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_and_what_was_done_again_reaches_the_desk() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    rig.consume(&Script::new(|delivery| match delivery.id.as_str() {
        "good" => crossdock_queue::Outcome::Done,
        _ => failed(Mend::Never),
    }));
    let began = Timestamp::now();
    rig.publisher.publish(message("acme-au", "1")).await.unwrap();
    desk.has(1).await;
    rig.publisher.replay(WORK.role, "7/1", &message("acme-au", "1")).await.unwrap();
    desk.has(2).await;
    rig.publisher.replay(WORK.role, "8/1", &message("acme-au", "good")).await.unwrap();
    desk.has(3).await;
    assert_eq!(desk.taken()[2], Fate::Done { replay: "8/1".to_owned() });
    let [first, again] = &desk.letters()[..] else { panic!("two are dead") };
    assert!(first.first_failed_at >= began && first.first_failed_at == first.last_failed_at);
    let expected = DeadLetter {
        role: WORK.role.to_owned(),
        store: "acme-au".to_owned(),
        subject: Some("subject of 1".to_owned()),
        class: "scripted".to_owned(),
        chain: "as the script says: no".to_owned(),
        attempts: 1,
        first_failed_at: first.first_failed_at,
        last_failed_at: first.last_failed_at,
        id: "1".to_owned(),
        routing_key: "journey.begun".to_owned(),
        content_type: "text/plain".to_owned(),
        properties: first.properties.clone(),
        body: "acme-au/1".into(),
        replay: None,
    };
    assert_eq!(first, &expected);
    assert_eq!(first.properties["headers"][headers::CLASS], "scripted");
    assert_eq!((again.replay.as_deref(), again.id.as_str()), (Some("7/1"), "1"));
    eventually("the queue is empty", async || (vhost.depth(DEAD_LETTERS).await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_desk_is_away_dead_letters_wait_on_their_queue_and_return_there_once() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    rig.publisher.publish(message("a", "before")).await.unwrap();
    desk.has(1).await;
    desk.away.store(true, Ordering::SeqCst);
    for n in 0..120 {
        rig.publisher.publish(message("a", &n.to_string())).await.unwrap();
    }
    eventually("all are back", async || (vhost.depth(DEAD_LETTERS).await == 120).then_some(())).await;
    desk.away.store(false, Ordering::SeqCst);
    desk.has(121).await;
    let returns = |letter: &DeadLetter| letter.properties["headers"]["x-delivery-count"].as_u64();
    assert!(desk.letters().iter().all(|letter| returns(letter).unwrap_or_default() <= 1));
    eventually("the queue is empty", async || (vhost.depth(DEAD_LETTERS).await == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_is_away_from_the_start_is_given_nothing() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    rig.publisher.publish(message("a", "1")).await.unwrap();
    eventually("it is dead", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
    let desk = Desktop::away();
    open(&rig, &desk);
    rig.lose_connections(&vhost, &["dead-letters"]).await;
    rig.connected().await;
    desk.away.store(false, Ordering::SeqCst);
    desk.has(1).await;
    let letter = desk.letters().remove(0);
    assert_eq!(letter.properties["headers"]["x-delivery-count"], serde_json::Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_the_desk_cannot_take_is_in_the_way_of_no_other_and_stays() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    for id in ["1", "poison", "2", "3"] {
        rig.publisher.publish(message("a", id)).await.unwrap();
    }
    eventually("all are dead", async || (vhost.depth(DEAD_LETTERS).await == 4).then_some(())).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    desk.has(3).await;
    rig.publisher.publish(message("a", "4")).await.unwrap();
    desk.has(4).await;
    let ids: BTreeSet<String> = desk.letters().into_iter().map(|letter| letter.id).collect();
    assert_eq!(ids, ["1", "2", "3", "4"].map(str::to_owned).into());
    rig.stop.cancel();
    eventually("it is on its queue", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_comes_back_while_a_batch_is_taken_one_by_one_takes_all_of_it() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    for id in ["1", "2", "3"] {
        rig.publisher.publish(message("a", id)).await.unwrap();
    }
    eventually("all are dead", async || (vhost.depth(DEAD_LETTERS).await == 3).then_some(())).await;
    // All three together, then the first of them alone.
    let desk = Arc::new(Desktop { falters: 2.into(), ..Desktop::default() });
    open(&rig, &desk);
    desk.has(3).await;
    let ids: BTreeSet<String> = desk.letters().into_iter().map(|letter| letter.id).collect();
    assert_eq!(ids, ["1", "2", "3"].map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_no_queue_can_be_buried_and_is_the_same_failure_told_twice() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    let route = Route { lane: "acme-au".to_owned(), subject: Some("1001".to_owned()) };
    let failure = Failure { class: "order-refused", chain: "too heavy".to_owned(), mend: Mend::Never };
    let at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    let message = Message { routing_key: "journey.late".to_owned(), ..message("a", "refused/BG1001") };
    for _ in 0..2 {
        rig.publisher.bury(&WORK, &route, &failure, &message, at).await.unwrap();
    }
    desk.has(2).await;
    let [first, second] = &desk.letters()[..] else { panic!("two came") };
    assert_eq!((&first.id, first.last_failed_at), (&second.id, at));
    assert_eq!(second.last_failed_at, at);
    assert_eq!(
        (first.role.as_str(), first.store.as_str(), first.class.as_str()),
        ("journey", "acme-au", "order-refused")
    );
    assert_eq!((first.subject.as_deref(), first.routing_key.as_str()), (Some("1001"), "journey.late"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rabbitmq_gave_up_itself_says_whose_it_was() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.publisher.publish(message("a", "1")).await.unwrap();
    let (_connection, channel) = other_client(&vhost).await;
    for _ in 0..=DELIVERY_LIMIT {
        return_one(&channel).await;
    }
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    desk.has(1).await;
    let letter = desk.letters().remove(0);
    assert_eq!((letter.role.as_str(), letter.class.as_str()), (WORK.role, "delivery-limit"));
    assert_eq!((letter.routing_key.as_str(), letter.id.as_str()), ("journey.begun", "1"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_delivered_for_the_last_time_is_not_handled_but_buried_with_all_that_is_known_of_it() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.publisher.publish(message("a", "1")).await.unwrap();
    let (connection, channel) = other_client(&vhost).await;
    for _ in 0..DELIVERY_LIMIT {
        return_one(&channel).await;
    }
    connection.close(200, "done".into()).await.unwrap();
    let handler = Script::new(|_: &Delivery| failed(Mend::Wait));
    rig.consume(&handler);
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    desk.has(1).await;
    let letter = desk.letters().remove(0);
    assert_eq!((letter.role.as_str(), letter.class.as_str()), (WORK.role, "delivery-limit"));
    assert_eq!((letter.store.as_str(), letter.subject.as_deref()), ("a", Some("subject of 1")));
    assert_eq!(letter.chain, "it was put back, or its consumer lost, more than 20 times");
    assert_eq!(handler.fell(), ["1"]);
    assert!(handler.deliveries("a").is_empty(), "it was handled");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sender_told_beside_the_body_is_with_the_dead_letter_after_a_put_off_and_a_retry() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    rig.consume(&Script::new(|delivery| match (delivery.first_failed_at, delivery.attempt) {
        (None, _) => failed(Mend::WaitFor(Duration::from_secs(1))),
        (Some(_), 1) => failed(Mend::Wait),
        _ => failed(Mend::Never),
    }));
    let mut tenant = FieldTable::default();
    tenant.insert("region".into(), AMQPValue::LongString("north".into()));
    let mut headers = FieldTable::default();
    headers.insert("tenant".into(), AMQPValue::FieldTable(tenant));
    headers.insert("tries".into(), AMQPValue::LongInt(3));
    let told = BasicProperties::default()
        .with_message_id("1".into())
        .with_content_type("text/plain".into())
        .with_headers(headers)
        .with_correlation_id("c-1".into())
        .with_reply_to("answers".into())
        .with_type("begun".into())
        .with_priority(2)
        .with_expiration("600000".into());
    publish_as_other(&vhost, told).await;
    desk.has(1).await;
    let letter = desk.letters().remove(0);
    let has = &letter.properties;
    assert_eq!(
        (&has["headers"]["tenant"], &has["headers"]["tries"]),
        (&json!({"region": "north"}), &json!(3))
    );
    assert_eq!((&has["correlation_id"], &has["reply_to"]), (&json!("c-1"), &json!("answers")));
    assert_eq!((&has["type"], &has["priority"]), (&json!("begun"), &json!(2)));
    assert_eq!(has["expiration"], json!(null), "at the desk nothing expires");
    assert_eq!((letter.attempts, &has["headers"][headers::CLASS]), (2, &json!("scripted")), "{has}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_larger_than_the_agreed_frame_hold_no_message_up() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(format!("{}?frame_max=8192", vhost.address()).into()).await;
    let desk = Arc::new(Desktop::default());
    open(&rig, &desk);
    rig.consume(&Script::new(|delivery| match delivery.first_failed_at {
        None => failed(Mend::WaitFor(Duration::from_secs(1))),
        Some(_) => failed(Mend::Never),
    }));
    let mut headers = FieldTable::default();
    headers.insert("note".into(), AMQPValue::LongString("x".repeat(30_000).into()));
    let told = BasicProperties::default().with_headers(headers).with_correlation_id("c-1".into());
    publish_as_other(&vhost, told).await;
    desk.has(1).await;
    let has = desk.letters().remove(0).properties;
    assert_eq!((&has["headers"]["note"], &has["correlation_id"]), (&json!(null), &json!("c-1")));
    assert!(has["headers"][headers::LEFT_OUT_BYTES].as_u64() > Some(30_000), "{has}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_has_caught_up_once_it_has_all_that_lay_on_the_queue() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    for n in 0..120 {
        rig.publisher.publish(message("a", &n.to_string())).await.unwrap();
    }
    eventually("all are dead", async || (vhost.depth(DEAD_LETTERS).await == 120).then_some(())).await;
    assert!(!rig.publisher.desk_caught_up(), "there is none yet");
    let desk = Desktop::away();
    open(&rig, &desk);
    rig.lose_connections(&vhost, &["dead-letters"]).await;
    rig.connected().await;
    assert!(!rig.publisher.desk_caught_up(), "it has taken nothing");
    desk.away.store(false, Ordering::SeqCst);
    let caught_up = async || rig.publisher.desk_caught_up().then(|| desk.letters().len());
    assert_eq!(eventually("the desk catches up", caught_up).await, 120);
    rig.lose_connections(&vhost, &["dead-letters"]).await;
    let lost = async || (!rig.publisher.desk_caught_up()).then_some(());
    eventually("without a connection nobody knows what lies there", lost).await;
    eventually("the desk catches up again", async || rig.publisher.desk_caught_up().then_some(())).await;
}

/// Publishes message `a/1` as a client does that is none of ours.
async fn publish_as_other(vhost: &Vhost, told: BasicProperties) {
    let (_connection, channel) = other_client(vhost).await;
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let published =
        channel.basic_publish(EVENTS_EXCHANGE.into(), "journey.begun".into(), options, b"a/1", told);
    published.await.unwrap().await.unwrap();
}

async fn return_one(channel: &lapin::Channel) {
    let taken = eventually("the message is there", async || {
        channel.basic_get(WORK.name.into(), BasicGetOptions { no_ack: false }).await.unwrap()
    });
    taken.await.nack(BasicNackOptions { multiple: false, requeue: true }).await.unwrap();
}
