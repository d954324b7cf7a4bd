//! What happens at the shop to an order that the warehouse has, and what the warehouse refuses.

use crossdock_sandbox::{Draft, OrderState};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

/// BigCommerce's ids of statuses.
const CANCELLED: i64 = 5;
const REFUNDED: i64 = 4;
const COMPLETED: i64 = 10;
const AWAITING_SHIPMENT: i64 = 9;
const AWAITING_FULFILLMENT: i64 = 11;

/// An order of the BigCommerce shop that the warehouse has accepted: its id and its number.
async fn accepted(world: &World, draft: &Draft) -> (String, String) {
    let id = world.bigcommerce.place_order(draft);
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    (id, number)
}

fn told(story: &Value, start: &str) -> usize {
    let timeline = story["timeline"].as_array().unwrap();
    timeline.iter().filter(|it| it["what"].as_str().unwrap().starts_with(start)).count()
}

async fn told_once(world: &World, number: &str, start: &str) {
    eventually(&format!("{number}'s timeline says '{start}'"), || async {
        let story = world.story(number).await?;
        (told(&story, start) == 1).then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_matters_to_the_warehouse_is_amended_and_nothing_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let (id, number) = accepted(&world, &Draft::of(&[("TEE-M", 2), ("MUG", 1)])).await;
    // Neither a note of the staff nor a status that the filters do not want is the warehouse's business.
    world.bigcommerce.change_order(&id, |fields| {
        fields.insert("staff_notes".into(), "a regular".into());
    });
    world.bigcommerce.set_status(&id, AWAITING_SHIPMENT);
    world.bigcommerce.change_order(&id, |fields| {
        fields.insert("customer_message".into(), "Ring twice".into());
    });
    told_once(&world, &number, "the warehouse was told what changed: customer_note").await;
    world.bigcommerce.change_products(&id, |products| {
        products[0]["quantity"] = json!(1);
        products[0]["name"] = json!("A tee by another name");
    });
    told_once(&world, &number, "the warehouse was told what changed: lines").await;
    eventually("the warehouse has the order as it is", || async {
        let orders = world.warehouse.orders();
        let order = orders.iter().find(|order| order.number.as_str() == number)?;
        let units: Vec<u32> = order.lines.iter().map(|line| line.quantity).collect();
        (order.customer_note == "Ring twice" && units == [1, 1]).then_some(())
    })
    .await;
    let story = world.story(&number).await.unwrap();
    assert_eq!(told(&story, "the warehouse was told what changed"), 2, "{story}");
    assert_eq!(world.warehouse.received(&number), 1);

    // Our own shipment and status come back as webhooks, and are nothing new.
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    world.bigcommerce.change_order(&id, |fields| {
        fields.insert("customer_message".into(), "Too late".into());
    });
    eventually("the last webhook is handled", || async {
        let story = world.story(&number).await?;
        let changed = world.bigcommerce.order(&id)["date_modified"].as_str()?.to_owned();
        let changed = jiff::fmt::rfc2822::parse(&changed).ok()?.timestamp();
        (story["modified_at"].as_str()?.parse::<jiff::Timestamp>().ok()? == changed).then_some(())
    })
    .await;
    let story = world.story(&number).await.unwrap();
    assert_eq!(told(&story, "the warehouse was told what changed"), 2, "{story}");
    world.rests_without_dead_letters(&[]).await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_ends_at_the_shop_is_cancelled_at_the_warehouse_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let (cancelled, _) = accepted(&world, &Draft::of(&[("TEE-M", 1)])).await;
    let (refunded, _) = accepted(&world, &Draft::of(&[("TEE-M", 1)])).await;
    let (gone, _) = accepted(&world, &Draft::of(&[("MUG", 1)])).await;
    let [paid_back, undelivered, deleted] =
        [1, 2, 3].map(|units| world.ecwid.place_order(&Draft::of(&[("MUG", units)])));
    for id in [&paid_back, &undelivered, &deleted] {
        world.order_in_state(&format!("W-{id}"), "accepted").await;
    }
    world.bigcommerce.set_status(&cancelled, CANCELLED);
    world.bigcommerce.set_status(&refunded, REFUNDED);
    world.bigcommerce.change_order(&gone, |fields| {
        fields.insert("is_deleted".into(), true.into());
    });
    world.ecwid.set_statuses(&paid_back, "REFUNDED", "PROCESSING");
    world.ecwid.set_statuses(&undelivered, "PAID", "WILL_NOT_DELIVER");
    world.ecwid.remove_order(&deleted);

    for (number, reason) in [
        (format!("BG{cancelled}"), "cancelled at the shop"),
        (format!("BG{refunded}"), "refunded at the shop"),
        (format!("BG{gone}"), "deleted at the shop"),
        (format!("W-{paid_back}"), "REFUNDED at the shop"),
        (format!("W-{undelivered}"), "WILL_NOT_DELIVER at the shop"),
        (format!("W-{deleted}"), "deleted at the shop"),
    ] {
        let story = world.order_in_state(&number, "cancelled").await;
        assert_eq!(story["reason"], reason);
        eventually(&format!("the warehouse has {number} cancelled"), || async {
            (world.warehouse.state(&number) == Some(OrderState::Cancelled)).then_some(())
        })
        .await;
        told_once(&world, &number, "the warehouse was told that it is cancelled").await;
        assert!(world.warehouse.ship(&number, None).is_err());
    }
    // The units are for sale again.
    assert_eq!(world.warehouse.level("TEE-M").unwrap().allocated, Some(0));
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_ends_before_its_release_never_reaches_the_warehouse() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.order_in_state(&id, "filtered").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    world.order_in_state(&id, "cancelled").await;
    // It was a mistake: nothing has been told, so it may still go.
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    world.order_in_state(&id, "accepted").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    world.order_in_state(&id, "cancelled").await;
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    eventually("the order says that it cannot be reopened", || async {
        let story = world.story(&id).await?;
        story["reason"].as_str()?.contains("place it there as a new order").then_some(())
    })
    .await;
    assert_eq!(world.warehouse.received(&format!("BG{id}")), 1);
    assert_eq!(world.warehouse.state(&format!("BG{id}")), Some(OrderState::Cancelled));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_an_unknown_sku_is_parked_and_released_once_the_sku_is_known(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let rename = |id: &str, sku: &'static str| {
        world.bigcommerce.change_products(id, |products| products[0]["sku"] = sku.into());
        world.bigcommerce.set_status(id, AWAITING_FULFILLMENT);
    };
    let waits = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    let mended = world.bigcommerce.place_order(&Draft::of(&[("MUG", 2)]).unpaid());
    for id in [&waits, &mended] {
        world.order_in_state(id, "filtered").await;
        rename(id, "NEW-MUG");
    }
    for id in [&waits, &mended] {
        let story = world.order_in_state(id, "rejected").await;
        let reason = story["reason"].as_str().unwrap();
        assert!(reason.contains("does not keep 'NEW-MUG'"), "{reason}");
    }
    // One is mended at the shop, the other by the warehouse.
    rename(&mended, "MUG");
    world.order_in_state(&mended, "accepted").await;
    world.warehouse.list("NEW-MUG", 10);
    let story = world.order_in_state(&waits, "accepted").await;
    assert_eq!(told(&story, "to be released again: the warehouse knows its SKUs now"), 1, "{story}");
    assert_eq!(world.warehouse.received(&format!("BG{waits}")), 2);
    for id in [&waits, &mended] {
        world.warehouse.ship(&format!("BG{id}"), None).unwrap();
        world.order_in_state(id, "shipped").await;
        assert_eq!(world.bigcommerce.shipments(id).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_that_was_shipped_without_the_warehouse_does_not_go_again_once_its_sku_is_known() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let ids = [1, 2].map(|units| world.bigcommerce.place_order(&Draft::of(&[("MUG", units)]).unpaid()));
    for id in &ids {
        world.order_in_state(id, "filtered").await;
        world.bigcommerce.change_products(id, |products| products[0]["sku"] = "NEW-MUG".into());
        world.bigcommerce.set_status(id, AWAITING_FULFILLMENT);
        world.order_in_state(id, "rejected").await;
    }
    let [by_hand, waits] = &ids;
    world.bigcommerce.set_status(by_hand, COMPLETED);
    let kept_out = "not to be released again: filtered by status: completed";
    told_once(&world, by_hand, kept_out).await;
    // Whatever else changes: it has left.
    world.bigcommerce.change_order(by_hand, |fields| {
        fields.insert("customer_message".into(), "Thank you".into());
    });
    world.warehouse.list("NEW-MUG", 10);
    world.order_in_state(waits, "accepted").await;
    told_once(&world, by_hand, "to be looked at again, because the warehouse knows its SKUs now").await;
    let story = world.order_in_state(by_hand, "rejected").await;
    assert_eq!(told(&story, kept_out), 1, "{story}");
    assert_eq!(world.warehouse.received(&format!("BG{by_hand}")), 1);
    // It was a mistake.
    world.bigcommerce.set_status(by_hand, AWAITING_FULFILLMENT);
    world.order_in_state(by_hand, "accepted").await;
    assert_eq!(world.warehouse.received(&format!("BG{by_hand}")), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_meets_an_unconfirmed_release_wins() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = Process::start(&world.config, Some("receiver,order-importer"));
    world.ready().await;
    // By then all of them have declared what they need.
    accepted(&world, &Draft::of(&[("MUG", 1)])).await;
    // The broker takes releases for nobody: they come back, unroutable.
    world.vhost.unbind(crossdock_order_importer::WAREHOUSE_ORDERS.name, "order.released").await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.order_in_state(&id, "releasing").await;
    world.bigcommerce.set_status(&id, CANCELLED);
    let story = world.order_in_state(&id, "cancelled").await;
    assert_eq!(told(&story, "released to the warehouse"), 0, "{story}");
    told_once(&world, &id, "the warehouse was told that it is cancelled").await;
    assert_eq!(world.warehouse.received(&format!("BG{id}")), 0);
}
