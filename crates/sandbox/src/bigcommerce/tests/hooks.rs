//! Subscriptions by the API, and who is told of what.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Stand, options};
use crate::inbox::{Inbox, Received};
use crate::{BigcommerceOptions, BigcommerceScope};

/// A receiver's address that nobody listens at.
const ELSEWHERE: &str = "https://hooks.example.com/webhooks";

async fn subscribe(stand: &Stand, scope: &str, destination: &str) -> Answer {
    stand.post("v3/hooks", &json!({ "scope": scope, "destination": destination })).await
}

fn ids(answer: &Answer) -> Vec<u64> {
    answer.body["data"].as_array().unwrap().iter().map(|hook| hook["id"].as_u64().unwrap()).collect()
}

/// What came in, once nothing is on its way any more.
async fn all_told(stand: &Stand, inbox: &Inbox) -> Vec<Received> {
    while stand.shop.callbacks().on_their_way() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    inbox.wait_for(0).await
}

#[tokio::test]
async fn a_hook_is_made_read_changed_and_deleted() {
    let stand = Stand::open().await;
    let wanted = json!({
        "scope": "store/order/created", "destination": ELSEWHERE, "headers": { "X-Token": "s" },
    });
    let made = stand.post("v3/hooks", &wanted).await;
    assert_eq!(made.status, 200);
    let hook = &made.body["data"];
    assert_eq!((&hook["scope"], &hook["is_active"]), (&wanted["scope"], &json!(true)));
    assert_eq!((&hook["headers"], &hook["store_hash"]), (&wanted["headers"], &json!("abc123")));
    assert!(hook["created_at"].is_i64() && hook["updated_at"].is_i64() && hook["client_id"].is_string());

    let path = format!("v3/hooks/{}", hook["id"]);
    assert_eq!(stand.get(&path).await.body["data"], *hook);
    let off = stand.put(&path, &json!({ "is_active": false })).await;
    assert_eq!((off.status, &off.body["data"]["is_active"]), (200, &json!(false)));
    assert_eq!(off.body["data"]["headers"], wanted["headers"], "what is not sent stays");
    assert_eq!(stand.put(&path, &json!({})).await.status, 422, "at least one field is required");
    assert_eq!(stand.delete(&path).await.body["data"]["id"], hook["id"]);
    let gone = stand.get(&path).await;
    assert_eq!(
        (gone.status, &gone.body["title"]),
        (404, &json!(format!("Webhook with id [{}] not found", hook["id"])))
    );
    assert_eq!(stand.get("v3/hooks").await.body["data"], json!([]));
}

#[tokio::test]
async fn hooks_are_listed_in_pages_and_by_filter_to_their_own_account_alone() {
    let stand = Stand::open().await;
    for scope in ["store/order/created", "store/order/updated", "store/sku/*"] {
        assert_eq!(subscribe(&stand, scope, ELSEWHERE).await.status, 200);
    }
    stand.shop.subscribe("another-account", "store/order/*", ELSEWHERE);
    let first = stand.get("v3/hooks?limit=2").await;
    assert_eq!((ids(&first).len(), &first.body["meta"]["pagination"]["total"]), (2, &json!(3)));
    assert_eq!(ids(&stand.get("v3/hooks?limit=2&page=2").await).len(), 1);
    let one = ids(&stand.get("v3/hooks?scope=store/sku/*").await);
    assert_eq!(one.len(), 1);
    stand.put(&format!("v3/hooks/{}", one[0]), &json!({ "is_active": false })).await;
    assert_eq!(ids(&stand.get("v3/hooks?is_active=false").await), one);
    assert_eq!(ids(&stand.get("v3/hooks?destination=https://example.com").await).len(), 0);
    let foreign = stand.shop.hooks().last().unwrap()["id"].clone();
    assert_eq!(stand.get(&format!("v3/hooks/{foreign}")).await.status, 404);
}

