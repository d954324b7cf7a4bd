//! Proving credentials and scopes.

use crossdock_domain::Classify as _;
use crossdock_storefront::{Storefront as _, StorefrontError};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::shop::{Shop, fixture, get, put, refusal};

/// The calls of a check, and the scope that each of them proves.
const CALLS: [(&str, &str, &str); 4] = [
    ("GET", "orders", "read_orders"),
    ("PUT", "orders/0", "update_orders"),
    ("GET", "products", "read_catalog"),
    ("PUT", "products/0", "update_catalog"),
];

/// Answers every call of a check as a shop does, but for one scope that the token lacks.
async fn grant_all_but(shop: &Shop, missing: &str) {
    for (method, resource, scope) in CALLS {
        let granted = if method == "GET" {
            ResponseTemplate::new(200).set_body_json(json!({"total": 23}))
        } else {
            refusal(404, "ORDER_NOT_FOUND", "not found")
        };
        let answer = if scope == missing { refusal(403, "INSUFFICIENT_APP_SCOPE", "no") } else { granted };
        let call = if method == "GET" { get(resource) } else { put(resource) };
        call.respond_with(answer).mount(&shop.server).await;
    }
}

#[tokio::test]
async fn a_token_with_every_scope_answers_with_the_shops_name() {
    let shop = Shop::start().await;
    grant_all_but(&shop, "").await;
    assert_eq!(shop.ecwid.check().await.unwrap(), "API Team Store");
    assert_eq!(shop.writes().await, [json!({}), json!({})]);
}

#[tokio::test]
async fn each_missing_scope_is_named() {
    for (_, _, scope) in CALLS {
        let shop = Shop::start().await;
        grant_all_but(&shop, scope).await;
        let error = shop.ecwid.check().await.unwrap_err();
        assert!(
            matches!(&error, StorefrontError::MissingScope { scope: named, .. } if named == scope),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_dead_token_is_told_from_a_missing_scope() {
    let shop = Shop::bare(crossdock_ecwid::http_client().unwrap(), |_| ()).await;
    get("profile").respond_with(refusal(403, "INVALID_API_TOKEN", "no")).mount(&shop.server).await;
    assert_eq!(shop.ecwid.check().await.unwrap_err().class(), "shop-credentials-refused");
}

#[tokio::test]
async fn the_custom_statuses_that_are_on_are_told_by_the_merchants_names() {
    let shop = Shop::start().await;
    let mut statuses = fixture("profile/order_statuses");
    for (id, name) in
        [("CUSTOM_PAYMENT_STATUS_2", "Deposit paid"), ("CUSTOM_FULFILLMENT_STATUS_1", "To engrave")]
    {
        let items = statuses["items"].as_array_mut().unwrap();
        let status = items.iter_mut().find(|status| status["statusId"] == id).unwrap();
        status["enabled"] = json!(true);
        status["name"] = json!(name);
    }
    get("profile/order_statuses")
        .respond_with(ResponseTemplate::new(200).set_body_json(statuses))
        .mount(&shop.server)
        .await;
    let told = [
        "'Deposit paid' is the status CUSTOM_PAYMENT_STATUS_2",
        "'To engrave' is the status CUSTOM_FULFILLMENT_STATUS_1",
    ];
    assert_eq!(shop.ecwid.remarks().await.unwrap(), told);
}
