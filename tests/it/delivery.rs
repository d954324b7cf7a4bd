//! Orders that are posted to the warehouse: each once, in its order, through whatever happens on the way.

mod cancelled;
mod sequence;

use std::sync::Arc;
use std::time::Duration;

use crossdock_sandbox::{Door, Draft, Fault, Post};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::log::Log;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::Value;
use sqlx::{Connection as _, Executor as _, PgConnection};

/// Status of a paid order at BigCommerce.
const AWAITING_FULFILLMENT: i64 = 11;

/// Orders that are placed while another one hangs at the warehouse.
const OTHERS: usize = 32;

/// Most of them that share its lane, of sixteen.
const SHARING_MAX: usize = 6;

async fn posting() -> (World, Arc<Door>) {
    World::posting(Engine::Sqlite, Vhost::create().await).await
}

fn place_order(world: &World) -> String {
    format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)])))
}

/// Waits until so many requests of an order were answered, or cut.
async fn posts_of(door: &Door, number: &str, count: usize) -> Vec<Post> {
    eventually(&format!("{number} was posted {count} times"), async || {
        let posts: Vec<Post> = door.posts().into_iter().filter(|post| post.subject == number).collect();
        (posts.len() >= count).then_some(posts)
    })
    .await
}

fn ids_and_statuses(posts: &[Post]) -> Vec<(&str, u16)> {
    posts.iter().map(|post| (post.id.as_str(), post.status)).collect()
}

fn sentences(story: &Value) -> Vec<&str> {
    let timeline = story["timeline"].as_array().unwrap();
    timeline.iter().map(|entry| entry["what"].as_str().unwrap()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_posted_once_with_a_signature_that_holds(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (world, door) = World::posting(engine, Vhost::create().await).await;
    let _crossdock = world.run().await;
    let number = place_order(&world);
    let story = world.order_in_state(&number, "accepted").await;
    assert!(sentences(&story).contains(&"taken over by the warehouse"), "{story}");
    // A request whose signature does not hold would not be among them.
    let posts = posts_of(&door, &number, 1).await;
    assert_eq!(ids_and_statuses(&posts), [(number.as_str(), 202)]);
    assert_eq!(posts[0].kind, "order.released");
    assert!(posts[0].traceparent.as_ref().is_some_and(|trace| trace.starts_with("00-")), "{posts:?}");
    assert_eq!(world.warehouse.orders().len(), 1);
    assert_eq!(world.vhost.depth("crossdock.warehouse.orders").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_is_closed_for_a_moment_gets_the_same_event_again() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Status(503));
    door.faults().next("POST", "", Fault::Throttle(Duration::from_secs(1)));
    let number = place_order(&world);
    world.order_in_state(&number, "accepted").await;
    let posts = posts_of(&door, &number, 3).await;
    let id = number.as_str();
    assert_eq!(ids_and_statuses(&posts), [(id, 503), (id, 429), (id, 202)]);
    assert_eq!(world.warehouse.received(&number), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_whose_answer_was_cut_off_is_packed_once() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::DoneThenCut);
    let number = place_order(&world);
    let posts = posts_of(&door, &number, 2).await;
    assert_eq!(posts[0].id, posts[1].id);
    let story = world.order_in_state(&number, "accepted").await;
    assert_eq!((world.warehouse.orders().len(), world.warehouse.received(&number)), (1, 1), "{story}");
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_is_rejected_in_the_warehouses_words_and_a_dead_letter() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Status(422));
    let number = place_order(&world);
    let story = world.order_in_state(&number, "rejected").await;
    assert_eq!(story["reason"], "the warehouse was told to answer so");
    assert!(
        sentences(&story).contains(&"rejected by the warehouse: the warehouse was told to answer so"),
        "{story}"
    );
    assert_eq!(world.vhost.depth("crossdock.warehouse.orders").await, 0);
    eventually("it is a dead letter", async || {
        (world.vhost.depth("crossdock.dead-letters").await == 1).then_some(())
    })
    .await;
    let next = place_order(&world);
    world.order_in_state(&next, "accepted").await;
    assert_eq!(posts_of(&door, &number, 1).await.len(), 1, "it is not posted again by itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_with_an_unknown_sku_is_posted_again_once_the_sku_is_known() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    let number = format!("BG{id}");
    world.order_in_state(&number, "filtered").await;
    world.bigcommerce.change_products(&id, |products| products[0]["sku"] = "NEW-MUG".into());
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    let story = world.order_in_state(&number, "rejected").await;
    assert_eq!(story["reason"], "the warehouse does not keep 'NEW-MUG'");
    world.warehouse.list("NEW-MUG", 10);
    world.order_in_state(&number, "accepted").await;
    let posts = posts_of(&door, &number, 2).await;
    let again = format!("{number}/2");
    assert_eq!(ids_and_statuses(&posts), [(number.as_str(), 422), (again.as_str(), 202)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_it_posts_loses_nothing_and_doubles_nothing() {
    let (world, door) = posting().await;
    let crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Hang(Duration::from_mins(1)));
    let number = place_order(&world);
    posts_of(&door, &number, 1).await;
    crossdock.kill().await;
    let _again = world.run().await;
    world.order_in_state(&number, "accepted").await;
    let posts = posts_of(&door, &number, 2).await;
    assert!(posts.iter().all(|post| post.id == number), "{posts:?}");
    assert_eq!(world.warehouse.orders().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_hangs_at_the_warehouse_holds_up_only_those_of_its_lane() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Hang(Duration::from_mins(1)));
    let hanging = place_order(&world);
    posts_of(&door, &hanging, 1).await;
    for _ in 0..OTHERS {
        place_order(&world);
    }
    // What is posted after its second try may have waited for it.
    eventually("the others are posted while it hangs", async || {
        let posts = door.posts();
        let tries = posts.iter().enumerate().filter(|(_, post)| post.subject == hanging);
        let again = tries.map(|(at, _)| at).nth(1).unwrap_or(posts.len());
        let taken = posts[..again].iter().filter(|post| post.status == 202).count();
        (taken >= OTHERS - SHARING_MAX).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_goes_and_comes_back_delivers_every_order_once() {
    let node = Node::create().await;
    let (world, door) = World::posting(Engine::Sqlite, node.vhost().await).await;
    let _crossdock = world.run().await;
    let before: Vec<String> = (0..10).map(|_| place_order(&world)).collect();
    posts_of(&door, &before[0], 1).await;
    node.stop().await;
    let during = place_order(&world);
    node.start().await;
    for number in before.iter().chain([&during]) {
        world.order_in_state(number, "accepted").await;
        assert_eq!(world.warehouse.received(number), 1, "{number}");
    }
    assert_eq!(world.warehouse.orders().len(), 11);
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_fails_right_after_it_was_opened_is_waited_for() {
    let (world, _door) = World::posting(Engine::Postgres, Vhost::create().await).await;
    world.ledger().await;
    let mut database = PgConnection::connect(&world.ledger_url()).await.unwrap();
    database.execute("ALTER TABLE posting RENAME TO hidden").await.unwrap();
    let log = Log::in_folder(world.folder());
    let _crossdock = Process::start_logging(&world.config, None, &log, "crossdock=info");
    log.has_said("the ledger does not answer yet", 1).await;
    database.execute("ALTER TABLE hidden RENAME TO posting").await.unwrap();
    let number = place_order(&world);
    world.order_in_state(&number, "accepted").await;
}
