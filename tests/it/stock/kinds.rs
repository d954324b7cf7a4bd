//! The kinds of listings: one SKU in several places, variants by their product's SKU, what is not counted, what is put together.

use crossdock_sandbox::{Catalog, Item, Whole};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::{Value, json};

use super::{level, shows};

/// What an item has before a shop is told anything.
pub(super) const UNTOLD: i64 = 500;

pub(super) fn item(
    product_id: u64,
    variant_id: u64,
    sku: &str,
    size: Option<&str>,
    stock: Option<i64>,
) -> Item {
    Item {
        product_id,
        variant_id,
        sku: sku.to_owned(),
        name: format!("Item {product_id}"),
        options: size.map(|size| ("Size".to_owned(), size.to_owned())).into_iter().collect(),
        price: 10.into(),
        stock,
    }
}

/// What stands in the catalogue at this variant.
pub(super) fn units(catalog: &Catalog, variant_id: u64) -> Option<i64> {
    let items = catalog.items();
    items.iter().find(|item| item.variant_id == variant_id).and_then(|item| item.stock)
}

/// Both shops' listings of a SKU, once both are known: product, variant, and how its stock is kept.
async fn listed(world: &World, sku: &str) -> [Value; 2] {
    eventually(&format!("both shops' listings of {sku} are known"), || async {
        let output = crossdock(&world.config, &["stock", "show", "--json", sku]).await;
        let shown: Value = serde_json::from_slice(&output.stdout).ok()?;
        let at = |shop: usize| shown[0]["stores"][shop]["listings"].clone();
        let known = |of: &Value| of.as_array().is_some_and(|listings| !listings.is_empty());
        (known(&at(0)) && known(&at(1))).then(|| [at(0), at(1)])
    })
    .await
}

