//! What somebody can do with one captured request of Ecwid, which signs its id and time and nothing else.

use super::sent::{ECWID_SIGNATURE, ecwid_signature};
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
        Self { id, secs, signature: ecwid_signature("widgets-secret", secs, id) }
    }

    fn body(&self, store: u64, event: &str, order: &str) -> String {
        let Self { id, secs, .. } = self;
        format!(
            r#"{{"eventId":"{id}","eventCreated":{secs},"storeId":{store},"entityId":1,"eventType":"{event}","data":{{"orderId":"{order}"}}}}"#
        )
    }

    async fn send(&self, rig: &Rig, body: String) -> Answer {
        rig.send("POST", ROUTE, &[(ECWID_SIGNATURE, &self.signature)], body).await
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
async fn a_stored_event_that_comes_again_is_a_200_and_not_stored_twice_whatever_the_order_of_its_keys() {
    let (rig, _folder) = rig();
    let sent = Captured::new("e-1");
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    assert_taken(&sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await);
    let secs = sent.secs;
    let turned = format!(
        r#"{{ "data": {{"newPaymentStatus":"PAID","orderId":"XJ12H"}}, "eventType":"order.updated", "storeId":"1003", "eventCreated":{secs}, "entityId":1, "eventId":"e-1" }}"#
    );
    assert_taken(&sent.send(&rig, turned).await);
    assert_eq!(rig.stored().await, 1);
    let metrics = rig.metrics().await;
    for line in [
        r#"requests_total{route="ecwid",store="widgets",outcome="spooled"} 1"#,
        r#"requests_total{route="ecwid",store="widgets",outcome="repeated"} 2"#,
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let another = Captured::new("e-2");
    assert_taken(&another.send(&rig, another.body(1003, "order.updated", "XJ12H")).await);
    assert_eq!(rig.stored().await, 2);
}

#[tokio::test]
async fn an_event_that_was_not_stored_is_not_taken_for_stored_when_it_comes_again() {
    let rig = Rig::new();
    let sent = Captured::new("e-1");
    for _ in 0..3 {
        let answer = sent.send(&rig, sent.body(1003, "order.updated", "XJ12H")).await;
        answer.assert_genuine_but_not_stored();
    }
}

#[tokio::test]
async fn an_event_that_is_still_on_its_way_is_sent_again_when_it_comes_again() {
    // RabbitMQ is away and there is no spool: the first waits for it, and so does the second.
    let rig = Rig::new();
    let sent = Captured::new("e-1");
    let once = || sent.send(&rig, sent.body(1003, "order.updated", "XJ12H"));
    let (first, second) = tokio::join!(once(), once());
    first.assert_genuine_but_not_stored();
    second.assert_genuine_but_not_stored();
}

#[tokio::test]
async fn who_repeats_a_stored_event_is_not_known_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = with_spool(SETTINGS, folder.path(), ROOMY);
    let rig = Rig::over(&settings(&text), Limits { failures: 5, ..Limits::default() });
    let (sent, eve) = (Captured::new("e-1"), "203.0.113.7");
    let body = sent.body(1003, "order.updated", "XJ12H");
    let headers = [(ECWID_SIGNATURE, sent.signature.as_str())];
    assert_taken(&rig.post_from("198.51.100.1", ROUTE, &headers, body.clone()).await);
    assert_taken(&rig.post_from(eve, ROUTE, &headers, body).await);
    for _ in 0..5 {
        assert_eq!(rig.post_from(eve, ROUTE, &[], "{}").await.problem(), UNVERIFIED);
    }
    // Failures are forgiven as time goes by; who is known is never turned away.
    let turned_away = async { while rig.post_from(eve, ROUTE, &[], "{}").await.status != 429 {} };
    tokio::time::timeout(Duration::from_secs(20), turned_away).await.unwrap();
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
