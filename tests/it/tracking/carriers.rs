//! Carriers as a shop's settings describe them: their slugs, their pages, and those by which the buyer collects.

use crossdock_domain::{Shipment, ShipmentId};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::world::World;
use jiff::Timestamp;
use serde_json::Value;

use super::COMPLETED;

/// BigCommerce's id of Awaiting Pickup.
const AWAITING_PICKUP: i64 = 8;

/// The parcel's number in all orders here. It is one that does not go into a link as it is.
const NUMBER: &str = "T 1";

/// Where the warehouse itself says that a parcel is followed.
const TOLD: &str = "https://told.example/1";

/// Gives the shops these sections: the BigCommerce shop's, and the Ecwid shop's.
fn settle(world: &World, bigcommerce: &str, ecwid: &str) {
    let (first, second) = ("test_skus = [\"Test001\"]\n", "prefix = \"W-\"\n");
    world.change_config(|text| {
        text.replace(first, &format!("{first}\n{bigcommerce}\n"))
            .replace(second, &format!("{second}\n{ecwid}\n"))
    });
}

/// All of an order, in one parcel of this carrier.
pub(crate) fn parcel(order: &str, carrier: &str, link: Option<&str>) -> Shipment {
    Shipment {
        shipment_id: ShipmentId::new(format!("S-{order}")),
        number: order.into(),
        carrier: carrier.to_owned(),
        service: None,
        tracking_number: NUMBER.to_owned(),
        tracking_url: link.map(str::to_owned),
        dispatched_at: Timestamp::now(),
        lines: None,
    }
}

async fn ship(world: &World, order: &str, carrier: &str, link: Option<&str>) {
    world.order_in_state(order, "accepted").await;
    world.warehouse.tell_again(&parcel(order, carrier, link));
    world.order_in_state(order, "shipped").await;
}

/// The one shipment of a new BigCommerce order, once it has left.
async fn at_bigcommerce(world: &World, carrier: &str, link: Option<&str>) -> Value {
    let id = world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    ship(world, &format!("BG{id}"), carrier, link).await;
    let [shipment] = world.bigcommerce.shipments(&id).try_into().unwrap();
    shipment
}

/// A new Ecwid order, once it has left.
async fn at_ecwid(world: &World, carrier: &str, link: Option<&str>) -> Value {
    let id = world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    ship(world, &format!("W-{id}"), carrier, link).await;
    world.ecwid.order(&id)
}

#[tokio::test(flavor = "multi_thread")]
async fn bigcommerce_shows_the_carrier_and_the_page_that_the_shops_settings_give() {
    let world = World::create(Engine::Sqlite).await;
    let settings = r#"
[store.tracking.carriers]
"Bob's Vans" = "bobs-vans"
AusPost = "star-track"
[store.tracking.url_templates]
"Bob's Vans" = "https://bob.example/{tracking_number}""#;
    settle(&world, settings, "");
    let _crossdock = world.run().await;
    for (carrier, told, slug, link) in [
        ("bobs vans", None, "bobs-vans", "https://bob.example/T%201"),
        // The warehouse's own link comes before the template.
        ("Bob's Vans", Some(TOLD), "bobs-vans", TOLD),
        // The settings come before the list, which has this one as australia-post.
        ("AusPost", None, "star-track", ""),
        ("UPS", None, "ups", ""),
        ("Unheard Of", None, "", ""),
    ] {
        let shipment = at_bigcommerce(&world, carrier, told).await;
        let shown = ["tracking_carrier", "tracking_link", "shipping_method", "tracking_number"]
            .map(|name| shipment[name].as_str().unwrap());
        assert_eq!(shown, [slug, link, carrier, NUMBER]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ecwid_shows_the_page_that_the_shops_settings_give() {
    let world = World::create(Engine::Sqlite).await;
    let other = "[store.tracking.url_templates]\nUPS = \"https://other-shop.example/{tracking_number}\"";
    let settings = r#"
[store.tracking.url_templates]
"Bob's Vans" = "https://bob.example/{tracking_number}"
DHL = "https://dhl.example/{tracking_number}""#;
    settle(&world, other, settings);
    let _crossdock = world.run().await;
    for (carrier, told, link) in [
        ("bobs vans", None, Some("https://bob.example/T%201")),
        ("Bob's Vans", Some(TOLD), Some(TOLD)),
        // The settings come before the list of pages.
        ("DHL", None, Some("https://dhl.example/T%201")),
        // The other shop's settings are not this one's.
        ("UPS", None, Some("https://www.ups.com/track?loc=en_US&tracknum=T%201")),
        ("Unheard Of", None, None),
    ] {
        let order = at_ecwid(&world, carrier, told).await;
        let shown = order["trackingUrl"].as_str().filter(|link| !link.is_empty());
        assert_eq!((shown, &order["trackingNumber"]), (link, &Value::from(NUMBER)), "{carrier}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn shops_that_want_no_links_get_none_and_the_number_all_the_same() {
    let world = World::create(Engine::Sqlite).await;
    let settings = r#"
[store.tracking]
url = false
[store.tracking.url_templates]
"Bob's Vans" = "https://bob.example/{tracking_number}""#;
    settle(&world, settings, settings);
    let _crossdock = world.run().await;
    for told in [None, Some(TOLD)] {
        let shipment = at_bigcommerce(&world, "Bob's Vans", told).await;
        assert_eq!((&shipment["tracking_link"], &shipment["tracking_number"]), (&"".into(), &NUMBER.into()));
        let order = at_ecwid(&world, "Bob's Vans", told).await;
        assert_eq!(order["trackingUrl"].as_str().unwrap_or_default(), "");
        assert_eq!(order["trackingNumber"], NUMBER);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_the_buyer_collects_makes_the_order_await_that_and_others_do_not() {
    let world = World::create(Engine::Sqlite).await;
    let settings = "[store.tracking]\npickup_carrier = [\"Pickup In-Store\"]";
    settle(&world, settings, settings);
    let _crossdock = world.run().await;
    for (carrier, status_id, status) in
        [("pickup in-store", AWAITING_PICKUP, "READY_FOR_PICKUP"), ("Australia Post", COMPLETED, "SHIPPED")]
    {
        let shipment = at_bigcommerce(&world, carrier, None).await;
        let id = shipment["order_id"].to_string();
        assert_eq!(world.bigcommerce.status(&id), Some(status_id), "{carrier}");
        assert_eq!(world.bigcommerce.status_changes(&id), [status_id], "{carrier}");
        assert_eq!(at_ecwid(&world, carrier, None).await["fulfillmentStatus"], status);
    }
}
