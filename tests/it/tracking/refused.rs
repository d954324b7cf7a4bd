//! Shipments that cannot be written or taken back, and what their dead letters say.

use crossdock_domain::{PackedLine, Shipment, ShipmentId, Sku};
use crossdock_ledger::MessageKey;
use crossdock_queue::headers;
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::broker::Taken;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use jiff::Timestamp;

async fn dead(world: &World) -> Taken {
    eventually("a letter is dead", || async {
        let mut dead = world.vhost.take("crossdock.dead-letters").await;
        assert!(dead.len() <= 1, "{dead:?}");
        dead.pop()
    })
    .await
}

/// Has it out of the way of the order's later ones, as a person does at the desk by discarding it.
async fn discarded(world: &World, dead: &Taken) {
    let message =
        MessageKey { role: crossdock_tracking_writer::ROLE.to_owned(), message_id: dead.id.clone() };
    world.ledger().await.rises(&message, Timestamp::now()).await.unwrap();
}

fn says<'t>(dead: &'t Taken, header: &str) -> &'t str {
    dead.headers.get(header).map_or("", String::as_str)
}

/// The shipment with other contents, under another id.
fn with_lines(shipment: &Shipment, id: &str, sku: &str, quantity: u32) -> Shipment {
    let lines = Some(vec![PackedLine { sku: Sku::from(sku), quantity, line_id: None }]);
    Shipment { shipment_id: ShipmentId::from(id), lines, ..shipment.clone() }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_order_is_dead_with_a_sentence_that_says_what_to_do() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;

    world.warehouse.tell_again(&with_lines(&shipment, "too-much", "TEE-M", 3));
    let letter = dead(&world).await;
    assert_eq!(says(&letter, headers::CLASS), "shipment-misfit");
    let why = format!(
        "3 of SKU 'TEE-M' left the warehouse, but order {id} has 0 open; correct the shipment, or the order"
    );
    assert!(says(&letter, headers::CHAIN).contains(&why), "{letter:?}");
    discarded(&world, &letter).await;

    world.warehouse.tell_again(&with_lines(&shipment, "unknown", "NOWHERE", 1));
    let letter = dead(&world).await;
    let why = format!("order {id} has no line with SKU 'NOWHERE'; correct the shipment, or the order");
    assert!(says(&letter, headers::CHAIN).contains(&why), "{letter:?}");
    discarded(&world, &letter).await;

    let mut other = with_lines(&shipment, shipment.shipment_id.as_str(), "TEE-M", 1);
    other.dispatched_at = jiff::Timestamp::now();
    world.warehouse.tell_again(&other);
    let letter = dead(&world).await;
    assert_eq!(says(&letter, headers::CLASS), "shipment-lines-differ");
    assert!(
        says(&letter, headers::CHAIN).contains("told before with other lines; have the warehouse void it")
    );

    assert_eq!(world.bigcommerce.shipments(&id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_comes_before_its_order_waits_for_it() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let first = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.order_in_state(&format!("BG{first}"), "accepted").await;
    let shipment = world.warehouse.ship(&format!("BG{first}"), None).unwrap();
    let next = first.parse::<u64>().unwrap() + 1;
    let early =
        Shipment { number: format!("BG{next}").as_str().into(), ..with_lines(&shipment, "early", "MUG", 1) };
    world.warehouse.tell_again(&early);
    eventually("it waits", || async { (world.vhost.depth("crossdock.retry.5s").await == 1).then_some(()) })
        .await;

    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    assert_eq!(id, next.to_string());
    world.order_in_state(&format!("BG{id}"), "accepted").await;
    world.vhost.hasten().await;
    world.order_in_state(&format!("BG{id}"), "shipped").await;
    assert_eq!(world.bigcommerce.shipments(&id).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_of_no_order_is_dead_after_all_tries_and_says_what_to_do() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.order_in_state(&format!("BG{id}"), "accepted").await;
    let shipment = world.warehouse.ship(&format!("BG{id}"), None).unwrap();
    let lost = Shipment { number: "BG999999".into(), ..with_lines(&shipment, "lost", "MUG", 1) };
    world.warehouse.tell_again(&lost);
    let letter = eventually("it is dead", || async {
        world.vhost.hasten().await;
        world.vhost.take("crossdock.dead-letters").await.pop()
    })
    .await;
    assert_eq!(says(&letter, headers::CLASS), "number-unknown");
    let why = "no released order has the number BG999999; import the order, or have the warehouse correct the number";
    assert!(says(&letter, headers::CHAIN).contains(why), "{letter:?}");
    assert_eq!(says(&letter, headers::ATTEMPTS), "12");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_that_the_shop_refuses_is_dead_and_is_done_once_a_person_has_deleted_the_shipment() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let shipment = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    world.bigcommerce.faults().next("DELETE", "/shipments/", Fault::Status(409));
    world.warehouse.void(&shipment.shipment_id).unwrap();
    let letter = dead(&world).await;
    assert_eq!(says(&letter, headers::CLASS), "shipment-void-refused");
    let at_shop = &world.bigcommerce.shipments(&id)[0]["id"];
    let why = format!(
        "but the shop refuses to delete shipment {at_shop} of order {id}; do that there by hand, then replay this message"
    );
    assert!(says(&letter, headers::CHAIN).contains(&why), "{letter:?}");
    assert_eq!(world.bigcommerce.shipments(&id).len(), 1);

    // The same void again is what a replay is.
    world.warehouse.void(&shipment.shipment_id).unwrap();
    eventually("it is taken back", || async {
        let story = world.story(&number).await?;
        (story["shipments"][0]["state"] == "voided").then_some(())
    })
    .await;
    assert_eq!(world.bigcommerce.shipments(&id).len(), 0);
}
