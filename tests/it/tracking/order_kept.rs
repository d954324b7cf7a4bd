//! While a message of an order is a dead letter, its later ones wait behind it.

use std::collections::BTreeMap;
use std::time::Duration;

use crossdock_domain::{PackedLine, Shipment, ShipmentId, Sku};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, Source};
use crossdock_ledger::MessageKey;
use crossdock_queue::{Message, headers};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::broker::Taken;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::postgres::Postgres;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use jiff::Timestamp;
use rstest::rstest;

use super::carriers::parcel;
use super::{COMPLETED, PARTIALLY_SHIPPED};

/// Long enough for other messages to come meanwhile.
const A_WHILE: Duration = Duration::from_secs(3);

/// What the warehouse keeps, and is not in the order.
const STRANGE: &str = "Test001";

/// One of this SKU.
fn shipment(like: &Shipment, number: &str, id: &str, sku: &str) -> Shipment {
    let lines = Some(vec![PackedLine { sku: Sku::from(sku), quantity: 1, line_id: None }]);
    Shipment {
        shipment_id: ShipmentId::from(id),
        number: number.into(),
        tracking_number: format!("T-{id}"),
        lines,
        ..like.clone()
    }
}

/// Takes so many dead letters off their queue, by the shipment's id.
async fn dead(world: &World, letters: u32) -> BTreeMap<String, Taken> {
    eventually("they are dead letters", || async {
        (world.vhost.depth("crossdock.dead-letters").await == letters).then_some(())
    })
    .await;
    let dead = world.vhost.take("crossdock.dead-letters").await;
    dead.into_iter().map(|it| (it.json()["data"]["shipment_id"].as_str().unwrap().to_owned(), it)).collect()
}

fn class(dead: &Taken) -> &str {
    &dead.headers[headers::CLASS]
}

