//! What the warehouse is told of one order comes in its sequence, and nothing older after something newer.

use crossdock_queue::{Broker, Link, Message, Publisher, Topology};
use crossdock_sandbox::{Draft, Fault, OrderState};
use crossdock_telemetry::metrics::Metrics;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{posting, posts_of, sentences};

/// Status of a cancelled order at BigCommerce.
const CANCELLED: i64 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_cancellation_is_a_matter_for_a_person() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    door.faults().next("POST", "", Fault::Status(422));
    world.bigcommerce.set_status(&id, CANCELLED);
    eventually("the cancellation is a dead letter", async || {
        (world.vhost.depth("crossdock.dead-letters").await == 1).then_some(())
    })
    .await;
    let dead = world.vhost.take("crossdock.dead-letters").await.remove(0);
    assert_eq!(dead.headers["x-crossdock-class"], "warehouse-refused");
    let story = world.order_in_state(&number, "cancelled").await;
    let told =
        "not taken by the warehouse: the warehouse refused it with 422: the warehouse was told to answer so";
    assert!(sentences(&story).contains(&told), "{story}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_older_than_what_the_warehouse_has_is_left_out() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    posts_of(&door, &number, 2).await;
    eventually("the warehouse has cancelled it", async || {
        (world.warehouse.state(&number) == Some(OrderState::Cancelled)).then_some(())
    })
    .await;
    let story = world.story(&number).await.unwrap();
    let done =
        async || world.count(r#"crossdock_queue_deliveries_total{role="warehouse",result="done"}"#).await;
    // The release and the cancellation.
    eventually("both are done with", async || (done().await == 2).then_some(())).await;
    publish_again(&world, &number, &story).await;
    eventually("it is done with", async || (done().await == 3).then_some(())).await;
    world.rests_without_dead_letters(&[]).await;
    assert_eq!(posts_of(&door, &number, 2).await.len(), 2);
}

/// The order's release once more, as a replay would publish it.
async fn publish_again(world: &World, number: &str, story: &Value) {
    let body = json!({
        "specversion": "1.0", "id": number, "source": "/crossdock/order-importer", "type": "order.released",
        "subject": number, "data": story["released"],
    });
    let stop = CancellationToken::new();
    let topology = Topology { work: vec![crossdock_order_importer::WAREHOUSE_ORDERS] };
    let broker = Broker { url: world.vhost.url(), topology };
    let publisher = Publisher::start(broker, &Metrics::default(), stop.clone());
    eventually("the publisher connects", async || (publisher.link() == Link::Up).then_some(())).await;
    let message = Message {
        routing_key: "order.released".to_owned(),
        id: number.to_owned(),
        content_type: crossdock_events::CONTENT_TYPE.into(),
        body: body.to_string().into(),
    };
    publisher.publish(message).await.unwrap();
    stop.cancel();
}
