//! Which order or product a callback is about.

use crossdock_domain::OrderId;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{CallbackSubject, InvalidCallback, Kind, read};

/// Where ids stand. The fields are those of the documented samples.
#[derive(Default, Deserialize)]
struct Data<'a> {
    #[serde(default)]
    id: Value,
    /// Of a transaction.
    #[serde(default)]
    order_id: Value,
    /// Of a shipment.
    #[serde(default, rename = "orderId")]
    shipped_order_id: Value,
    #[serde(default)]
    product_id: Value,
    #[serde(borrow, default)]
    inventory: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sku: Option<&'a RawValue>,
}

/// The part of `data` that names a SKU's product.
#[derive(Default, Deserialize)]
struct OfProduct {
    #[serde(default)]
    product_id: Value,
}

/// Finds the id by the scope. An order's own id stands in `id`, also where the callback is about a message or a refund of it.
pub(super) fn find(scope: &str, data: Option<&RawValue>) -> Result<CallbackSubject, InvalidCallback> {
    let scope_parts: Vec<&str> = scope.split('/').collect();
    let ["store", topic, rest @ ..] = scope_parts.as_slice() else { return Ok(CallbackSubject::Ignored) };
    if rest.contains(&"metafield") {
        return Ok(CallbackSubject::Ignored);
    }
    let what = match *topic {
        "order" | "shipment" => Kind::Order,
        "product" | "sku" => Kind::Product,
        _ => return Ok(CallbackSubject::Ignored),
    };
    let data: Data<'_> = read_part(data)?;
    let inventory: OfProduct = read_part(data.inventory)?;
    let candidates = match *topic {
        "order" => [data.order_id, data.shipped_order_id, data.id],
        "shipment" => [data.shipped_order_id, data.order_id, Value::Null],
        "product" => [inventory.product_id, data.product_id, data.id],
        _ => [read_part::<OfProduct>(data.sku)?.product_id, inventory.product_id, data.product_id],
    };
    let id = candidates.iter().find_map(number);
    let id = id.ok_or_else(|| InvalidCallback::Subject { scope: scope.to_owned(), what })?;
    Ok(match what {
        Kind::Order => CallbackSubject::Order(OrderId::new(id)),
        Kind::Product => CallbackSubject::Product(id),
    })
}

/// A part of the callback that may be left out, or be something else that is not looked at.
fn read_part<'a, T: Default + Deserialize<'a>>(part: Option<&'a RawValue>) -> Result<T, InvalidCallback> {
    let object = part.map(RawValue::get).filter(|json| json.starts_with('{'));
    object.map_or_else(|| Ok(T::default()), read)
}

/// An id as a number or as a text of digits, without leading zeros: one order must not have two names.
fn number(value: &Value) -> Option<String> {
    let id = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    (id > 0).then(|| id.to_string())
}
