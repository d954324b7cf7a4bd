//! A SKU that the warehouse does not know: a thousand refused orders of two shops, understood in a minute and replayed once.

use std::collections::BTreeMap;

use crossdock_ledger::{ActKind, DeadLetterState, Progress};
use crossdock_sandbox::{Draft, Item, OrderState};
use crossdock_tests::database::Engine;
use crossdock_tests::process::Process;
use crossdock_tests::world::{ALL_BUT_THE_DESK, World};
use rstest::rstest;
use serde_json::{Value, json};

use super::scene::{DESK, are, asked, desk, in_the_end, ledger, said, says};

/// Orders of each shop.
const ORDERS: usize = 500;

/// Of them, orders that are cancelled at the shop before the replay.
const CANCELLED: usize = 5;

/// BigCommerce's id of a status.
const STATUS_CANCELLED: i64 = 5;

/// Sold by both shops before the warehouse has ever seen it.
const SKU: &str = "NEW-MUG";

fn take_on(world: &World) {
    let item = |product_id| Item {
        product_id,
        variant_id: product_id,
        sku: SKU.to_owned(),
        name: "Mug, new".to_owned(),
        options: BTreeMap::new(),
        price: 10.into(),
        stock: Some(5_000),
    };
    world.bigcommerce.catalog().items().push(item(900));
    world.ecwid.catalog().items().push(item(900));
}

/// The numbers of the orders at the warehouse, the shops' ids to be had from them.
fn place_orders(world: &World) -> (Vec<String>, Vec<String>) {
    let draft = Draft::of(&[(SKU, 1)]);
    let bigcommerce = (0..ORDERS).map(|_| world.bigcommerce.place_order(&draft)).collect();
    let ecwid = (0..ORDERS).map(|_| world.ecwid.place_order(&draft)).collect();
    (bigcommerce, ecwid)
}

fn cancel_some(world: &World, bigcommerce: &[String], ecwid: &[String]) {
    for id in &bigcommerce[..CANCELLED] {
        world.bigcommerce.set_status(id, STATUS_CANCELLED);
    }
    for id in &ecwid[..CANCELLED] {
        world.ecwid.set_statuses(id, "CANCELLED", "AWAITING_PROCESSING");
    }
}

async fn progress(world: &World) -> Option<Progress> {
    let acts = ledger(world).await.acts(10).await.ok()?;
    acts.into_iter().find(|act| act.kind == ActKind::Replay)?.progress
}

/// Kills the desk while part of the replay is sent, and not all.
async fn kill_half_way(world: &World, desk: Process) {
    in_the_end("part of the replay was sent", async || {
        progress(world).await.is_some_and(|goes| goes.sent + goes.done > 0)
    })
    .await;
    desk.kill().await;
    let goes = progress(world).await.unwrap();
    assert!(goes.queued > 0 && goes.ended_at.is_none(), "it was killed half way: {goes:?}");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_refused_orders_are_replayed_once_though_the_desk_is_killed_half_way(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    take_on(&world);
    let _others = world.run().await;
    let first_desk = desk(&world);
    let (bigcommerce, ecwid) = place_orders(&world);
    let (all, cancelled) = (2 * ORDERS as u64, 2 * CANCELLED as u64);
    are(&world, all, DeadLetterState::Dead).await;

    let (status, groups) = asked(&world, &["groups"]).await;
    let told: Vec<_> =
        groups.as_array().unwrap().iter().map(|it| (&it["store"], &it["count"], &it["class"])).collect();
    assert_eq!((status, told.len()), (0, 2), "{groups}");
    for store in ["acme-au", "acme-widgets"] {
        assert!(told.contains(&(&json!(store), &json!(ORDERS), &json!("sku-unknown"))), "{groups}");
    }
    assert!(groups[0]["cause"].as_str().unwrap().contains(SKU), "{groups}");
    let (_, words) = said(&world, &["groups"]).await;
    assert_eq!(words.matches("sku-unknown: ").count(), 2, "{words}");

    cancel_some(&world, &bigcommerce, &ecwid);
    // A count, and nobody tells that the SKU is known now.
    world.warehouse.put_away(SKU, 5_000);
    in_the_end("the preview knows of the count", async || {
        let (_, preview) = asked(&world, &["preview", "--class", "sku-unknown"]).await;
        preview["verdicts"] == json!({ "goes_through": all - cancelled, "cancelled_since": cancelled })
    })
    .await;
    let (_, words) = said(&world, &["preview", "--class", "sku-unknown", "--limit", "20"]).await;
    assert!(says(&words, "of 1000: 990 go through, 10 cancelled since; nothing was sent"), "{words}");

    let (status, words) = said(&world, &["replay", "--class", "sku-unknown"]).await;
    assert_eq!(status, 1);
    let these = "would replay 1000 dead letters (500 of acme-au, 500 of acme-widgets): add --yes";
    assert!(says(&words, these), "{words}");
    let command = ["dead-letters", "replay", "--class", "sku-unknown", "--yes", "--json"];
    let replay = Process::start_command(&world.config, &command);
    kill_half_way(&world, first_desk).await;
    world.leases_of_the_dead_run_out(DESK).await;
    let _second_desk = desk(&world);
    in_the_end("the replay has ended", async || {
        progress(&world).await.is_some_and(|goes| goes.ended_at.is_some())
    })
    .await;
    let output = replay.output().await;
    let act: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &act["count"]), (Some(0), &json!(all)), "{act}");
    assert_eq!((&act["progress"]["done"], &act["progress"]["dead"]), (&json!(all), &json!(0)), "{act}");
    are(&world, all, DeadLetterState::Done).await;

    assert_all_at_the_warehouse_once(&world, &bigcommerce, &ecwid).await;
    assert_the_trail_tells_it(&world, &act, all).await;
}

