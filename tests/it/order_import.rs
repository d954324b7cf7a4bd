//! From a signed webhook to an order at the warehouse.

use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::world::World;
use rstest::rstest;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn orders_of_both_shops_are_released_and_accepted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let bigcommerce = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2), ("MUG", 1)])));
    let ecwid = format!("W-{}", world.ecwid.place_order(&Draft::of(&[("MUG", 3)])));

    for number in [&bigcommerce, &ecwid] {
        let story = world.order_in_state(number, "accepted").await;
        let told: Vec<&str> =
            story["timeline"].as_array().unwrap().iter().filter_map(|it| it["what"].as_str()).collect();
        for step in ["the shop told of a change", "to be released", "released to the warehouse", "taken over"]
        {
            assert!(told.iter().any(|what| what.starts_with(step)), "{step}: {told:?}");
        }
        assert_eq!(world.warehouse.received(number), 1);
    }
    let orders = world.warehouse.orders();
    let order = orders.iter().find(|order| order.number.as_str() == bigcommerce).unwrap();
    assert_eq!(order.ship_to.name, "Jane Doe");
    assert_eq!(order.ship_to.address1, "455 Collins Street");
    assert_eq!((order.ship_to.postcode.as_str(), order.ship_to.country_code.as_str()), ("3000", "AU"));
    assert_eq!(order.ship_to.email, "jane.doe@example.com");
    let lines: Vec<(&str, u32)> = order.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("TEE-M", 2), ("MUG", 1)]);
    assert!(!order.test);
    let order = orders.iter().find(|order| order.number.as_str() == ecwid).unwrap();
    assert_eq!((order.ship_to.name.as_str(), order.ship_to.city.as_str()), ("Jane Doe", "Melbourne"));
    assert_eq!(order.lines[0].unit_price.to_string(), "19.95");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_filtered_order_is_recorded_with_its_reason_and_released_once_it_fits(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    let abroad = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).to_country("US", "United States"));
    let unpaid = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]).unpaid());

    let story = world.order_in_state(&abroad, "filtered").await;
    assert_eq!(story["reason"], "country: US");
    let story = world.order_in_state(&unpaid, "filtered").await;
    assert_eq!(story["reason"], "payment_status: AWAITING_PAYMENT");
    assert!(world.warehouse.orders().is_empty());

    world.ecwid.set_statuses(&unpaid, "PAID", "AWAITING_PROCESSING");
    world.order_in_state(&unpaid, "accepted").await;
    assert_eq!(world.warehouse.received(&format!("W-{unpaid}")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_kit_the_parts_are_packed_and_one_without_parts_is_held() {
    const AWAITING_FULFILLMENT: i64 = 11;
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let kit = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1), ("MUG", 2)]).unpaid());
    let bare = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1), ("MUG", 1)]).unpaid());
    for (id, part_of) in [(&kit, 0), (&bare, 1)] {
        world.bigcommerce.change_products(id, |products| {
            products[0]["sku"] = "KIT-GIFT".into();
            // A line that is its own parent is nobody else's part.
            products[1]["parent_order_product_id"] = products[part_of]["id"].clone();
        });
        world.bigcommerce.set_status(id, AWAITING_FULFILLMENT);
    }

    let number = format!("BG{kit}");
    world.order_in_state(&number, "accepted").await;
    let orders = world.warehouse.orders();
    let order = orders.iter().find(|order| order.number.as_str() == number).unwrap();
    let lines: Vec<(&str, u32)> = order.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!(lines, [("MUG", 2)]);
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.bigcommerce.shipments(&kit)[0]["items"].as_array().unwrap().len(), 1);

    let story = world.order_in_state(&bare, "held").await;
    let told = "'KIT-GIFT' is a kit, and none of its parts is in the order; add them at the shop";
    assert_eq!(story["reason"], told);
    assert_eq!(world.warehouse.received(&format!("BG{bare}")), 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn doubled_and_reordered_webhooks_release_an_order_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let world = World::create(engine).await;
    let _crossdock = world.run().await;
    for callbacks in [world.bigcommerce.callbacks(), world.ecwid.callbacks()] {
        callbacks.double(9);
        callbacks.hold();
    }
    let first = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1)]));
    world.bigcommerce.set_status(&first, 11);
    let second = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    world.ecwid.set_statuses(&second, "PAID", "AWAITING_PROCESSING");
    world.bigcommerce.callbacks().release_reversed();
    world.ecwid.callbacks().release_reversed();

    for (number, callbacks) in [
        (format!("BG{first}"), world.bigcommerce.callbacks()),
        (format!("W-{second}"), world.ecwid.callbacks()),
    ] {
        world.order_in_state(&number, "accepted").await;
        eventually("all copies are answered 200", || async {
            let answers = callbacks.answers();
            (answers.len() >= 20 && answers.iter().all(|status| *status == 200)).then_some(())
        })
        .await;
    }
    world.rests_without_dead_letters(&[]).await;
    for number in [format!("BG{first}"), format!("W-{second}")] {
        assert_eq!(world.warehouse.received(&number), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_waits_is_announced_once_with_what_it_wants() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("prefix = \"BG\"", "prefix = \"BG\"\nhold_hours = 4"));
    let _crossdock = world.run().await;
    let tap = world.vhost.tap("order.promised").await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1), ("MUG", 2), ("TEE-M", 1)]));
    world.order_in_state(&id, "held").await;
    let done = async || {
        world.count(r#"crossdock_queue_deliveries_total{role="order-importer",result="done"}"#).await
    };
    eventually("all three notices are answered for", async || (done().await == 3).then_some(())).await;
    let announced = world.vhost.take(&tap).await;
    let [event] = &announced[..] else { panic!("{} events", announced.len()) };
    let data = &event.json()["data"];
    assert!(event.id.starts_with(&format!("acme-au/{id}/promised/")), "{}", event.id);
    assert_eq!(data["skus"].to_string(), r#"["MUG","TEE-M"]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_test_items_is_released_as_a_test() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let number = format!("BG{}", world.bigcommerce.place_order(&Draft::of(&[("Test001", 1)])));
    world.order_in_state(&number, "accepted").await;
    assert!(world.warehouse.orders()[0].test);
    assert!(world.warehouse.ship(&number, None).is_err(), "the warehouse never ships a test");
}
