//! What a shop sells and what the warehouse packs: refunds, things without a parcel, statuses, the first day.

use crossdock_domain::{PackedLine, Sku};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::packed::units;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// BigCommerce's ids of Awaiting Fulfillment and Completed.
const AWAITING_FULFILLMENT: i64 = 11;
const COMPLETED: i64 = 10;

#[tokio::test(flavor = "multi_thread")]
async fn custom_statuses_let_orders_through_and_check_tells_their_names() {
    let world = World::create(Engine::Sqlite).await;
    let statuses = "prefix = \"W-\"\npayment_statuses = [\"PAID\", \"CUSTOM_PAYMENT_STATUS_1\"]\n\
                    fulfillment_statuses = [\"CUSTOM_FULFILLMENT_STATUS_2\"]";
    world.change_config(|text| text.replace("prefix = \"W-\"", statuses));
    world.ecwid.name_status("CUSTOM_PAYMENT_STATUS_1", "Deposit paid");
    world.ecwid.name_status("CUSTOM_FULFILLMENT_STATUS_2", "To engrave");
    let output = crossdock(&world.config, &["check", "--online", "--json"]).await;
    let told = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(told.contains("'Deposit paid' is the status CUSTOM_PAYMENT_STATUS_1"), "{told}");
    assert!(told.contains("'To engrave' is the status CUSTOM_FULFILLMENT_STATUS_2"), "{told}");

    let _crossdock = world.run().await;
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    let story = world.order_in_state(&id, "filtered").await;
    assert_eq!(story["reason"], "fulfillment_status: AWAITING_PROCESSING");
    world.ecwid.set_statuses(&id, "CUSTOM_PAYMENT_STATUS_1", "CUSTOM_FULFILLMENT_STATUS_2");
    world.order_in_state(&id, "accepted").await;
    assert_eq!(world.warehouse.received(&format!("W-{id}")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_day_begins_at_midnight_or_when_the_clock_jumps_over_it() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| {
        let sao_paulo = text.replace("Australia/Melbourne", "America/Sao_Paulo");
        let first = sao_paulo.replace("prefix = \"BG\"", "prefix = \"BG\"\nstart_date = \"2018-11-04\"");
        let beirut = first.replace("time_zone = \"UTC\"", "time_zone = \"Asia/Beirut\"");
        beirut.replace("prefix = \"W-\"", "prefix = \"W-\"\nstart_date = \"29/03/2026\"")
    });
    let _crossdock = world.run().await;
    let placed = |at: &str, earlier_secs| {
        let at: Timestamp = at.parse().unwrap();
        Draft { placed_at: at - SignedDuration::from_secs(earlier_secs), ..Draft::of(&[("MUG", 1)]) }
    };
    let (sao_paulo, beirut) = ("2018-11-04T03:00:00Z", "2026-03-28T22:00:00Z");
    let early =
        [world.bigcommerce.place_order(&placed(sao_paulo, 1)), world.ecwid.place_order(&placed(beirut, 1))];
    let wanted =
        [world.bigcommerce.place_order(&placed(sao_paulo, 0)), world.ecwid.place_order(&placed(beirut, 0))];
    for id in &wanted {
        world.order_in_state(id, "accepted").await;
    }
    for (id, at) in early.iter().zip(["2018-11-04T02:59:59Z", "2026-03-28T21:59:59Z"]) {
        let story = world.order_in_state(id, "filtered").await;
        assert_eq!(story["reason"], format!("start_date: {at}"));
    }
    assert_eq!(world.warehouse.orders().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_partly_refunded_order_the_rest_is_packed_and_completes_it() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 3), ("MUG", 2)]).unpaid());
    world.bigcommerce.change_products(&id, |products| {
        products[0]["quantity_refunded"] = json!(2);
        products[1]["quantity_refunded"] = json!(2);
        products[1]["is_refunded"] = json!(true);
    });
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    assert_eq!(world.packed(&number), units(&[("TEE-M", 1)]));
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    let shipments = world.bigcommerce.shipments(&id);
    assert_eq!((shipments.len(), &shipments[0]["items"][0]["quantity"]), (1, &json!(1)));
    assert_eq!(world.bigcommerce.status(&id), Some(COMPLETED));
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_of_one_sku_are_all_packed_and_each_gets_its_units_of_a_shipment() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id = world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 2), ("TEE-M", 1), ("MUG", 1)]).unpaid());
    world.bigcommerce.change_products(&id, |products| {
        for (product, color) in products.iter_mut().zip(["Red", "Blue"]) {
            product["product_options"] = json!([{ "display_name": "color", "display_value": color }]);
        }
        // A variant of its own under the same SKU.
        products[1]["variant_id"] = json!(999);
    });
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let order = world.released(&number);
    let lines: Vec<_> = order
        .lines
        .iter()
        .map(|line| (line.sku.as_str(), line.quantity, line.options.get("color").map(String::as_str)))
        .collect();
    assert_eq!(lines, [("TEE-M", 2, Some("Red")), ("TEE-M", 1, Some("Blue")), ("MUG", 1, None)]);

    // The warehouse says which of them it packed first, and of the rest it does not.
    let blue =
        PackedLine { sku: Sku::from("TEE-M"), quantity: 1, line_id: Some(order.lines[1].line_id.clone()) };
    let red = PackedLine { sku: Sku::from("TEE-M"), quantity: 2, line_id: None };
    for (parcel, (packed, line)) in [(blue, 1), (red, 0)].into_iter().enumerate() {
        let quantity = packed.quantity;
        world.warehouse.ship(&number, Some(vec![packed])).unwrap();
        let shipped = eventually("the shirts' shipment is at the shop", || async {
            world.bigcommerce.shipments(&id).into_iter().nth(parcel)
        })
        .await;
        let items = shipped["items"].as_array().unwrap();
        assert_eq!((items.len(), &items[0]["quantity"]), (1, &json!(quantity)));
        assert_eq!(items[0]["order_product_id"].to_string(), order.lines[line].line_id.as_str());
    }
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert_eq!(world.bigcommerce.status(&id), Some(COMPLETED));
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_and_gift_certificates_stay_out() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let mixed =
        world.bigcommerce.place_order(&Draft::of(&[("TEE-M", 1), ("MUG", 1), ("Test001", 1)]).unpaid());
    world.bigcommerce.change_products(&mixed, |products| {
        products[1]["type"] = json!("digital");
        products[2]["type"] = json!("giftcertificate");
    });
    world.bigcommerce.set_status(&mixed, AWAITING_FULFILLMENT);
    let number = format!("BG{mixed}");
    world.order_in_state(&number, "accepted").await;
    assert_eq!(world.packed(&number), units(&[("TEE-M", 1)]));
    assert!(!world.released(&number).test);

    let certificates = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.ecwid.change_order(&certificates, |order| order["items"][0]["giftCard"] = json!(true));
    world.ecwid.set_statuses(&certificates, "PAID", "AWAITING_PROCESSING");
    let story = world.order_in_state(&certificates, "filtered").await;
    assert_eq!(story["reason"], "nothing_to_ship: 1 lines, none shipped");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_collects_may_live_anywhere_and_gets_no_shipment() {
    let world = World::create(Engine::Sqlite).await;
    let _crossdock = world.run().await;
    let id =
        world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]).to_country("US", "United States").unpaid());
    world.bigcommerce.change_products(&id, |products| {
        products[0]["order_pickup_method_id"] = json!(1);
        products[0]["order_address_id"] = json!(0);
    });
    world.bigcommerce.set_status(&id, AWAITING_FULFILLMENT);
    let number = format!("BG{id}");
    world.order_in_state(&number, "accepted").await;
    let order = world.released(&number);
    assert_eq!((order.pickup, order.shipping_method.as_str()), (true, "Pick Up"));
    assert_eq!((order.ship_to.name.as_str(), order.ship_to.company.as_str()), ("Jane Doe", "Location 1"));
    world.warehouse.ship(&number, None).unwrap();
    world.order_in_state(&number, "shipped").await;
    assert!(world.bigcommerce.shipments(&id).is_empty(), "a shipment wants an address");
    assert_eq!(world.bigcommerce.status(&id), Some(COMPLETED));

    let collected = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]).unpaid());
    world.ecwid.change_order(&collected, |order| {
        order.remove("shippingPerson");
        order["shippingOption"] =
            json!({ "isPickup": true, "fulfillmentType": "PICKUP", "shippingMethodName": "Shop" });
    });
    world.ecwid.set_statuses(&collected, "PAID", "AWAITING_PROCESSING");
    let number = format!("W-{collected}");
    world.order_in_state(&number, "accepted").await;
    let order = world.released(&number);
    assert_eq!(
        (order.pickup, order.shipping_method.as_str(), order.ship_to.name.as_str()),
        (true, "Shop", "Jane Doe")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prefixes_that_could_make_one_number_twice_are_refused_at_start_with_an_example() {
    let world = World::create(Engine::Sqlite).await;
    world.change_config(|text| text.replace("prefix = \"W-\"", "prefix = \"BG2\""));
    let output = crossdock(&world.config, &["run"]).await;
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(78), "{told}");
    assert!(
        told.contains(
            "order 1001 would be BG21001 at the warehouse, as would order 21001 of the store on line"
        ),
        "{told}"
    );
}
