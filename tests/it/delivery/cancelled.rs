//! What was cancelled before the warehouse took it, and what the warehouse took before orders were posted to it.

use std::time::Duration;

use crossdock_sandbox::{Draft, Fault, OrderState, Post};
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;

use super::{posting, posts_of, sentences};

/// How long the warehouse does not answer, unless it is let go: less than anybody waits.
const HANG: Duration = Duration::from_secs(10);

/// Status of a cancelled order at BigCommerce.
const CANCELLED: i64 = 5;

/// What the timeline says once a cancellation is on its way to the warehouse.
const TOLD: &str = "the warehouse was told that it is cancelled";

fn place_order(world: &World) -> (String, String) {
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
    let number = format!("BG{id}");
    (id, number)
}

async fn told(world: &World, number: &str, sentence: &str) {
    eventually(&format!("{number}'s timeline says '{sentence}'"), async || {
        let story = world.story(number).await?;
        sentences(&story).contains(&sentence).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_takes_the_place_of_a_release_that_broke_off() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    // More than are tried.
    for _ in 0..50 {
        door.faults().next("POST", "", Fault::Status(500));
    }
    let (id, number) = place_order(&world);
    posts_of(&door, &number, 1).await;
    world.order_in_state(&number, "released").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    told(&world, &number, TOLD).await;
    // Its release, and perhaps the cancellation, waits for its next try.
    while door.faults().take("POST", "").is_some() {}
    told(&world, &number, "the warehouse has taken the cancellation").await;
    told(&world, &number, "not posted: the order is cancelled").await;
    let posts = posts_of(&door, &number, 2).await;
    let (taken, refused): (Vec<&Post>, _) = posts.iter().partition(|post| post.status == 202);
    let ids: Vec<&str> = taken.iter().map(|post| post.id.as_str()).collect();
    assert_eq!(ids, [format!("{number}/2")], "{posts:?}");
    assert!(refused.iter().all(|post| post.status == 500) && refused[0].id == number, "{posts:?}");
    assert_eq!(world.warehouse.received(&number), 0);
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_follows_a_release_that_is_under_way_at_once() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    door.faults().next("POST", "", Fault::Hang(HANG));
    let (id, number) = place_order(&world);
    posts_of(&door, &number, 1).await;
    world.bigcommerce.set_status(&id, CANCELLED);
    told(&world, &number, TOLD).await;
    door.faults().let_go();
    eventually("the warehouse has cancelled it", async || {
        (world.warehouse.state(&number) == Some(OrderState::Cancelled)).then_some(())
    })
    .await;
    let posts = posts_of(&door, &number, 2).await;
    let kinds: Vec<&str> = posts.iter().map(|post| post.kind.as_str()).collect();
    assert_eq!(kinds, ["order.released", "order.cancelled"]);
    world.order_in_state(&number, "cancelled").await;
    let retried = r#"crossdock_queue_deliveries_total{role="warehouse",result="retried"}"#;
    assert_eq!(world.count(retried).await, 0, "it did not wait to be tried again");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_order_that_was_cancelled_before_it_was_posted_nothing_is_posted() {
    let (world, door) = posting().await;
    let _crossdock = world.run().await;
    world.bigcommerce.callbacks().hold();
    let (id, number) = place_order(&world);
    // Another process is about to post something of it.
    let ledger = world.ledger().await;
    let now = Timestamp::now();
    let until = now + SignedDuration::from_mins(5);
    let lease = ledger.lease(&format!("delivery/{number}"), now, until).await.unwrap().taken().unwrap();
    world.bigcommerce.callbacks().release_reversed();
    world.order_in_state(&number, "released").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    told(&world, &number, TOLD).await;
    ledger.end_lease(&lease).await.unwrap();
    told(&world, &number, "not posted: the order is cancelled").await;
    told(&world, &number, "not posted: the warehouse was never sent the order").await;
    assert!(door.posts().is_empty(), "{:?}", door.posts());
    world.rests_without_dead_letters(&[]).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_orders_that_the_warehouse_took_off_its_queue_are_posted_at_once(
    #[values(false, true)] posted_before: bool,
) {
    let (world, door) = posting().await;
    if posted_before {
        let crossdock = world.run().await;
        let (_, number) = place_order(&world);
        world.order_in_state(&number, "accepted").await;
        crossdock.kill().await;
    }
    let posted = format!("deliver = \"http\"\nurl = \"{}\"\n", door.url());
    world.change_config(|text| text.replace(&posted, ""));
    let crossdock = world.run().await;
    let (amended, amended_number) = place_order(&world);
    let (cancelled, cancelled_number) = place_order(&world);
    for number in [&amended_number, &cancelled_number] {
        world.order_in_state(number, "released").await;
    }
    // The warehouse takes both, and never answers.
    assert_eq!(world.vhost.take("crossdock.warehouse.orders").await.len(), 2);
    crossdock.kill().await;
    world.change_config(|text| text.replace("[warehouse]\n", &format!("[warehouse]\n{posted}")));
    let _posting = world.run().await;
    world.bigcommerce.change_order(&amended, |fields| {
        fields.insert("customer_message".into(), "Ring twice".into());
    });
    world.bigcommerce.set_status(&cancelled, CANCELLED);
    told(&world, &amended_number, "the warehouse has taken the change").await;
    told(&world, &cancelled_number, "the warehouse has taken the cancellation").await;
    let kinds = |number: &str| {
        let posts = door.posts().into_iter().filter(|post| post.subject == number);
        posts.map(|post| post.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&amended_number), ["order.amended"]);
    assert_eq!(kinds(&cancelled_number), ["order.cancelled"]);
}
