//! What is declared does what it is declared for, and is declared again if somebody deletes it.

use crossdock_domain::Mend;
use crossdock_queue::DEAD_LETTERS;
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use lapin::options::{BasicGetOptions, BasicNackOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};

use super::{Rig, Script, WORK, failed, message};

/// Redeliveries after which RabbitMQ gives a message up.
pub(super) const DELIVERY_LIMIT: usize = 20;

pub(super) async fn other_client(vhost: &Vhost) -> (Connection, Channel) {
    let connection = Connection::connect(&vhost.address(), ConnectionProperties::default()).await;
    let connection = connection.expect("the test's node answers");
    let channel = connection.create_channel().await.expect("a new connection opens a channel");
    (connection, channel)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_returned_over_and_over_ends_in_the_dead_letters() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    rig.publisher.publish(message("a", "1")).await.unwrap();
    let (_connection, channel) = other_client(&vhost).await;
    for _ in 0..=DELIVERY_LIMIT {
        let taken = eventually("the message is there", async || {
            channel.basic_get(WORK.name.into(), BasicGetOptions { no_ack: false }).await.unwrap()
        });
        taken.await.nack(BasicNackOptions { multiple: false, requeue: true }).await.unwrap();
    }
    eventually("it is a dead letter", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
    assert_eq!(vhost.take(DEAD_LETTERS).await[0].id, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_that_were_deleted_are_made_anew() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|_| failed(Mend::Never));
    rig.consume(&handler);
    rig.publisher.publish(message("a", "1")).await.unwrap();
    eventually("it is a dead letter", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
    let (_connection, channel) = other_client(&vhost).await;
    for queue in [DEAD_LETTERS, WORK.name] {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }
    let again = async || rig.publisher.publish(message("a", "2")).await.ok();
    eventually("the message is published after all", again).await;
    handler.handled("a", 2).await;
    let dead =
        async || rig.publisher.link() == crossdock_queue::Link::Up && vhost.depth(DEAD_LETTERS).await == 1;
    eventually("it is a dead letter too", async || dead().await.then_some(())).await;
}

/// Declares the dead letters' queue as a quorum queue with this limit, or without one.
async fn declare(channel: &Channel, limit: Option<i32>) -> Result<(), lapin::Error> {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    if let Some(limit) = limit {
        arguments.insert("x-delivery-limit".into(), AMQPValue::LongInt(limit));
    }
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(DEAD_LETTERS.into(), durable, arguments).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dead_letters_have_a_limit_that_nothing_reaches_and_so_none_of_a_brokers_own() {
    let vhost = Vhost::create().await;
    let rig = Rig::start(vhost.url()).await;
    let (connection, channel) = other_client(&vhost).await;
    declare(&channel, Some(1_000_000_000)).await.expect("as it stands");
    let refused = declare(&connection.create_channel().await.unwrap(), None).await.unwrap_err();
    assert!(refused.to_string().contains("PRECONDITION_FAILED"), "{refused}");
    rig.consume(&Script::new(|_| failed(Mend::Never)));
    rig.publisher.publish(message("a", "1")).await.unwrap();
    for _ in 0..2 * DELIVERY_LIMIT {
        let taken = eventually("it is there", async || {
            channel.basic_get(DEAD_LETTERS.into(), BasicGetOptions { no_ack: false }).await.unwrap()
        });
        taken.await.nack(BasicNackOptions { multiple: false, requeue: true }).await.unwrap();
    }
    eventually("it is there", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_of_an_earlier_version_are_used_as_they_stand() {
    let vhost = Vhost::create().await;
    let (_connection, channel) = other_client(&vhost).await;
    declare(&channel, None).await.unwrap();
    let rig = Rig::start(vhost.url()).await;
    let handler = Script::new(|_| failed(Mend::Never));
    rig.consume(&handler);
    rig.publisher.publish(message("a", "1")).await.unwrap();
    eventually("it is a dead letter", async || (vhost.depth(DEAD_LETTERS).await == 1).then_some(())).await;
    assert_eq!(rig.publisher.link(), crossdock_queue::Link::Up);
    assert_eq!(handler.deliveries("a").len(), 1, "its consumer's connection was lost");
}
