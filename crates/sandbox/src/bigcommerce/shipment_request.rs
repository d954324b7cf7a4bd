//! What a client may ask of a shipment, and what is refused.

use serde_json::{Map, Value};

use super::book::Order;
use super::refusal::Refusal;
use super::shipment::{goes_to, is_provider, open};

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

/// A shipment that fits its order.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) body: Map<String, Value>,
    pub(super) address_id: u64,
    /// `order_product_id` and units.
    pub(super) items: Vec<(u64, u64)>,
}

impl Wanted {
    /// Reads a POST; refuses what the order does not have open.
    pub(super) fn of(body: &Map<String, Value>, order: &Order) -> Result<Self, Refusal> {
        check_texts(body, &CREATABLE, order)?;
        let address_id = body.get("order_address_id").and_then(number);
        let address_id =
            address_id.ok_or_else(|| Refusal::field("order_address_id", "the field is required"))?;
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
            // Not documented: one shipment has one address, and each product its own.
            if !goes_to(order, *order_product_id, address_id) {
                return Err(Refusal::field("items", "the product goes to another shipping address"));
            }
        }
        Ok(Self { body: body.clone(), address_id, items })
    }
}

/// Checks the names of the fields, and each field but `items`.
pub(super) fn check_texts(body: &Map<String, Value>, allowed: &[&str], order: &Order) -> Result<(), Refusal> {
    if let Some(name) = body.keys().find(|name| !allowed.contains(&name.as_str())) {
        return Err(Refusal::read_only(name));
    }
    if let Some(address) = body.get("order_address_id")
        && number(address).and_then(|id| order.destination(id)).is_none()
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
    if !is_provider(provider) {
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
