//! A warehouse that takes its orders off its queue with a client of its own: what it rejects is a dead letter, and each replay of that is
//! handed over to it once.

use std::net::Ipv4Addr;

use crossdock_events::standard_webhooks::key_from_whsec;
use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::{Door, Draft};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::{WAREHOUSE_SECRET, World};
use lapin::message::BasicGetMessage;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicRejectOptions};
use lapin::{Channel, Connection, ConnectionProperties};
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{are, asked, desk};

const QUEUE: &str = "crossdock.warehouse.orders";

/// The sandbox's warehouse waits at a door that nobody comes to.
async fn without_a_warehouse(engine: Engine) -> World {
    let key = key_from_whsec(WAREHOUSE_SECRET).unwrap();
    let door = Door::open((Ipv4Addr::LOCALHOST, 0).into(), vec![key]).await.unwrap();
    let surroundings = Surroundings { door: Some(door), ..Surroundings::default() };
    World::amid(engine, Vhost::create().await, surroundings).await
}

async fn next_order(channel: &Channel) -> BasicGetMessage {
    eventually("an order is there for the warehouse", async || {
        channel.basic_get(QUEUE.into(), BasicGetOptions { no_ack: false }).await.unwrap()
    })
    .await
}

fn id_of(order: &BasicGetMessage) -> String {
    order.properties.message_id().as_ref().unwrap().to_string()
}

/// The only dead letter there is.
async fn entry(world: &World) -> Value {
    let (_, listed) = asked(world, &["list", "--state", "dead,done"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed}");
    listed[0].clone()
}

async fn replay(world: &World, id: &str) {
    let (status, act) = asked(world, &["replay", id]).await;
    assert_eq!((status, &act["progress"]["done"]), (0, &json!(1)), "{act}");
    are(world, 1, DeadLetterState::Done).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_a_warehouse_rejects_is_handed_over_to_it_once_for_each_replay(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = without_a_warehouse(engine).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    let connection =
        Connection::connect(&world.vhost.address(), ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let first = next_order(&channel).await;
    assert_eq!((first.routing_key.as_str(), id_of(&first)), ("order.released", number.clone()));
    first.reject(BasicRejectOptions { requeue: false }).await.unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    let dead = entry(&world).await;
    let said = ["role", "store", "subject", "class", "kind"].map(|name| dead[name].as_str().unwrap());
    assert_eq!(said, ["warehouse", "acme-au", &number, "rejected", "order.released"]);

    // Handed over is all that can be known; rejected again, it is the same dead letter.
    let id = dead["id"].to_string();
    replay(&world, &id).await;
    let again = next_order(&channel).await;
    assert_eq!((id_of(&again), &again.data), (number.clone(), &first.data));
    again.reject(BasicRejectOptions { requeue: false }).await.unwrap();
    are(&world, 1, DeadLetterState::Dead).await;
    let dead = entry(&world).await;
    assert_eq!((dead["id"].to_string(), &dead["failures"]), (id.clone(), &json!(2)), "{dead}");

    replay(&world, &id).await;
    let taken = next_order(&channel).await;
    assert_eq!(id_of(&taken), number);
    taken.ack(BasicAckOptions { multiple: false }).await.unwrap();
    // What goes through the same queue after it would come after a second copy, too.
    let other = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)])));
    assert_eq!(id_of(&next_order(&channel).await), other);
    assert_eq!(entry(&world).await["state"], "done");
}
