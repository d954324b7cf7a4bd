//! How old the oldest message of a shop is, wherever it waits.

use std::time::Duration;

use crossdock_domain::Mend;
use crossdock_queue::Outcome;
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use jiff::Timestamp;

use super::{Rig, STUCK, Script, failed, message};

/// When the oldest message of this lane was published, in seconds since 1970.
fn oldest(rig: &Rig, lane: &str) -> Option<i64> {
    let begins =
        format!("crossdock_queue_oldest_since_timestamp_seconds{{role=\"journey\",store=\"{lane}\"}} ");
    let text = rig.metrics.text();
    text.lines().find_map(|line| line.strip_prefix(&begins)).map(|age| age.parse().unwrap())
}

/// Publishes a message, and returns the second in which that was done, and the one after it.
async fn publish(rig: &Rig, lane: &str, id: &str) -> [i64; 2] {
    let began = Timestamp::now().as_second();
    rig.publisher.publish(message(lane, id)).await.unwrap();
    [began, Timestamp::now().as_second()]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_waits_in_its_lane_counts_and_one_that_is_done_does_not() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    let [from, until] = publish(&rig, STUCK, "1").await;
    handler.handled(STUCK, 1).await;
    publish(&rig, STUCK, "2").await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 2").await;
    let since = oldest(&rig, STUCK).unwrap();
    assert!((from..=until).contains(&since), "{since}, not {from} to {until}");
    handler.open_gate();
    eventually("nothing is old", async || oldest(&rig, STUCK).is_none().then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_or_throttled_counts_from_when_it_was_published() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| match delivery.id.as_str() {
        "parked" => failed(Mend::Credentials),
        "throttled" => failed(Mend::WaitFor(Duration::from_mins(10))),
        "failed" => failed(Mend::Wait),
        _ => Outcome::Done,
    });
    rig.consume(&handler);
    for (nth, id) in (1..).zip(["parked", "throttled", "failed"]) {
        let [from, until] = publish(&rig, id, id).await;
        rig.counted(&format!(
            "crossdock_queue_deliveries_total{{role=\"journey\",result=\"retried\"}} {nth}"
        ))
        .await;
        rig.counted("crossdock_queue_held{role=\"journey\"} 0").await;
        let since = oldest(&rig, id).unwrap();
        assert!((from..=until).contains(&since), "{id}: {since}, not {from} to {until}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_back_is_as_old_as_it_was() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| match delivery.first_failed_at {
        None => failed(Mend::WaitFor(Duration::from_secs(1))),
        Some(_) => Outcome::Done,
    });
    handler.open_gate();
    rig.consume(&handler);
    let [_, until] = publish(&rig, STUCK, "1").await;
    eventually("it waits", async || (vhost.depth("crossdock.retry.5s").await == 1).then_some(())).await;
    handler.close_gate();
    eventually("it is back", async || (handler.batches(STUCK).len() == 2).then_some(())).await;
    assert!(Timestamp::now().as_second() > until + 3, "it did not wait");
    assert!(oldest(&rig, STUCK).unwrap() <= until);
    handler.open_gate();
    eventually("it is done", async || oldest(&rig, STUCK).is_none().then_some(())).await;
}
