//! Webhook subscriptions.

use std::sync::Arc;
use std::time::Duration;

use crossdock_bigcommerce::{Bigcommerce, http_client};
use crossdock_settings::WebhookHeader;
use crossdock_storefront::{Budget, Storefront as _, StorefrontError, Webhook, Webhooks};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;
use wiremock::matchers::{body_json, query_param};
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{answering, call, chain, client_of, connection, ok, tracking};

const DESTINATION: &str = "https://hooks.example.com/webhooks/bigcommerce/acme-au";

fn destination() -> Url {
    DESTINATION.parse().unwrap()
}

fn hooks_of(client: &Bigcommerce) -> &dyn Webhooks {
    client.webhooks().expect("BigCommerce has an API for webhooks")
}

/// A client whose receiver demands the header `x-token: s3cret`.
fn demanding_client_of(api_url: &str) -> Bigcommerce {
    let value = SecretString::from("s3cret".to_owned());
    let header = WebhookHeader { name: "x-token".to_owned(), value, alone: false };
    let mut connection = connection(api_url);
    connection.webhook_header = Some(header);
    Bigcommerce::new(http_client().unwrap(), &connection, &tracking(), Arc::new(Budget::told())).unwrap()
}

fn hook(id: u64, active: bool, headers: &Value) -> Value {
    json!({
        "id": id, "client_id": "c", "store_hash": "abc123", "created_at": 1_561_488_106, "updated_at": 1_561_488_106,
        "scope": "store/order/created", "destination": DESTINATION, "is_active": active, "headers": headers,
    })
}

#[tokio::test]
async fn every_page_of_the_list_is_read() {
    let server = MockServer::start().await;
    for (page, id) in [("1", 7), ("2", 8)] {
        let pagination =
            json!({ "total": 2, "count": 1, "per_page": 1, "current_page": 1, "total_pages": 2 });
        let rows = [hook(id, id == 7, &Value::Null)];
        let answer = ok(&json!({ "data": rows, "meta": { "pagination": pagination } }));
        call("GET", "/v3/hooks").and(query_param("page", page)).respond_with(answer).mount(&server).await;
    }
    let told: Vec<_> = hooks_of(&client_of(&server.uri())).list().await.unwrap();
    let told: Vec<_> = told.iter().map(|hook| (hook.id.as_str(), hook.active, hook.carries_header)).collect();
    assert_eq!(told, [("7", true, true), ("8", false, true)], "no header is demanded");
}

#[tokio::test]
async fn a_hook_carries_the_demanded_header_only_with_its_value() {
    let headers = [
        (json!({ "X-Token": "s3cret", "X-Other": "1" }), true),
        (json!({ "X-Token": "another" }), false),
        (Value::Null, false),
        (json!([]), false),
    ];
    for (headers, carries) in headers {
        let list = json!({ "data": [hook(7, true, &headers)], "meta": {} });
        let server = answering("/v3/hooks", ok(&list)).await;
        let read = hooks_of(&demanding_client_of(&server.uri())).list().await.unwrap();
        assert_eq!(read[0].carries_header, carries, "{headers}");
    }
}

#[tokio::test]
async fn a_subscription_is_active_and_carries_the_demanded_header() {
    let server = MockServer::start().await;
    let wanted = json!({ "scope": "store/order/created", "destination": DESTINATION, "is_active": true });
    let mut demanded = wanted.clone();
    demanded["headers"] = json!({ "x-token": "s3cret" });
    for body in [wanted, demanded] {
        let answer = ok(&json!({ "data": hook(7, true, &Value::Null), "meta": {} }));
        call("POST", "/v3/hooks").and(body_json(body)).respond_with(answer).expect(1).mount(&server).await;
    }
    for client in [client_of(&server.uri()), demanding_client_of(&server.uri())] {
        hooks_of(&client).subscribe("store/order/created", &destination()).await.unwrap();
    }
}

