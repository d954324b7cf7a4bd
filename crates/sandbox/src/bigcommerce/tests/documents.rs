//! Every field of every answer is a documented one, of the documented type.

use serde_json::{Value, json};

use super::Stand;

/// Source: named in the file.
const FIELDS: &str = include_str!("../../../fixtures/bigcommerce/fields.json");

/// Fails on a field of the document that the schema does not have, or has with other types.
fn assert_documented(schema: &str, document: &Value) {
    let all: Value = serde_json::from_str(FIELDS).unwrap();
    for (name, value) in document.as_object().unwrap_or_else(|| panic!("{schema}: {document}")) {
        let types =
            all[schema][name].as_array().unwrap_or_else(|| panic!("{schema}.{name} is not documented"));
        let is = match value {
            Value::Null => continue,
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(
            types.is_empty() || types.contains(&json!(is)),
            "{schema}.{name} is {is}, documented as {types:?}"
        );
    }
}

/// Fails if a field of the schema is absent, apart from those named.
fn assert_complete(schema: &str, document: &Value, but: &[&str]) {
    let all: Value = serde_json::from_str(FIELDS).unwrap();
    let missing: Vec<&String> =
        all[schema].as_object().unwrap().keys().filter(|name| document.get(name).is_none()).collect();
    assert_eq!(missing, but, "{schema}");
}

#[tokio::test]
async fn orders_have_the_documented_fields() {
    let stand = Stand::open().await;
    let id = stand.order();
    let order = stand.get(&format!("v2/orders/{id}")).await.body;
    assert_documented("order", &order);
    assert_complete("order", &order, &[]);
    for name in ["products", "shipping_addresses", "coupons", "consignments", "fees"] {
        assert!(order[name]["url"].is_string() && order[name]["resource"].is_string(), "{name}");
    }
    let whole = format!(
        "v2/orders/{id}?include=consignments,consignments.line_items,fees&consignment_structure=object"
    );
    let whole = stand.get(&whole).await.body;
    assert_documented("order", &whole);
    assert_documented("shipping_consignment", &whole["consignments"]["shipping"][0]);
    assert_complete("shipping_consignment", &whole["consignments"]["shipping"][0], &[]);
    assert_eq!(whole["consignments"]["email"], json!({ "gift_certificates": [] }));
}

#[tokio::test]
async fn what_belongs_to_an_order_has_the_documented_fields() {
    let stand = Stand::open().await;
    let id = stand.order();
    let products = stand.get(&format!("v2/orders/{id}/products")).await.body;
    for product in products.as_array().unwrap() {
        assert_documented("product", product);
        assert_complete("product", product, &[]);
    }
    assert_documented("product_option", &products[1]["product_options"][0]);
    let address = &stand.get(&format!("v2/orders/{id}/shipping_addresses")).await.body[0];
    assert_documented("shipping_address", address);
    assert_complete("shipping_address", address, &[]);
    let shipment = stand.post(&format!("v2/orders/{id}/shipments"), &stand.parcel(&id, &[(0, 1)])).await.body;
    assert_documented("shipment", &shipment);
    assert_complete("shipment", &shipment, &[]);
    for status in stand.get("v2/order_statuses").await.body.as_array().unwrap() {
        assert_documented("order_status", status);
        assert_complete("order_status", status, &[]);
    }
    assert_documented("store", &stand.get("v2/store").await.body);
}

#[tokio::test]
async fn the_catalogue_has_the_documented_fields() {
    let stand = Stand::open().await;
    for variant in stand.get("v3/catalog/variants").await.body["data"].as_array().unwrap() {
        assert_documented("variant", variant);
    }
    for product in stand.get("v3/catalog/products?include=variants").await.body["data"].as_array().unwrap() {
        assert_documented("catalog_product", product);
    }
    for item in stand.get("v3/inventory/items").await.body["data"].as_array().unwrap() {
        assert_documented("inventory_item", item);
        assert_documented("inventory_location", &item["locations"][0]);
    }
    for item in stand.get("v3/inventory/locations/1/items").await.body["data"].as_array().unwrap() {
        assert_documented("location_item", item);
    }
}

#[tokio::test]
async fn amounts_and_dates_are_texts_as_documented() {
    let stand = Stand::open().await;
    let id = stand.order();
    let order = stand.get(&format!("v2/orders/{id}")).await.body;
    assert_eq!(order["total_inc_tax"], "59.8500");
    assert_eq!(order["total_ex_tax"], "54.4091");
    assert_eq!(order["total_tax"], "5.4409");
    assert_eq!((&order["date_shipped"], &order["status"]), (&json!(""), &json!("Awaiting Fulfillment")));
    let created = order["date_created"].as_str().unwrap();
    assert!(created.ends_with(" +0000") && created.as_bytes()[3] == b',', "{created}");
    assert!(jiff::fmt::rfc2822::parse(created).is_ok());
    let product = &stand.get(&format!("v2/orders/{id}/products")).await.body[0];
    assert_eq!(
        (&product["price_inc_tax"], &product["total_inc_tax"]),
        (&json!("19.9500"), &json!("39.9000"))
    );
}
