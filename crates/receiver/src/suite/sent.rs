//! Genuine requests of each kind, to be changed before they are sent, and a receiver that stores what it takes.

use axum::http::HeaderName;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_events::standard_webhooks::key_from_whsec;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderValue;
use sha2::Sha256;

use super::*;

/// The id of an event of Ecwid.
pub(super) const EVENT: &str = "80aece08-40e8-4145-8764-6c2f0d38678";
/// The header with the signature.
pub(super) const SIGNATURE: &str = "webhook-signature";
/// The header with Ecwid's signature.
pub(super) const ECWID_SIGNATURE: &str = "x-ecwid-webhook-signature";
/// The headers of Standard Webhooks.
pub(super) const WEBHOOK_HEADERS: [&str; 3] = ["webhook-id", "webhook-timestamp", SIGNATURE];

/// A request to change before it is sent.
#[derive(Debug, Clone)]
pub(super) struct Sent {
    pub(super) path: &'static str,
    pub(super) headers: Vec<(&'static str, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

/// A receiver that stores what it takes, and the folder that it stores it in.
pub(super) fn spooling(text: &str) -> (Rig, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let text = with_spool(text, folder.path(), 64 * 1024 * 1024);
    let limits = Limits { patience: Duration::from_millis(50), ..Limits::default() };
    (Rig::over(&settings(&text), limits), folder)
}

/// Ecwid's signature: over the time and the id of an event.
pub(super) fn ecwid_signature(secret: &str, secs: i64, event: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{secs}.{event}").as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

impl Rig {
    /// Events that were taken.
    pub(super) async fn stored(&self) -> u64 {
        self.send("GET", "/readyz", &[], "").await.body["spool"]["events"].as_u64().unwrap()
    }
}

impl Sent {
    pub(super) fn signed(path: &'static str, key: &Key, secs: i64, body: &[u8]) -> Self {
        let headers = signed(key, secs, body).into_iter().map(|(name, value)| (name, value.into_bytes()));
        Self { path, headers: headers.collect(), body: body.to_vec() }
    }

    /// A body of shop `acme-au`, signed with its newer secret.
    pub(super) fn of_acme(path: &'static str, body: impl AsRef<[u8]>) -> Self {
        Self::signed(path, &b"au-secret".to_vec().into(), now_secs(), body.as_ref())
    }

    /// A callback of BigCommerce. Shape: developer.bigcommerce.com, Webhook Events, `store/order/created` (read 2026-11).
    pub(super) fn bigcommerce(path: &'static str, order: &str) -> Self {
        Self::of_acme(
            path,
            format!(
                r#"{{"scope":"store/order/created","store_id":"1025646","data":{{"type":"order","id":{order}}},"hash":"dd70c0976e06b67aaf671e73f49dcb79230ebf9d","created_at":1561479335,"producer":"stores/abc123"}}"#
            ),
        )
    }

    /// A callback of Ecwid. Shape: docs.ecwid.com, Event data in webhooks, `order.created` (read 2026-11).
    pub(super) fn ecwid(path: &'static str, secs: i64) -> Self {
        let body = format!(
            r#"{{"eventId":"{EVENT}","eventCreated":{secs},"storeId":1003,"entityId":103878161,"eventType":"order.created","data":{{"orderId":"XJ12H"}}}}"#
        );
        let signature = ecwid_signature("widgets-secret", secs, EVENT);
        Self { path, headers: vec![(ECWID_SIGNATURE, signature.into_bytes())], body: body.into_bytes() }
    }

    /// An event of the warehouse with this data.
    pub(super) fn warehouse(data: &str) -> Self {
        let body = format!(
            r#"{{"specversion":"1.0","id":"w-1","source":"/warehouse","type":"warehouse.order.accepted","time":"2026-01-31T00:00:00Z","data":{data}}}"#
        );
        Self::of_the_warehouse(&body)
    }

    pub(super) fn of_the_warehouse(body: &str) -> Self {
        let key = key_from_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let mut sent = Self::signed("/warehouse/events", &key, now_secs(), body.as_bytes());
        sent.headers.push(("content-type", b"application/cloudevents+json".to_vec()));
        sent
    }

    pub(super) fn header(&self, name: &str) -> String {
        let (_, value) = self.headers.iter().find(|(given, _)| *given == name).unwrap();
        String::from_utf8(value.clone()).unwrap()
    }

    pub(super) fn with(&self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        let mut sent = self.clone();
        sent.headers.push((name, value.into()));
        sent
    }

    pub(super) fn without(&self, name: &str) -> Self {
        let mut sent = self.clone();
        sent.headers.retain(|(given, _)| *given != name);
        sent
    }

    /// The status, and the problem's code, if it is one.
    pub(super) async fn outcome(&self, rig: &Rig) -> (u16, String) {
        let mut request = request("POST", self.path, &[], Body::from(self.body.clone()));
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, HeaderValue::from_bytes(value).unwrap());
        }
        let answer = rig.answer(request).await;
        (answer.status, answer.body["code"].as_str().unwrap_or_default().to_owned())
    }
}
