//! Catalogue and inventory.

use serde_json::{Value, json};

use super::Stand;
use crate::Whole;

fn adjustment(items: &[Value]) -> Value {
    json!({ "reason": "count", "items": items })
}

#[tokio::test]
async fn variants_and_products_are_found_by_sku_and_paged() {
    let stand = Stand::open().await;
    let page = stand.get("v3/catalog/variants?limit=3").await.body;
    let pagination = &page["meta"]["pagination"];
    assert_eq!(
        (&pagination["total"], &pagination["count"], &pagination["total_pages"]),
        (&json!(4), &json!(3), &json!(2))
    );
    assert_eq!(pagination["links"], json!({ "current": "?page=1&limit=3", "next": "?page=2&limit=3" }));
    assert_eq!(stand.get("v3/catalog/variants?limit=3&page=2").await.body["data"][0]["sku"], "POSTER");
    assert_eq!(stand.get("v3/catalog/variants?limit=251").await.status, 413);

    let found = stand.get("v3/catalog/variants?sku:in=TEE-M,MUG").await.body;
    assert_eq!(found["data"].as_array().unwrap().len(), 2);
    let tee = stand.get("v3/catalog/variants?sku=TEE-M").await.body["data"][0].clone();
    assert_eq!(
        (&tee["id"], &tee["product_id"], &tee["inventory_level"]),
        (&json!(179), &json!(78), &json!(5))
    );
    assert_eq!(tee["option_values"][0]["label"], "M");
    let none = stand.get("v3/catalog/variants?sku=tee-m").await;
    assert_eq!((none.status, &none.body["data"]), (200, &json!([])), "V3 lists are never no content");

    let fields =
        stand.get("v3/catalog/products?include_fields=inventory_tracking&include=variants").await.body;
    let tracking: Vec<&Value> =
        fields["data"].as_array().unwrap().iter().map(|of| &of["inventory_tracking"]).collect();
    assert_eq!(tracking, ["product", "variant", "none"]);
    assert_eq!(fields["data"][1]["variants"].as_array().unwrap().len(), 2);
    assert!(fields["data"][1].get("name").is_none());
    assert_eq!(stand.get("v3/catalog/products?sku=MUG").await.body["data"][0]["id"], 77);
    assert_eq!(stand.get("v3/catalog/products?id:in=78,79").await.body["meta"]["pagination"]["total"], 2);
}

#[tokio::test]
async fn products_are_sorted_and_bounded_by_id() {
    let stand = Stand::open().await;
    for (query, ids) in [
        ("sort=id&direction=desc", &[79, 78, 77][..]),
        ("id:min=78", &[78, 79]),
        ("id:min=78&id:max=78", &[78]),
        ("id:greater=77&id:less=79", &[78]),
    ] {
        let page = stand.get(&format!("v3/catalog/products?{query}")).await.body;
        let found: Vec<u64> =
            page["data"].as_array().unwrap().iter().map(|of| of["id"].as_u64().unwrap()).collect();
        assert_eq!(found, ids, "{query}");
    }
    for query in ["sort=patience", "direction=up", "id:min=x"] {
        assert_eq!(stand.get(&format!("v3/catalog/products?{query}")).await.status, 422, "{query}");
    }
}

#[tokio::test]
async fn a_product_that_counts_for_its_variants_takes_a_quantity_itself() {
    let stand = Stand::open().await;
    stand.shop.catalog().set_whole(78, Whole { sku: "TEE".to_owned(), stock: Some(4) });
    let product = stand.get("v3/catalog/products?sku=TEE").await.body["data"][0].clone();
    assert_eq!((&product["inventory_tracking"], &product["inventory_level"]), (&json!("product"), &json!(4)));
    let path = "v3/inventory/adjustments/absolute";
    let by_variant = adjustment(&[json!({ "location_id": 1, "variant_id": 178, "quantity": 7 })]);
    assert_eq!(stand.put(path, &by_variant).await.status, 422);
    let by_product = adjustment(&[json!({ "location_id": 1, "product_id": 78, "quantity": 7 })]);
    assert_eq!(stand.put(path, &by_product).await.status, 200);
    assert_eq!(stand.shop.catalog().whole(78).stock, Some(7));
    assert_eq!(stand.shop.catalog().stock("TEE-S"), Some(5));
}