#[tokio::test]
async fn one_that_was_switched_off_keeps_its_headers_unless_it_lacks_the_demanded_one() {
    let server = MockServer::start().await;
    for body in
        [json!({ "is_active": true }), json!({ "is_active": true, "headers": { "x-token": "s3cret" } })]
    {
        let answer = ok(&json!({ "data": hook(7, true, &Value::Null), "meta": {} }));
        call("PUT", "/v3/hooks/7").and(body_json(body)).respond_with(answer).expect(1).mount(&server).await;
    }
    let client = demanding_client_of(&server.uri());
    for carries_header in [true, false] {
        let webhook = Webhook {
            id: "7".to_owned(),
            scope: "store/order/created".to_owned(),
            destination: DESTINATION.to_owned(),
            active: false,
            carries_header,
        };
        hooks_of(&client).activate(&webhook).await.unwrap();
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_the_shops_words_and_a_missing_scope_by_its_name() {
    let server = MockServer::start().await;
    let invalid = json!({
        "status": 422, "title": "JSON data is missing or invalid", "type": "…",
        "errors": { "destination": "error.path.missing." },
    });
    let answers = [
        ResponseTemplate::new(422).set_body_json(invalid),
        ResponseTemplate::new(403),
        ResponseTemplate::new(403),
    ];
    for answer in answers {
        call("POST", "/v3/hooks").respond_with(answer).up_to_n_times(1).mount(&server).await;
    }
    let client = client_of(&server.uri());
    let error = hooks_of(&client).subscribe("store/order/created", &destination()).await.unwrap_err();
    let told =
        "the shop refused it with 422: JSON data is missing or invalid (destination: error.path.missing.)";
    assert_eq!(chain(&error), told);
    for (scope, lacks) in [("store/order/created", "read orders"), ("store/sku/updated", "read products")] {
        let error = hooks_of(&client).subscribe(scope, &destination()).await.unwrap_err();
        assert!(matches!(&error, StorefrontError::MissingScope { scope, .. } if scope == lacks), "{error}");
    }
}

#[test]
fn only_addresses_that_the_platform_would_call_are_subscribed() {
    let at = |api_url: &str, address: &str| {
        let client = client_of(api_url);
        hooks_of(&client).objection(&address.parse().unwrap())
    };
    let (real, local) = ("https://api.bigcommerce.com", "http://127.0.0.1:18081");
    assert_eq!(at(real, DESTINATION), None);
    assert_eq!(at(real, "https://hooks.example.com:443/x"), None);
    assert_eq!(at(local, "http://127.0.0.1:18080/x"), None, "a sandbox calls this machine");
    for address in
        ["https://hooks.example.com:8443/x", "http://hooks.example.com/x", "http://127.0.0.1:18080/x"]
    {
        let objection = at(real, address).expect("nobody would be called there");
        assert!(objection.contains(address) && objection.contains("receiver.public_url"), "{objection}");
    }
}

#[test]
fn callbacks_are_repeated_for_two_days_and_no_longer() {
    let client = client_of("https://api.bigcommerce.com");
    let hours = hooks_of(&client).repeats_for().as_secs_f64() / 3600.0;
    assert!((48.0..48.1).contains(&hours), "{hours}");
    assert!(hooks_of(&client).settles_in() >= Duration::from_mins(1));
}

#[tokio::test]
async fn a_subscription_is_removed_by_its_id_and_one_that_is_gone_is_told_apart() {
    let server = MockServer::start().await;
    let gone = ok(&json!({ "data": hook(7, true, &Value::Null), "meta": {} }));
    call("DELETE", "/v3/hooks/7").respond_with(gone).expect(1).mount(&server).await;
    let missing =
        json!({ "status": 404, "title": "Webhook with id [8] not found", "type": "/", "errors": {} });
    let missing = ResponseTemplate::new(404).set_body_json(missing);
    call("DELETE", "/v3/hooks/8").respond_with(missing).expect(1).mount(&server).await;
    let client = client_of(&server.uri());
    let removed = async |id: &str| {
        let webhook = Webhook {
            id: id.to_owned(),
            scope: "store/order/created".to_owned(),
            destination: DESTINATION.to_owned(),
            active: true,
            carries_header: true,
        };
        hooks_of(&client).remove(&webhook).await
    };
    removed("7").await.unwrap();
    assert!(matches!(removed("8").await, Err(StorefrontError::NotFound { .. })));
}