async fn assert_all_at_the_warehouse_once(world: &World, bigcommerce: &[String], ecwid: &[String]) {
    let numbers = |prefix: &'static str, ids: &[String]| -> Vec<String> {
        ids.iter().map(|id| format!("{prefix}{id}")).collect()
    };
    let (one, other) = (numbers("BG", bigcommerce), numbers("W-", ecwid));
    let (gone, wanted): (Vec<_>, Vec<_>) = [&one, &other]
        .into_iter()
        .flat_map(|numbers| numbers.iter().enumerate())
        .partition(|(place, _)| *place < CANCELLED);
    in_the_end("all orders are accepted", async || {
        wanted.iter().all(|(_, number)| world.warehouse.state(number) == Some(OrderState::Accepted))
    })
    .await;
    assert_eq!(wanted.len(), 2 * (ORDERS - CANCELLED));
    for (_, number) in wanted {
        assert_eq!(world.warehouse.received(number), 2, "{number} was refused once, and taken once");
    }
    for (_, number) in gone {
        assert_eq!(world.warehouse.received(number), 1, "{number} was cancelled, and not released again");
        assert_ne!(world.warehouse.state(number), Some(OrderState::Accepted), "{number}");
    }
}

async fn assert_the_trail_tells_it(world: &World, act: &Value, all: u64) {
    let (_, acts) = asked(world, &["jobs"]).await;
    assert_eq!(acts.as_array().unwrap().len(), 1, "{acts}");
    assert_eq!((&acts[0]["kind"], &acts[0]["count"]), (&json!("replay"), &json!(all)), "{acts}");
    assert_eq!(acts[0]["note"], "class sku-unknown");
    assert!(!acts[0]["who"].as_str().unwrap().is_empty());
    let (_, listed) = asked(world, &["list", "--state", "done", "--limit", "1"]).await;
    let id = listed[0]["id"].to_string();
    let (status, shown) = asked(world, &["show", &id]).await;
    assert_eq!((status, &shown["state"], &shown["failures"]), (0, &json!("done"), &json!(1)), "{shown}");
    assert_eq!(shown["acts"][0]["id"], act["id"], "{shown}");
    assert_eq!(shown["class"], "sku-unknown");
    let (status, words) = said(world, &["list"]).await;
    assert_eq!((status, words.as_str()), (0, "no dead letters"));
}

#[test]
fn the_desk_is_no_part_of_the_others() {
    assert!(!ALL_BUT_THE_DESK.split(',').any(|role| role == DESK));
}