#[tokio::test]
async fn an_absolute_adjustment_sets_what_is_on_hand() {
    let stand = Stand::open().await;
    let body = adjustment(&[
        json!({ "location_id": 1, "sku": "MUG", "quantity": 42 }),
        json!({ "location_id": 1, "variant_id": 178, "quantity": 0 }),
        json!({ "location_id": 1, "sku": "POSTER", "quantity": 9 }),
    ]);
    let answer = stand.put("v3/inventory/adjustments/absolute", &body).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body["transaction_id"].is_string());
    let stock = |sku| stand.shop.catalog().stock(sku);
    assert_eq!((stock("MUG"), stock("TEE-S"), stock("TEE-M")), (Some(42), Some(0), Some(5)));
    assert_eq!(stock("POSTER"), None, "a quantity does not begin tracking");

    let items = stand.get("v3/inventory/items?sku:in=MUG,POSTER").await.body;
    assert_eq!(items["meta"]["pagination"]["total"], 1);
    assert_eq!(items["data"][0]["locations"][0]["available_to_sell"], 42);
    assert_eq!(
        items["data"][0]["identity"],
        json!({ "sku": "MUG", "variant_id": 177, "product_id": 77, "sku_id": null })
    );
    let at_location = stand.get("v3/inventory/locations/1/items?variant_id:in=178").await.body;
    assert_eq!(at_location["data"][0]["total_inventory_onhand"], 0);
    assert_eq!(stand.get("v3/inventory/locations/2/items").await.status, 404);
}

#[tokio::test]
async fn one_bad_item_refuses_the_whole_adjustment() {
    let stand = Stand::open().await;
    let good = json!({ "location_id": 1, "sku": "MUG", "quantity": 42 });
    let bad = [
        (json!({ "location_id": 1, "sku": "GONE", "quantity": 1 }), "items.1.sku"),
        (json!({ "location_id": 9, "sku": "TEE-M", "quantity": 1 }), "items.1.location_id"),
        (json!({ "sku": "TEE-M", "quantity": 1 }), "items.1.location_id"),
        (json!({ "location_id": 1, "sku": "TEE-M", "quantity": -1 }), "items.1.quantity"),
        (json!({ "location_id": 1, "sku": "TEE-M", "quantity": 2_147_483_648_u64 }), "items.1.quantity"),
        (json!({ "location_id": 1, "quantity": 1 }), "items.1.identity"),
    ];
    for (item, field) in bad {
        let answer = stand.put("v3/inventory/adjustments/absolute", &adjustment(&[good.clone(), item])).await;
        assert_eq!((answer.status, answer.header("content-type")), (422, "application/problem+json"));
        assert!(answer.body["errors"][field].is_string(), "{field}: {}", answer.body);
    }
    let by_variant = json!({ "location_id": 1, "variant_id": 177, "quantity": 1 });
    let answer = stand.put("v3/inventory/adjustments/absolute", &adjustment(&[by_variant])).await;
    let title = "[Item with variant_id 177 is tracked by product, please update stock by product id]";
    assert_eq!((answer.status, &answer.body["title"]), (422, &json!(title)));
    assert_eq!(stand.shop.catalog().stock("MUG"), Some(10));
}

#[tokio::test]
async fn an_adjustment_takes_two_thousand_items_and_no_more() {
    let stand = Stand::open().await;
    let items = vec![json!({ "location_id": 1, "sku": "MUG", "quantity": 7 }); 2001];
    assert_eq!(stand.put("v3/inventory/adjustments/absolute", &adjustment(&items[..2000])).await.status, 200);
    assert_eq!(stand.put("v3/inventory/adjustments/absolute", &adjustment(&items)).await.status, 422);
    assert_eq!(stand.put("v3/inventory/adjustments/absolute", &adjustment(&[])).await.status, 422);
}

#[tokio::test]
async fn buying_takes_out_of_stock() {
    let stand = Stand::open().await;
    stand.order();
    let stock = |sku| stand.shop.catalog().stock(sku);
    assert_eq!((stock("MUG"), stock("TEE-M"), stock("TEE-S")), (Some(8), Some(4), Some(5)));
}
