//! Ecwid's callbacks, genuine and not.

use super::sent::{ECWID_SIGNATURE, EVENT, ecwid_signature};
use super::*;
use crate::WEBHOOK_BODY_BYTES_MAX;

const ANY: &str = "/webhooks/ecwid";
const WIDGETS: &str = "/webhooks/ecwid/widgets";

/// Shape: docs.ecwid.com, Event data in webhooks, `order.created` (read 2026-11).
fn callback(event_type: &str, store_id: u64, secs: i64) -> String {
    format!(
        r#"{{"eventId":"{EVENT}","eventCreated":{secs},"storeId":{store_id},"entityId":103878161,"eventType":"{event_type}","data":{{"orderId":"XJ12H"}}}}"#
    )
}

impl Rig {
    async fn ecwid(&self, path: &str, secret: &str, secs: i64, body: impl Into<Bytes>) -> Answer {
        self.send("POST", path, &[(ECWID_SIGNATURE, &ecwid_signature(secret, secs, EVENT))], body).await
    }
}

#[tokio::test]
async fn a_genuine_callback_is_a_503_while_rabbitmq_is_away() {
    let rig = Rig::new();
    for path in [ANY, WIDGETS, "/webhooks/ecwid?eventtype=order.created"] {
        for (event, secs) in [("order.created", now_secs()), ("product.updated", now_secs() - 86_000)] {
            rig.ecwid(path, "widgets-secret", secs, callback(event, 1003, secs))
                .await
                .assert_genuine_but_not_stored();
        }
    }
}

#[tokio::test]
async fn an_unsigned_forged_stale_or_future_callback_is_a_401() {
    let rig = Rig::new();
    let now = now_secs();
    for path in [ANY, WIDGETS] {
        let unsigned = rig.send("POST", path, &[], callback("order.created", 1003, now)).await;
        assert_eq!(unsigned.problem(), (401, "unverified"));
        for (secret, secs) in [
            ("guessed", now),
            ("gadgets-secret", now),
            ("widgets-secret", now - 2 * 86_400),
            ("widgets-secret", now + 3600),
        ] {
            let answer = rig.ecwid(path, secret, secs, callback("order.created", 1003, secs)).await;
            assert_eq!(answer.problem(), (401, "unverified"), "{path} {secret} {secs}");
        }
        let later = callback("order.created", 1003, now + 1);
        assert_eq!(rig.ecwid(path, "widgets-secret", now, later).await.status, 401);
        for body in ["", "{}", "\u{0}", r#"{"storeId":1003}"#] {
            assert_eq!(
                rig.ecwid(path, "widgets-secret", now, body).await.problem(),
                (401, "unverified"),
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn a_callback_of_no_configured_shop_or_another_than_its_routes_is_a_404() {
    let rig = Rig::new();
    let now = now_secs();
    for (path, store_id) in [
        (ANY, 1005),
        ("/webhooks/ecwid/nobody", 1003),
        ("/webhooks/ecwid/acme-au", 1003),
        ("/webhooks/ecwid/gadgets", 1003),
        (WIDGETS, 1004),
    ] {
        let answer = rig.ecwid(path, "widgets-secret", now, callback("order.created", store_id, now)).await;
        assert_eq!(answer.problem(), (404, "no-such-shop"), "{path} {store_id}");
    }
}

#[tokio::test]
async fn a_signed_body_of_another_shape_is_a_400() {
    let rig = Rig::new();
    let now = now_secs();
    let body = format!(r#"{{"eventId":"{EVENT}","eventCreated":{now},"storeId":1003}}"#);
    assert_eq!(rig.ecwid(ANY, "widgets-secret", now, body).await.problem(), (400, "callback-malformed"));
}

#[tokio::test]
async fn a_callback_that_nobody_needs_is_a_200_and_publishes_nothing() {
    let rig = Rig::new();
    for (event, secs) in
        ["customer.created", "unfinished_order.created", "anything.new"].into_iter().zip(now_secs() - 9..)
    {
        rig.ecwid(ANY, "widgets-secret", secs, callback(event, 1003, secs)).await.assert_taken_and_dropped();
    }
}

#[tokio::test]
async fn a_callback_over_256_kib_is_a_413() {
    let rig = Rig::new();
    let body = vec![b' '; WEBHOOK_BODY_BYTES_MAX + 1];
    assert_eq!(rig.ecwid(ANY, "widgets-secret", now_secs(), body).await.problem(), (413, "too-large"));
}
