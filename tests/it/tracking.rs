//! From a shipment that left the warehouse to tracking on the shop's order, and back.

mod addresses;
mod amended;
mod carriers;
mod crashes;
mod endings;
mod every_point;
mod killed;
mod late;
mod one_shop;
mod order_kept;
mod refused;
mod relabels;
mod scarce;
mod scene;
mod side_by_side;
mod told;
mod voids;

use crossdock_domain::{PackedLine, Sku};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

/// BigCommerce's ids of Partially Shipped and Completed.
const PARTIALLY_SHIPPED: i64 = 3;
const COMPLETED: i64 = 10;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_becomes_tracking_and_status_at_the_shop_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2), ("MUG", 1)]));
    let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let (bg, w) = (format!("BG{first}"), format!("W-{second}"));
    world.order_in_state(&bg, "accepted").await;
    world.order_in_state(&w, "accepted").await;

    let shipments = [world.warehouse.ship(&bg, None).unwrap(), world.warehouse.ship(&w, None).unwrap()];
    world.order_in_state(&bg, "shipped").await;
    world.order_in_state(&w, "shipped").await;
    for shipment in &shipments {
        for _ in 0..3 {
            world.warehouse.tell_again(shipment);
        }
    }
    eventually("the repetitions are handled", || async {
        (world.warehouse.untold() == 0 && world.vhost.depth("crossdock.tracking-writer").await == 0)
            .then_some(())
    })
    .await;

    let at_shop = world.bigcommerce.shipments(&first);
    assert_eq!(at_shop.len(), 1);
    assert_eq!(at_shop[0]["tracking_number"], shipments[0].tracking_number.as_str());
    assert_eq!(at_shop[0]["items"].as_array().unwrap().len(), 2);
    assert_eq!(world.bigcommerce.status(&first), Some(COMPLETED));
    assert_eq!(world.bigcommerce.status_changes(&first), [COMPLETED]);
    assert_eq!(world.bigcommerce.buyer_mails(&first), 1);

    let order = world.ecwid.order(&second);
    assert_eq!(order["trackingNumber"], shipments[1].tracking_number.as_str());
    assert_eq!(order["fulfillmentStatus"], "SHIPPED");
    assert_eq!(world.ecwid.updates(&second).len(), 1, "number and status in one PUT");
    assert_eq!(world.ecwid.buyer_mails(&second), 1);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_leaves_the_order_open_until_the_rest_has_left() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2), ("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;

    let part = vec![PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None }];
    world.warehouse.ship(&number, Some(part)).unwrap();
    eventually("the order is partly shipped", || async {
        (world.bigcommerce.status(&id) == Some(PARTIALLY_SHIPPED)).then_some(())
    })
    .await;
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.bigcommerce.shipments(&id).len(), 2);
    assert_eq!(world.bigcommerce.status_changes(&id), [PARTIALLY_SHIPPED, COMPLETED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_after_the_shipment_was_made_makes_no_second_one() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    world.bigcommerce.faults().next("POST", "/shipments", Fault::DoneThenCut);
    world.warehouse.ship(&number, None).unwrap();
    eventually("the shop leaves us in doubt", || async {
        let waits = world.vhost.depth("crossdock.retry.5s").await == 1;
        (waits && world.bigcommerce.faults().all_met()).then_some(())
    })
    .await;
    // Minutes later.
    world.leases_run_out().await;
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.bigcommerce.shipments(&id).len(), 1);
    assert_eq!(world.bigcommerce.buyer_mails(&id), 1);
}
