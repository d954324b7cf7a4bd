//! A message is published when RabbitMQ has confirmed it, and its sender is told when it has not.

use crossdock_queue::{Message, PublishError};
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use futures_util::future::join_all;

use super::{Rig, Script, message};

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmed_message_is_handled_with_what_it_was_published_with() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    rig.publisher.publish(message("a", "1")).await.unwrap();
    handler.handled("a", 1).await;
    let delivery = handler.deliveries("a").remove(0);
    assert_eq!(
        (delivery.routing_key.as_str(), delivery.id.as_str(), &delivery.body[..]),
        ("journey.begun", "1", &b"a/1"[..])
    );
    assert_eq!((delivery.attempt, delivery.first_failed_at), (1, None));
    rig.counted("crossdock_queue_published_total{result=\"confirmed\"} 1").await;
    rig.counted("crossdock_queue_deliveries_total{role=\"journey\",result=\"done\"} 1").await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_queue_takes_is_told_apart_from_those_published_beside_it() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let publishes = (0..400).map(|n| {
        let (publisher, odd) = (rig.publisher.clone(), n % 2 == 1);
        let routing_key = if odd { "nobody.listens" } else { "journey.begun" }.to_owned();
        tokio::spawn(async move {
            let sent = publisher.publish(Message { routing_key, ..message("a", &n.to_string()) }).await;
            match sent {
                Ok(()) => assert!(!odd, "message {n} has nowhere to go"),
                Err(PublishError::Unroutable(key)) => {
                    assert!(odd && key == "nobody.listens", "message {n} was routed");
                }
                Err(error) => panic!("message {n}: {error}"),
            }
        })
    });
    for published in join_all(publishes).await {
        published.unwrap();
    }
    // RabbitMQ tells 0 of a queue whose leader is slow to answer.
    eventually("all are there", async || (vhost.depth("crossdock.journey").await == 200).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_longer_than_amqp_takes_do_no_harm() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.publisher.publish(message("a", &"ä".repeat(300))).await.unwrap();
    let endless = Message { routing_key: "journey.".repeat(100), ..message("a", "2") };
    assert!(matches!(rig.publisher.publish(endless).await, Err(PublishError::Unroutable(_))));
    rig.publisher.publish(message("a", "3")).await.unwrap();
    let ids: Vec<String> = vhost.take("crossdock.journey").await.into_iter().map(|taken| taken.id).collect();
    assert_eq!(ids, ["ä".repeat(127), "3".to_owned()]);
}
