//! Composite products: one line at the shop, their parts for the warehouse.

use crossdock_domain::{OrderId, ShopLine, ShopOrder};
use crossdock_storefront::{Priority, Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::shop::{Shop, fixture, get, refusal};

/// A shop with the documented composite order `K8XTQ`, changed.
async fn shop_with_order(change: impl FnOnce(&mut Value)) -> Shop {
    let shop = Shop::start().await;
    let mut order = fixture("order/paid_download");
    order["items"] = fixture("order/composite_items")["items"].clone();
    order["items"][0]["id"] = json!(77);
    change(&mut order["items"]);
    get("orders/K8XTQ")
        .respond_with(ResponseTemplate::new(200).set_body_json(order))
        .mount(&shop.server)
        .await;
    shop
}

/// Lists a product, for so many reads.
async fn list(shop: &Shop, id: &str, product: &Value, reads: u64) {
    get(&format!("products/{id}"))
        .respond_with(ResponseTemplate::new(200).set_body_json(product))
        .up_to_n_times(reads)
        .expect(reads)
        .mount(&shop.server)
        .await;
}

fn mug() -> Value {
    json!({"id": 1111, "sku": "MUG", "name": "Mug", "isShippingRequired": true, "combinations": [], "compositeComponents": []})
}

fn tee() -> Value {
    let size = |size| json!([{"name": "Size", "value": size}]);
    json!({"id": 2222, "sku": "TEE", "name": "Tee", "combinations": [
        {"id": 5554, "sku": "TEE-S", "options": size("S")},
        {"id": 5555, "sku": "TEE-M", "options": size("M")},
        {"id": 5556, "options": size("L")},
    ]})
}

async fn order_of(shop: &Shop) -> Result<ShopOrder, StorefrontError> {
    shop.ecwid.orders(&[OrderId::from("K8XTQ")], Priority::Urgent).await.remove(0)
}

/// Id, SKU, units and price of each line that is packed.
fn packed(order: &ShopOrder) -> Vec<(&str, &str, u32, String)> {
    let packed = order.lines.iter().filter(|line| line.shippable);
    packed
        .map(|line| (line.line_id.as_str(), line.sku.as_str(), line.quantity, line.unit_price.to_string()))
        .collect()
}

/// The one line that is packed and has no SKU.
fn unclear(order: &ShopOrder) -> &ShopLine {
    let unclear: Vec<_> = order.lines.iter().filter(|line| line.sku.as_str().is_empty()).collect();
    assert!(unclear.len() == 1 && unclear[0].shippable && unclear[0].quantity > 0, "{:?}", order.lines);
    unclear[0]
}

#[tokio::test]
async fn a_composite_is_packed_as_its_parts_which_are_looked_up_once() {
    let shop = shop_with_order(|items| items[0]["quantity"] = json!(3)).await;
    list(&shop, "1111", &mug(), 1).await;
    list(&shop, "2222", &tee(), 1).await;
    for _ in 0..2 {
        let order = order_of(&shop).await.unwrap();
        let zero = "0.00".to_owned();
        let parts = [("77/1111", "MUG", 6, zero.clone()), ("77/2222-5555", "TEE-M", 3, zero)];
        assert_eq!(packed(&order), parts);
        assert_eq!(order.lines[2].options["Size"], "M");
        let whole = &order.lines[0];
        assert_eq!((whole.sku.as_str(), whole.quantity, whole.shippable), ("COMPOSITE-001", 3, false));
        assert_eq!(whole.unit_price.to_string(), "30.00");
        assert!(order.lines[1..].iter().all(|part| part.part_of.as_ref() == Some(&whole.line_id)));
    }
}

#[tokio::test]
async fn a_component_listed_twice_is_one_part_and_a_variation_without_a_sku_has_the_products() {
    let shop = shop_with_order(|items| {
        items[0]["compositeComponents"] = json!([
            {"productId": 2222, "combinationId": 5556, "quantity": 1},
            {"productId": 2222, "combinationId": null, "quantity": 1},
            {"productId": 2222, "combinationId": 5556, "quantity": 2},
        ]);
    })
    .await;
    list(&shop, "2222", &tee(), 1).await;
    let zero = "0.00".to_owned();
    let order = order_of(&shop).await.unwrap();
    assert_eq!(packed(&order), [("77/2222", "TEE", 1, zero.clone()), ("77/2222-5556", "TEE", 3, zero)]);
}

#[tokio::test]
async fn a_composite_within_a_composite_is_taken_apart_too() {
    let shop = shop_with_order(|items| {
        items[0]["compositeComponents"] = json!([{"productId": 3333, "combinationId": null, "quantity": 2}]);
    })
    .await;
    let inner = json!({"id": 3333, "sku": "INNER", "name": "Inner", "compositeComponents": [
        {"productId": 1111, "combinationId": null, "quantity": 5},
    ]});
    list(&shop, "3333", &inner, 1).await;
    list(&shop, "1111", &mug(), 1).await;
    let order = order_of(&shop).await.unwrap();
    assert_eq!(packed(&order), [("77/1111", "MUG", 10, "0.00".to_owned())]);
}

#[tokio::test]
async fn composites_that_hold_each_other_end_as_a_part_without_a_sku() {
    let shop = shop_with_order(|items| {
        items[0]["compositeComponents"] = json!([{"productId": 3333, "combinationId": null, "quantity": 1}]);
    })
    .await;
    let inner = json!({"id": 3333, "sku": "INNER", "name": "Inner", "compositeComponents": [
        {"productId": 3333, "combinationId": null, "quantity": 1},
    ]});
    list(&shop, "3333", &inner, 1).await;
    let order = order_of(&shop).await.unwrap();
    assert_eq!(unclear(&order).name, "product 3333 in Gift Pack A (a composite itself)");
}

#[tokio::test]
async fn a_part_that_cannot_be_told_has_a_name_that_says_why_and_no_sku() {
    for (change, told) in [
        (json!({"productId": 4040}), "product 4040-5555 in Gift Pack A (gone from the catalogue)"),
        (
            json!({"combinationId": 4040}),
            "product 2222-4040 in Gift Pack A (its variation is gone from the catalogue)",
        ),
        (json!({"quantity": 0}), "product 2222-5555 in Gift Pack A (none of it in the composite)"),
    ] {
        let shop = shop_with_order(|items| {
            let component = items[0]["compositeComponents"][1].as_object_mut().unwrap();
            component.extend(change.as_object().unwrap().clone());
        })
        .await;
        list(&shop, "1111", &mug(), 1).await;
        get("products/2222")
            .respond_with(ResponseTemplate::new(200).set_body_json(tee()))
            .mount(&shop.server)
            .await;
        let order = order_of(&shop).await.unwrap();
        assert_eq!(unclear(&order).name, told);
        assert_eq!(packed(&order).len(), 2, "{:?}", order.lines);
    }
}

#[tokio::test]
async fn of_a_component_listed_twice_both_must_be_clear() {
    for quantities in [[0, 2], [2, 0]] {
        let shop = shop_with_order(|items| {
            let component =
                |quantity| json!({"productId": 1111, "combinationId": null, "quantity": quantity});
            items[0]["compositeComponents"] = json!(quantities.map(component));
        })
        .await;
        list(&shop, "1111", &mug(), 1).await;
        let order = order_of(&shop).await.unwrap();
        assert_eq!(unclear(&order).name, "product 1111 in Gift Pack A (none of it in the composite)");
    }
}

#[tokio::test]
async fn a_product_that_got_its_sku_is_known_at_once() {
    let shop = shop_with_order(|_| ()).await;
    list(&shop, "2222", &tee(), 1).await;
    let mut nameless = mug();
    nameless["sku"] = json!("");
    list(&shop, "1111", &nameless, 1).await;
    assert_eq!(unclear(&order_of(&shop).await.unwrap()).name, "Mug");
    list(&shop, "1111", &mug(), 1).await;
    assert_eq!(packed(&order_of(&shop).await.unwrap())[0].1, "MUG");
}

#[tokio::test]
async fn an_order_whose_parts_cannot_be_looked_up_now_is_not_given_out_without_them() {
    for (answer, class) in [
        (ResponseTemplate::new(503), "shop-unavailable"),
        (refusal(403, "INSUFFICIENT_APP_SCOPE", "no"), "shop-scope-missing"),
        (ResponseTemplate::new(429).insert_header("retry-after", "7"), "shop-throttled"),
    ] {
        let shop = shop_with_order(|_| ()).await;
        list(&shop, "2222", &tee(), 1).await;
        get("products/1111").respond_with(answer).mount(&shop.server).await;
        let error = order_of(&shop).await.unwrap_err();
        assert_eq!(crossdock_domain::Classify::class(&error), class);
    }
}
