//! What is not signed as it must be is answered 401, and nothing of it is published.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_events::standard_webhooks::{Key, key_from_whsec, sign};
use crossdock_sandbox::Draft;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::process::Process;
use crossdock_tests::world::{BIGCOMMERCE_SECRET, ECWID_SECRET, WAREHOUSE_SECRET, World};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

const HOUR: i64 = 3600;

/// A request by its route, headers and body.
struct Forged {
    what: &'static str,
    path: &'static str,
    headers: Vec<(&'static str, String)>,
    body: String,
}

fn standard(
    what: &'static str,
    path: &'static str,
    key: &Key,
    sent: i64,
    body: &str,
    signed: &str,
) -> Forged {
    let headers = vec![
        ("webhook-id", "msg_1".to_owned()),
        ("webhook-timestamp", sent.to_string()),
        ("webhook-signature", sign(key, "msg_1", sent, signed.as_bytes())),
    ];
    Forged { what, path, headers, body: body.to_owned() }
}

fn ecwid(what: &'static str, secret: &str, created: i64, signed: &str) -> Forged {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{created}.{signed}").as_bytes());
    let body = format!(
        r#"{{"eventId":"e-1","eventCreated":{created},"storeId":12239080,"entityId":7,"eventType":"order.created","data":{{"orderId":"K8XTQ"}}}}"#
    );
    let signature = BASE64.encode(mac.finalize().into_bytes());
    Forged { what, path: "/webhooks/ecwid", headers: vec![("x-ecwid-webhook-signature", signature)], body }
}

fn unsigned(path: &'static str, body: &str) -> Forged {
    Forged { what: "unsigned", path, headers: vec![], body: body.to_owned() }
}

fn forgeries(now: i64) -> Vec<Forged> {
    let shop: Key = BIGCOMMERCE_SECRET.as_bytes().to_vec().into();
    let (other, warehouse): (Key, Key) =
        (b"other".to_vec().into(), key_from_whsec(WAREHOUSE_SECRET).unwrap());
    let order = r#"{"scope":"store/order/created","store_id":"1","data":{"type":"order","id":1001},"hash":"h1","created_at":1760000000,"producer":"stores/journey1"}"#;
    let changed = order.replace("1001", "1002");
    let accepted = r#"{"specversion":"1.0","id":"a","source":"/warehouse","type":"warehouse.order.accepted","time":"2026-01-01T00:00:00Z","data":{"number":"BG1"}}"#;
    let (bc, named, wms) = ("/webhooks/bigcommerce", "/webhooks/bigcommerce/acme-au", "/warehouse/events");
    vec![
        unsigned(bc, order),
        unsigned(named, order),
        unsigned(
            "/webhooks/ecwid",
            r#"{"eventId":"e","eventCreated":1,"storeId":12239080,"entityId":7,"eventType":"order.created"}"#,
        ),
        unsigned(wms, accepted),
        standard("another's secret", named, &other, now, order, order),
        standard("another body", bc, &shop, now, &changed, order),
        standard("stale", named, &shop, now - HOUR, order, order),
        standard("from the future", named, &shop, now + HOUR, order, order),
        standard("the shop's secret at the warehouse's door", wms, &shop, now, accepted, accepted),
        standard("another body", wms, &warehouse, now, accepted, order),
        standard("stale", wms, &warehouse, now - HOUR, accepted, accepted),
        ecwid("another's secret", "other", now, "e-1"),
        ecwid("another event's signature", ECWID_SECRET, now, "e-2"),
        ecwid("older than all retries", ECWID_SECRET, now - 30 * HOUR, "e-1"),
        ecwid("from the future", ECWID_SECRET, now + HOUR, "e-1"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_stale_and_unsigned_requests_are_refused_and_publish_nothing() {
    let world = World::create(Engine::Sqlite).await;
    let _receiver = Process::start(&world.config, Some("receiver"));
    world.ready().await;
    let http = http();
    for Forged { what, path, headers, body } in forgeries(Timestamp::now().as_second()) {
        let mut request = http.post(world.receiver.join(path).unwrap()).body(body);
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401, "{path}, {what}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
    }
    for queue in ["crossdock.order-importer", "crossdock.tracking-writer", "crossdock.stock-writer"] {
        assert_eq!(world.vhost.depth(queue).await, 0, "{queue}");
    }

    // The same doors are open to the shops themselves.
    world.bigcommerce.place_order(&Draft::of(&[("MUG", 1)]));
    world.ecwid.place_order(&Draft::of(&[("MUG", 1)]));
    eventually("both shops' events are published", || async {
        (world.vhost.depth("crossdock.order-importer").await >= 2).then_some(())
    })
    .await;
}
