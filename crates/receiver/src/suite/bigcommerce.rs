//! BigCommerce's callbacks, genuine and not.

use super::*;
use crate::WEBHOOK_BODY_BYTES_MAX;

const ANY: &str = "/webhooks/bigcommerce";
const AU: &str = "/webhooks/bigcommerce/acme-au";

/// Shape: developer.bigcommerce.com, Webhook Events, `store/order/created` (read 2026-11).
fn callback(scope: &str, store_hash: &str) -> String {
    format!(
        r#"{{"scope":"{scope}","store_id":"1025646","data":{{"type":"order","id":250}},"hash":"dd70c0976e06b67aaf671e73f49dcb79230ebf9d","created_at":1561479335,"producer":"stores/{store_hash}"}}"#
    )
}

fn created() -> String {
    callback("store/order/created", "abc123")
}

fn key(secret: &str) -> Key {
    secret.as_bytes().to_vec().into()
}

impl Rig {
    async fn callback(&self, path: &str, secret: &str, secs: i64, body: impl AsRef<[u8]>) -> Answer {
        let headers = signed(&key(secret), secs, body.as_ref());
        self.send("POST", path, &borrowed(&headers), body.as_ref().to_vec()).await
    }
}

#[tokio::test]
async fn a_genuine_callback_is_a_503_while_rabbitmq_is_away() {
    let rig = Rig::new();
    for path in [ANY, AU] {
        for secret in ["au-secret", "au-secret-old"] {
            rig.callback(path, secret, now_secs(), created()).await.assert_genuine_but_not_stored();
        }
        let product = callback("store/product/updated", "abc123");
        rig.callback(path, "au-secret", now_secs(), product).await.assert_genuine_but_not_stored();
    }
}

#[tokio::test]
async fn an_unsigned_forged_stale_or_future_callback_is_a_401() {
    let rig = Rig::new();
    for path in [ANY, AU] {
        assert_eq!(rig.send("POST", path, &[], created()).await.problem(), (401, "unverified"));
        for (secret, secs) in [
            ("guessed", now_secs()),
            ("nz-secret", now_secs()),
            ("", now_secs()),
            ("au-secret", now_secs() - 310),
            ("au-secret", now_secs() + 310),
        ] {
            let answer = rig.callback(path, secret, secs, created()).await;
            assert_eq!(answer.problem(), (401, "unverified"), "{path} {secret} {secs}");
        }
        let headers = signed(&key("au-secret"), now_secs(), created().as_bytes());
        let changed = created().replace("250", "251");
        assert_eq!(rig.send("POST", path, &borrowed(&headers), changed).await.status, 401);
        for left_out in 0..3 {
            let mut headers = borrowed(&headers);
            headers.remove(left_out);
            assert_eq!(rig.send("POST", path, &headers, created()).await.status, 401, "{left_out}");
        }
        let mut doubled = borrowed(&headers);
        doubled.push(("webhook-signature", "v1,AAAA"));
        assert_eq!(rig.send("POST", path, &doubled, created()).await.status, 401);
    }
}

#[tokio::test]
async fn a_callback_of_no_configured_shop_is_a_404() {
    let rig = Rig::new();
    let unknown = callback("store/order/created", "unknown");
    for (path, body) in [
        (ANY, unknown.as_str()),
        ("/webhooks/bigcommerce/nobody", &created()),
        ("/webhooks/bigcommerce/widgets", &created()),
        ("/webhooks/bigcommerce/%FF", &created()),
    ] {
        assert_eq!(
            rig.callback(path, "au-secret", now_secs(), body).await.problem(),
            (404, "no-such-shop"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_callback_of_one_shop_is_not_taken_for_another_that_shares_its_secret() {
    let rig = Rig::new();
    let answer = rig.callback("/webhooks/bigcommerce/acme-nz", "au-secret-old", now_secs(), created()).await;
    assert_eq!(answer.problem(), (404, "no-such-shop"));
}

#[tokio::test]
async fn a_signed_body_of_another_shape_is_a_400() {
    let rig = Rig::new();
    let bodies: [&[u8]; 5] = [b"", b"{}", b"[1", b"\xff\xfe", br#"{"producer":"stores/abc123","scope":7}"#];
    for body in bodies {
        let answer = rig.callback(AU, "au-secret", now_secs(), body).await;
        assert_eq!(answer.problem(), (400, "callback-malformed"), "{body:?}");
    }
    let answer = rig.callback(ANY, "au-secret", now_secs(), r#"{"producer":"stores/abc123"}"#).await;
    assert_eq!(answer.problem(), (400, "callback-malformed"));
    let nameless = rig.callback(ANY, "au-secret", now_secs(), b"\xff").await;
    assert_eq!(nameless.problem(), (401, "unverified"));
}

#[tokio::test]
async fn a_callback_that_nobody_needs_is_a_200_and_publishes_nothing() {
    let rig = Rig::new();
    for scope in ["store/app/uninstalled", "store/customer/created", "store/something/new"] {
        let body = callback(scope, "abc123");
        rig.callback(ANY, "au-secret", now_secs(), body).await.assert_taken_and_dropped();
    }
}

#[tokio::test]
async fn a_callback_over_256_kib_is_a_413() {
    let rig = Rig::new();
    let padded = |bytes: usize| created() + &" ".repeat(bytes - created().len());
    let fits = rig.callback(AU, "au-secret", now_secs(), padded(WEBHOOK_BODY_BYTES_MAX)).await;
    fits.assert_genuine_but_not_stored();
    let over = rig.callback(AU, "au-secret", now_secs(), padded(WEBHOOK_BODY_BYTES_MAX + 1)).await;
    assert_eq!(over.problem(), (413, "too-large"));
}

#[tokio::test]
async fn a_reload_takes_over_secrets_and_shops() {
    let rig = Rig::new();
    let changed = SETTINGS.replace("\"au-secret\"", "\"au-secret-new\"").replace("xyz789", "moved1");
    rig.receiver.reload(&settings(&changed)).unwrap();
    assert_eq!(rig.callback(ANY, "au-secret", now_secs(), created()).await.status, 401);
    rig.callback(ANY, "au-secret-new", now_secs(), created()).await.assert_genuine_but_not_stored();
    let old_shop = callback("store/order/created", "xyz789");
    assert_eq!(rig.callback(ANY, "nz-secret", now_secs(), old_shop).await.status, 404);
    let mut broken = settings(SETTINGS);
    broken.warehouse.signing_secrets.push("whsec_".into());
    assert_eq!(rig.receiver.reload(&broken), Err(crate::InvalidSecret { index: 1 }));
    rig.callback(ANY, "au-secret-new", now_secs(), created()).await.assert_genuine_but_not_stored();
}
