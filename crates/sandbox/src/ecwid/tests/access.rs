//! Tokens, scopes, errors, faults, and the rate limit.

use std::time::Duration;

use reqwest::Method;
use reqwest::header::RETRY_AFTER;
use serde_json::json;

use super::{Stand, options};
use crate::{EcwidOptions, EcwidScope, Fault, Quota};

#[tokio::test]
async fn a_wrong_token_is_forbidden_not_unauthorized() {
    let stand = Stand::open().await;
    let wrong = Stand::send(stand.bare(Method::GET, "profile").bearer_auth("secret_wrong")).await;
    assert_eq!((wrong.status, wrong.code()), (403, "INVALID_API_TOKEN"));
    assert_eq!(Stand::send(stand.bare(Method::GET, "profile")).await.status, 403);
    assert_eq!(Stand::send(stand.bare(Method::GET, "profile?token=secret_sandbox")).await.status, 200);
    assert_eq!(stand.get("profile").await.body["formatsAndUnits"]["currency"], "USD");
    assert_eq!(stand.get("/api/v3/1004/profile").await.status, 403, "a token is for one store");
    stand.shop.set_access_token("secret_new");
    assert_eq!(stand.get("profile").await.code(), "INVALID_API_TOKEN");
}

#[tokio::test]
async fn a_missing_scope_is_named_as_such() {
    let mut options = options();
    options.scopes.remove(&EcwidScope::UpdateOrders);
    let stand = Stand::with(options).await;
    let id = stand.order();
    let refused = stand.put(&format!("orders/{id}"), &json!({ "trackingNumber": "A1" })).await;
    assert_eq!((refused.status, refused.code()), (403, "INSUFFICIENT_APP_SCOPE"));
    assert_eq!(stand.get(&format!("orders/{id}")).await.status, 200);
    assert!(stand.shop.updates(&id).is_empty());
}

#[tokio::test]
async fn each_error_has_its_code() {
    let stand = Stand::open().await;
    let id = stand.order();
    let missing = stand.get("orders/NONE1").await;
    assert_eq!((missing.status, missing.code()), (404, "ORDER_NOT_FOUND"));
    assert_eq!(missing.body["errorMessage"], "Order #NONE1 not found");
    assert_eq!(stand.get("products/1").await.code(), "PRODUCT_NOT_FOUND");
    assert_eq!(stand.put("products/702/combinations/1", &json!({})).await.code(), "COMBINATION_NOT_FOUND");
    assert_eq!(stand.get("parcels").await.code(), "WRONG_URL");
    assert_eq!(stand.put("orders", &json!({})).await.code(), "METHOD_NOT_ALLOWED");
    assert_eq!(stand.get("orders?createdFrom=yesterday").await.code(), "WRONG_PARAMETER");
    let text = stand.bare(Method::PUT, &format!("orders/{id}")).bearer_auth("secret_sandbox").body("{}");
    assert_eq!(Stand::send(text).await.status, 415);
}

#[tokio::test]
async fn over_the_rate_limit_the_cooldown_is_told_in_seconds() {
    let quota = Quota { requests: 1, window: Duration::from_mins(10) };
    let stand = Stand::with(EcwidOptions { quota, ..options() }).await;
    assert_eq!(stand.get("profile").await.status, 200);
    let refused = stand.get("profile").await;
    assert_eq!((refused.status, refused.code()), (429, "RATE_LIMITED"));
    let seconds: u64 = refused.headers[RETRY_AFTER].to_str().unwrap().parse().unwrap();
    assert!((590..=600).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn faults_are_met_in_ecwids_words() {
    let stand = Stand::open().await;
    let id = stand.order();
    stand.shop.faults().next("GET", "/orders", Fault::Throttle(Duration::from_millis(2100)));
    let throttled = stand.get("orders").await;
    assert_eq!((throttled.status, throttled.headers[RETRY_AFTER].to_str().unwrap()), (429, "3"));
    stand.shop.faults().next("GET", "/orders", Fault::Status(500));
    assert_eq!(stand.get("orders").await.code(), "INTERNAL_ERROR");
    stand.shop.faults().next("PUT", "/orders", Fault::DoneThenCut);
    let put = stand.bare(Method::PUT, &format!("orders/{id}")).bearer_auth("secret_sandbox");
    assert!(put.json(&json!({ "trackingNumber": "A1" })).send().await.is_err());
    assert_eq!(stand.shop.order(&id)["trackingNumber"], "A1");
    stand.shop.faults().next("GET", "/orders", Fault::HalfBody);
    let half = stand.bare(Method::GET, "orders").bearer_auth("secret_sandbox").send().await.unwrap();
    assert!(half.bytes().await.is_err());
    let statuses: Vec<u16> = stand.shop.requests().iter().map(|request| request.status).collect();
    assert_eq!(statuses, [429, 500, 0, 200]);
}