/// Puts it on its queue again, as the desk does.
async fn replay(world: &World, dead: &Taken, name: &str) {
    let message = Message {
        routing_key: dead.headers[headers::ROUTING_KEY].clone(),
        id: dead.id.clone(),
        content_type: "application/cloudevents+json".into(),
        body: dead.body.clone().into(),
    };
    let publisher = world.publisher().await;
    eventually("it is put back", || async {
        publisher.replay(crossdock_tracking_writer::ROLE, name, &message).await.ok()
    })
    .await;
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn later_shipments_of_an_order_wait_behind_a_dead_one_and_follow_it_while_other_orders_go_on(
    #[values(1, 2)] processes: usize,
) {
    let world = World::create(Engine::Postgres).await;
    let _crossdock = world.run().await;
    let _other =
        (processes == 2).then(|| Process::start(&world.config, Some(crossdock_tracking_writer::ROLE)));
    let [first, other] =
        [(); 2].map(|()| world.bigcommerce.place_order(&Draft::of(&[("MUG", 1), ("TEE-M", 2)])));
    let [number, other_number] = [&first, &other].map(|id| format!("BG{id}"));
    world.order_in_state(&number, "accepted").await;
    world.order_in_state(&other_number, "accepted").await;
    let like = world.warehouse.ship(&other_number, None).unwrap();
    world.order_in_state(&other_number, "shipped").await;

    // The first one is about to be refused when the second comes.
    world.bigcommerce.faults().next("GET", &format!("/v2/orders/{first}"), Fault::Hang(A_WHILE));
    world.warehouse.tell_again(&shipment(&like, &number, "a", STRANGE));
    eventually("the shop is asked", || async { world.bigcommerce.faults().all_met().then_some(()) }).await;
    world.warehouse.tell_again(&shipment(&like, &number, "b", "TEE-M"));
    eventually("both are dead letters", || async {
        (world.vhost.depth("crossdock.dead-letters").await == 2).then_some(())
    })
    .await;
    world.warehouse.tell_again(&shipment(&like, &number, "c", "TEE-M"));
    let dead = dead(&world, 3).await;
    assert_eq!(
        ["a", "b", "c"].map(|id| class(&dead[id])),
        ["shipment-misfit", "behind-dead-letter", "behind-dead-letter"]
    );
    for id in ["b", "c"] {
        let says = &dead[id].headers[headers::CHAIN];
        let expected = format!(
            "waits behind another message of order {number} that is a dead letter ({})",
            dead["a"].id
        );
        assert_eq!(*says, expected);
    }
    assert!(world.bigcommerce.shipments(&first).is_empty());
    let story = world.story(&number).await.unwrap();
    assert!(story["timeline"].to_string().contains("shipment b not written: waits behind"), "{story}");

    // Nothing goes on while the first one lies: not even the second alone, and a third order does.
    replay(&world, &dead["b"], "2/1").await;
    let again = dead_again(&world).await;
    assert_eq!((class(&again), again.headers[headers::REPLAY].as_str()), ("behind-dead-letter", "2/1"));
    let third = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.order_in_state(&format!("BG{third}"), "accepted").await;
    world.warehouse.ship(&format!("BG{third}"), None).unwrap();
    world.order_in_state(&format!("BG{third}"), "shipped").await;

    // The order is corrected: it is written, and the others follow.
    world.bigcommerce.change_products(&first, |products| products[0]["sku"] = STRANGE.into());
    for (id, name) in [("a", "1/1"), ("b", "2/2"), ("c", "3/1")] {
        replay(&world, &dead[id], name).await;
        let outcome = dead_again(&world).await;
        let said = [headers::OUTCOME, headers::REPLAY].map(|header| outcome.headers[header].as_str());
        assert_eq!(said, ["done", name], "{id}");
    }
    let written: Vec<String> = world
        .bigcommerce
        .shipments(&first)
        .iter()
        .map(|it| it["tracking_number"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(written, ["T-a", "T-b", "T-c"]);
    let ledger = world.ledger().await;
    let late = MessageKey { role: crossdock_tracking_writer::ROLE.to_owned(), message_id: "late".to_owned() };
    assert_eq!(
        ledger.falls_behind(&late, &number).await.unwrap(),
        None,
        "nothing of the order lies any more"
    );
}

async fn dead_again(world: &World) -> Taken {
    eventually("something became of it", || async { world.vhost.take("crossdock.dead-letters").await.pop() })
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipment_that_is_refused_while_the_ledger_is_away_is_no_dead_letter_before_that_is_known() {
    let postgres = Postgres::create().await;
    let world = World::create(Engine::Sqlite).await;
    let (sqlite, url) = (world.ledger_url(), postgres.database().await);
    world.change_config(|text| text.replace(&sqlite, &url));
    let _crossdock = world.run().await;
    let [first, other] = [(); 2].map(|()| world.bigcommerce.place_order(&Draft::of(&[("MUG", 2)])));
    let [number, other_number] = [&first, &other].map(|id| format!("BG{id}"));
    world.order_in_state(&number, "accepted").await;
    world.order_in_state(&other_number, "accepted").await;
    let like = world.warehouse.ship(&other_number, None).unwrap();
    world.order_in_state(&other_number, "shipped").await;

    world.bigcommerce.faults().next("GET", &format!("/v2/orders/{first}"), Fault::Hang(2 * A_WHILE));
    world.warehouse.tell_again(&shipment(&like, &number, "a", STRANGE));
    eventually("the shop is asked", || async { world.bigcommerce.faults().all_met().then_some(()) }).await;
    postgres.stop().await;
    eventually("it waits", || async { (world.vhost.depth("crossdock.retry.5s").await == 1).then_some(()) })
        .await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
    postgres.start().await;
    // Nobody could give the order back.
    world.leases_of_the_dead_run_out("dispatch/").await;
    eventually("it is a dead letter", || async {
        world.vhost.hasten().await;
        (world.vhost.depth("crossdock.dead-letters").await == 1).then_some(())
    })
    .await;
    for id in ["b", "c"] {
        world.warehouse.tell_again(&shipment(&like, &number, id, "MUG"));
    }
    let dead = dead(&world, 3).await;
    assert_eq!(
        ["a", "b", "c"].map(|id| class(&dead[id])),
        ["shipment-misfit", "behind-dead-letter", "behind-dead-letter"]
    );
    assert!(world.bigcommerce.shipments(&first).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn later_shipments_of_an_order_wait_behind_one_that_cannot_be_read() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1), ("TEE-M", 1)]));
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;

    let all = parcel(&number, "UPS", None);
    let mug = shipment(&all, &number, "a", "MUG");
    let told = Event::new(&Source::Warehouse, "E-a", Timestamp::now(), mug).to_json();
    let told = String::from_utf8(told).unwrap();
    let garbled = told.replace(r#""quantity":1"#, r#""quantity":"one""#);
    let message = Message::new(Shipment::TYPE, "E-a", CONTENT_TYPE, garbled);
    world.publisher().await.publish(message).await.unwrap();
    world.warehouse.tell_again(&Shipment {
        shipment_id: "b".into(),
        tracking_number: "T-b".to_owned(),
        ..all
    });
    let mut dead = dead(&world, 2).await;
    assert_eq!(["a", "b"].map(|id| class(&dead[id])), ["event-malformed", "behind-dead-letter"]);
    assert!(world.bigcommerce.shipments(&id).is_empty(), "nobody knows yet what the first one took");

    // A person has mended it.
    dead.get_mut("a").unwrap().body = told.into();
    for (id, name) in [("a", "1/1"), ("b", "2/1")] {
        replay(&world, &dead[id], name).await;
        assert_eq!(dead_again(&world).await.headers[headers::OUTCOME], "done", "{id}");
    }
    let written = world.bigcommerce.shipments(&id);
    let written: Vec<&str> = written.iter().map(|it| it["tracking_number"].as_str().unwrap()).collect();
    assert_eq!(written, ["T-a", "T-b"]);
    assert_eq!(world.bigcommerce.status_changes(&id), [PARTIALLY_SHIPPED, COMPLETED]);
}
