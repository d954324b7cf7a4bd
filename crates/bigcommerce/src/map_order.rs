//! From BigCommerce's order to `domain`'s.

use crossdock_domain::{Address, OrderId, ShopOrder, ShopStatus};

use crate::line_items::{LineItems, OrderProduct};
use crate::map_address::{pickup_address, shipping_address};
use crate::map_line::map_line;
use crate::order::{Consignments, Order, PickupConsignment, ShippingConsignment};
use crate::order_status;

/// A line and the consignment that it belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Placed<'a> {
    pub(crate) product: &'a OrderProduct,
    place: Place<'a>,
}

#[derive(Debug, Clone, Copy)]
enum Place<'a> {
    Shipping(&'a ShippingConsignment),
    Pickup(&'a PickupConsignment),
    /// By e-mail, or unknown.
    Nowhere,
}

impl Placed<'_> {
    /// The line; where it names no address, with that of the consignment that holds it: its field may be 0 for "items that are not fulfilled
    /// by a pickup method" (OpenAPI file, read 2026-11).
    pub(crate) fn addressed(&self) -> OrderProduct {
        let mut product = self.product.clone();
        if let (0, Place::Shipping(to)) = (product.order_address_id, self.place) {
            product.order_address_id = to.id;
        }
        product
    }
}

/// The lines as the consignments hold them; none if they or a consignment's lines are not included.
pub(crate) fn placed_by_consignment(consignments: &Consignments) -> Option<Vec<Placed<'_>>> {
    let shipping = consignments.shipping.as_ref()?.iter().map(|one| (Place::Shipping(one), &one.line_items));
    let pickups = consignments.pickups.iter().map(|one| (Place::Pickup(one), &one.line_items));
    let emailed = consignments.downloads.iter().chain(&consignments.email.gift_certificates);
    let emailed = emailed.map(|one| (Place::Nowhere, &one.line_items));
    let mut placed = Vec::new();
    for (place, items) in shipping.chain(pickups).chain(emailed) {
        let LineItems::Products(products) = items else { return None };
        placed.extend(products.iter().map(|product| Placed { product, place }));
    }
    Some(placed)
}

/// The lines as `/orders/{id}/products` lists them, put to their consignments by address.
pub(crate) fn placed_by_address<'a>(
    consignments: &'a Consignments,
    products: &'a [OrderProduct],
) -> Vec<Placed<'a>> {
    let addresses = consignments.shipping.as_deref().unwrap_or_default();
    let place = |product: &OrderProduct| {
        if !product.is_physical() {
            return Place::Nowhere;
        }
        let shipping = addresses.iter().find(|one| one.id == product.order_address_id);
        match (shipping, &*consignments.pickups, addresses) {
            (Some(one), ..) | (None, [], [one]) => Place::Shipping(one),
            (None, [one, ..], _) => Place::Pickup(one),
            _ => Place::Nowhere,
        }
    };
    products.iter().map(|product| Placed { product, place: place(product) }).collect()
}