#[tokio::test]
async fn what_is_not_documented_is_refused_by_its_field() {
    let stand = Stand::open().await;
    let refused = async |body: Value, field: &str| {
        let answer = stand.post("v3/hooks", &body).await;
        assert_eq!(answer.status, 422, "{body}");
        assert!(answer.body["errors"][field].is_string(), "{body}: {}", answer.body);
    };
    refused(json!({ "scope": "store/order/created" }), "destination").await;
    refused(json!({ "destination": ELSEWHERE }), "scope").await;
    refused(json!({ "scope": "store/order/eaten", "destination": ELSEWHERE }), "scope").await;
    for address in ["http://hooks.example.com", "https://hooks.example.com:8443", "hooks", ""] {
        refused(json!({ "scope": "store/order/created", "destination": address }), "destination").await;
    }
    let heavy = json!({ "X-Token": "s".repeat(9000) });
    refused(json!({ "scope": "store/order/*", "destination": ELSEWHERE, "headers": heavy }), "headers").await;
    refused(json!({ "scope": "store/order/*", "destination": ELSEWHERE, "is_active": 1 }), "is_active").await;
    for _ in 0..10 {
        assert_eq!(subscribe(&stand, "store/order/created", ELSEWHERE).await.status, 200);
    }
    refused(json!({ "scope": "store/order/created", "destination": ELSEWHERE }), "scope").await;
    assert_eq!(
        subscribe(&stand, "store/order/updated", ELSEWHERE).await.status,
        200,
        "each scope has its ten"
    );
}

#[tokio::test]
async fn a_token_subscribes_to_what_it_may_read() {
    let mut options = options();
    options.scopes = [BigcommerceScope::ProductsReadOnly].into();
    let stand = Stand::with(options).await;
    assert_eq!(subscribe(&stand, "store/order/created", ELSEWHERE).await.status, 403);
    assert_eq!(subscribe(&stand, "store/sku/updated", ELSEWHERE).await.status, 200);
}

#[tokio::test]
async fn each_active_hook_of_a_scope_is_told_with_its_own_headers() {
    let (inbox, stand) = (Inbox::open().await, Stand::open().await);
    let at = |path: &str| inbox.url.join(path).unwrap();
    let hook =
        json!({ "scope": "store/order/created", "destination": at("/one"), "headers": { "X-Token": "s" } });
    stand.post("v3/hooks", &hook).await;
    let off = stand
        .post(
            "v3/hooks",
            &json!({ "scope": "store/order/created", "destination": at("/off"), "is_active": false }),
        )
        .await;
    stand.shop.subscribe("another-account", "store/order/*", at("/another").as_str());
    stand.order();
    // Created, statusUpdated and updated to the family; created to the one.
    let received = inbox.wait_for(4).await;
    let mut told: Vec<_> = received
        .iter()
        .map(|of| (of.path_and_query.clone(), of.body()["scope"].as_str().unwrap().to_owned()))
        .collect();
    told.sort();
    let pair = |path: &str, scope: &str| (path.to_owned(), format!("store/order/{scope}"));
    let expected = [
        pair("/another", "created"),
        pair("/another", "statusUpdated"),
        pair("/another", "updated"),
        pair("/one", "created"),
    ];
    assert_eq!(told, expected);
    for of in &received {
        assert_eq!(of.headers.contains_key("x-token"), of.path_and_query == "/one");
        assert!(of.header("webhook-signature").starts_with("v1,"));
    }
    stand.put(&format!("v3/hooks/{}", off.body["data"]["id"]), &json!({ "is_active": true })).await;
    stand.order();
    let received = inbox.wait_for(9).await;
    assert!(received.iter().any(|of| of.path_and_query == "/off"));
}

#[tokio::test]
async fn what_happens_while_the_hooks_are_off_is_lost() {
    let (inbox, stand) = (Inbox::open().await, Stand::open().await);
    subscribe(&stand, "store/order/created", inbox.url.as_str()).await;
    inbox.answer(503);
    stand.order();
    inbox.wait_for(1).await;
    stand.shop.deactivate_hooks();
    stand.order();
    let hook = ids(&stand.get("v3/hooks?is_active=false").await)[0];
    stand.put(&format!("v3/hooks/{hook}"), &json!({ "is_active": true })).await;
    let told: u64 = stand.order().parse().unwrap();
    let received = all_told(&stand, &inbox).await;
    assert_eq!(received.len(), 2);
    assert_eq!(received[1].body()["data"]["id"], told, "neither the failed one nor the one between");
}

#[tokio::test]
async fn a_receiver_that_needs_no_subscription_is_told_once() {
    let inbox = Inbox::open().await;
    let stand = Stand::with(BigcommerceOptions { receiver: Some(inbox.url.clone()), ..options() }).await;
    subscribe(&stand, "store/order/*", inbox.url.join("/hook").unwrap().as_str()).await;
    stand.order();
    let received = all_told(&stand, &inbox).await;
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|of| of.path_and_query == "/webhooks/bigcommerce"));
}
