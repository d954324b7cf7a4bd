//! Webhooks: what is told, how it is signed, and what happens when nobody listens.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Stand, options};
use crate::inbox::{Inbox, Received};
use crate::{BigcommerceOptions, Draft};

async fn stand() -> (Stand, Inbox) {
    let inbox = Inbox::open().await;
    let options = BigcommerceOptions {
        receiver: Some(inbox.url.clone()),
        callback_path: "/webhooks/bigcommerce/acme-au".into(),
        client_secret: "s3cret".into(),
        webhook_header: Some(("X-Crossdock-Token".into(), "shared".into())),
        ..options()
    };
    (Stand::with(options).await, inbox)
}

/// The scopes told, sorted: no order is promised.
fn scopes(received: &[Received]) -> Vec<String> {
    let mut scopes: Vec<String> =
        received.iter().map(|of| of.body()["scope"].as_str().unwrap().to_owned()).collect();
    scopes.sort();
    scopes
}

fn of_scope(received: &[Received], scope: &str) -> Value {
    received.iter().map(Received::body).find(|body| body["scope"] == scope).unwrap()
}

/// Recomputed with the libraries alone, from the documented rule.
fn assert_signed(received: &Received) {
    let (id, timestamp) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(&received.raw);
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(received.header("webhook-signature"), format!("v1,{expected}"));
    let age = Timestamp::now().as_second() - timestamp.parse::<i64>().unwrap();
    assert!((0..60).contains(&age), "{age}");
}

#[tokio::test]
async fn a_new_order_is_told_in_three_signed_callbacks() {
    let (stand, inbox) = stand().await;
    let id: u64 = stand.order().parse().unwrap();
    let received = inbox.wait_for(3).await;
    assert_eq!(
        scopes(&received),
        ["store/order/created", "store/order/statusUpdated", "store/order/updated"]
    );
    for callback in &received {
        assert_signed(callback);
        assert_eq!(callback.path_and_query, "/webhooks/bigcommerce/acme-au");
        assert_eq!(callback.header("x-crossdock-token"), "shared");
        assert_eq!(callback.header("content-type"), "application/json");
    }
    let created = of_scope(&received, "store/order/created");
    assert_eq!(created["producer"], "stores/abc123");
    assert_eq!(created["store_id"], "1025646");
    assert_eq!(created["data"], json!({ "type": "order", "id": id }));
    assert!(created["created_at"].is_i64());
    assert_eq!(created["hash"].as_str().unwrap().len(), 40);
    let status = of_scope(&received, "store/order/statusUpdated");
    assert_eq!(status["data"]["status"], json!({ "previous_status_id": 0, "new_status_id": 11 }));
    assert_eq!(
        created["hash"],
        of_scope(&received, "store/order/updated")["hash"],
        "the same data of one change"
    );
    assert_ne!(created["hash"], status["hash"]);
}

