//! A tracking-writer that is killed at every point of its way: whatever it had done, the next one brings to the same end.

use crossdock_domain::{OrderId, Platform};
use crossdock_ledger::ShipmentState;
use crossdock_queue::Outcome;
use crossdock_sandbox::Fault;
use crossdock_tests::database::Engine;
use rstest::rstest;

use super::every_point::{Left, at_every_point, of, while_written};
use super::scene::Scene;
use super::told::{dispatched, part_dispatched, voided, wanted};

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_one_status_and_one_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), while_written(platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        let outcome = scene.killed_after(moves, &told).await;
        let stood = scene.stands(&order).await;
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");

        assert_eq!(shop.numbers(&order), ["T1"], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped()], "after {moves} moves");
        assert_eq!(shop.mails(&order), 1, "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Done);
        Left { stood, outcome }
    })
    .await;
}

/// A killed writer leaves a doubt, except where nobody can have begun to write: what the order says of itself is not enough then.
#[rstest]
#[tokio::test]
async fn after_a_doubt_the_shipments_are_read_before_one_is_written_and_without_one_they_are_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let platform = Platform::Bigcommerce;
    at_every_point((engine, platform), while_written(platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        let outcome = scene.killed_after(moves, &told).await;
        let (stood, first) = (scene.stands(&order).await, shop.calls(&order));
        let whole = ["GET", "POST /shipments", "PUT"];
        assert!(whole[..first.len()] == first, "after {moves} moves: {first:?}");
        assert!(outcome.is_none() || first == whole, "{first:?}");

        scene.handled(&told).await;
        let again = &shop.calls(&order)[first.len()..];
        let place = |call| again.iter().position(|it| it == call);
        if let Some(written) = place("POST /shipments").filter(|_| !first.is_empty()) {
            let read = place("GET /shipments").is_some_and(|read| read < written);
            assert!(read, "after {moves} moves: {first:?}, then {again:?}");
        }
        assert_eq!(shop.mails(&order), 1, "after {moves} moves");
        Left { stood, outcome }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_with_the_newest_label(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let bigcommerce = &["done T1 10", "intended T1 10", "intended T2 10", "done T2 10"];
    let ecwid = &["done T1 SHIPPED", "intended T1 SHIPPED", "intended T2 SHIPPED", "done T2 SHIPPED"];
    at_every_point((engine, platform), of(platform, bigcommerce, ecwid), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (first, second) = (dispatched(&order, "T1", 0), dispatched(&order, "T2", 60));
        scene.handled(&first).await;
        let outcome = scene.killed_after(moves, &second).await;
        let stood = scene.stands(&order).await;
        // Told once more in the meantime: the old number does not come back.
        assert_eq!(scene.handled(&first).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&second).await, Outcome::Done, "after {moves} moves");

        assert_eq!(shop.numbers(&order), ["T2"], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped()], "after {moves} moves");
        // Ecwid's buyers are told of each number, BigCommerce's of each shipment.
        let mails = if platform == Platform::Ecwid { 2 } else { 1 };
        assert_eq!(shop.mails(&order), mails, "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Done);
        Left { stood, outcome }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_nothing_of_what_was_voided(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let bigcommerce = &["done T1 10", "voiding T1 10", "voiding 10", "voiding 10>11", "voided 10>11"];
    let ecwid = &[
        "done T1 SHIPPED",
        "voiding T1 SHIPPED",
        "voiding SHIPPED>AWAITING_PROCESSING",
        "voided SHIPPED>AWAITING_PROCESSING",
    ];
    at_every_point((engine, platform), of(platform, bigcommerce, ecwid), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (told, void) = (dispatched(&order, "T1", 0), voided(&order, 60));
        scene.handled(&told).await;
        let outcome = scene.killed_after(moves, &void).await;
        let stood = scene.stands(&order).await;
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "a copy that comes late");

        assert_eq!(shop.numbers(&order), [""; 0], "after {moves} moves");
        assert_eq!(shop.statuses(&order), [shop.shipped(), shop.open()], "after {moves} moves");
        assert_eq!(shop.mails(&order), 1, "after {moves} moves");
        assert_eq!(scene.state(&order).await, ShipmentState::Voided);
        Left { stood, outcome }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_writer_killed_at_the_first_part_leaves_the_second_to_complete_the_order(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let bigcommerce = &["", "intended", "intended T1", "intended T1 3", "done T1 3"];
    let ecwid = &["", "intended", "intended T1 PROCESSING", "done T1 PROCESSING"];
    at_every_point((engine, platform), of(platform, bigcommerce, ecwid), async |scene, moves| {
        let order = scene.released().await;
        let parts = [part_dispatched(&order, "T1", 0), part_dispatched(&order, "T2", 60)];
        let outcome = scene.killed_after(moves, &parts[0]).await;
        let stood = scene.stands(&order).await;
        for part in &parts {
            assert_eq!(scene.handled(part).await, Outcome::Done, "after {moves} moves");
        }
        assert_both_parts_stand(scene, &order, moves).await;
        Left { stood, outcome }
    })
    .await;
}

#[rstest]
#[tokio::test]
async fn a_writer_killed_at_the_last_part_leaves_an_order_that_is_completed_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let bigcommerce = &[
        "done T1 3",
        "done+intended T1 3",
        "done+intended T1+T2 3",
        "done+intended T1+T2 3>10",
        "done+done T1+T2 3>10",
    ];
    let ecwid = &[
        "done T1 PROCESSING",
        "done+intended T1 PROCESSING",
        "done+intended T1+T2 PROCESSING>SHIPPED",
        "done+done T1+T2 PROCESSING>SHIPPED",
    ];
    at_every_point((engine, platform), of(platform, bigcommerce, ecwid), async |scene, moves| {
        let order = scene.released().await;
        let parts = [part_dispatched(&order, "T1", 0), part_dispatched(&order, "T2", 60)];
        scene.handled(&parts[0]).await;
        let outcome = scene.killed_after(moves, &parts[1]).await;
        let stood = scene.stands(&order).await;
        assert_eq!(scene.handled(&parts[1]).await, Outcome::Done, "after {moves} moves");
        assert_both_parts_stand(scene, &order, moves).await;
        Left { stood, outcome }
    })
    .await;
}

/// The last line is not wanted any more: nothing else leaves that could complete the order.
#[rstest]
#[tokio::test]
async fn a_writer_killed_where_an_order_was_amended_to_what_has_left_leaves_it_completed_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    let bigcommerce = &["done T1 3", "done T1 3>10"];
    let ecwid = &["done T1 PROCESSING", "done T1 PROCESSING>SHIPPED"];
    at_every_point((engine, platform), of(platform, bigcommerce, ecwid), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        scene.handled(&part_dispatched(&order, "T1", 0)).await;
        scene.reduced(&order).await;
        let wanted = wanted(platform, &order);
        let outcome = scene.killed_after(moves, &wanted).await;
        let stood = scene.stands(&order).await;
        for _ in 0..2 {
            assert_eq!(scene.handled(&wanted).await, Outcome::Done, "after {moves} moves");
        }
        let statuses = format!("{}>{}", shop.partly_shipped(), shop.shipped());
        assert_eq!(scene.stands(&order).await, format!("done T1 {statuses}"), "after {moves} moves");
        // Ecwid tells its buyers of the number, and then that the order has shipped.
        let mails = if platform == Platform::Ecwid { 2 } else { 1 };
        assert_eq!(shop.mails(&order), mails, "after {moves} moves");
        Left { stood, outcome }
    })
    .await;
}

async fn assert_both_parts_stand(scene: &Scene, order: &OrderId, moves: usize) {
    let shop = &scene.shop;
    let statuses = format!("{}>{}", shop.partly_shipped(), shop.shipped());
    let all = format!("done+done T1+T2 {statuses}");
    assert_eq!((scene.stands(order).await, shop.mails(order)), (all, 2), "after {moves} moves");
}

#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_for_each_address(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stood = ["", "intended", "intended T1", "intended T1+T1", "intended T1+T1 10", "done T1+T1 10"];
    at_every_point((engine, Platform::Bigcommerce), &stood, async |scene, moves| {
        let (order, shop) = (scene.released_to_two_addresses().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        let outcome = scene.killed_after(moves, &told).await;
        let stood = scene.stands(&order).await;
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.stands(&order).await, "done T1+T1 10", "after {moves} moves");
        assert_eq!(shop.mails(&order), 2, "after {moves} moves");
        Left { stood, outcome }
    })
    .await;
}

