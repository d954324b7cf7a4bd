//! The routes as senders meet them, with RabbitMQ away: whatever is published here fails, so a 200 published nothing.

mod addresses;
mod bigcommerce;
mod connections;
mod ecwid;
mod edges;
mod flipped_bits;
mod floods;
mod full_house;
mod observed;
mod replays;
mod sent;
mod served;
mod spooling;
mod warehouse;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use crossdock_events::standard_webhooks::{Key, sign};
use crossdock_queue::{Broker, Publisher};
use crossdock_settings::Settings;
use crossdock_telemetry::metrics::Metrics;
use http::{HeaderMap, Request};
use jiff::Timestamp;
use serde_json::Value;
use tokio_util::sync::{CancellationToken, DropGuard};
use tower::ServiceExt as _;

use crate::connection::Peer;
use crate::{Limits, Receiver};

/// Two shops of each platform; the warehouse's secret is that of the Standard Webhooks documentation.
const SETTINGS: &str = r#"
[broker]
url = "amqp://guest:guest@127.0.0.1:1/%2f"
[receiver]
spool_dir = ""
[warehouse]
signing_secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[[store]]
id = "acme-au"
time_zone = "UTC"
[store.bigcommerce]
store_hash = "abc123"
client_id = "client"
client_secrets = ["au-secret", "au-secret-old"]
access_token = "token"
[store.orders]
start_date = "2026-01-31"
prefix = "AU"
[[store]]
id = "acme-nz"
time_zone = "UTC"
[store.bigcommerce]
store_hash = "xyz789"
client_id = "client"
client_secrets = ["nz-secret", "au-secret-old"]
access_token = "token"
[store.orders]
start_date = "2026-01-31"
prefix = "NZ"
[[store]]
id = "widgets"
time_zone = "UTC"
[store.ecwid]
store_id = 1003
client_secrets = ["widgets-secret"]
access_token = "token"
[store.orders]
start_date = "2026-01-31"
prefix = "WI"
[[store]]
id = "gadgets"
time_zone = "UTC"
[store.ecwid]
store_id = 1004
client_secrets = ["gadgets-secret"]
access_token = "token"
[store.orders]
start_date = "2026-01-31"
prefix = "GA"
"#;

/// A receiver without RabbitMQ.
struct Rig {
    receiver: Receiver,
    router: Router,
    _stop: DropGuard,
}

/// An answer, read whole.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Rig {
    fn new() -> Self {
        Self::with_limits(Limits { confirm: Duration::from_millis(200), ..Limits::default() })
    }

    fn with_limits(limits: Limits) -> Self {
        Self::over(&settings(SETTINGS), limits)
    }

    /// The same, with a spool in this folder.
    fn with_spool(dir: &Path, bytes_max: u64) -> Self {
        Self::over(&settings(&with_spool(SETTINGS, dir, bytes_max)), Limits::default())
    }

    fn over(settings: &Settings, limits: Limits) -> Self {
        let (metrics, stop) = (Metrics::default(), CancellationToken::new());
        let broker = Broker {
            url: settings.broker.url.clone(),
            topology: crossdock_queue::Topology { work: Vec::new() },
        };
        let publisher = Publisher::start(broker, &metrics, stop.clone());
        let receiver = Receiver::with_limits(settings, publisher, metrics, limits).unwrap();
        Self { router: receiver.router(), receiver, _stop: stop.drop_guard() }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Answer {
        self.answer(request(method, path, headers, Body::from(body.into()))).await
    }

    /// A POST over a connection from this address.
    async fn post_from(
        &self,
        peer: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let mut request = request("POST", path, headers, body.into());
        request.extensions_mut().insert(Peer { address: peer.parse().unwrap(), pace: Arc::default() });
        self.answer(request).await
    }

    async fn metrics(&self) -> String {
        self.send("GET", "/metrics", &[], "").await.body.as_str().unwrap().to_owned()
    }

    async fn answer(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 1024 * 1024).await.unwrap();
        let body = serde_json::from_slice(&body).unwrap_or_else(|_| String::from_utf8_lossy(&body).into());
        Answer { status: head.status.as_u16(), headers: head.headers, body }
    }
}

impl Answer {
    /// The status and the problem's code, after checking that it is a problem of that status.
    #[track_caller]
    fn problem(&self) -> (u16, &str) {
        assert_eq!(self.headers["content-type"], "application/problem+json", "{self:?}");
        assert_eq!(self.body["status"], self.status, "{self:?}");
        assert!(
            !self.body["title"].as_str().unwrap().is_empty()
                && !self.body["detail"].as_str().unwrap().is_empty()
        );
        (self.status, self.body["code"].as_str().unwrap())
    }

    #[track_caller]
    fn assert_taken_and_dropped(&self) {
        assert_eq!((self.status, &self.body), (200, &serde_json::json!({"published": 0})));
    }

    /// What a genuine event gets here: it was verified and read, and RabbitMQ is away.
    #[track_caller]
    fn assert_genuine_but_not_stored(&self) {
        assert_eq!(self.problem(), (503, "unpublished"));
        assert!(self.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap() > 0);
    }
}

fn with_spool(text: &str, dir: &Path, bytes_max: u64) -> String {
    let spool = format!("spool_dir = {:?}\nspool_bytes_max = {bytes_max}", dir.display().to_string());
    text.replace("spool_dir = \"\"", &spool)
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).unwrap()
}

fn settings(text: &str) -> Settings {
    Settings::parse(text, Path::new("crossdock.toml"), &|_| None).unwrap()
}

fn now_secs() -> i64 {
    Timestamp::now().as_second()
}

/// The headers of Standard Webhooks under a key.
fn signed(key: &Key, secs: i64, body: &[u8]) -> Vec<(&'static str, String)> {
    vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", secs.to_string()),
        ("webhook-signature", sign(key, "msg_1", secs, body)),
    ]
}

fn borrowed<'a>(headers: &'a [(&'a str, String)]) -> Vec<(&'a str, &'a str)> {
    headers.iter().map(|(name, value)| (*name, value.as_str())).collect()
}
