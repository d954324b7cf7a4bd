//! Each lane works by itself, one batch at a time.

use std::ops::Range;
use std::sync::atomic::Ordering;

use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use futures_util::future::join_all;

use super::{BURST, Rig, STUCK, Script, WORK, message};

/// Publishes messages of a lane with these numbers as their ids.
async fn publish(rig: &Rig, lane: &str, ids: Range<usize>) {
    let sent = ids.map(|n| rig.publisher.publish(message(lane, &n.to_string())));
    for published in join_all(sent).await {
        published.expect("RabbitMQ takes the message");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stuck_lane_holds_up_nobody_however_much_waits_in_it() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    // More than is ever taken at once, and all of it in front of the other lane.
    publish(&rig, STUCK, 0..700).await;
    publish(&rig, "b", 0..50).await;
    rig.consume(&handler);
    handler.handled("b", 50).await;
    assert_eq!(handler.batches(STUCK).len(), 1);
    handler.open_gate();
    handler.handled(STUCK, 700).await;
    assert!(
        handler.deliveries(STUCK).iter().all(|delivery| delivery.attempt == 1),
        "what was put off counts as failed"
    );
    assert_eq!(handler.overlaps.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_in_a_lane_is_handed_over_together_and_never_twice_at_once() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    publish(&rig, STUCK, 0..1).await;
    handler.handled(STUCK, 1).await;
    publish(&rig, STUCK, 1..61).await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 61").await;
    handler.open_gate();
    handler.handled(STUCK, 61).await;
    let sizes: Vec<usize> = handler.batches(STUCK).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 60]);
    assert_eq!(handler.overlaps.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_in_a_lane_that_gathers_is_few_batches_and_the_first_message_goes_at_once() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    publish(&rig, BURST, 0..1).await;
    handler.handled(BURST, 1).await;
    assert_eq!(handler.batches(BURST).len(), 1, "it went before the others came");
    publish(&rig, BURST, 1..200).await;
    rig.counted("crossdock_queue_held{role=\"journey\"} 200").await;
    handler.open_gate();
    handler.handled(BURST, 200).await;
    let sizes: Vec<usize> = handler.batches(BURST).iter().map(Vec::len).collect();
    assert_eq!(sizes, [1, 199], "larger than a batch of other lanes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_lost_connection_keeps_its_lane() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::done();
    rig.consume(&handler);
    publish(&rig, STUCK, 0..1).await;
    handler.handled(STUCK, 1).await;
    rig.lose_connections(&vhost, &[WORK.role]).await;
    // The one that is still being handled, and the same one again, over the new connection.
    rig.counted("crossdock_queue_held{role=\"journey\"} 2").await;
    rig.connected().await;
    publish(&rig, "b", 0..1).await;
    handler.handled("b", 1).await;
    assert_eq!(handler.batches(STUCK).len(), 1, "the message that came again did not wait for its lane");
    handler.open_gate();
    eventually("the message that came again is handled", async || {
        (handler.batches(STUCK).len() > 1).then_some(())
    })
    .await;
    assert_eq!(handler.overlaps.load(Ordering::SeqCst), 0);
}
