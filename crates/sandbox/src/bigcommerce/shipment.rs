//! One shipment: what a client may ask for, and what becomes of the order.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::book::{Order, rfc_2822};
use super::refusal::Refusal;
use super::statuses;
use super::webhooks::Event;

/// Fields that a PUT may carry (`orderShipment_Put`, 2026-04-01).
pub(super) const UPDATABLE: [&str; 8] = [
    "order_address_id",
    "tracking_number",
    "merchant_shipping_cost",
    "shipping_method",
    "shipping_provider",
    "tracking_carrier",
    "tracking_link",
    "comments",
];

/// Fields that a POST may carry (`orderShipment_Post`, 2026-04-01).
const CREATABLE: [&str; 9] = [
    "order_address_id",
    "tracking_number",
    "tracking_link",
    "merchant_shipping_cost",
    "shipping_method",
    "shipping_provider",
    "tracking_carrier",
    "comments",
    "items",
];

/// Most characters of a text (`orderShipment_Post`, 2026-04-01).
const CHARS_MAX: [(&str, usize); 3] = [("tracking_number", 50), ("tracking_link", 500), ("comments", 65_535)];

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

/// A shipment that fits its order.
#[derive(Debug)]
pub(super) struct Draft {
    body: Map<String, Value>,
    /// `order_product_id` and units.
    items: Vec<(u64, u64)>,
}

impl Draft {
    /// Reads a POST; refuses what the order does not have open.
    pub(super) fn of(body: &Map<String, Value>, order: &Order) -> Result<Self, Refusal> {
        check_texts(body, &CREATABLE, order)?;
        if !body.contains_key("order_address_id") {
            return Err(Refusal::field("order_address_id", "the field is required"));
        }
        let listed = body.get("items").and_then(Value::as_array).filter(|items| !items.is_empty());
        let listed = listed.ok_or_else(|| Refusal::field("items", "at least one item is required"))?;
        let mut items = Vec::new();
        for item in listed {
            items.push(self::item(item)?);
        }
        for (order_product_id, _) in &items {
            let wanted: u64 =
                items.iter().filter(|(id, _)| id == order_product_id).map(|(_, units)| units).sum();
            if wanted > open(order, *order_product_id)? {
                return Err(Refusal::field("items", "the quantity is more than what is left to ship"));
            }
        }
        Ok(Self { body: body.clone(), items })
    }

    /// Writes the shipment into its order and answers it.
    pub(super) fn ship(self, order: &mut Order, id: u64) -> Value {
        for (order_product_id, units) in &self.items {
            move_units(order, *order_product_id, i64::try_from(*units).unwrap_or(i64::MAX));
        }
        if status_after(order) == Some(statuses::SHIPPED) {
            order.fields.insert("date_shipped".into(), json!(rfc_2822(Timestamp::now())));
        }
        let product =
            |id: u64| order.products.iter().find(|product| product["id"] == id).map(|of| &of["product_id"]);
        let items: Vec<Value> = self
            .items
            .iter()
            .map(|(id, units)| json!({ "order_product_id": id, "product_id": product(*id), "quantity": units }))
            .collect();
        let given =
            |name: &str, default: &str| self.body.get(name).cloned().unwrap_or_else(|| json!(default));
        let mut document = Map::new();
        document.insert("id".into(), json!(id));
        document.insert("order_id".into(), json!(order.id));
        document.insert("customer_id".into(), order.fields["customer_id"].clone());
        document.insert("order_address_id".into(), json!(order.address_id()));
        document.insert("date_created".into(), json!(rfc_2822(Timestamp::now())));
        document.insert("merchant_shipping_cost".into(), given("merchant_shipping_cost", "0.0000"));
        for name in
            ["tracking_number", "shipping_method", "comments", "shipping_provider", "tracking_carrier"]
        {
            document.insert(name.into(), given(name, ""));
        }
        document.insert("tracking_link".into(), given("tracking_link", ""));
        document.insert("billing_address".into(), person(&order.fields["billing_address"]));
        document.insert("shipping_address".into(), person(&Value::Object(order.address.clone())));
        document.insert("items".into(), items.into());
        link(&mut document);
        order.shipments.push(document.clone());
        Value::Object(document)
    }
}

