//! Products, combinations, and their stock.

use serde_json::{Value, json};

use super::{Stand, options};
use crate::Whole;
use crate::ecwid::EcwidOptions;

fn ids(page: &Value) -> Vec<u64> {
    page["items"].as_array().unwrap().iter().map(|product| product["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_sku_finds_its_product_also_in_a_combination() {
    let stand = Stand::open().await;
    assert_eq!(ids(&stand.get("products").await.body), [701, 702, 703]);
    assert_eq!(ids(&stand.get("products?limit=1&offset=2").await.body), [703]);
    assert_eq!(ids(&stand.get("products?sku=MUG").await.body), [701]);
    assert_eq!(ids(&stand.get("products?sku=TEE-M").await.body), [702]);
    assert!(ids(&stand.get("products?sku=TEE").await.body).is_empty());
    let fields = "items(id,sku,quantity,unlimited,combinations(id,sku,quantity))";
    let cut = stand.get(&format!("products?sku=TEE-M&responseFields={fields}")).await.body;
    let combinations =
        json!([{ "id": 1702, "sku": "TEE-S", "quantity": 5 }, { "id": 1703, "sku": "TEE-M", "quantity": 5 }]);
    let product = json!({ "id": 702, "sku": "00702", "unlimited": true, "combinations": combinations });
    assert_eq!(cut, json!({ "items": [product] }), "a product with combinations has no quantity of its own");
}

#[tokio::test]
async fn combinations_are_a_bare_list() {
    let stand = Stand::open().await;
    let list = stand.get("products/702/combinations").await.body;
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[1]["options"], json!([{ "name": "Size", "value": "M" }]));
    assert_eq!(stand.get("products/702/combinations/1703").await.body, list[1]);
    assert_eq!(stand.get("products/701/combinations").await.body, json!([]));
    let poster = stand.get("products/703").await.body;
    assert_eq!((&poster["unlimited"], poster.get("quantity")), (&json!(true), None));
}

#[tokio::test]
async fn stock_is_set_where_it_counts() {
    let stand = Stand::open().await;
    let level = json!({ "quantity": 7, "unlimited": false });
    let stock = |sku| stand.shop.catalog().stock(sku);
    assert_eq!(stand.put("products/701", &level).await.body, json!({ "updateCount": 1 }));
    assert_eq!(stand.put("products/702/combinations/1703", &level).await.body, json!({ "updateCount": 1 }));
    assert_eq!((stock("MUG"), stock("TEE-M"), stock("TEE-S")), (Some(7), Some(7), Some(5)));
    stand.put("products/702", &level).await;
    assert_eq!(stock("TEE-S"), Some(5), "a product's own quantity is not that of its combinations");
    stand.put("products/703", &json!({ "quantity": 7 })).await;
    assert_eq!(stock("POSTER"), None);
    stand.put("products/703", &level).await;
    assert_eq!(stock("POSTER"), Some(7));
    assert_eq!(stand.put("products/701", &json!({ "quantity": "7" })).await.code(), "WRONG_PARAMETER");
    assert_eq!(stand.get("products/701").await.body["quantity"], 7);
}

#[tokio::test]
async fn a_shop_may_count_only_what_changed() {
    let stand = Stand::with(EcwidOptions { only_changes_count: true, ..options() }).await;
    let level = json!({ "quantity": 7, "unlimited": false });
    for resource in ["products/701", "products/702", "products/702/combinations/1703"] {
        for count in [1, 0] {
            assert_eq!(stand.put(resource, &level).await.body, json!({ "updateCount": count }), "{resource}");
        }
    }
}

#[tokio::test]
async fn a_product_has_a_sku_and_a_count_of_its_own_if_it_is_given_them() {
    let stand = Stand::open().await;
    stand.shop.catalog().items()[1].sku = "TEE".to_owned();
    stand.shop.catalog().set_whole(702, Whole { sku: "TEE".to_owned(), stock: Some(4) });
    let product = stand.get("products?sku=TEE&responseFields=items(sku,quantity,unlimited)").await.body;
    assert_eq!(product["items"], json!([{ "sku": "TEE", "quantity": 4, "unlimited": false }]));
    let level = json!({ "quantity": 7, "unlimited": false });
    let refused = stand.put("products/702/combinations/1702", &level).await;
    assert_eq!((refused.status, refused.code()), (400, "DIFFERENT_COMBINATION_STOCK"));
    assert_eq!(stand.put("products/702", &level).await.status, 200);
    assert_eq!(stand.shop.catalog().whole(702).stock, Some(7));
    assert_eq!(stand.put("products/702/combinations/1702", &level).await.status, 200);
}

#[tokio::test]
async fn a_search_is_sorted_as_it_is_asked_to_be() {
    let stand = Stand::open().await;
    assert_eq!(ids(&stand.get("products?sortBy=ADDED_TIME_ASC").await.body), [701, 702, 703]);
    assert_eq!(ids(&stand.get("products?sortBy=ADDED_TIME_DESC").await.body), [703, 702, 701]);
    assert_eq!(stand.get("products?sortBy=PATIENCE").await.code(), "WRONG_PARAMETER");
}
