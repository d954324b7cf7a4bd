//! Shipments that have not left after all.

use crossdock_domain::{PackedLine, Sku};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

/// BigCommerce's ids of Partially Shipped, Completed and Awaiting Fulfillment.
const PARTIALLY_SHIPPED: i64 = 3;
const COMPLETED: i64 = 10;
const AWAITING_FULFILLMENT: i64 = 11;

/// Waits until the order and its consignments are in these states. They are read one after the other.
async fn in_states(world: &World, number: &str, order: &str, shipments: &[&str]) {
    eventually(&format!("{number} is {order}, and its shipments are {shipments:?}"), || async {
        let story = world.story(number).await?;
        let now: Vec<_> =
            story["shipments"].as_array()?.iter().filter_map(|it| it["state"].as_str()).collect();
        (story["state"] == order && now == shipments).then_some(())
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_voided_shipment_is_taken_back_at_the_shop_and_the_goods_leave_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2)]));
    let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let numbers = [format!("BG{first}"), format!("W-{second}")];
    let mut shipped = Vec::new();
    for number in &numbers {
        world.order_in_state(number, "accepted").await;
        shipped.push(world.warehouse.ship(number, None).unwrap());
        world.order_in_state(number, "shipped").await;
    }
    for (number, shipment) in numbers.iter().zip(&shipped) {
        // Told twice, and the shipment once more behind it.
        world.warehouse.void(&shipment.shipment_id).unwrap();
        world.warehouse.void(&shipment.shipment_id).unwrap();
        world.warehouse.tell_again(shipment);
        in_states(&world, number, "accepted", &["voided"]).await;
    }
    assert_eq!(world.bigcommerce.shipments(&first).len(), 0);
    assert_eq!(world.bigcommerce.status_changes(&first), [COMPLETED, AWAITING_FULFILLMENT]);
    let order = world.ecwid.order(&second);
    assert_eq!((&order["trackingNumber"], &order["trackingUrl"]), (&"".into(), &"".into()));
    assert_eq!(order["fulfillmentStatus"], "AWAITING_PROCESSING");

    for number in &numbers {
        world.warehouse.ship(number, None).unwrap();
        in_states(&world, number, "shipped", &["voided", "done"]).await;
    }
    assert_eq!(world.bigcommerce.shipments(&first).len(), 1);
    assert_eq!(world.bigcommerce.status(&first), Some(COMPLETED));
    assert_eq!(world.ecwid.order(&second)["fulfillmentStatus"], "SHIPPED");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voided_part_leaves_the_other_part_at_the_shop() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let part = || Some(vec![PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None }]);
    let first = world.warehouse.ship(&number, part()).unwrap();
    let second = world.warehouse.ship(&number, part()).unwrap();
    world.order_in_state(&number, "shipped").await;

    world.warehouse.void(&first.shipment_id).unwrap();
    in_states(&world, &number, "accepted", &["voided", "done"]).await;
    let at_shop = world.bigcommerce.shipments(&id);
    assert_eq!((at_shop.len(), &at_shop[0]["tracking_number"]), (1, &second.tracking_number.into()));
    assert_eq!(world.bigcommerce.status_changes(&id), [PARTIALLY_SHIPPED, COMPLETED, PARTIALLY_SHIPPED]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_cancels_a_shipment_that_is_not_written_yet() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    world.bigcommerce.faults().next("POST", "/shipments", Fault::Status(503));
    let shipment = world.warehouse.ship(&number, None).unwrap();
    in_states(&world, &number, "accepted", &["intended"]).await;
    eventually("the shop leaves us in doubt", || async {
        let waits = world.vhost.depth("crossdock.retry.5s").await == 1;
        (waits && world.bigcommerce.faults().all_met()).then_some(())
    })
    .await;
    // Minutes later.
    world.leases_run_out().await;
    world.warehouse.void(&shipment.shipment_id).unwrap();
    in_states(&world, &number, "accepted", &["voided"]).await;
    world.vhost.hasten().await;
    eventually("the shipment's message is handled", || async {
        (world.vhost.unfinished().await == 0).then_some(())
    })
    .await;
    assert_eq!((world.bigcommerce.shipments(&id).len(), world.bigcommerce.buyer_mails(&id)), (0, 0));
    assert_eq!(world.bigcommerce.status_changes(&id), [0; 0]);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
