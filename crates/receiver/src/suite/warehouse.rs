//! The warehouse's events, genuine and not.

use crossdock_events::standard_webhooks::key_from_whsec;
use serde_json::json;

use super::*;
use crate::WAREHOUSE_BODY_BYTES_MAX;

const EVENTS: &str = "/warehouse/events";
const ONE: &str = "application/cloudevents+json";
pub(super) const BATCH: &str = "application/cloudevents-batch+json";

fn event(id: &str, kind: &str, data: &Value) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/warehouse", "type": kind, "time": "2026-01-31T00:00:00Z", "data": data,
    })
}

fn accepted(id: &str) -> Value {
    accepted_number(id, "BG1001")
}

pub(super) fn accepted_number(id: &str, number: &str) -> Value {
    event(id, "warehouse.order.accepted", &json!({"number": number}))
}

fn key() -> Key {
    key_from_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
}

/// The headers of a body that is signed by the warehouse.
pub(super) fn signed_by_warehouse(body: &[u8]) -> Vec<(&'static str, String)> {
    signed(&key(), now_secs(), body)
}

impl Rig {
    pub(super) async fn warehouse(&self, content_type: &str, body: &[u8]) -> Answer {
        let mut headers = signed_by_warehouse(body);
        headers.push(("content-type", content_type.to_owned()));
        self.send("POST", EVENTS, &borrowed(&headers), body.to_vec()).await
    }
}

#[tokio::test]
async fn genuine_events_are_a_503_while_rabbitmq_is_away() {
    let rig = Rig::new();
    let shipped = json!({"shipment_id": "S1", "number": "BG1001", "carrier": "DHL", "tracking_number": "1",
        "dispatched_at": "2026-01-31T00:00:00Z", "lines": [{"sku": "TEE-M", "quantity": 2}]});
    for event in [
        accepted("w-1"),
        event("w-2", "warehouse.order.rejected", &json!({"number": "BG1001", "reason": "no such SKU"})),
        event("w-3", "warehouse.shipment.dispatched", &shipped),
        event("w-4", "warehouse.shipment.voided", &json!({"shipment_id": "S1", "number": "BG1001"})),
        event("w-5", "warehouse.stock.counted", &json!({"counted_at": "2026-01-31T00:00:00Z", "levels": []})),
    ] {
        for content_type in [ONE, "application/json"] {
            rig.warehouse(content_type, event.to_string().as_bytes()).await.assert_genuine_but_not_stored();
        }
        let batch = json!([event, accepted("w-6")]).to_string();
        rig.warehouse(BATCH, batch.as_bytes()).await.assert_genuine_but_not_stored();
    }
    rig.warehouse(BATCH, b"[]").await.assert_taken_and_dropped();
}

#[tokio::test]
async fn unsigned_forged_stale_or_future_events_are_a_401() {
    let rig = Rig::new();
    let body = accepted("w-1").to_string();
    assert_eq!(
        rig.send("POST", EVENTS, &[("content-type", ONE)], body.clone()).await.problem(),
        (401, "unverified")
    );
    let other = Key::from(b"au-secret".to_vec());
    for (key, secs) in [(other, now_secs()), (key(), now_secs() - 310), (key(), now_secs() + 310)] {
        let mut headers = signed(&key, secs, body.as_bytes());
        headers.push(("content-type", ONE.to_owned()));
        let answer = rig.send("POST", EVENTS, &borrowed(&headers), body.clone()).await;
        assert_eq!(answer.problem(), (401, "unverified"), "{secs}");
    }
    let mut headers = signed(&key(), now_secs(), body.as_bytes());
    headers.push(("webhook-signature", "v1,AAAA".to_owned()));
    assert_eq!(rig.send("POST", EVENTS, &borrowed(&headers), body).await.status, 401);
}

#[tokio::test]
async fn without_a_configured_secret_nobody_is_the_warehouse() {
    let rig = Rig::new();
    let none = SETTINGS.lines().filter(|line| !line.contains("whsec_")).collect::<Vec<_>>().join("\n");
    rig.receiver.reload(&settings(&none)).unwrap();
    let answer = rig.warehouse(ONE, accepted("w-1").to_string().as_bytes()).await;
    assert_eq!(answer.problem(), (401, "unverified"));
}

#[tokio::test]
async fn an_event_that_no_consumer_could_read_is_a_400_that_names_it() {
    let rig = Rig::new();
    let wrong = event("w-2", "warehouse.shipment.voided", &json!({"shipment_id": "S1"}));
    let answer = rig.warehouse(BATCH, json!([accepted("w-1"), wrong]).to_string().as_bytes()).await;
    assert_eq!((answer.problem(), &answer.body["index"]), ((400, "event-malformed"), &json!(1)));
    assert!(answer.body["detail"].as_str().unwrap().contains("missing field `number`"), "{answer:?}");
    let foreign = event("w-3", "order.released", &json!({}));
    let answer = rig.warehouse(ONE, foreign.to_string().as_bytes()).await;
    assert_eq!((answer.problem(), &answer.body["index"]), ((400, "event-malformed"), &json!(0)));
    for body in [&b""[..], b"\xff", b"[]", b"null"] {
        assert_eq!(rig.warehouse(ONE, body).await.problem(), (400, "event-malformed"), "{body:?}");
    }
}

#[tokio::test]
async fn another_content_type_is_a_415_to_the_warehouse_and_a_401_to_others() {
    let rig = Rig::new();
    let body = accepted("w-1").to_string();
    assert_eq!(rig.warehouse("text/plain", body.as_bytes()).await.problem(), (415, "media-type"));
    assert_eq!(rig.send("POST", EVENTS, &[("content-type", "text/plain")], body).await.status, 401);
}

#[tokio::test]
async fn a_body_over_1_mib_is_a_413() {
    let rig = Rig::new();
    let mut body = accepted("w-1").to_string().into_bytes();
    body.resize(WAREHOUSE_BODY_BYTES_MAX, b' ');
    rig.warehouse(ONE, &body).await.assert_genuine_but_not_stored();
    body.push(b' ');
    assert_eq!(rig.warehouse(ONE, &body).await.problem(), (413, "too-large"));
}
