//! What becomes of a message that its handler could not handle.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use crossdock_domain::Mend;
use crossdock_queue::{DEAD_LETTERS, Message, Outcome, headers};
use crossdock_tests::broker::{Taken, Vhost};
use crossdock_tests::eventually;
use jiff::Timestamp;

use super::{Rig, Script, failed, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_message_waits_and_returns_to_its_own_queue_as_a_second_attempt() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler =
        Script::new(|delivery| if delivery.attempt == 1 { failed(Mend::Wait) } else { Outcome::Done });
    rig.consume(&handler);
    let began = Timestamp::now();
    rig.publisher.publish(message("a", "1")).await.unwrap();
    eventually("the message waits", async || (vhost.depth("crossdock.retry.5s").await == 1).then_some(()))
        .await;
    let second = eventually("the message returns", async || handler.deliveries("a").get(1).cloned()).await;
    assert_eq!(
        (second.routing_key.as_str(), second.id.as_str(), &second.body[..]),
        ("journey.begun", "1", &b"a/1"[..])
    );
    assert_eq!(second.attempt, 2);
    assert!(second.first_failed_at.is_some_and(|at| at >= began && at <= Timestamp::now()));
    assert!(began.duration_until(Timestamp::now()).as_secs() >= 5, "it did not wait");
    rig.counted("crossdock_queue_deliveries_total{role=\"journey\",result=\"retried\"} 1").await;
    rig.counted("crossdock_queue_deliveries_total{role=\"journey\",result=\"done\"} 1").await;
    assert_eq!(vhost.depth(super::WORK.name).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hopeless_message_is_a_dead_letter_that_says_why() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    rig.publisher.publish(message("acme-au", "1")).await.unwrap();
    let dead = only_dead_letter(&vhost).await;
    assert_eq!((dead.id.as_str(), &dead.body[..]), ("1", &b"acme-au/1"[..]));
    let ours = dead.headers.iter().filter(|(name, _)| name.starts_with("x-crossdock-"));
    let mut said: BTreeMap<&str, &str> = ours.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let first: Timestamp = said.remove(headers::FIRST_FAILURE).unwrap().parse().unwrap();
    let last: Timestamp = said.remove(headers::LAST_FAILURE).unwrap().parse().unwrap();
    assert_eq!(first, last);
    let expected = BTreeMap::from([
        (headers::CLASS, "scripted"),
        (headers::CHAIN, "as the script says: no"),
        (headers::ATTEMPTS, "1"),
        (headers::ROLE, "journey"),
        (headers::STORE, "acme-au"),
        (headers::SUBJECT, "subject of 1"),
        (headers::ROUTING_KEY, "journey.begun"),
    ]);
    assert_eq!(said, expected);
    assert_eq!(vhost.depth(super::WORK.name).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreadable_message_is_a_dead_letter_without_a_shop() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.consume(&Script::done());
    rig.publisher.publish(Message { body: Bytes::from_static(b"?"), ..message("a", "1") }).await.unwrap();
    let dead = only_dead_letter(&vhost).await;
    let said = |name: &str| dead.headers.get(name).map(String::as_str);
    assert_eq!(
        (said(headers::CLASS), said(headers::STORE), said(headers::SUBJECT)),
        (Some("unreadable"), Some(""), None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_the_shop_asks_for_is_no_attempt() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| match delivery.first_failed_at {
        None => failed(Mend::WaitFor(Duration::from_secs(3))),
        Some(_) => Outcome::Done,
    });
    rig.consume(&handler);
    rig.publisher.publish(message("a", "1")).await.unwrap();
    let second = eventually("the message returns", async || handler.deliveries("a").get(1).cloned()).await;
    assert_eq!(second.attempt, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_loses_nothing_and_stops_nothing() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| {
        assert!(delivery.id != "bad" || delivery.attempt > 1, "scripted panic");
        Outcome::Done
    });
    rig.consume(&handler);
    rig.publisher.publish(message("a", "bad")).await.unwrap();
    handler.handled("a", 1).await;
    rig.publisher.publish(message("a", "good")).await.unwrap();
    handler.handled("a", 2).await;
    let again = async || handler.deliveries("a").into_iter().find(|it| it.id == "bad" && it.attempt == 2);
    eventually("the message that was handled when it panicked is tried again", again).await;
}

async fn only_dead_letter(vhost: &Vhost) -> Taken {
    eventually("there is a dead letter", async || (vhost.depth(DEAD_LETTERS).await > 0).then_some(())).await;
    let mut dead = vhost.take(DEAD_LETTERS).await;
    assert_eq!(dead.len(), 1);
    dead.remove(0)
}