#[tokio::test]
async fn each_change_tells_its_own_scopes() {
    let (stand, inbox) = stand().await;
    let id = stand.order();
    let mut seen = inbox.wait_for(3).await.len();
    let path = format!("v2/orders/{id}");
    let shipments = format!("{path}/shipments");
    let shipment = stand.post(&shipments, &stand.parcel(&id, &[(0, 1)])).await.body;
    let received = inbox.wait_for(seen + 2).await;
    assert_eq!(scopes(&received[seen..]), ["store/order/updated", "store/shipment/created"]);
    let told = of_scope(&received[seen..], "store/shipment/created");
    assert_eq!(
        told["data"],
        json!({ "type": "shipment", "id": shipment["id"], "orderId": id.parse::<u64>().unwrap() })
    );
    seen = received.len();

    stand.put(&path, &json!({ "status_id": 10 })).await;
    let received = inbox.wait_for(seen + 2).await;
    assert_eq!(scopes(&received[seen..]), ["store/order/statusUpdated", "store/order/updated"]);
    seen = received.len();

    let items = [
        json!({ "location_id": 1, "sku": "MUG", "quantity": 1 }),
        json!({ "location_id": 1, "sku": "TEE-M", "quantity": 2 }),
    ];
    stand.put("v3/inventory/adjustments/absolute", &json!({ "items": items })).await;
    let received = inbox.wait_for(seen + 4).await;
    let product = "store/product/updated";
    assert_eq!(
        scopes(&received[seen..]),
        ["store/product/inventory/updated", product, product, "store/sku/inventory/updated"]
    );
    let sku = of_scope(&received[seen..], "store/sku/inventory/updated");
    let inventory = json!({ "product_id": 78, "method": "absolute", "value": 2, "variant_id": 179 });
    assert_eq!(sku["data"]["inventory"], inventory);
    seen = received.len();

    // One quantity is what it was, and two variants are one product.
    let items = [
        json!({ "location_id": 1, "sku": "MUG", "quantity": 1 }),
        json!({ "location_id": 1, "sku": "TEE-S", "quantity": 3 }),
        json!({ "location_id": 1, "sku": "TEE-M", "quantity": 3 }),
    ];
    stand.put("v3/inventory/adjustments/absolute", &json!({ "items": items })).await;
    let received = inbox.wait_for(seen + 3).await;
    let sku = "store/sku/inventory/updated";
    assert_eq!(scopes(&received[seen..]), [product, sku, sku]);
    let told = of_scope(&received[seen..], product);
    assert_eq!(told["data"], json!({ "type": "product", "id": 78 }));
    seen = received.len();

    stand.shop.change_product(77, |item| item.sku = "CUP".to_owned());
    stand.shop.change_product(1, |item| item.sku = "CUP".to_owned());
    let received = inbox.wait_for(seen + 1).await;
    let told = of_scope(&received[seen..], product);
    assert_eq!(told["data"], json!({ "type": "product", "id": 77 }));
    seen = received.len();

    stand.shop.set_status(&id, 5);
    let received = inbox.wait_for(seen + 2).await;
    assert_eq!(scopes(&received[seen..]), ["store/order/statusUpdated", "store/order/updated"]);
}

#[tokio::test]
async fn a_callback_is_tried_again_under_the_same_id_until_it_is_taken() {
    let (stand, inbox) = stand().await;
    stand.shop.callbacks().hold();
    stand.order();
    inbox.answer(503);
    inbox.answer(302);
    stand.shop.callbacks().release_reversed();
    let received = inbox.wait_for(5).await;
    let ids: Vec<&str> = received.iter().map(|callback| callback.header("webhook-id")).collect();
    assert_eq!((ids[0], ids[1]), (ids[1], ids[2]));
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3);
    received.iter().for_each(assert_signed);
    assert_eq!(stand.shop.callbacks().answers()[..2], [503, 302]);
}

#[tokio::test]
async fn callbacks_come_doubled_and_reversed_on_request() {
    let (stand, inbox) = stand().await;
    stand.shop.callbacks().double(1);
    let draft = Draft::of(&[("POSTER", 1)]);
    stand.shop.place_order(&draft);
    let doubled = inbox.wait_for(6).await;
    assert_eq!(doubled.iter().map(|of| of.header("webhook-id")).collect::<BTreeSet<_>>().len(), 3);

    stand.shop.callbacks().double(0);
    stand.shop.callbacks().hold();
    let id: u64 = stand.shop.place_order(&draft).parse().unwrap();
    stand.shop.callbacks().release_reversed();
    let reversed = inbox.wait_for(9).await;
    let scopes: Vec<Value> = reversed[6..].iter().map(|of| of.body()["scope"].clone()).collect();
    assert_eq!(scopes, ["store/order/updated", "store/order/statusUpdated", "store/order/created"]);
    assert!(reversed[6..].iter().all(|of| of.body()["data"]["id"] == id));
}

#[tokio::test]
async fn a_receiver_that_comes_later_gets_what_happens_from_then_on() {
    let inbox = Inbox::open().await;
    let stand = Stand::open().await;
    stand.order();
    stand.shop.callbacks().set_receiver(inbox.url.clone());
    let second: u64 = stand.order().parse().unwrap();
    let received = inbox.wait_for(3).await;
    assert!(received.iter().all(|of| of.body()["data"]["id"] == second));
}