/// Has all that is counted told to both shops once more, whatever they were told, and waits until that is done.
async fn tell_all_again(world: &World) {
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog
            .items()
            .iter_mut()
            .filter(|item| item.sku == "MUG")
            .for_each(|item| item.stock = Some(UNTOLD));
    }
    for store in ["acme-au", "acme-widgets"] {
        let output = crossdock(&world.config, &["stock", "push", "--store", store, "--full"]).await;
        assert_eq!(output.status.code(), Some(0));
    }
    shows(world, "MUG", 29, 30).await;
    // A shop's next push begins when all of the last one is done.
    world.warehouse.count(vec![level("MUG", 31, None)]);
    shows(world, "MUG", 30, 31).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sku_that_a_shop_lists_twice_has_its_quantity_at_both_places() {
    let world = World::create(Engine::Sqlite).await;
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog
            .items()
            .extend([item(301, 401, "CUP", None, Some(UNTOLD)), item(302, 402, "CUP", None, Some(UNTOLD))]);
    }
    let _crossdock = world.run().await;
    for on_hand in [30, 40] {
        world.warehouse.count(vec![level("CUP", on_hand, None)]);
        eventually("both places have the quantity", || async {
            let both = |catalog: &Catalog| [401, 402].map(|variant| units(catalog, variant));
            let told = (both(world.bigcommerce.catalog()), both(world.ecwid.catalog()));
            (told == ([Some(on_hand - 1); 2], [Some(on_hand); 2])).then_some(())
        })
        .await;
    }
    let places = json!([
        { "product_id": "301", "variant_id": null, "stock": "counted", "refused": null },
        { "product_id": "302", "variant_id": null, "stock": "counted", "refused": null },
    ]);
    assert_eq!(listed(&world, "CUP").await, [places.clone(), places]);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variant_without_a_sku_of_its_own_has_its_products_quantity_where_the_shop_keeps_one_for_it() {
    let world = World::create(Engine::Sqlite).await;
    // BigCommerce counts each of the three sizes. At Ecwid the two without a SKU are sold from the product's own stock.
    let sizes = |stock: Option<i64>| {
        [
            item(310, 410, "", Some("S"), stock),
            item(310, 411, "", Some("M"), stock),
            item(310, 412, "CAP-L", Some("L"), Some(UNTOLD)),
        ]
    };
    world.bigcommerce.catalog().items().extend(sizes(Some(UNTOLD)));
    world.bigcommerce.catalog().set_whole(310, Whole { sku: "CAP".to_owned(), stock: None });
    world.ecwid.catalog().items().extend(sizes(None));
    world.ecwid.catalog().set_whole(310, Whole { sku: "CAP".to_owned(), stock: Some(UNTOLD) });
    let _crossdock = world.run().await;
    world.warehouse.count(vec![level("CAP", 12, None), level("CAP-L", 7, None), level("MUG", 30, None)]);

    eventually("each size has the quantity of what it is sold by", || async {
        let bigcommerce = [410, 411, 412].map(|variant| units(world.bigcommerce.catalog(), variant));
        let ecwid = (world.ecwid.catalog().whole(310).stock, units(world.ecwid.catalog(), 412));
        let told = (bigcommerce, ecwid) == ([Some(11), Some(11), Some(6)], (Some(12), Some(7)));
        told.then_some(())
    })
    .await;
    let variant =
        |id: &str| json!({ "product_id": "310", "variant_id": id, "stock": "counted", "refused": null });
    let itself = json!([{ "product_id": "310", "variant_id": null, "stock": "counted", "refused": null }]);
    assert_eq!(listed(&world, "CAP").await, [json!([variant("410"), variant("411")]), itself]);
    tell_all_again(&world).await;
    // A quantity would have made them counted ones.
    assert_eq!([410, 411].map(|variant| units(world.ecwid.catalog(), variant)), [None, None]);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_variants_count_never_overwrites_the_one_that_its_bigcommerce_product_keeps_for_all_variants() {
    let world = World::create(Engine::Sqlite).await;
    world.bigcommerce.catalog().items().extend([
        item(310, 410, "CAP-S", Some("S"), Some(UNTOLD)),
        item(310, 411, "CAP-M", Some("M"), Some(UNTOLD)),
    ]);
    world.bigcommerce.catalog().set_whole(310, Whole { sku: "CAP".to_owned(), stock: Some(UNTOLD) });
    let _crossdock = world.run().await;
    let levels = [("CAP", 12), ("CAP-S", 3), ("CAP-M", 4), ("MUG", 30)];
    world.warehouse.count(levels.map(|(sku, on_hand)| level(sku, on_hand, None)).into());
    shows(&world, "MUG", 29, 30).await;
    tell_all_again(&world).await;
    assert_eq!(world.bigcommerce.catalog().whole(310).stock, Some(11));
    for variant in [410, 411] {
        assert_eq!(units(world.bigcommerce.catalog(), variant), Some(UNTOLD), "{variant}");
    }
    let requests = world.bigcommerce.requests();
    let writes = requests.iter().filter(|it| it.path_and_query.contains("adjustments"));
    assert!(writes.clone().all(|it| it.status == 200), "the shop had nothing to refuse: {requests:#?}");
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_shop_does_not_count_and_what_ecwid_puts_together_of_other_things_is_left_alone() {
    let world = World::create(Engine::Sqlite).await;
    for catalog in [world.bigcommerce.catalog(), world.ecwid.catalog()] {
        catalog.items().extend([
            item(320, 420, "POSTER", None, None),
            item(321, 421, "INK-RED", Some("Red"), None),
            item(321, 422, "INK-BLUE", Some("Blue"), Some(UNTOLD)),
            item(322, 423, "GIFT-BOX", None, Some(UNTOLD)),
        ]);
    }
    world.ecwid.catalog().compose("GIFT-BOX", &[("MUG", 2)]);
    let _crossdock = world.run().await;
    let levels = [("POSTER", 5), ("INK-RED", 6), ("INK-BLUE", 7), ("GIFT-BOX", 8), ("MUG", 30)];
    world.warehouse.count(levels.map(|(sku, on_hand)| level(sku, on_hand, None)).into());
    shows(&world, "MUG", 29, 30).await;
    tell_all_again(&world).await;

    // BigCommerce has no kind of its own for a bundle: it is a product like any other. Ecwid would begin to count what it is told of.
    let stock = |catalog: &Catalog| [420, 421, 422, 423].map(|variant| units(catalog, variant));
    assert_eq!(stock(world.ecwid.catalog()), [None, None, Some(7), Some(UNTOLD)]);
    let bigcommerce = stock(world.bigcommerce.catalog());
    assert_eq!((bigcommerce[0], bigcommerce[2], bigcommerce[3]), (None, Some(6), Some(7)));
    let kept = async |sku: &str| listed(&world, sku).await.map(|at| at[0]["stock"].clone());
    assert_eq!(kept("POSTER").await, ["uncounted", "uncounted"]);
    assert_eq!(kept("GIFT-BOX").await, ["counted", "composite"]);
    assert_eq!(world.vhost.depth("crossdock.dead-letters").await, 0);
}