/// Checks the names of the fields, and each field but `items`.
pub(super) fn check_texts(body: &Map<String, Value>, allowed: &[&str], order: &Order) -> Result<(), Refusal> {
    if let Some(name) = body.keys().find(|name| !allowed.contains(&name.as_str())) {
        return Err(Refusal::read_only(name));
    }
    if let Some(address) = body.get("order_address_id")
        && number(address) != Some(order.address_id())
    {
        return Err(Refusal::field("order_address_id", "the order has no such shipping address"));
    }
    for (name, value) in
        body.iter().filter(|(name, _)| !["items", "order_address_id"].contains(&name.as_str()))
    {
        let Some(text) = value.as_str() else { return Err(Refusal::field(name, "a text is expected")) };
        let max = CHARS_MAX.iter().find(|(of, _)| of == name).map_or(usize::MAX, |(_, max)| *max);
        if text.chars().count() > max {
            return Err(Refusal::field(name, format!("the text has more than {max} characters")));
        }
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let provider = text("shipping_provider");
    if !provider.starts_with("carrier_") && !PROVIDERS.iter().any(|(name, _)| *name == provider) {
        return Err(Refusal::field("shipping_provider", "there is no such shipping provider"));
    }
    let slug = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !text("tracking_carrier").chars().all(slug) {
        return Err(Refusal::field("tracking_carrier", "there is no such tracking carrier"));
    }
    Ok(())
}

/// `order_product_id` and `quantity`, the only fields that an item may carry.
fn item(item: &Value) -> Result<(u64, u64), Refusal> {
    let fields = item.as_object().ok_or_else(|| Refusal::field("items", "each item is an object"))?;
    if let Some(name) = fields.keys().find(|name| !["order_product_id", "quantity"].contains(&name.as_str()))
    {
        return Err(Refusal::read_only(name));
    }
    let order_product_id = number(&item["order_product_id"]);
    let quantity = number(&item["quantity"]).filter(|units| *units > 0);
    order_product_id
        .zip(quantity)
        .ok_or_else(|| Refusal::field("items", "order_product_id and quantity are required"))
}

/// A number, also where it comes as text: the documented example sends `"order_address_id": "128"`.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// Units of a product of the order that are neither shipped nor refunded.
fn open(order: &Order, order_product_id: u64) -> Result<u64, Refusal> {
    let product = order.products.iter().find(|product| product["id"] == order_product_id);
    let product = product.ok_or_else(|| Refusal::field("items", "the order has no such product"))?;
    let units = |name: &str| product[name].as_u64().unwrap_or_default();
    Ok(units("quantity").saturating_sub(units("quantity_shipped") + units("quantity_refunded")))
}

/// Counts units of a product as shipped, or with a negative number as not shipped any more.
fn move_units(order: &mut Order, order_product_id: u64, units: i64) {
    let add = |fields: &mut Map<String, Value>, name: &str| {
        let sum = fields[name].as_i64().unwrap_or_default() + units;
        fields.insert(name.into(), json!(sum));
    };
    if let Some(product) = order.products.iter_mut().find(|product| product["id"] == order_product_id) {
        add(product, "quantity_shipped");
    }
    add(&mut order.fields, "items_shipped");
    add(&mut order.address, "items_shipped");
}

/// The status that what is shipped so far would mean in the control panel.
pub(super) fn status_after(order: &Order) -> Option<i64> {
    let all_shipped =
        order.products.iter().all(|of| of["id"].as_u64().is_some_and(|id| matches!(open(order, id), Ok(0))));
    match order.fields["items_shipped"].as_u64()? {
        0 => None,
        _ if all_shipped => Some(statuses::SHIPPED),
        _ => Some(statuses::PARTIALLY_SHIPPED),
    }
}

/// Which of the order's shipments a path names.
pub(super) fn position(order: &Order, id: &str) -> Result<usize, Refusal> {
    order.shipments.iter().position(|of| of["id"].to_string() == id).ok_or_else(Refusal::not_found)
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
