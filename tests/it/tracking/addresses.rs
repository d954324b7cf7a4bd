//! Orders of BigCommerce's that go to several addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossdock_domain::{PackedLine, Sku};
use crossdock_sandbox::{Draft, Fault};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use serde_json::{Value, json};

use super::{COMPLETED, PARTIALLY_SHIPPED};

/// The street of every order's first address.
const STREET: &str = "455 Collins Street";

/// BigCommerce's id of Awaiting Fulfillment.
const AWAITING_FULFILLMENT: i64 = 11;

/// Two shirts, and a mug and a shirt in a consignment of their own to the same street: one parcel, and two addresses at the shop.
async fn accepted(world: &World) -> (String, String) {
    let draft = Draft::of(&[("TEE-M", 2)]).and_to(STREET, &[("MUG", 1), ("TEE-M", 1)]);
    let id = world.bigcommerce.place_order(&draft);
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    (id, number)
}

/// Of each shipment at the shop: its address, and the units in it.
fn shipped(world: &World, id: &str) -> Vec<(u64, u64)> {
    let shipments = world.bigcommerce.shipments(id);
    let units = |shipment: &Value| {
        let items = shipment["items"].as_array().unwrap().iter();
        items.map(|item| item["quantity"].as_u64().unwrap()).sum()
    };
    let mut shipped: Vec<(u64, u64)> =
        shipments.iter().map(|it| (it["order_address_id"].as_u64().unwrap(), units(it))).collect();
    shipped.sort_unstable();
    shipped
}

fn numbers(world: &World, id: &str) -> BTreeSet<String> {
    let shipments = world.bigcommerce.shipments(id);
    shipments.iter().map(|it| it["tracking_number"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_to_two_addresses_is_held_for_a_person_until_it_goes_to_one() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id =
        world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).and_to("9 Other Street", &[("TEE-M", 1)]));
    let story = world.order_in_state(&id, "held").await;
    assert_eq!(
        story["reason"],
        "the order goes to 2 addresses; split it at the shop into one order per address"
    );
    assert!(world.warehouse.orders().is_empty());
    world.bigcommerce.change_address(&id, |address| {
        address.insert("street_1".into(), json!(STREET));
    });
    world.order_in_state(&id, "accepted").await;
    assert_eq!(world.released(&format!("BG{id}")).lines.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_parcel_becomes_a_shipment_for_each_address_and_one_status_and_is_relabelled_and_voided_whole() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let (id, number) = accepted(&world).await;
    let parcel = world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let addresses = shipped(&world, &id);
    assert_eq!(addresses.iter().map(|(_, units)| *units).collect::<Vec<_>>(), [2, 2]);
    assert_ne!(addresses[0].0, addresses[1].0);
    assert_eq!(numbers(&world, &id), BTreeSet::from([parcel.tracking_number.clone()]));
    assert_eq!(world.bigcommerce.status_changes(&id), [COMPLETED]);
    assert_eq!(world.bigcommerce.buyer_mails(&id), 2, "one for each shipment");

    let new = world.warehouse.relabel(&parcel.shipment_id).unwrap();
    eventually("both show the new number", || async {
        (numbers(&world, &id) == BTreeSet::from([new.tracking_number.clone()])).then_some(())
    })
    .await;
    assert_eq!((shipped(&world, &id), world.bigcommerce.buyer_mails(&id)), (addresses, 2));
    world.warehouse.void(&parcel.shipment_id).unwrap();
    world.order_in_state(&number, "accepted").await;
    eventually("both are gone", || async { shipped(&world, &id).is_empty().then_some(()) }).await;
    eventually("so is the status", || async {
        (world.bigcommerce.status_changes(&id) == [COMPLETED, AWAITING_FULFILLMENT]).then_some(())
    })
    .await;
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_fill_one_address_after_the_other_and_the_last_of_them_completes_the_order() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let (id, number) = accepted(&world).await;
    let part = |quantity| Some(vec![PackedLine { sku: Sku::from("TEE-M"), quantity, line_id: None }]);
    world.warehouse.ship(&number, part(1)).unwrap();
    eventually("a part of the first address has left", || async {
        (world.bigcommerce.status(&id) == Some(PARTIALLY_SHIPPED)).then_some(())
    })
    .await;
    // The rest of the first address, and a shirt to the second.
    world.warehouse.ship(&number, part(2)).unwrap();
    eventually("both addresses have a shipment", || async {
        (shipped(&world, &id).len() == 3).then_some(())
    })
    .await;
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let mut addresses: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for (address, units) in shipped(&world, &id) {
        addresses.entry(address).or_default().push(units);
    }
    assert_eq!(addresses.into_values().collect::<Vec<_>>(), [[1, 1], [1, 1]]);
    assert_eq!(world.bigcommerce.status_changes(&id), [PARTIALLY_SHIPPED, COMPLETED]);
    assert_eq!(world.bigcommerce.buyer_mails(&id), 4, "one for each shipment");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_address_left_in_doubt_is_not_shipped_twice_though_its_street_has_changed_meanwhile() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let (id, number) = accepted(&world).await;
    // What has been released is packed as it was; that it goes to two addresses now is told.
    world.bigcommerce.change_address(&id, |address| {
        address.insert("street_1".into(), json!("9 Other Street"));
    });
    eventually("the timeline says so", || async {
        let story = world.story(&number).await?;
        story["timeline"].to_string().contains("the order goes to 2 addresses").then_some(())
    })
    .await;
    // The first shipment goes through.
    world.bigcommerce.faults().next("POST", "/shipments", Fault::Hang(Duration::ZERO));
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
    assert_eq!(shipped(&world, &id).iter().map(|(_, units)| *units).collect::<Vec<_>>(), [2, 2]);
    let shipments = world.bigcommerce.shipments(&id);
    let streets: BTreeSet<&str> =
        shipments.iter().map(|it| it["shipping_address"]["street_1"].as_str().unwrap()).collect();
    assert_eq!(streets, BTreeSet::from([STREET, "9 Other Street"]));
    assert_eq!(world.bigcommerce.status_changes(&id), [COMPLETED]);
    assert_eq!(world.bigcommerce.buyer_mails(&id), 2);
}
