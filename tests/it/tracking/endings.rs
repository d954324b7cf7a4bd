//! Shipments of orders that the merchant has ended at the shop meanwhile.

use crossdock_domain::{PackedLine, Shipment, Sku};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;
use serde_json::{Value, json};

use super::carriers::parcel;

/// The statuses that the writes to an Ecwid order set.
fn statuses_written(world: &World, id: &str) -> Vec<Value> {
    let updates = world.ecwid.updates(id);
    updates.iter().filter_map(|update| update.get("fulfillmentStatus").cloned()).collect()
}

async fn shows(world: &World, id: &str, numbers: &str) {
    eventually(&format!("order {id} shows {numbers}"), || async {
        (world.ecwid.order(id)["trackingNumber"] == numbers).then_some(())
    })
    .await;
}

/// What the one write of a shipment holds that leaves the status alone.
fn number_and_link(shipment: &Shipment) -> Value {
    json!({ "trackingNumber": shipment.tracking_number, "trackingUrl": shipment.tracking_url })
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_ecwid_order_that_was_ended_gets_number_and_link_and_keeps_its_status(
    #[values("DELIVERED", "RETURNED")] ended: &str,
) {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    world.ecwid.set_statuses(&id, "PAID", ended);

    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.ecwid.updates(&id), [number_and_link(&shipment)]);
    assert_eq!(world.ecwid.statuses(&id).unwrap().1, ended);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_ecwid_order_that_was_ended_between_two_parcels_gets_the_second_number_and_keeps_its_status(
    #[values("DELIVERED", "RETURNED")] ended: &str,
) {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("TEE-M", 2)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    let part = vec![PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None }];
    let first = world.warehouse.ship(&number, Some(part)).unwrap();
    shows(&world, &id, &first.tracking_number).await;
    world.ecwid.set_statuses(&id, "PAID", ended);

    let second = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    shows(&world, &id, &format!("{}, {}", first.tracking_number, second.tracking_number)).await;
    assert_eq!(statuses_written(&world, &id), ["PROCESSING"], "the first parcel's, before the end");
    assert_eq!(world.ecwid.statuses(&id).unwrap().1, ended);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_an_ecwid_order_that_was_ended_does_not_set_it_back_to_processing() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("TEE-M", 2)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    world.ecwid.set_statuses(&id, "PAID", "DELIVERED");

    let part = vec![PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: None }];
    let shipment = world.warehouse.ship(&number, Some(part)).unwrap();
    shows(&world, &id, &shipment.tracking_number).await;
    assert_eq!(world.ecwid.updates(&id), [number_and_link(&shipment)]);
    assert_eq!(world.ecwid.statuses(&id).unwrap().1, "DELIVERED");
}

/// Unlike the other ends this one is a cancellation too, which the parcel was too fast for.
#[tokio::test(flavor = "multi_thread")]
async fn an_ecwid_order_that_will_not_be_delivered_stays_so_though_a_parcel_has_left() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;
    world.ecwid.set_statuses(&id, "PAID", "WILL_NOT_DELIVER");
    world.order_in_state(&number, "cancelled").await;

    let shipment = parcel(&number, "UPS", Some("https://told.example/1"));
    world.warehouse.tell_again(&shipment);
    shows(&world, &id, &shipment.tracking_number).await;
    assert_eq!(world.ecwid.updates(&id), [number_and_link(&shipment)]);
    assert_eq!(world.ecwid.statuses(&id).unwrap().1, "WILL_NOT_DELIVER");
}
