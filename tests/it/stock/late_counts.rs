//! Counts that arrive in another order than they were made in.

use crossdock_domain::{Sku, StockLevel};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, Source, StockCounted};
use crossdock_queue::{Message, Publisher};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use jiff::{Timestamp, ToSpan as _};
use rstest::rstest;
use serde_json::Value;

use super::{level, shows};

/// As the warehouse does over AMQP.
async fn tell(publisher: &Publisher, id: &str, counted_at: Timestamp, levels: Vec<StockLevel>) {
    let event = Event::new(&Source::Warehouse, id, Timestamp::now(), StockCounted { counted_at, levels });
    let message = Message {
        routing_key: StockCounted::TYPE.to_owned(),
        id: event.id.clone(),
        content_type: CONTENT_TYPE.into(),
        body: event.to_json().into(),
    };
    eventually("RabbitMQ takes the count", || async { publisher.publish(message.clone()).await.ok() }).await;
}

async fn on_hand(world: &World, sku: &Sku) -> Value {
    let output = crossdock(&world.config, &["stock", "show", "--json", sku.as_str()]).await;
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    shown[0]["on_hand"].clone()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_comes_late_changes_nothing_that_a_newer_one_said(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let (publisher, now, mug) = (world.publisher().await, Timestamp::now(), Sku::from("MUG"));
    tell(&publisher, "newer", now - 1.minutes(), vec![level("MUG", 20, None)]).await;
    shows(&world, "MUG", 19, 20).await;

    // The tees were not counted since: of them it is the newest.
    tell(&publisher, "older", now - 1.hour(), vec![level("MUG", 30, None), level("TEE-M", 9, None)]).await;
    shows(&world, "TEE-M", 8, 9).await;
    tell(&publisher, "as old", now - 1.minutes(), vec![level("MUG", 31, None), level("Test001", 5, None)])
        .await;
    shows(&world, "Test001", 4, 5).await;
    shows(&world, "MUG", 19, 20).await;
    assert_eq!(on_hand(&world, &mug).await, 20);

    tell(&publisher, "newest", now, vec![level("MUG", 25, None)]).await;
    shows(&world, "MUG", 24, 25).await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
