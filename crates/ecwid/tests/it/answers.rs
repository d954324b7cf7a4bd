//! What each kind of answer becomes, shown on the reading of an order.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Classify as _, Mend, OrderId};
use crossdock_ecwid::{Ecwid, InvalidAccessToken};
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Budget, Priority, Storefront as _, StorefrontError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::ResponseTemplate;

use crate::shop::{Shop, TOKEN, client, connection, fixture, get, json_of, refusal};

/// What a person would read of it, causes included.
fn chain(error: &StorefrontError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

async fn read(shop: &Shop) -> StorefrontError {
    let mut orders = shop.ecwid.orders(&["K8XTQ".into()], Priority::Urgent).await;
    orders.remove(0).unwrap_err()
}

async fn after(answer: ResponseTemplate) -> StorefrontError {
    let shop = Shop::start().await;
    get("orders/K8XTQ").respond_with(answer).mount(&shop.server).await;
    read(&shop).await
}

#[tokio::test]
async fn a_404_of_another_server_is_waited_out_and_one_without_a_body_is_ecwids() {
    for page in ["<html><body>not here</body></html>", "404 page not found"] {
        let error = after(ResponseTemplate::new(404).set_body_string(page)).await;
        assert!(matches!(error, StorefrontError::Unavailable { .. }), "{page}: {error}");
    }
    let error = after(ResponseTemplate::new(404)).await;
    assert!(matches!(error, StorefrontError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_429_that_names_no_time_at_all_is_waited_out_for_a_second() {
    let error = after(ResponseTemplate::new(429).insert_header("retry-after", "0")).await;
    assert_eq!(error.mend(), Mend::WaitFor(Duration::from_secs(1)));
}

#[tokio::test]
async fn every_status_is_told_by_what_mends_it() {
    for (status, code, class) in [
        (400, "WRONG_PARAMETER", "shop-refused"),
        (401, "", "shop-credentials-refused"),
        (402, "STORE_IS_SUSPENDED", "shop-credentials-refused"),
        (402, "NOT_AVAILABLE_ON_CURRENT_PLAN", "shop-scope-missing"),
        (402, "MAX_PRODUCTS_FOR_API_REQUEST_LIMIT_EXCEEDED", "shop-scope-missing"),
        (403, "INVALID_API_TOKEN", "shop-credentials-refused"),
        (403, "", "shop-credentials-refused"),
        (403, "INSUFFICIENT_APP_SCOPE", "shop-scope-missing"),
        (404, "ORDER_NOT_FOUND", "shop-not-found"),
        (404, "STORE_NOT_FOUND", "shop-credentials-refused"),
        (405, "METHOD_NOT_ALLOWED", "shop-refused"),
        (408, "TIMEOUT", "shop-unavailable"),
        (409, "CONSTRAINT_VIOLATION", "shop-refused"),
        (415, "", "shop-refused"),
        (422, "WRONG_URL", "shop-refused"),
        (429, "RATE_LIMITED", "shop-throttled"),
        (500, "INTERNAL_ERROR", "shop-unavailable"),
        (502, "", "shop-unavailable"),
        (503, "", "shop-unavailable"),
        (504, "", "shop-unavailable"),
        (302, "", "shop-unavailable"),
    ] {
        let error = after(refusal(status, code, "in the shop's words")).await;
        assert_eq!(error.class(), class, "{status} {code}");
    }
}

#[tokio::test]
async fn an_error_without_a_body_is_told_by_its_status() {
    let error = after(ResponseTemplate::new(409)).await;
    assert_eq!(error.to_string(), "the shop refused it with 409: Conflict");
    let error = after(ResponseTemplate::new(503).set_body_string("<html>busy</html>")).await;
    assert_eq!(chain(&error), "the shop did not answer as it should: status 503: Service Unavailable");
}

#[tokio::test]
async fn the_shops_own_words_are_kept_in_either_spelling() {
    let conflict = ResponseTemplate::new(409).set_body_json(fixture("error/conflict_409"));
    let error = after(conflict).await;
    let words = "WHOLESALE_PRICES_CANT_BE_NULL: WhosalePrice cannot be null";
    assert_eq!(error.to_string(), format!("the shop refused it with 409: {words}"));
    let snake = ResponseTemplate::new(400).set_body_json(fixture("error/snake_case_400"));
    assert!(after(snake).await.to_string().contains("Batch request body is invalid"));
    let error = after(refusal(400, "WRONG_PARAMETER", &"x".repeat(5000))).await;
    assert!(error.to_string().len() < 400);
}

#[tokio::test]
async fn no_error_shows_the_token_or_what_a_buyer_wrote() {
    let error = after(refusal(403, "INVALID_API_TOKEN", &format!("Token {TOKEN} is invalid"))).await;
    assert_eq!(
        error.to_string(),
        "the shop refused our credentials (403 INVALID_API_TOKEN: Token *** is invalid)"
    );
    assert!(!format!("{error:?}").contains(TOKEN));
    let mut order = fixture("order/options_and_refund_2019");
    order["vendorOrderNumber"] = "K8XTQ".into();
    order["shippingPerson"]["phone"] = serde_json::json!(["+61 400 000 000"]);
    let error = after(ResponseTemplate::new(200).set_body_json(order)).await;
    assert!(!chain(&error).contains("400 000 000"), "{}", chain(&error));
}

#[tokio::test]
async fn a_missing_scope_is_named() {
    let error = after(refusal(403, "INSUFFICIENT_APP_SCOPE", "no")).await;
    assert!(matches!(error, StorefrontError::MissingScope { scope, .. } if scope == "read_orders"));
}

#[tokio::test]
async fn a_throttled_shop_is_left_alone_for_as_long_as_it_says() {
    for (header, wait) in [(Some("120"), 120), (None, 10), (Some("soon"), 10), (Some("99999999999999"), 900)]
    {
        let shop = Shop::start().await;
        let mut answer = refusal(429, "RATE_LIMITED", "Access token of the app will be temporarily blocked.");
        if let Some(header) = header {
            answer = answer.insert_header("Retry-After", header);
        }
        get("orders/K8XTQ").respond_with(answer).expect(1).mount(&shop.server).await;
        assert_eq!(read(&shop).await.mend(), Mend::WaitFor(Duration::from_secs(wait)), "{header:?}");
        assert!(
            matches!(
                shop.budget.admit(Priority::Urgent, "read_orders").await,
                Err(StorefrontError::Throttled { .. })
            ),
            "{header:?}"
        );
        assert!(matches!(read(&shop).await, StorefrontError::Throttled { .. }), "{header:?}");
    }
}

#[tokio::test]
async fn a_dead_token_is_not_tried_again_at_once() {
    let shop = Shop::start().await;
    get("orders/K8XTQ")
        .respond_with(refusal(403, "INVALID_API_TOKEN", "no"))
        .expect(1)
        .mount(&shop.server)
        .await;
    assert_eq!(read(&shop).await.mend(), Mend::Credentials);
    assert_eq!(read(&shop).await.class(), "shop-credentials-refused");
}

#[tokio::test]
async fn an_answer_of_another_shape_names_the_field() {
    let mut order = fixture("order/paid_download");
    order["items"][0]["quantity"] = "one".into();
    let error = after(ResponseTemplate::new(200).set_body_json(order)).await;
    assert_eq!(error.class(), "shop-malformed");
    assert!(chain(&error).contains("items[0].quantity"), "{}", chain(&error));
    assert_eq!(after(ResponseTemplate::new(200).set_body_string("<html>")).await.class(), "shop-malformed");
}

#[tokio::test]
async fn an_answer_beyond_all_bounds_is_not_read_to_its_end() {
    let error = after(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 17 * 1024 * 1024])).await;
    assert_eq!(
        chain(&error),
        "the shop's answer is not of the documented shape: the answer is larger than 16777216 bytes"
    );
}

#[tokio::test]
async fn a_slow_answer_is_unavailable() {
    let shop = Shop::impatient(Duration::from_millis(50)).await;
    let slow = json_of("order/paid_download").set_delay(Duration::from_mins(1));
    get("orders/K8XTQ").respond_with(slow).mount(&shop.server).await;
    assert_eq!(read(&shop).await.mend(), Mend::Wait);
}

/// Answers one connection with these bytes and closes it.
async fn answering(bytes: &'static str) -> StorefrontError {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).await.unwrap() > 0);
        stream.write_all(bytes.as_bytes()).await.unwrap();
    });
    let (ecwid, _budget) =
        client(crossdock_ecwid::http_client().unwrap(), &format!("http://{address}"), |_| ());
    let error = ecwid.orders(&[OrderId::from("K8XTQ")], Priority::Urgent).await.remove(0).unwrap_err();
    server.await.unwrap();
    error
}