/// The answer to the first of them tells nothing, and the shop has written it: the writer looks, and goes on with the other.
#[rstest]
#[tokio::test]
async fn a_killed_writer_leaves_one_shipment_for_each_address_though_the_shop_answers_to_one_with_a_page(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let stood = ["", "intended", "intended T1", "intended T1+T1", "intended T1+T1 10", "done T1+T1 10"];
    at_every_point((engine, Platform::Bigcommerce), &stood, async |scene, moves| {
        let (order, shop) = (scene.released_to_two_addresses().await, &scene.shop);
        let told = dispatched(&order, "T1", 0);
        shop.faults().next("POST", &format!("/orders/{order}/shipments"), Fault::DoneThenPage);
        let outcome = scene.killed_after(moves, &told).await;
        let stood = scene.stands(&order).await;
        assert!(outcome.as_ref().is_none_or(|it| *it == Outcome::Done), "{outcome:?}");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.stands(&order).await, "done T1+T1 10", "after {moves} moves");
        assert_eq!(shop.mails(&order), 2, "after {moves} moves");
        assert!(shop.faults().all_met());
        Left { stood, outcome }
    })
    .await;
}

/// A void that comes while it is not known whether the shipment was written.
#[rstest]
#[tokio::test]
async fn a_void_cancels_what_a_killed_writer_had_begun_to_write(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(Platform::Bigcommerce, Platform::Ecwid)] platform: Platform,
) {
    at_every_point((engine, platform), while_written(platform), async |scene, moves| {
        let (order, shop) = (scene.released().await, &scene.shop);
        let (told, void) = (dispatched(&order, "T1", 0), voided(&order, 60));
        let outcome = scene.killed_after(moves, &told).await;
        let (stood, was_there) = (scene.stands(&order).await, !shop.numbers(&order).is_empty());
        assert_eq!(scene.handled(&void).await, Outcome::Done, "after {moves} moves");
        assert_eq!(scene.handled(&told).await, Outcome::Done, "after {moves} moves");
        assert_eq!(shop.numbers(&order), [""; 0], "after {moves} moves");
        let statuses = shop.statuses(&order);
        let back = [shop.shipped(), shop.open()];
        assert!(statuses.is_empty() || statuses == back, "after {moves} moves: {statuses:?}");
        assert_eq!(shop.mails(&order), usize::from(was_there), "after {moves} moves");
        Left { stood, outcome }
    })
    .await;
}
