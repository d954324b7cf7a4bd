//! What somebody can do with one captured request of Ecwid, which signs its id and time and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::*;
use crate::spool::Spool;

const ROOMY: u64 = 64 * 1024 * 1024;
const ROUTE: &str = "/webhooks/ecwid";
const UNVERIFIED: (u16, &str) = (401, "unverified");

/// A request of shop `widgets`, as Ecwid signed it.
struct Captured {
    id: &'static str,
    secs: i64,
    signature: String,
}

impl Captured {
    fn new(id: &'static str) -> Self {
        let secs = now_secs();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"widgets-secret").unwrap();
        mac.update(format!("{secs}.{id}").as_bytes());
        Self { id, secs, signature: BASE64.encode(mac.finalize().into_bytes()) }
    }

    fn body(&self, store: u64, event: &str, order: &str) -> String {
        let Self { id, secs, .. } = self;
        format!(
            r#"{{"eventId":"{id}","eventCreated":{secs},"storeId":{store},"entityId":1,"eventType":"{event}","data":{{"orderId":"{order}"}}}}"#
        )
    }

    async fn send(&self, rig: &Rig, body: String) -> Answer {
        rig.send("POST", ROUTE, &[("x-ecwid-webhook-signature", &self.signature)], body).await
    }
}

/// A receiver with its spool in this folder; `gadgets` is another shop of the same app, with the same secret.
fn over(folder: &Path) -> Rig {
    let text = with_spool(SETTINGS, folder, ROOMY).replace("gadgets-secret", "widgets-secret");
    Rig::over(&settings(&text), Limits::default())
}

fn rig() -> (Rig, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (over(folder.path()), folder)
}

#[track_caller]
fn assert_taken(answer: &Answer) {
    assert_eq!((answer.status, &answer.body), (200, &serde_json::json!({"published": 1})));
}

#[tokio::test]
async fn a_retry_is_taken_again_whatever_the_order_of_its_keys() {
    let (rig, _folder) = rig();
    let sent = Captured::new("e-1");
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    let secs = sent.secs;
    let turned = format!(
        r#"{{ "data": {{"newPaymentStatus":"PAID","orderId":"XJ12H"}}, "eventType":"order.updated", "storeId":"1003", "eventCreated":{secs}, "entityId":1, "eventId":"e-1" }}"#
    );
    assert_taken(&sent.send(&rig, turned).await);
}

#[tokio::test]
async fn an_event_seen_before_is_refused_with_another_body_and_counted() {
    let (rig, _folder) = rig();
    let sent = Captured::new("e-1");
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    for altered in [
        sent.body(1003, "order.updated", "OTHER"),
        sent.body(1003, "order.deleted", "XJ12H"),
        sent.body(1003, "product.updated", "XJ12H"),
        sent.body(1003, "customer.updated", "XJ12H"),
        sent.body(1004, "order.updated", "XJ12H"),
    ] {
        assert_eq!(sent.send(&rig, altered.clone()).await.problem(), UNVERIFIED, "{altered}");
    }
    let metrics = rig.metrics().await;
    for line in [
        r#"requests_total{route="ecwid",store="widgets",outcome="altered"} 4"#,
        r#"requests_total{route="ecwid",store="gadgets",outcome="altered"} 1"#,
        r#"requests_total{route="ecwid",store="widgets",outcome="spooled"} 1"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
}

#[tokio::test]
async fn an_event_that_nobody_needs_cannot_become_one_that_somebody_needs() {
    let (rig, _folder) = rig();
    let sent = Captured::new("e-1");
    sent.send(&rig, sent.body(1003, "customer.updated", "XJ12H")).await.assert_taken_and_dropped();
    assert_eq!(sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await.problem(), UNVERIFIED);
}

#[tokio::test]
async fn a_captured_request_can_after_a_restart_have_one_order_read_once_more_and_no_more_than_that() {
    let (rig, folder) = rig();
    let sent = Captured::new("e-1");
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    rig.receiver.app.outlet.close().await;
    let rig = over(folder.path());
    assert_taken(&sent.send(&rig, sent.body(1003, "order.buyer owes me, says Eve", "OTHER")).await);
    assert_eq!(sent.send(&rig, sent.body(1003, "order.updated", "THIRD")).await.problem(), UNVERIFIED);
    rig.receiver.app.outlet.close().await;
    let spool = Spool::open(folder.path(), ROOMY).unwrap();
    let events = spool.page(None).await.unwrap();
    let data = events.iter().map(|spooled| {
        let event: Value = serde_json::from_slice(&spooled.message.body).unwrap();
        event["data"].clone()
    });
    let expected = [
        serde_json::json!({"store": "widgets", "order_id": "XJ12H", "cause": "order.updated"}),
        serde_json::json!({"store": "widgets", "order_id": "OTHER", "cause": "other"}),
    ];
    assert_eq!(data.collect::<Vec<_>>(), expected);
}
