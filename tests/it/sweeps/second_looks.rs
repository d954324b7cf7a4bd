//! Orders that are looked at again: held until now, kept out by rules that have changed, deleted, changed twice in a second.

use std::time::Duration;

use crossdock_sandbox::{Draft, OrderState};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use serde_json::Value;

use super::{acme, caused_by, ledger, silent};

/// BigCommerce's id of a status.
const AWAITING_FULFILLMENT: i64 = 11;

/// Longest time from the end of a hold to the notice that it is over, on a machine that does much else, in seconds.
const HOLD_OVER_SECS_MAX: i64 = 20;

/// Time from an order's being placed to the end of its hold, in seconds: it is read by then.
const HOLD_SECS: i64 = 12;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_held_order_is_released_when_its_hour_has_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nhold_hours = 1"));
    let _crossdock = world.run().await;
    let placed_at = Timestamp::now() - SignedDuration::from_hours(1) + SignedDuration::from_secs(HOLD_SECS);
    let draft = Draft { placed_at, ..Draft::of(&[("MUG", 1)]) };
    let numbers = [
        format!("BG{}", world.bigcommerce.place_order(&draft)),
        format!("W-{}", world.ecwid.place_order(&draft)),
    ];
    for number in &numbers {
        let story = world.order_in_state(number, "accepted").await;
        let timeline = story["timeline"].as_array().unwrap();
        let held = |entry: &Value| entry["what"].as_str().unwrap().starts_with("held until");
        assert!(timeline.iter().any(held), "it was held first: {story}");
        let over = caused_by(&story, "hold-over")[0]["at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let late = over.duration_since(placed_at + SignedDuration::from_hours(1)).as_secs();
        // The shops know whole seconds.
        assert!((-1..=HOLD_OVER_SECS_MAX).contains(&late), "{late} s late: {story}");
        assert_eq!(world.warehouse.received(number), 1);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_country_that_is_added_releases_what_it_kept_out(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let crossdock = world.run().await;
    let place = |code: &str, name: &str| {
        let draft = Draft::of(&[("TEE-M", 1)]).to_country(code, name);
        format!("BG{}", world.bigcommerce.place_order(&draft))
    };
    let (american, german) = (place("US", "United States"), place("DE", "Germany"));
    for number in [&american, &german] {
        world.order_in_state(number, "filtered").await;
    }
    world.change_config(|text| {
        text.replace(r#"countries = ["AU", "NZ"]"#, r#"countries = ["AU", "NZ", "US"]"#)
    });
    crossdock.signal("HUP").await;
    let story = world.order_in_state(&american, "accepted").await;
    assert!(!caused_by(&story, "settings").is_empty(), "{story}");

    // What changes while nobody looks counts from the next start on.
    crossdock.signal("TERM").await;
    assert_eq!(crossdock.ended().await, 0);
    assert_eq!(world.story(&german).await.unwrap()["state"], "filtered");
    world.change_config(|text| text.replace(r#""NZ", "US"]"#, r#""NZ", "US", "DE"]"#));
    let _crossdock = world.run().await;
    world.order_in_state(&german, "accepted").await;
    assert_eq!(world.warehouse.received(&american), 1);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_deleted_at_ecwid_after_its_release_is_cancelled_at_the_warehouse(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = silent(engine).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    world.ecwid.remove_order(&id);
    let story = world.order_in_state(&number, "cancelled").await;
    assert!(!caused_by(&story, "deleted").is_empty(), "{story}");
    eventually("the warehouse has heard of it", || async {
        (world.warehouse.state(&number) == Some(OrderState::Cancelled)).then_some(())
    })
    .await;
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_changes_in_one_second_the_one_that_no_webhook_tells_of_is_found() {
    let world = World::create(Engine::Sqlite).await;
    let ledger = ledger(&world).await;
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"1s\""));
    let _crossdock = world.run().await;
    let paid_in_the_same_second = async || {
        // All of a second is there for it.
        let left = 1_000_000_000 - Timestamp::now().subsec_nanosecond().unsigned_abs();
        tokio::time::sleep(Duration::from_nanos(left.into())).await;
        // One webhook alone: another of the same order would be read after the change.
        world.bigcommerce.callbacks().hold();
        let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
        world.bigcommerce.callbacks().release_first();
        let placed = world.bigcommerce.order(&id)["date_modified"].clone();
        eventually("the order is read", || async {
            ledger.records(&acme(), &[id.as_str().into()]).await.unwrap().pop()
        })
        .await;
        world.bigcommerce.callbacks().hold();
        world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
        world.bigcommerce.callbacks().lose_held();
        (world.bigcommerce.order(&id)["date_modified"] == placed).then_some(id)
    };
    let id = eventually("an order is placed, read and paid within a second", paid_in_the_same_second).await;
    let story = world.order_in_state(&format!("BG{id}"), "accepted").await;
    assert!(!caused_by(&story, "second-look").is_empty(), "{story}");
}
