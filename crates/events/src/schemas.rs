//! JSON Schemas of the messages, generated from the types and checked in under `schemas/`.

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use crate::messages::{
    EventData, OrderAmended, OrderCancelled, OrderPromised, OrderReleased, OrderWanted, ShipmentDispatched,
    ShipmentVoided, ShopOrderChanged, ShopProductChanged, StockCounted, StockDue, WarehouseOrderAccepted,
    WarehouseOrderRejected, WarehouseSkuKnown,
};

/// Longest `id` and `source`: AMQP 0-9-1 carries a message's id as a short string of 255 bytes.
const ATTRIBUTE_CHARS_MAX: usize = 255;

/// Every message's type and the JSON Schema (2020-12) of the whole event, envelope included.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        schema::<ShopOrderChanged>(),
        schema::<ShopProductChanged>(),
        schema::<OrderReleased>(),
        schema::<OrderAmended>(),
        schema::<OrderCancelled>(),
        schema::<OrderPromised>(),
        schema::<OrderWanted>(),
        schema::<WarehouseOrderAccepted>(),
        schema::<WarehouseOrderRejected>(),
        schema::<WarehouseSkuKnown>(),
        schema::<ShipmentDispatched>(),
        schema::<ShipmentVoided>(),
        schema::<StockCounted>(),
        schema::<StockDue>(),
    ]
}

fn schema<T: EventData + JsonSchema>() -> (&'static str, Value) {
    let mut data = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    let definitions = data.as_object_mut().and_then(|object| {
        object.remove("$schema");
        object.remove("$defs")
    });
    let mut whole = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": T::TYPE,
        "type": "object",
        "required": ["specversion", "id", "source", "type", "data"],
        "properties": {
            "specversion": {"const": "1.0"},
            "id": {"type": "string", "minLength": 1, "maxLength": ATTRIBUTE_CHARS_MAX},
            "source": {"type": "string", "minLength": 1, "maxLength": ATTRIBUTE_CHARS_MAX},
            "type": {"const": T::TYPE},
            "subject": {"type": "string"},
            "time": {"type": "string", "format": "date-time"},
            "datacontenttype": {"const": "application/json"},
            "traceparent": {"type": "string"},
            "data": data,
        },
    });
    if let Some(definitions) = definitions {
        whole["$defs"] = definitions;
    }
    (T::TYPE, whole)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// `make schemas` sets this to write the files instead of comparing them.
    const WRITE: &str = "CROSSDOCK_WRITE_SCHEMAS";

    #[test]
    fn checked_in_schemas_are_what_the_types_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
        for (kind, schema) in schemas() {
            let file = folder.join(format!("{kind}.json"));
            let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
            if std::env::var_os(WRITE).is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&file, &text).unwrap();
            }
            let stands = std::fs::read_to_string(&file).unwrap_or_default();
            assert!(stands == text, "{} is not what the types say: run `make schemas`", file.display());
        }
    }

    #[test]
    fn a_released_order_fits_its_schema() {
        let order = json!({
            "number": "BG1001", "store": "acme-au", "platform": "bigcommerce", "order_id": "1001", "test": false,
            "placed_at": "2026-01-31T00:00:00Z", "currency": "AUD",
            "ship_to": {"name": "Jane Doe", "company": "", "address1": "1 High St", "address2": "", "city": "Richmond",
                "state": "Victoria", "state_code": "VIC", "postcode": "3121", "country_code": "AU", "phone": "", "email": ""},
            "shipping_method": "Standard", "pickup": false, "customer_note": "",
            "lines": [{"line_id": "7", "sku": "TEE-M", "name": "Tee", "quantity": 2, "unit_price": "10.00", "options": {"Size": "M"}}],
            "total": "20.00",
        });
        let order: OrderReleased = serde_json::from_value(order).unwrap();
        let source = crate::Source::Role("order-importer");
        let event = crate::Event::new(&source, "BG1001", jiff::Timestamp::UNIX_EPOCH, order);
        let (_, schema) = schemas().into_iter().find(|(kind, _)| *kind == OrderReleased::TYPE).unwrap();
        let event: Value = serde_json::from_slice(&event.to_json()).unwrap();
        jsonschema::validate(&schema, &event).unwrap();
        let mut wrong = event;
        wrong["data"]["lines"][0]["quantity"] = json!("two");
        assert!(jsonschema::validate(&schema, &wrong).is_err());
    }
}
