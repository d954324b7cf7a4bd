//! A shop on wiremock, and a client of it.

use std::sync::Arc;
use std::time::Duration;

use crossdock_bigcommerce::Bigcommerce;
use crossdock_settings::{BigcommerceConnection, TrackingSettings};
use crossdock_storefront::{Budget, StorefrontError};
use secrecy::SecretString;
use serde_json::Value;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

/// Nobody but the shop may see it.
pub(crate) const TOKEN: &str = "token-for-the-shop-alone";

/// Long enough for any answer that comes.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A client of the shop at this address, with a budget of its own.
pub(crate) fn client_of(api_url: &str) -> Bigcommerce {
    client_with(api_url, &tracking())
}

/// A client with these settings.
pub(crate) fn client_with(api_url: &str, tracking: &TrackingSettings) -> Bigcommerce {
    build(api_url, tracking, CALL_TIMEOUT)
}

/// A client that gives up soon.
pub(crate) fn impatient_client_of(api_url: &str) -> Bigcommerce {
    build(api_url, &tracking(), Duration::from_millis(300))
}

fn build(api_url: &str, tracking: &TrackingSettings, timeout: Duration) -> Bigcommerce {
    let http = reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("TLS is there");
    Bigcommerce::new(http, &connection(api_url), tracking, Arc::new(Budget::default()))
        .expect("the token is fine")
}

/// The settings of shop `abc123`.
pub(crate) fn connection(api_url: &str) -> BigcommerceConnection {
    BigcommerceConnection {
        store_hash: "abc123".to_owned(),
        client_id: "id".to_owned(),
        client_secrets: Vec::new(),
        access_token: SecretString::from(TOKEN.to_owned()),
        api_url: api_url.parse().expect("a URL"),
        webhook_header: None,
    }
}

/// The defaults, and one pickup carrier.
pub(crate) fn tracking() -> TrackingSettings {
    let pickup_carriers = vec!["Pickup In-Store".to_owned()];
    TrackingSettings { pickup_carriers, ..TrackingSettings::default() }
}

/// A call to the shop with its credentials; `resource` begins with `/v2/` or `/v3/`.
pub(crate) fn call(verb: &str, resource: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/stores/abc123{resource}")))
        .and(header("x-auth-token", TOKEN))
        .and(header("accept", "application/json"))
}

/// A shop that answers every read of `resource` like this.
pub(crate) async fn answering(resource: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    call("GET", resource).respond_with(answer).mount(&server).await;
    server
}

/// 200 with this body.
pub(crate) fn ok(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

/// An error with all its causes.
pub(crate) fn chain(error: &StorefrontError) -> String {
    let mut told = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        told = format!("{told}: {cause}");
        next = cause.source();
    }
    told
}
