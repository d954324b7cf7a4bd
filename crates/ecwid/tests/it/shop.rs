//! A shop on loopback and the client that calls it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossdock_ecwid::{Ecwid, http_client};
use crossdock_settings::{EcwidConnection, TrackingSettings};
use crossdock_storefront::Budget;
use serde_json::{Value, json};
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

/// What no error and no log may ever show.
pub(crate) const TOKEN: &str = "secret_4kUEJpTq";

/// A server and a client of it.
pub(crate) struct Shop {
    pub(crate) server: MockServer,
    pub(crate) ecwid: Ecwid,
    pub(crate) budget: Arc<Budget>,
}

impl Shop {
    /// A shop that knows its profile and nothing else.
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut TrackingSettings)) -> Self {
        let shop = Self::bare(http_client().unwrap(), change).await;
        get("profile").respond_with(json_of("profile/name_and_currency")).mount(&shop.server).await;
        shop
    }

    /// The same over a client that waits only so long.
    pub(crate) async fn impatient(wait: Duration) -> Self {
        Self::bare(reqwest::Client::builder().timeout(wait).build().unwrap(), |_| ()).await
    }

    /// A shop that answers 404 to everything.
    pub(crate) async fn bare(http: reqwest::Client, change: impl FnOnce(&mut TrackingSettings)) -> Self {
        let server = MockServer::start().await;
        let (ecwid, budget) = client(http, &server.uri(), change);
        Self { server, ecwid, budget }
    }

    /// The bodies of the writes that came, in order.
    pub(crate) async fn writes(&self) -> Vec<Value> {
        let requests = self.server.received_requests().await.unwrap();
        requests.iter().filter(|one| one.method == "PUT").map(|one| one.body_json().unwrap()).collect()
    }
}

/// A client of the shop at this address, and its budget.
pub(crate) fn client(
    http: reqwest::Client,
    api_url: &str,
    change: impl FnOnce(&mut TrackingSettings),
) -> (Ecwid, Arc<Budget>) {
    let mut tracking = TrackingSettings::default();
    change(&mut tracking);
    let budget = Arc::new(Budget::default());
    let ecwid = Ecwid::new(http, &connection(api_url, TOKEN), &tracking, Arc::clone(&budget)).unwrap();
    (ecwid, budget)
}

/// How a shop at this address is reached.
pub(crate) fn connection(api_url: &str, token: &str) -> EcwidConnection {
    EcwidConnection {
        store_id: 1003,
        client_secrets: vec!["client_secret".into()],
        access_token: token.into(),
        api_url: api_url.parse().unwrap(),
    }
}

/// A read below the shop's API.
pub(crate) fn get(resource: &str) -> MockBuilder {
    Mock::given(method("GET")).and(path(format!("/api/v3/1003/{resource}")))
}

/// A write below the shop's API.
pub(crate) fn put(resource: &str) -> MockBuilder {
    Mock::given(method("PUT")).and(path(format!("/api/v3/1003/{resource}")))
}

/// The answer to a write that changed so many things.
pub(crate) fn updated(count: u64) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({ "updateCount": count }))
}

/// An answer from the fixtures.
pub(crate) fn json_of(case: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(fixture(case))
}

/// A payload from the fixtures.
pub(crate) fn fixture(case: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(case).with_extension("json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// Ecwid's error body.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_json(json!({ "errorCode": code, "errorMessage": message }))
}
