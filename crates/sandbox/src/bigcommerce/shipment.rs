//! A shipment, and what becomes of its order.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::book::{Order, rfc_2822};
use super::refusal::Refusal;
use super::shipment_request::Wanted;
use super::statuses;
use super::webhooks::Event;

/// The providers that BigCommerce integrates, with the names shown for them; `carrier_…` is a third party's.
const PROVIDERS: [(&str, &str); 11] = [
    ("", ""),
    ("auspost", "Australia Post"),
    ("canadapost", "Canada Post"),
    ("endicia", "Endicia"),
    ("usps", "USPS"),
    ("fedex", "FedEx"),
    ("royalmail", "Royal Mail"),
    ("ups", "UPS"),
    ("upsready", "UPS® Ready"),
    ("upsonline", "UPS® Online"),
    ("shipperhq", "ShipperHQ"),
];

/// Whether a text names a shipping provider.
pub(super) fn is_provider(text: &str) -> bool {
    text.starts_with("carrier_") || PROVIDERS.iter().any(|(name, _)| *name == text)
}

/// Writes the shipment into its order and answers it.
pub(super) fn ship(shipment: &Wanted, order: &mut Order, id: u64) -> Value {
    for (order_product_id, units) in &shipment.items {
        move_units(order, *order_product_id, i64::try_from(*units).unwrap_or(i64::MAX));
    }
    if status_after(order) == Some(statuses::SHIPPED) {
        order.fields.insert("date_shipped".into(), json!(rfc_2822(Timestamp::now())));
    }
    let product_id = |id: u64| product(order, id)?.get("product_id");
    let items: Vec<Value> = shipment
        .items
        .iter()
        .map(
            |(id, units)| json!({ "order_product_id": id, "product_id": product_id(*id), "quantity": units }),
        )
        .collect();
    let given =
        |name: &str, default: &str| shipment.body.get(name).cloned().unwrap_or_else(|| json!(default));
    let mut document = Map::new();
    document.insert("id".into(), json!(id));
    document.insert("order_id".into(), json!(order.id));
    document.insert("customer_id".into(), order.fields["customer_id"].clone());
    document.insert("order_address_id".into(), json!(shipment.address_id));
    document.insert("date_created".into(), json!(rfc_2822(Timestamp::now())));
    document.insert("merchant_shipping_cost".into(), given("merchant_shipping_cost", "0.0000"));
    for name in ["tracking_number", "shipping_method", "comments", "shipping_provider", "tracking_carrier"] {
        document.insert(name.into(), given(name, ""));
    }
    document.insert("tracking_link".into(), given("tracking_link", ""));
    document.insert("billing_address".into(), person(&order.fields["billing_address"]));
    let address = order.destination(shipment.address_id).map(|to| Value::Object(to.address.clone()));
    document.insert("shipping_address".into(), person(&address.unwrap_or_default()));
    document.insert("items".into(), items.into());
    link(&mut document);
    order.shipments.push(document.clone());
    Value::Object(document)
}

/// Units of a product of the order that are neither shipped nor refunded.
pub(super) fn open(order: &Order, order_product_id: u64) -> Result<u64, Refusal> {
    let product = product(order, order_product_id);
    let product = product.ok_or_else(|| Refusal::field("items", "the order has no such product"))?;
    let units = |name: &str| units(product, name).unsigned_abs();
    Ok(units("quantity").saturating_sub(units("quantity_shipped") + units("quantity_refunded")))
}

/// Whether a product of the order belongs to this shipping address.
pub(super) fn goes_to(order: &Order, order_product_id: u64, address_id: u64) -> bool {
    product(order, order_product_id).is_some_and(|product| product["order_address_id"] == address_id)
}

fn product(order: &Order, order_product_id: u64) -> Option<&Map<String, Value>> {
    order.products.iter().find(|product| product.get("id") == Some(&json!(order_product_id)))
}

/// Units under a name; none if the shop's owner has left the field out.
fn units(fields: &Map<String, Value>, name: &str) -> i64 {
    fields.get(name).and_then(Value::as_i64).unwrap_or_default()
}

/// Counts units of a product as shipped, or with a negative number as not shipped any more.
fn move_units(order: &mut Order, order_product_id: u64, units: i64) {
    let add = |fields: &mut Map<String, Value>, name: &str| {
        let sum = self::units(fields, name) + units;
        fields.insert(name.into(), json!(sum));
    };
    add(&mut order.fields, "items_shipped");
    let product =
        order.products.iter_mut().find(|product| product.get("id") == Some(&json!(order_product_id)));
    let Some(product) = product else { return };
    add(product, "quantity_shipped");
    let address_id = product["order_address_id"].as_u64();
    let to = order.destinations.iter_mut().find(|to| Some(to.address_id()) == address_id);
    if let Some(to) = to {
        add(&mut to.address, "items_shipped");
    }
}

/// The status that what is shipped so far would mean in the control panel.
pub(super) fn status_after(order: &Order) -> Option<i64> {
    let is_digital = |product: &Map<String, Value>| product.get("type") == Some(&json!("digital"));
    let is_open = |product: &Map<String, Value>| {
        units(product, "quantity") > units(product, "quantity_shipped") + units(product, "quantity_refunded")
    };
    let all_shipped = !order.products.iter().any(|product| !is_digital(product) && is_open(product));
    match order.fields["items_shipped"].as_u64()? {
        0 => None,
        _ if all_shipped => Some(statuses::SHIPPED),
        _ => Some(statuses::PARTIALLY_SHIPPED),
    }
}

/// Which of the order's shipments a path names.
pub(super) fn position(order: &Order, id: &str) -> Result<usize, Refusal> {
    order.shipments.iter().position(|of| of["id"].as_u64() == id.parse().ok()).ok_or_else(Refusal::not_found)
}

/// Takes a shipment back.
pub(super) fn withdraw(order: &mut Order, at: usize) -> Event {
    let shipment = order.shipments.remove(at);
    for item in shipment["items"].as_array().into_iter().flatten() {
        let units = item["quantity"].as_i64().unwrap_or_default();
        move_units(order, item["order_product_id"].as_u64().unwrap_or_default(), -units);
    }
    Event::shipment("store/shipment/deleted", shipment["id"].as_u64().unwrap_or_default(), order.id)
}

/// Fills in the provider's name and the generated link: none beside a custom `tracking_link`.
pub(super) fn link(shipment: &mut Map<String, Value>) {
    let text = |name: &str| shipment[name].as_str().unwrap_or_default().to_owned();
    let (provider, carrier) = (text("shipping_provider"), text("tracking_carrier"));
    let display_name =
        PROVIDERS.iter().find(|(of, _)| *of == provider).map_or(provider.as_str(), |(_, name)| name);
    let by = if provider.is_empty() { carrier.as_str() } else { provider.as_str() };
    let number = text("tracking_number");
    let generated = if by.is_empty() || number.is_empty() || !text("tracking_link").is_empty() {
        String::new()
    } else {
        format!("https://www.aftership.com/track/{by}/{number}")
    };
    let display_name = json!(display_name);
    shipment.insert("shipping_provider_display_name".into(), display_name);
    shipment.insert("generated_tracking_link".into(), json!(generated));
}

/// The fields of an address that a shipment repeats.
fn person(address: &Value) -> Value {
    let names = [
        "first_name",
        "last_name",
        "company",
        "street_1",
        "street_2",
        "city",
        "state",
        "zip",
        "country",
        "country_iso2",
        "phone",
        "email",
    ];
    names.into_iter().map(|name| (name.to_owned(), address[name].clone())).collect::<Map<_, _>>().into()
}
