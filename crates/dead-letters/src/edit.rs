//! Which changes of a dead letter are allowed: of what it tells, not of what it is.

use crossdock_events::{
    EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderPromised, OrderReleased, OrderWanted,
    RawEvent, ShipmentDispatched, ShipmentVoided, ShopOrderChanged, ShopProductChanged, StockCounted,
    StockDue, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use serde_json::Value;

/// What stays as it is, as JSON pointers: the event's identity and type, and the shop, order, product or SKU that it is about.
const LOCKED: [&str; 12] = [
    "/id",
    "/source",
    "/type",
    "/subject",
    "/data/store",
    "/data/order_id",
    "/data/number",
    "/data/product_id",
    "/data/sku",
    "/data/order/store",
    "/data/order/order_id",
    "/data/order/number",
];

/// An edit that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum EditRefused {
    /// Nothing tells what the message is, so that nothing could be kept. Discard it, and have the sender send it again.
    #[error(
        "the original is no CloudEvent, so that an edit could not keep its identity; discard it, and have it sent again"
    )]
    Original(#[source] InvalidEvent),
    /// What the original is, is what no role takes.
    #[error("the original is of type '{0}', which no role takes; discard it")]
    UnknownType(String),
    /// No JSON, or no event any more.
    #[error("what you wrote is no CloudEvent")]
    Edited(#[source] InvalidEvent),
    /// What the message is was changed.
    #[error(
        "'{field}' must stay as it is, {was}: an edited message is the same event, about the same thing, of the same shop"
    )]
    Locked {
        /// For example `data.store`.
        field: String,
        /// Its value in the original, as JSON; `absent` if it has none.
        was: String,
    },
    /// Data of another shape than the type's.
    #[error("'{field}' is not as the schema of {kind} wants it")]
    Shape {
        /// For example `data.lines[0].quantity`.
        field: String,
        /// The event's type.
        kind: &'static str,
        /// What is wrong with it.
        #[source]
        cause: serde_json::Error,
    },
    /// A field that nobody would read: its name is probably mistyped.
    #[error("{kind} has no field '{field}'")]
    NoSuchField {
        /// For example `data.traking_number`.
        field: String,
        /// The event's type.
        kind: &'static str,
    },
    /// There is nothing in it to be replayed instead.
    #[error("nothing was changed")]
    Unchanged,
}

/// The body to be replayed in place of the original: what a person wrote, if that is the same event with other data.
///
/// # Errors
/// [`EditRefused`] names the field that stands in the way.
pub fn edited(original: &[u8], new: &[u8]) -> Result<Vec<u8>, EditRefused> {
    let kind = RawEvent::parse(original).map_err(EditRefused::Original)?.kind;
    RawEvent::parse(new).map_err(EditRefused::Edited)?;
    let original: Value = parse(original).map_err(EditRefused::Original)?;
    let edited: Value = parse(new).map_err(EditRefused::Edited)?;
    if original == edited {
        return Err(EditRefused::Unchanged);
    }
    LOCKED.into_iter().try_for_each(|pointer| locked(pointer, &original, &edited))?;
    let told = read(&kind, &edited["data"])?;
    if let Some(subject) = original["subject"].as_str()
        && told.subject.as_deref() != Some(subject)
    {
        return Err(EditRefused::Locked { field: "data".to_owned(), was: format!("about '{subject}'") });
    }
    no_new_field(told.kind, "data", &edited["data"], &original["data"], &told.again)?;
    Ok(new.to_vec())
}

fn parse(body: &[u8]) -> Result<Value, InvalidEvent> {
    serde_json::from_slice(body).map_err(InvalidEvent::Shape)
}

/// What the original's data lacks may be added there: that may be what made it fail.
fn locked(pointer: &str, original: &Value, edited: &Value) -> Result<(), EditRefused> {
    let (was, is) = (original.pointer(pointer), edited.pointer(pointer));
    if was == is || was.is_none() && pointer.starts_with("/data/") {
        return Ok(());
    }
    let was = was.map_or_else(|| "absent".to_owned(), Value::to_string);
    Err(EditRefused::Locked { field: pointer[1..].replace('/', "."), was })
}

/// Data that was read as its type.
struct Told {
    kind: &'static str,
    subject: Option<String>,
    /// Written again, without what the type does not know.
    again: Value,
}

fn read(kind: &str, data: &Value) -> Result<Told, EditRefused> {
    match kind {
        ShopOrderChanged::TYPE => read_as::<ShopOrderChanged>(data),
        ShopProductChanged::TYPE => read_as::<ShopProductChanged>(data),
        OrderReleased::TYPE => read_as::<OrderReleased>(data),
        OrderAmended::TYPE => read_as::<OrderAmended>(data),
        OrderCancelled::TYPE => read_as::<OrderCancelled>(data),
        OrderPromised::TYPE => read_as::<OrderPromised>(data),
        OrderWanted::TYPE => read_as::<OrderWanted>(data),
        WarehouseOrderAccepted::TYPE => read_as::<WarehouseOrderAccepted>(data),
        WarehouseOrderRejected::TYPE => read_as::<WarehouseOrderRejected>(data),
        WarehouseSkuKnown::TYPE => read_as::<WarehouseSkuKnown>(data),
        ShipmentDispatched::TYPE => read_as::<ShipmentDispatched>(data),
        ShipmentVoided::TYPE => read_as::<ShipmentVoided>(data),
        StockCounted::TYPE => read_as::<StockCounted>(data),
        StockDue::TYPE => read_as::<StockDue>(data),
        unknown => Err(EditRefused::UnknownType(unknown.to_owned())),
    }
}

fn read_as<T: EventData>(data: &Value) -> Result<Told, EditRefused> {
    let kind = T::TYPE;
    let told: T = serde_path_to_error::deserialize(data).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "data".to_owned() } else { format!("data.{path}") };
        EditRefused::Shape { field, kind, cause: error.into_inner() }
    })?;
    let again = serde_json::to_value(&told).expect("an event's data has maps with text keys only");
    Ok(Told { kind, subject: told.subject(), again })
}

/// Refuses fields that the type does not know, unless the original had them: a sender may tell more than is read.
fn no_new_field(
    kind: &'static str,
    path: &str,
    edited: &Value,
    original: &Value,
    known: &Value,
) -> Result<(), EditRefused> {
    match edited {
        Value::Object(fields) => {
            fields.iter().filter(|(_, value)| !value.is_null()).try_for_each(|(name, value)| {
                let (field, before) = (format!("{path}.{name}"), original.get(name));
                match known.get(name) {
                    Some(known) => no_new_field(kind, &field, value, before.unwrap_or(&Value::Null), known),
                    None if before.is_some() => Ok(()),
                    None => Err(EditRefused::NoSuchField { field, kind }),
                }
            })
        }
        Value::Array(items) => items.iter().enumerate().try_for_each(|(at, item)| {
            let of = |list: &Value| list.get(at).cloned().unwrap_or_default();
            no_new_field(kind, &format!("{path}[{at}]"), item, &of(original), &of(known))
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
