//! Kits and composites at an Ecwid shop: sold as one line, packed as their parts.

use std::collections::BTreeSet;

use crossdock_domain::LineId;
use crossdock_sandbox::{Draft, Fault, Item};
use crossdock_tests::database::Engine;
use crossdock_tests::packed::units;
use crossdock_tests::world::World;
use rstest::rstest;

/// A thing that is sold alone, or by size.
fn item(product_id: u64, variant_id: u64, sku: &str, size: Option<&str>) -> Item {
    Item {
        product_id,
        variant_id,
        sku: sku.to_owned(),
        name: format!("Item {sku}"),
        options: size.map(|size| ("Size".to_owned(), size.to_owned())).into_iter().collect(),
        price: "49.5".parse().unwrap(),
        stock: Some(9),
    }
}

/// A world whose Ecwid shop sells a gift box of two mugs and a medium cup.
async fn world_with_gift_box(engine: Engine) -> World {
    let world = World::create(engine).await;
    world.ecwid.catalog().items().extend([
        item(110, 210, "GIFT-BOX", None),
        item(111, 211, "CUP-S", Some("S")),
        item(111, 212, "CUP-M", Some("M")),
    ]);
    world.ecwid.catalog().compose("GIFT-BOX", &[("MUG", 2), ("CUP-M", 1)]);
    for sku in ["CUP-S", "CUP-M"] {
        world.warehouse.put_away(sku, 50);
    }
    world
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_ecwid_composite_is_packed_as_its_parts_and_its_catalogue_is_read_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = world_with_gift_box(engine).await;
    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 3), ("MUG", 1)]));
    let number = format!("W-{id}");
    world.order_in_state(&number, "accepted").await;

    assert_eq!(world.packed(&number), units(&[("MUG", 7), ("CUP-M", 3)]));
    let order = world.released(&number);
    let cup = order.lines.iter().find(|line| line.sku.as_str() == "CUP-M").unwrap();
    assert_eq!((cup.options["Size"].as_str(), cup.unit_price.to_string().as_str()), ("M", "0.00"));
    let ids: Vec<LineId> = order.lines.iter().map(|line| line.line_id.clone()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3, "each line has its own id");

    let again = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1)])));
    world.order_in_state(&again, "accepted").await;
    assert_eq!(world.packed(&again), units(&[("MUG", 2), ("CUP-M", 1)]));
    // With what a part is packed; what its count is written to is another question.
    for product in ["/products/101?responseFields=sku%2Cname", "/products/111?responseFields=sku%2Cname"] {
        let requests = world.ecwid.requests();
        let reads = requests.iter().filter(|one| one.path_and_query.contains(product)).count();
        assert_eq!(reads, 1, "{product}: {requests:?}");
    }

    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.ecwid.order(&id)["fulfillmentStatus"], "SHIPPED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_waits_for_the_parts_that_the_catalogue_does_not_tell_now() {
    let world = world_with_gift_box(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    world.ecwid.faults().next("GET", "/products/", Fault::Status(500));
    let number = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1), ("MUG", 1)])));
    world.order_in_state(&number, "accepted").await;
    assert!(world.ecwid.faults().all_met());
    assert_eq!(world.warehouse.received(&number), 1);
    assert_eq!(world.packed(&number), units(&[("MUG", 3), ("CUP-M", 1)]));
    world.rests_without_dead_letters(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_with_a_part_without_a_sku_is_held_by_name_until_it_has_one() {
    let world = world_with_gift_box(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    world.ecwid.catalog().items().push(item(112, 213, "", None));
    world.ecwid.catalog().compose("GIFT-BOX", &[("MUG", 1), ("", 1)]);
    let id = world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1)]));
    let story = world.order_in_state(&id, "held").await;
    assert_eq!(story["reason"], "'Item ' has no SKU; give the product one at the shop");

    for item in world.ecwid.catalog().items().iter_mut().filter(|item| item.product_id == 112) {
        "CUP-S".clone_into(&mut item.sku);
    }
    world.ecwid.change_order(&id, |_| ());
    world.order_in_state(&id, "accepted").await;
    assert_eq!(world.packed(&format!("W-{id}")), units(&[("MUG", 1), ("CUP-S", 1)]));
}

#[tokio::test(flavor = "multi_thread")]
async fn at_ecwid_too_a_kits_own_line_is_left_out_and_a_kit_without_parts_is_held() {
    let world = world_with_gift_box(Engine::Sqlite).await;
    world.change_config(|text| text.replace("prefix = \"W-\"", "prefix = \"W-\"\nbundle_suffix = \"-BOX\""));
    let _crossdock = world.run().await;
    world.ecwid.catalog().compose("GIFT-BOX", &[]);
    let kit = world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1), ("CUP-S", 4)]));
    let bare = world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1)]));
    world.order_in_state(&kit, "accepted").await;
    assert_eq!(world.packed(&format!("W-{kit}")), units(&[("CUP-S", 4)]));
    let story = world.order_in_state(&bare, "held").await;
    let told = "'GIFT-BOX' is a kit, and none of its parts is in the order; add them at the shop";
    assert_eq!(story["reason"], told);

    world.ecwid.catalog().compose("GIFT-BOX", &[("MUG", 2)]);
    let composite = world.ecwid.place_order(&Draft::of(&[("GIFT-BOX", 1)]));
    world.order_in_state(&composite, "accepted").await;
    assert_eq!(world.packed(&format!("W-{composite}")), units(&[("MUG", 2)]));
}
