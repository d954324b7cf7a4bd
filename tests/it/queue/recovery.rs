//! Publisher and consumer live through what happens to a broker, by themselves, and lose nothing.

use crossdock_queue::{EVENTS_EXCHANGE, Link, PublishError, Publisher};
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Rig, STUCK, Script, WORK, message};

#[tokio::test(flavor = "multi_thread")]
async fn every_confirmed_message_is_handled_though_all_connections_are_closed_again_and_again() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    let (publisher, enough) = (rig.publisher.clone(), CancellationToken::new());
    let until = enough.clone();
    let publishing = tokio::spawn(async move {
        let mut confirmed = 0;
        while confirmed < 500 || !until.is_cancelled() {
            let few = (confirmed..confirmed + 20).map(|n| insist(&publisher, n.to_string()));
            confirmed += join_all(few).await.len();
        }
        confirmed
    });
    for _ in 0..4 {
        rig.connected().await;
        rig.lose_connections(&vhost, &[WORK.role]).await;
    }
    enough.cancel();
    let confirmed = publishing.await.unwrap();
    handler.handled("a", confirmed).await;
    eventually("the queue is empty", async || (vhost.depth(WORK.name).await == 0).then_some(())).await;
}

/// Does as the publisher's callers do: sends the same message again until it is confirmed.
async fn insist(publisher: &Publisher, id: String) {
    while let Err(error) = publisher.publish(message("a", &id)).await {
        assert!(!matches!(error, PublishError::Unroutable(_) | PublishError::Refused), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn publisher_and_consumer_resume_after_the_broker_was_away() {
    let node = Node::create().await;
    let vhost = node.vhost().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    for (round, kill) in [(1, false), (2, true)] {
        rig.publisher.publish(message("a", &round.to_string())).await.unwrap();
        handler.handled("a", round).await;
        if kill {
            node.kill().await;
        } else {
            node.stop().await;
        }
        eventually("the publisher notices", async || {
            matches!(rig.publisher.link(), Link::Down(_)).then_some(())
        })
        .await;
        let refused = rig.publisher.publish(message("a", "meanwhile")).await;
        assert!(matches!(refused, Err(PublishError::Unavailable(_))), "{refused:?}");
        node.start().await;
        rig.connected().await;
    }
    rig.publisher.publish(message("a", "3")).await.unwrap();
    handler.handled("a", 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_that_was_deleted_is_made_anew() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    vhost.delete_exchange(EVENTS_EXCHANGE).await;
    let again = async || rig.publisher.publish(message("a", "1")).await.ok();
    eventually("the message is published after all", again).await;
    handler.handled("a", 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopping_consumer_finishes_its_batch_and_returns_the_rest() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    let (running, stop) = rig.consume(&handler);
    rig.publisher.publish(message(STUCK, "1")).await.unwrap();
    handler.handled(STUCK, 1).await;
    for id in ["2", "3"] {
        rig.publisher.publish(message(STUCK, id)).await.unwrap();
    }
    rig.counted("crossdock_queue_held{role=\"journey\"} 3").await;
    stop.cancel();
    rig.counted("crossdock_queue_held{role=\"journey\"} 1").await;
    handler.open_gate();
    running.await.unwrap();
    assert_eq!(handler.distinct(STUCK), 1, "a batch was begun after the stop");
    eventually("what was not handled is back", async || (vhost.depth(WORK.name).await == 2).then_some(()))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_confirmed_first_of_all_survives_a_kill_at_once() {
    let node = Node::create().await;
    let vhost = node.vhost().await;
    let rig = Rig::start(vhost.url()).await;
    rig.publisher.publish(message("a", "1")).await.unwrap();
    node.kill().await;
    node.start().await;
    let handler = Script::done();
    rig.consume(&handler);
    handler.handled("a", 1).await;
}
