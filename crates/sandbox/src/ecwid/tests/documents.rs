//! Every field of every answer is a documented one, of the documented type.

use serde_json::{Value, json};

use super::Stand;
use crate::Draft;

/// Source: named in the file.
const FIELDS: &str = include_str!("../../../fixtures/ecwid/fields.json");

/// Fails on a field of the document that the samples do not have, or have with other types, and on any null.
fn assert_documented(sample: &str, document: &Value) {
    let all: Value = serde_json::from_str(FIELDS).unwrap();
    for (name, value) in document.as_object().unwrap_or_else(|| panic!("{sample}: {document}")) {
        let types =
            all[sample][name].as_array().unwrap_or_else(|| panic!("{sample}.{name} is not documented"));
        let is = match value {
            Value::Null => panic!("{sample}.{name} is null: what there is not is absent"),
            Value::Bool(_) => "boolean",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        assert!(
            types.is_empty() || types.contains(&json!(is)),
            "{sample}.{name} is {is}, documented as {types:?}"
        );
    }
}

#[tokio::test]
async fn orders_have_the_documented_fields() {
    let stand = Stand::open().await;
    let mut draft = Draft::of(&[("MUG", 2), ("TEE-M", 1)]);
    "1 Main Street\nFlat 2".clone_into(&mut draft.street);
    "Ring twice".clone_into(&mut draft.note);
    let id = stand.shop.place_order(&draft);
    stand.put(&format!("orders/{id}"), &json!({ "trackingNumber": "A1" })).await;
    let order = stand.get(&format!("orders/{id}")).await.body;
    assert_documented("order", &order);
    for person in ["billingPerson", "shippingPerson"] {
        assert_documented("person", &order[person]);
    }
    assert_documented("shipping_option", &order["shippingOption"]);
    for item in order["items"].as_array().unwrap() {
        assert_documented("item", item);
    }
    assert_documented("selected_option", &order["items"][1]["selectedOptions"][0]);
    assert_eq!(order["shippingPerson"]["street"], "1 Main Street\nFlat 2");
    assert_eq!(order["orderComments"], "Ring twice");
    assert_documented("page", &stand.get("orders").await.body);
}

#[tokio::test]
async fn a_composite_names_its_components_by_product_and_combination_only() {
    let stand = Stand::open().await;
    stand.shop.catalog().compose("POSTER", &[("MUG", 2), ("TEE-M", 1)]);
    let id = stand.shop.place_order(&Draft::of(&[("POSTER", 3), ("MUG", 1)]));
    let items = stand.get(&format!("orders/{id}")).await.body["items"].clone();
    for item in items.as_array().unwrap() {
        assert_documented("item", item);
    }
    let components = json!([
        { "productId": 701, "combinationId": null, "quantity": 2 },
        { "productId": 702, "combinationId": 1703, "quantity": 1 },
    ]);
    assert_eq!((&items[0]["sku"], &items[0]["quantity"]), (&json!("POSTER"), &json!(3)));
    assert_eq!((&items[0]["compositeComponents"], items[1].get("compositeComponents")), (&components, None));
    assert_eq!(stand.get("products/703").await.body["compositeComponents"], components);
}

#[tokio::test]
async fn products_have_the_documented_fields() {
    let stand = Stand::open().await;
    stand.shop.catalog().compose("POSTER", &[("MUG", 2)]);
    let page = stand.get("products").await.body;
    assert_documented("page", &page);
    for product in page["items"].as_array().unwrap() {
        assert_documented("product", product);
    }
    for combination in stand.get("products/702/combinations").await.body.as_array().unwrap() {
        assert_documented("combination", combination);
    }
}

#[tokio::test]
async fn dates_are_texts_and_seconds_of_the_same_moment() {
    let stand = Stand::open().await;
    let order = stand.shop.order(&stand.order());
    for (text, seconds) in [("createDate", "createTimestamp"), ("updateDate", "updateTimestamp")] {
        let text = order[text].as_str().unwrap();
        assert_eq!(text.len(), "2026-01-14 10:00:00 +0000".len());
        let moment = jiff::Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text).unwrap();
        assert_eq!(moment.as_second(), order[seconds].as_i64().unwrap());
    }
}
