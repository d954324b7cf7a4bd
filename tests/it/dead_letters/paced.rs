//! Many replays at a shop that takes few requests: none is refused as one too many, and what is told now goes in between.

use std::time::Duration;

use crossdock_domain::{Shipment, ShipmentId};
use crossdock_ledger::DeadLetterState;
use crossdock_sandbox::{Draft, OrderState, Quota};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::World;
use jiff::Timestamp;

use super::scene::{are, asked, desk, failed, in_the_end, tracked};

const STORE: &str = "acme-au";

/// More than the desk has under way at once.
const LETTERS: usize = 300;

/// So little that the replays fill dozens of windows.
const QUOTA: Quota = Quota { requests: 40, window: Duration::from_secs(1) };

/// All that is in an order, told by nobody.
fn parcel(number: &str) -> Shipment {
    Shipment {
        shipment_id: ShipmentId::new(format!("S-{number}")),
        number: number.into(),
        carrier: "Australia Post".to_owned(),
        service: None,
        tracking_number: format!("T-{number}"),
        tracking_url: None,
        dispatched_at: Timestamp::now(),
        lines: None,
    }
}

/// BigCommerce's ids of orders that the warehouse has accepted.
async fn accepted(world: &World, orders: usize) -> Vec<String> {
    let ids: Vec<String> =
        (0..orders).map(|_| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]))).collect();
    in_the_end("all orders are accepted", async || {
        ids.iter().all(|id| world.warehouse.state(&format!("BG{id}")) == Some(OrderState::Accepted))
    })
    .await;
    ids
}

/// The orders to which a shipment was added, in that order.
fn shipped(world: &World) -> Vec<String> {
    let requests = world.bigcommerce.requests();
    let posts = requests.iter().filter(|it| it.method == "POST" && it.path_and_query.ends_with("/shipments"));
    posts.filter_map(|it| it.path_and_query.rsplit('/').nth(1).map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn hundreds_of_replays_keep_to_the_shops_quota_and_a_parcel_of_now_does_not_wait_for_all_of_them() {
    let goods = vec![("MUG", 1_000)];
    let surroundings = Surroundings { bigcommerce_quota: QUOTA, goods, ..Surroundings::default() };
    let world = World::amid(Engine::Sqlite, Vhost::create().await, surroundings).await;
    let (_others, _desk) = (world.run().await, desk(&world));
    let mut ids = accepted(&world, LETTERS + 1).await;
    let live = ids.pop().unwrap();
    let letters: Vec<_> = ids
        .iter()
        .map(|id| format!("BG{id}"))
        .map(|number| failed("tracking-writer", STORE, &number, parcel(&number)))
        .collect();
    world.ledger().await.bury(&letters, Timestamp::now()).await.unwrap();

    let (status, act) = asked(&world, &["replay", "--store", STORE, "--yes", "--detach"]).await;
    assert_eq!((status, &act["count"]), (0, &LETTERS.into()), "{act}");
    in_the_end("the replay has begun", async || !shipped(&world).is_empty()).await;
    let shipment = world.warehouse.ship(&format!("BG{live}"), None).unwrap();
    are(&world, LETTERS as u64, DeadLetterState::Done).await;
    tracked(&world, &live, &[&shipment]).await;

    let order = shipped(&world);
    assert_eq!(order.len(), LETTERS + 1, "each is written once");
    let place = order.iter().position(|id| *id == live).unwrap();
    assert!(place < LETTERS, "it went before the last of the replays, as number {place}");
    assert_eq!(world.refused_as_too_many(), 0);
}
