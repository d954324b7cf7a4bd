//! Tokens, scopes, media types, unknown paths, and the quota.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use super::{Stand, options};
use crate::{BigcommerceScope, Quota};

#[tokio::test]
async fn a_wrong_token_is_refused_and_a_replaced_one_too() {
    let stand = Stand::open().await;
    let wrong = stand.http.get(stand.shop.url().join("/stores/abc123/v2/orders").unwrap());
    assert_eq!(Stand::send(wrong.header("x-auth-token", "wrong")).await.status, 401);
    let none = stand.http.get(stand.shop.url().join("/stores/abc123/v2/store").unwrap());
    let answer = Stand::send(none).await;
    assert_eq!((answer.status, answer.body), (401, json!([{ "status": 401, "message": "Unauthorized" }])));
    assert_eq!(stand.get("v2/store").await.status, 200);
    stand.shop.set_access_token("another");
    assert_eq!(stand.get("v2/store").await.status, 401);
    let v3 = stand.get("v3/catalog/products").await.body;
    assert_eq!((&v3["status"], &v3["errors"]), (&json!(401), &json!({})));
}

#[tokio::test]
async fn reading_needs_one_scope_and_writing_another() {
    let mut options = options();
    options.scopes.remove(&BigcommerceScope::OrdersModify);
    options.scopes.remove(&BigcommerceScope::ProductsReadOnly);
    let stand = Stand::with(options).await;
    let id = stand.order();
    assert_eq!(stand.get(&format!("v2/orders/{id}")).await.status, 200);
    assert_eq!(stand.put(&format!("v2/orders/{id}"), &json!({ "status_id": 10 })).await.status, 403);
    assert_eq!(
        stand.post(&format!("v2/orders/{id}/shipments"), &stand.parcel(&id, &[(0, 1)])).await.status,
        403
    );
    assert_eq!(stand.get("v3/catalog/products").await.status, 200, "modify includes read-only");
    assert_eq!(stand.shop.status(&id), Some(11));
    assert!(stand.shop.shipments(&id).is_empty());
}

#[tokio::test]
async fn what_is_not_there_and_what_is_not_understood_is_told_apart() {
    let stand = Stand::open().await;
    let id = stand.order();
    let missing = stand.get("v2/orders/4711").await;
    let not_found = json!([{ "status": 404, "message": "The requested resource was not found." }]);
    assert_eq!((missing.status, missing.body), (404, not_found.clone()));
    let unknown = stand.get("v2/parcels").await;
    assert_eq!((unknown.status, unknown.body), (404, not_found));
    assert_eq!(stand.get("v3/parcels").await.body["status"], 404);
    assert_eq!(stand.put("v2/orders", &json!({})).await.status, 405);
    let other_store = stand.shop.url().join("/stores/other/v2/orders").unwrap();
    assert_eq!(
        Stand::send(stand.http.get(other_store).header("x-auth-token", &stand.token)).await.status,
        403
    );
    let text = stand
        .request(Method::PUT, &format!("v2/orders/{id}"))
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(Stand::send(text).await.status, 415);
    let xml = stand.http.get(stand.shop.url().join("/stores/abc123/v2/orders").unwrap());
    let xml = xml.header("x-auth-token", &stand.token).header("accept", "application/xml");
    assert_eq!(Stand::send(xml).await.status, 406);
    let broken = stand.request(Method::PUT, &format!("v2/orders/{id}"));
    let broken = broken.header("content-type", "application/json").body("{\"status_id\":");
    assert_eq!(Stand::send(broken).await.status, 400);
    stand.shop.remove_order(&id);
    assert_eq!(stand.get(&format!("v2/orders/{id}")).await.status, 404);
}

#[tokio::test]
async fn a_quota_is_counted_down_and_then_refuses_with_the_wait() {
    let quota = Quota { requests: 3, window: Duration::from_mins(10) };
    let stand = Stand::with(crate::BigcommerceOptions { quota, ..options() }).await;
    for left in ["2", "1", "0"] {
        let answer = stand.get("v2/store").await;
        assert_eq!((answer.status, answer.header("x-rate-limit-requests-left")), (200, left));
        assert_eq!(answer.header("x-rate-limit-requests-quota"), "3");
        assert_eq!(answer.header("x-rate-limit-time-window-ms"), "600000");
    }
    let answer = stand.get("v2/store").await;
    assert_eq!(answer.status, 429);
    let reset: u64 = answer.header("x-rate-limit-time-reset-ms").parse().unwrap();
    assert!((1..=600_000).contains(&reset), "{reset}");
    assert_eq!(answer.header("x-retry-after"), reset.div_ceil(1000).to_string());
}

#[tokio::test]
async fn a_window_that_has_passed_lets_requests_in_again() {
    let quota = Quota { requests: 1, window: Duration::from_millis(400) };
    let stand = Stand::with(crate::BigcommerceOptions { quota, ..options() }).await;
    assert_eq!(stand.get("v2/store").await.status, 200);
    let mut refused = 0;
    loop {
        let answer = stand.get("v2/store").await;
        if answer.status == 200 {
            break;
        }
        refused += 1;
        let reset: u64 = answer.header("x-rate-limit-time-reset-ms").parse().unwrap();
        tokio::time::sleep(Duration::from_millis(reset + 1)).await;
        assert!(refused < 20, "the window never ends");
    }
    assert_eq!(stand.shop.requests().iter().filter(|request| request.status == 429).count(), refused);
}