/// The whole order.
pub(crate) fn map_order(order: &Order, lines: &[Placed<'_>]) -> ShopOrder {
    let mut addresses: Vec<Address> = Vec::new();
    let mut methods: Vec<&str> = Vec::new();
    let mut pickup = false;
    let mut shipped = false;
    for line in lines.iter().filter(|line| line.product.is_physical() && line.product.units_wanted() > 0) {
        let (address, method) = match line.place {
            Place::Shipping(consignment) => {
                shipped = true;
                (shipping_address(&consignment.contact, &order.billing_address), &consignment.shipping_method)
            }
            Place::Pickup(consignment) => {
                pickup = true;
                (pickup_address(consignment, &order.billing_address), &consignment.pickup_method_display_name)
            }
            Place::Nowhere => continue,
        };
        if !addresses.contains(&address) {
            addresses.push(address);
            methods.push(method);
        }
    }
    ShopOrder {
        order_id: OrderId::new(order.id.to_string()),
        placed_at: order.date_created,
        modified_at: order.date_modified.unwrap_or(order.date_created),
        status: ShopStatus::Order(order_status::name(order.status.status_id)),
        channel: order.channel_id,
        currency: currency(order).to_owned(),
        destinations: addresses.len(),
        ship_to: addresses.into_iter().next(),
        shipping_method: methods.first().copied().unwrap_or_default().to_owned(),
        pickup: pickup && !shipped,
        customer_note: order.customer_message.clone(),
        lines: lines.iter().map(|line| map_line(line.product)).collect(),
        total: order.total_inc_tax,
    }
}

/// "The currency code of the transactional currency the shopper pays in", not the one that the storefront showed prices in.
fn currency(order: &Order) -> &str {
    if order.default_currency_code.is_empty() { &order.currency_code } else { &order.default_currency_code }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const ORDER: &str = include_str!("../fixtures/orders/218_with_consignments.json");
    const PICKUP: &str = include_str!("../fixtures/orders/218_with_pickup_links.json");
    const PRODUCTS: &str = include_str!("../fixtures/products/order_149.json");

    fn value(json: &str) -> Value {
        serde_json::from_str(json).unwrap()
    }

    fn mapped(order: Value) -> ShopOrder {
        let order: Order = serde_path_to_error::deserialize(order).unwrap();
        map_order(&order, &placed_by_consignment(&order.consignments).unwrap())
    }

    #[test]
    fn the_documented_order_maps_whole() {
        insta::assert_debug_snapshot!("order_with_consignments", mapped(value(ORDER)));
    }

    #[test]
    fn a_pickup_order_goes_to_the_place_of_collection() {
        let order: Order = serde_json::from_str(PICKUP).unwrap();
        assert!(placed_by_consignment(&order.consignments).is_none(), "its lines are links");
        let mut products: Vec<OrderProduct> = serde_json::from_str(PRODUCTS).unwrap();
        for product in &mut products {
            product.order_address_id = 0;
        }
        insta::assert_debug_snapshot!(
            "pickup_order",
            map_order(&order, &placed_by_address(&order.consignments, &products))
        );
    }

    #[test]
    fn a_line_that_names_no_address_has_its_consignments() {
        let mut order = value(ORDER);
        for line in order["consignments"]["shipping"][0]["line_items"].as_array_mut().unwrap() {
            line["order_address_id"] = json!(0);
        }
        let consignments: Consignments = serde_json::from_value(order["consignments"].take()).unwrap();
        let [to] = &consignments.shipping.as_deref().unwrap() else { panic!("{consignments:?}") };
        let placed = placed_by_consignment(&consignments).unwrap();
        let held = placed.iter().filter(|line| matches!(line.place, Place::Shipping(_)));
        let addresses: Vec<u64> = held.map(|line| line.addressed().order_address_id).collect();
        assert!(!addresses.is_empty() && addresses.iter().all(|id| *id == to.id), "{addresses:?}");
        let mut alone: Vec<OrderProduct> = serde_json::from_str(PRODUCTS).unwrap();
        alone[0].order_address_id = 0;
        assert_eq!(placed_by_address(&consignments, &alone[..1])[0].addressed().order_address_id, to.id);
    }

    #[test]
    fn every_documented_kind_of_consignment_is_read() {
        for (name, json) in [
            ("digital", include_str!("../fixtures/consignments/digital.json")),
            ("gift_certificate", include_str!("../fixtures/consignments/gift_certificate.json")),
            ("pickup", include_str!("../fixtures/consignments/pickup.json")),
            ("shipping", include_str!("../fixtures/consignments/shipping.json")),
        ] {
            let consignments: Consignments = serde_json::from_str(json).unwrap();
            assert!(placed_by_consignment(&consignments).is_none(), "{name} holds links");
        }
        let second = include_str!("../fixtures/orders/247_multiple_items.json");
        let mut order = value(second);
        order["consignments"] = json!({ "shipping": [], "email": [] });
        let order = mapped(order);
        assert_eq!((order.currency.as_str(), order.total.to_string().as_str()), ("USD", "1008.74"));
    }

    #[test]
    fn downloads_and_gift_certificates_are_not_shipped() {
        let mut order = value(ORDER);
        let mut line = order["consignments"]["shipping"][0]["line_items"][0].take();
        line["type"] = json!("digital");
        order["consignments"]["shipping"][0]["line_items"] = json!([]);
        order["consignments"]["downloads"] =
            json!([{ "recipient_email": "a@example.com", "line_items": line }]);
        let order = mapped(order);
        assert_eq!((order.lines.len(), order.lines[0].shippable), (1, false));
        assert_eq!((order.ship_to, order.destinations), (None, 0));
    }

    #[test]
    fn refunded_units_are_not_wanted_and_do_not_count_as_a_destination() {
        let mut order = value(ORDER);
        let mut second = order["consignments"]["shipping"][0].clone();
        second["id"] = json!(100);
        second["street_1"] = json!("9 Other Street");
        second["line_items"][0]["quantity"] = json!(3);
        second["line_items"][0]["quantity_refunded"] = json!(2);
        second["line_items"].as_array_mut().unwrap().truncate(1);
        order["consignments"]["shipping"].as_array_mut().unwrap().push(second);
        let both = mapped(order.clone());
        assert_eq!((both.destinations, both.lines[2].quantity), (2, 1));
        order["consignments"]["shipping"][1]["line_items"][0]["quantity_refunded"] = json!("3");
        let one = mapped(order);
        assert_eq!((one.destinations, one.lines[2].quantity), (1, 0));
    }

    #[test]
    fn a_gift_certificate_in_a_parcel_order_is_left_to_the_mail() {
        let mut order = value(ORDER);
        let mut certificate = order["consignments"]["shipping"][0]["line_items"][0].clone();
        certificate["id"] = json!(900);
        certificate["type"] = json!("giftcertificate");
        order["consignments"]["email"] = json!({ "gift_certificates": [{ "recipient_email": "a@example.com", "line_items": [certificate] }] });
        let order = mapped(order);
        let told: Vec<_> = order.lines.iter().map(|line| (line.line_id.as_str(), line.shippable)).collect();
        assert_eq!(told, [("65", true), ("66", true), ("900", false)]);
        assert_eq!(order.destinations, 1);
    }

    /// The order of orders.v2.oas2.yml that has a bundled product names its parent in this field.
    #[test]
    fn a_bundled_product_is_a_part_of_its_parent() {
        let mut order = value(ORDER);
        let lines = order["consignments"]["shipping"][0]["line_items"].as_array_mut().unwrap();
        let kit = lines[0]["id"].clone();
        lines[1]["parent_order_product_id"] = kit;
        let lines = mapped(order).lines;
        assert_eq!((&lines[0].part_of, &lines[1].part_of), (&None, &Some(lines[0].line_id.clone())));
    }

    proptest! {
        #[test]
        fn any_documented_order_maps_whatever_people_typed(
            text in "\\PC{0,40}", sku in "\\PC{0,20}", state in "\\PC{0,20}", country in "[a-zA-Z]{0,2}",
            quantity in 0u32..100_000, refunded in 0u32..100_000, cents in 0u64..100_000_000, status in -1i64..40,
        ) {
            let mut order = value(ORDER);
            order["customer_message"] = json!(text);
            order["status_id"] = json!(status);
            order["total_inc_tax"] = json!(format!("{}.{:02}00", cents / 100, cents % 100));
            let consignment = &mut order["consignments"]["shipping"][0];
            consignment["first_name"] = json!(text);
            consignment["street_2"] = Value::Null;
            consignment["state"] = json!(state);
            consignment["country_iso2"] = json!(country);
            let line = &mut consignment["line_items"][0];
            line["sku"] = json!(sku);
            line["quantity"] = json!(quantity);
            line["quantity_refunded"] = json!(refunded.to_string());
            line["product_options"] = json!([{ "display_name": text, "display_value": state }]);
            let mapped = mapped(order);
            prop_assert_eq!(mapped.lines[0].sku.as_str(), sku.as_str());
            prop_assert_eq!(mapped.lines[0].quantity, quantity.saturating_sub(refunded));
            prop_assert_eq!(mapped.customer_note, text);
            prop_assert_eq!(mapped.ship_to.unwrap().country_code, country.to_ascii_uppercase());
        }
    }
}
