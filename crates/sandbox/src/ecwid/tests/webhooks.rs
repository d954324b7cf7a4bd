//! Webhooks: what is told, and how it is signed.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Stand, options};
use crate::EcwidOptions;
use crate::inbox::{Inbox, Received};

async fn stand() -> (Stand, Inbox) {
    let inbox = Inbox::open().await;
    let options = EcwidOptions {
        receiver: Some(inbox.url.clone()),
        callback_path: "/webhooks/ecwid/acme-widgets".into(),
        client_secret: "s3cret".into(),
        ..options()
    };
    (Stand::with(options).await, inbox)
}

/// Recomputed with the libraries alone, from the documented rule.
fn assert_signed(received: &Received) {
    let body = received.body();
    let message = format!("{}.{}", body["eventCreated"], body["eventId"].as_str().unwrap());
    let mut mac = Hmac::<Sha256>::new_from_slice(b"s3cret").unwrap();
    mac.update(message.as_bytes());
    let expected = STANDARD.encode(mac.finalize().into_bytes());
    assert_eq!(received.header("x-ecwid-webhook-signature"), expected);
    let event_type = body["eventType"].as_str().unwrap();
    assert_eq!(received.path_and_query, format!("/webhooks/ecwid/acme-widgets?eventtype={event_type}"));
    assert_eq!(received.header("content-type"), "application/json; charset=UTF-8");
}

fn of_type<'a>(bodies: &'a [Value], event_type: &str) -> &'a Value {
    bodies.iter().find(|body| body["eventType"] == event_type).unwrap()
}

#[tokio::test]
async fn a_checkout_tells_of_the_order_and_of_each_product() {
    let (stand, inbox) = stand().await;
    let id = stand.order();
    let received = inbox.wait_for(3).await;
    received.iter().for_each(assert_signed);
    let bodies: Vec<Value> = received.iter().map(Received::body).collect();
    let created = of_type(&bodies, "order.created");
    assert_eq!(created["storeId"], 1003);
    assert_eq!(created["entityId"], stand.shop.order(&id)["internalId"]);
    let data =
        json!({ "orderId": id, "newPaymentStatus": "PAID", "newFulfillmentStatus": "AWAITING_PROCESSING" });
    assert_eq!(created["data"], data);
    let products = bodies.iter().filter(|body| body["eventType"] == "product.updated");
    let products: BTreeSet<u64> = products.map(|body| body["entityId"].as_u64().unwrap()).collect();
    assert_eq!(products, BTreeSet::from([701, 702]));
    assert!(of_type(&bodies, "product.updated").get("data").is_none());
}

#[tokio::test]
async fn our_own_writes_come_back_as_webhooks() {
    let (stand, inbox) = stand().await;
    let id = stand.order();
    inbox.wait_for(3).await;
    stand.put(&format!("orders/{id}"), &json!({ "fulfillmentStatus": "SHIPPED" })).await;
    let updated = inbox.wait_for(4).await[3].body();
    assert_eq!(updated["eventType"], "order.updated");
    let data = json!({
        "orderId": id,
        "oldPaymentStatus": "PAID",
        "newPaymentStatus": "PAID",
        "oldFulfillmentStatus": "AWAITING_PROCESSING",
        "newFulfillmentStatus": "SHIPPED",
    });
    assert_eq!(updated["data"], data);
    stand.put("products/701", &json!({ "quantity": 1 })).await;
    let stock = inbox.wait_for(5).await[4].body();
    assert_eq!((&stock["eventType"], &stock["entityId"]), (&json!("product.updated"), &json!(701)));
    stand.shop.set_statuses(&id, "CANCELLED", "WILL_NOT_DELIVER");
    assert_eq!(inbox.wait_for(6).await[5].body()["data"]["newPaymentStatus"], "CANCELLED");
    stand.shop.remove_order(&id);
    let deleted = inbox.wait_for(7).await[6].body();
    assert_eq!(
        (&deleted["eventType"], &deleted["data"]),
        (&json!("order.deleted"), &json!({ "orderId": id }))
    );
}

#[tokio::test]
async fn the_event_id_stays_over_tries_and_copies() {
    let (stand, inbox) = stand().await;
    inbox.answer(500);
    stand.shop.callbacks().double(1);
    let id = stand.order();
    let received = inbox.wait_for(7).await;
    let ids: BTreeSet<String> = received.iter().map(|of| of.body()["eventId"].to_string()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    received.iter().for_each(assert_signed);

    stand.shop.callbacks().double(0);
    stand.shop.callbacks().hold();
    stand.shop.set_statuses(&id, "PAID", "PROCESSING");
    stand.shop.set_statuses(&id, "PAID", "SHIPPED");
    stand.shop.callbacks().release_reversed();
    let reversed = inbox.wait_for(9).await;
    let statuses: Vec<Value> =
        reversed[7..].iter().map(|of| of.body()["data"]["newFulfillmentStatus"].clone()).collect();
    assert_eq!(statuses, ["SHIPPED", "PROCESSING"]);
}
