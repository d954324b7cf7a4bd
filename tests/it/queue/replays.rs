//! What becomes of a dead letter that is put on its queue once more.

use std::time::Duration;

use crossdock_domain::Mend;
use crossdock_queue::{DEAD_LETTERS, Outcome, PublishError, headers};
use crossdock_tests::broker::{Taken, Vhost};
use crossdock_tests::eventually;
use lapin::options::QueueDeleteOptions;

use super::topology::other_client;
use super::{Rig, STUCK, Script, WORK, failed, message};

fn says<'t>(letter: &'t Taken, header: &str) -> Option<&'t str> {
    letter.headers.get(header).map(String::as_str)
}

async fn only_letter(vhost: &Vhost) -> Taken {
    eventually("a letter came", async || (vhost.depth(DEAD_LETTERS).await > 0).then_some(())).await;
    let mut letters = vhost.take(DEAD_LETTERS).await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    letters.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_handled_like_any_message_and_its_outcome_is_told() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    rig.publisher.replay(WORK.role, "7/2", &message("a", "1")).await.unwrap();
    handler.handled("a", 1).await;
    let delivery = handler.deliveries("a").remove(0);
    assert_eq!((delivery.routing_key.as_str(), delivery.id.as_str()), ("journey.begun", "1"));
    assert_eq!((delivery.attempt, delivery.first_failed_at), (1, None));
    let outcome = only_letter(&vhost).await;
    assert_eq!(
        (says(&outcome, headers::REPLAY), says(&outcome, headers::OUTCOME)),
        (Some("7/2"), Some("done"))
    );
    assert!(outcome.body.is_empty());
    rig.counted("crossdock_queue_held{role=\"journey\"} 0").await;
    assert_eq!(vhost.depth(WORK.name).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_keeps_its_name_through_retries_and_put_offs_until_it_is_dead_again() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| match (delivery.first_failed_at, delivery.attempt) {
        (None, _) => failed(Mend::WaitFor(Duration::from_secs(1))),
        (Some(_), 1) => failed(Mend::Wait),
        _ => failed(Mend::Never),
    });
    rig.consume(&handler);
    rig.publisher.replay(WORK.role, "7/2", &message("a", "1")).await.unwrap();
    let dead = only_letter(&vhost).await;
    assert_eq!(says(&dead, headers::REPLAY), Some("7/2"));
    assert_eq!(says(&dead, headers::OUTCOME), None);
    assert_eq!((says(&dead, headers::ATTEMPTS), says(&dead, headers::CLASS)), (Some("2"), Some("scripted")));
    assert_eq!(&dead.body[..], b"a/1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_leaves_its_queue_only_when_its_outcome_is_told() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    rig.publisher.replay(WORK.role, "7/2", &message(STUCK, "1")).await.unwrap();
    handler.handled(STUCK, 1).await;
    let (_connection, channel) = other_client(&vhost).await;
    channel.queue_delete(DEAD_LETTERS.into(), QueueDeleteOptions::default()).await.unwrap();
    handler.open_gate();
    rig.counted("crossdock_queue_published_total{result=\"broker-unroutable\"} 1").await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 1").await;
    // The queue is made anew.
    let told = async || {
        let text = rig.metrics.text();
        text.contains("crossdock_queue_held{role=\"journey\"} 0").then_some(())
    };
    eventually("the outcome is told", told).await;
    assert_eq!(says(&only_letter(&vhost).await, headers::REPLAY), Some("7/2"));
    assert_eq!(handler.deliveries(STUCK).len(), 1, "it was handled once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_for_a_role_that_there_is_not_is_refused() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let refused = rig.publisher.replay("nobody", "7/2", &message("a", "1")).await;
    assert!(matches!(refused, Err(PublishError::NoSuchRole(role)) if role == "nobody"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_must_not_fall_yet_is_tried_again_and_what_follows_it_does_not_overtake_it() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|delivery| match delivery.id.as_str() {
        "first" => Outcome::Done,
        _ => failed(Mend::Never),
    });
    handler.keep_from_falling(1);
    rig.consume(&handler);
    // All of one subject, and in one batch behind the first.
    rig.publisher.publish(message(STUCK, "first")).await.unwrap();
    handler.handled(STUCK, 1).await;
    for id in ["a of it", "b of it", "c of it"] {
        rig.publisher.publish(message(STUCK, id)).await.unwrap();
    }
    rig.counted("crossdock_queue_held{role=\"journey\"} 4").await;
    handler.open_gate();
    eventually("all are dead", async || (vhost.depth(DEAD_LETTERS).await == 3).then_some(())).await;
    assert_eq!(handler.fell(), ["a of it", "a of it", "b of it", "c of it"], "the first time in vain");
    let dead: Vec<(String, Option<String>)> = vhost
        .take(DEAD_LETTERS)
        .await
        .into_iter()
        .map(|dead| (dead.id.clone(), says(&dead, headers::ATTEMPTS).map(str::to_owned)))
        .collect();
    let expected = ["a of it", "b of it", "c of it"].map(|id| (id.to_owned(), Some("1".to_owned())));
    assert_eq!(dead, expected, "in order, and put off uncounted");
}
