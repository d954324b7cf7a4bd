//! What each kind of answer means, and that limits hold.

use std::sync::Arc;
use std::time::Duration;

use crossdock_bigcommerce::{Bigcommerce, InvalidAccessToken, http_client};
use crossdock_domain::{Classify as _, Mend};
use crossdock_storefront::{Budget, Storefront as _, StorefrontError};
use secrecy::SecretString;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{TOKEN, answering, call, chain, client_of, connection, impatient_client_of, ok, tracking};

async fn error_of(answer: ResponseTemplate) -> StorefrontError {
    let server = answering("/v2/store", answer).await;
    client_of(&server.uri()).check().await.expect_err("the shop refused")
}

#[tokio::test]
async fn each_status_says_what_would_mend_it() {
    for (status, class, mend) in [
        (400, "shop-refused", Mend::Never),
        (401, "shop-credentials-refused", Mend::Credentials),
        (403, "shop-scope-missing", Mend::Credentials),
        (404, "shop-not-found", Mend::Never),
        (408, "shop-unavailable", Mend::Wait),
        (409, "shop-refused", Mend::Never),
        (422, "shop-refused", Mend::Never),
        (423, "shop-unavailable", Mend::Wait),
        (500, "shop-unavailable", Mend::Wait),
        (503, "shop-unavailable", Mend::Wait),
        (507, "shop-unavailable", Mend::Wait),
    ] {
        let body = json!([{ "status": status, "message": "the shop's own words" }]);
        let error = error_of(ResponseTemplate::new(status).set_body_json(body)).await;
        assert_eq!((error.class(), error.mend()), (class, mend), "{status}");
        assert!(!chain(&error).contains(TOKEN), "{status}");
        assert_eq!(
            chain(&error).contains("the shop's own words"),
            status != 404,
            "{status}: {}",
            chain(&error)
        );
    }
}

#[tokio::test]
async fn a_404_of_another_server_is_waited_out_and_no_order_counts_as_gone() {
    for page in ["", "<html><body>not here</body></html>", "404 page not found"] {
        let error = error_of(ResponseTemplate::new(404).set_body_string(page)).await;
        assert!(matches!(error, StorefrontError::Unavailable { .. }), "{page}: {error}");
    }
}

#[tokio::test]
async fn a_429_that_names_no_time_at_all_is_waited_out_for_a_second() {
    let answer = ResponseTemplate::new(429).insert_header("x-rate-limit-time-reset-ms", "0");
    assert_eq!(error_of(answer).await.mend(), Mend::WaitFor(Duration::from_secs(1)));
}

#[tokio::test]
async fn a_redirect_is_waited_out_and_not_followed() {
    let error =
        error_of(ResponseTemplate::new(301).insert_header("location", "https://elsewhere.example.com/"))
            .await;
    assert!(matches!(error, StorefrontError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn a_slow_answer_is_unavailable() {
    let slow = ok(&json!({ "name": "Acme" })).set_delay(Duration::from_mins(1));
    let server = answering("/v2/store", slow).await;
    let error = impatient_client_of(&server.uri()).check().await.unwrap_err();
    assert_eq!(error.mend(), Mend::Wait, "{}", chain(&error));
}

#[tokio::test]
async fn nobody_at_the_address_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = client_of(&format!("http://{address}")).check().await.unwrap_err();
    assert_eq!(error.mend(), Mend::Wait, "{}", chain(&error));
}

#[tokio::test]
async fn half_a_body_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shop = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = socket.read(&mut request).await.unwrap();
        socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"name\": \"Ac").await.unwrap();
    });
    let error = client_of(&format!("http://{address}")).check().await.unwrap_err();
    shop.await.unwrap();
    assert_eq!((error.class(), error.mend()), ("shop-unavailable", Mend::Wait), "{}", chain(&error));
}

#[tokio::test]
async fn another_shape_is_malformed_and_names_the_field() {
    let error = error_of(ok(&json!({ "name": ["Acme"] }))).await;
    assert_eq!(error.class(), "shop-malformed");
    assert!(chain(&error).contains("name: "), "{}", chain(&error));
    assert_eq!(
        error_of(ResponseTemplate::new(200).set_body_string("<html>")).await.class(),
        "shop-malformed"
    );
}

#[tokio::test]
async fn a_body_without_end_is_not_taken() {
    let error = error_of(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 16 * 1024 * 1024 + 1])).await;
    assert!(chain(&error).contains("longer than"), "{}", chain(&error));
}

#[tokio::test]
async fn a_429_closes_the_shop_for_as_long_as_it_says() {
    for (reset_ms, secs) in
        [(Some("7000"), 7), (None, 30), (Some("soon"), 30), (Some("18446744073709551615"), 900)]
    {
        let server = MockServer::start().await;
        let mut answer = ResponseTemplate::new(429);
        if let Some(ms) = reset_ms {
            answer = answer.insert_header("X-Rate-Limit-Time-Reset-Ms", ms);
        }
        call("GET", "/v2/store").respond_with(answer).expect(1).mount(&server).await;
        let client = client_of(&server.uri());
        for _ in 0..2 {
            let Err(StorefrontError::Throttled { wait }) = client.check().await else { panic!("throttled") };
            assert!(
                wait <= Duration::from_secs(secs) && wait > Duration::from_secs(secs / 2),
                "{reset_ms:?} {wait:?}"
            );
        }
        server.verify().await;
    }
}

#[tokio::test]
async fn the_last_request_of_the_quota_is_left_to_others() {
    let server = MockServer::start().await;
    let answer = ok(&json!({ "name": "Acme" }))
        .insert_header("X-Rate-Limit-Requests-Left", "1")
        .insert_header("X-Rate-Limit-Time-Reset-Ms", "600000");
    call("GET", "/v2/store").respond_with(answer).expect(1).mount(&server).await;
    let error = client_of(&server.uri()).check().await.unwrap_err();
    assert!(matches!(error, StorefrontError::Throttled { .. }), "{error}");
    server.verify().await;
}

#[tokio::test]
async fn the_clients_user_agent_names_us_and_the_token_is_never_shown() {
    let server = MockServer::start().await;
    let shop = Bigcommerce::new(
        http_client().unwrap(),
        &connection(&format!("{}/", server.uri())),
        &tracking(),
        Arc::new(Budget::default()),
    )
    .unwrap();
    shop.check().await.unwrap_err();
    let request = &server.received_requests().await.unwrap()[0];
    assert!(request.headers["user-agent"].to_str().unwrap().starts_with("crossdock/"));
    assert_eq!(request.url.path(), "/stores/abc123/v2/store");
    assert!(!format!("{shop:?}").contains(TOKEN));
}

#[test]
fn a_token_that_no_header_carries_is_refused_at_once() {
    let mut connection = connection("https://api.bigcommerce.com");
    connection.access_token = SecretString::from("token\n".to_owned());
    let shop =
        Bigcommerce::new(http_client().unwrap(), &connection, &tracking(), Arc::new(Budget::default()));
    assert_eq!(shop.err(), Some(InvalidAccessToken));
}