#[tokio::test]
async fn half_an_answer_is_unavailable() {
    for bytes in [
        "",
        "HTTP/1.1 200 OK\r\nContent-Len",
        "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"id\":\"K8XTQ\",",
        "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"id\":\"K8XTQ\",",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        assert_eq!(answering(bytes).await.mend(), Mend::Wait, "{bytes}");
    }
}

#[tokio::test]
async fn half_an_explanation_leaves_the_status_as_it_is() {
    let half = "HTTP/1.1 403 Forbidden\r\nContent-Length: 900\r\n\r\n{\"errorCode\":";
    assert_eq!(answering(half).await.class(), "shop-credentials-refused");
}

#[tokio::test]
async fn a_closed_port_is_unavailable_and_shows_no_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (ecwid, _budget) =
        client(crossdock_ecwid::http_client().unwrap(), &format!("http://{address}"), |_| ());
    let error = ecwid.orders(&[OrderId::from("K8XTQ")], Priority::Urgent).await.remove(0).unwrap_err();
    assert_eq!(error.mend(), Mend::Wait);
    assert!(!chain(&error).contains("K8XTQ"), "{}", chain(&error));
}

#[tokio::test]
async fn a_token_that_no_header_carries_is_refused_before_any_call() {
    let connection = connection("https://app.ecwid.com", "secret_with\na line break");
    let tracking = TrackingSettings::default();
    let http = crossdock_ecwid::http_client().unwrap();
    let refused = Ecwid::new(http, &connection, &tracking, Arc::new(Budget::default()));
    assert_eq!(refused.unwrap_err(), InvalidAccessToken);
}
