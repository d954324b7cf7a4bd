//! What changes what is promised is told to the shops at once, not only with the next regular comparison.

use crossdock_domain::Shipment;
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, ShipmentDispatched, Source};
use crossdock_queue::Message;
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::Timestamp;

use super::{both_available, level, shows};

const AWAITING_FULFILLMENT: i64 = 11;

/// A regular comparison would come too late for any of these journeys.
const SELDOM: &str = "sweep_every = \"1h\"";

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_for_an_order_is_sold_again_once_that_is_given_up() {
    let world = both_available(Engine::Sqlite, &format!("hold_hours = 1\n{SELDOM}")).await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30, None)]);
    shows(&world, "MUG", 29, 30).await;
    for end in ["cancelled", "deleted"] {
        let held = world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)]));
        world.order_in_state(&held, "held").await;
        shows(&world, "MUG", 25, 26).await;
        match end {
            "cancelled" => world.bigcommerce.set_status(&held, 5),
            _ => world.bigcommerce.archive_order(&held),
        }
        shows(&world, "MUG", 29, 30).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_its_payment_is_sold_to_nobody_else_until_it_is_given_up() {
    let world = both_available(Engine::Sqlite, SELDOM).await;
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("MUG", 30, None)]);
    shows(&world, "MUG", 29, 30).await;
    let unpaid = Draft::of(&[("MUG", 4)]).unpaid();
    let (paid_later, cancelled) = (world.bigcommerce.place_order(&unpaid), world.ecwid.place_order(&unpaid));
    world.order_in_state(&format!("BG{paid_later}"), "filtered").await;
    world.order_in_state(&format!("W-{cancelled}"), "filtered").await;
    shows(&world, "MUG", 21, 22).await;
    world.bigcommerce.set_status(&paid_later, AWAITING_FULFILLMENT);
    world.order_in_state(&format!("BG{paid_later}"), "accepted").await;
    world.ecwid.set_statuses(&cancelled, "CANCELLED", "AWAITING_PROCESSING");
    shows(&world, "MUG", 25, 26).await;
}

/// Ecwid puts on sale again what a cancelled order took, also what has left, and what nobody had promised.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_gives_back_that_is_not_on_the_shelf_is_taken_from_it_again() {
    let world = both_available(Engine::Sqlite, SELDOM).await;
    let _crossdock = world.run().await;
    let shipped = world.ecwid.place_order(&Draft::of(&[("MUG", 4)]));
    let number = format!("W-{shipped}");
    world.order_in_state(&number, "accepted").await;
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    world.warehouse.count(vec![level("MUG", 26, None)]);
    shows(&world, "MUG", 25, 26).await;
    world.ecwid.set_statuses(&shipped, "CANCELLED", "SHIPPED");
    assert_eq!(world.ecwid.catalog().stock("MUG"), Some(30));
    shows(&world, "MUG", 25, 26).await;

    world.ecwid.callbacks().hold();
    let unseen = world.ecwid.place_order(&Draft::of(&[("MUG", 2)]));
    world.warehouse.count(vec![level("MUG", 27, None)]);
    shows(&world, "MUG", 26, 27).await;
    world.ecwid.set_statuses(&unseen, "CANCELLED", "AWAITING_PROCESSING");
    assert_eq!(world.ecwid.catalog().stock("MUG"), Some(29));
    world.ecwid.callbacks().release_reversed();
    shows(&world, "MUG", 26, 27).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_has_not_left_after_all_is_promised_again_at_once() {
    let world = both_available(Engine::Sqlite, SELDOM).await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)])));
    world.order_in_state(&number, "accepted").await;
    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    world.warehouse.count(vec![level("MUG", 26, None)]);
    shows(&world, "MUG", 25, 26).await;
    world.warehouse.void(&shipment.shipment_id).unwrap();
    shows(&world, "MUG", 21, 22).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_for_a_cancelled_order_is_missing_from_the_shelf_at_once() {
    let world = both_available(Engine::Sqlite, SELDOM).await;
    let _crossdock = world.run().await;
    let order = world.bigcommerce.place_order(&Draft::of(&[("MUG", 4)]));
    let number = format!("BG{order}");
    world.order_in_state(&number, "accepted").await;
    world.warehouse.count(vec![level("MUG", 30, None)]);
    shows(&world, "MUG", 25, 26).await;
    world.bigcommerce.set_status(&order, 5);
    world.order_in_state(&number, "cancelled").await;
    shows(&world, "MUG", 29, 30).await;
    leaves_nonetheless(&world, &number).await;
    shows(&world, "MUG", 25, 26).await;
}

/// The warehouse heard of the cancellation too late.
async fn leaves_nonetheless(world: &World, number: &str) {
    let shipment = Shipment {
        shipment_id: "LATE-1".into(),
        number: number.into(),
        carrier: "DHL Express".to_owned(),
        service: None,
        tracking_number: "T-1".to_owned(),
        tracking_url: None,
        dispatched_at: Timestamp::now(),
        lines: None,
    };
    let event = Event::new(&Source::Warehouse, "late-1", shipment.dispatched_at, shipment);
    let message = Message {
        routing_key: ShipmentDispatched::TYPE.to_owned(),
        id: event.id.clone(),
        content_type: CONTENT_TYPE.into(),
        body: event.to_json().into(),
    };
    let publisher = world.publisher().await;
    eventually("RabbitMQ takes the parcel", || async { publisher.publish(message.clone()).await.ok() }).await;
}
