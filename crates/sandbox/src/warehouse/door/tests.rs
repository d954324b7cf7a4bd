//! A door with a warehouse behind it, and a client that signs.

use std::net::Ipv4Addr;

use crossdock_events::standard_webhooks::key_from_whsec;

use super::*;
use crate::Fault;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Rig {
    door: Arc<Door>,
    warehouse: Arc<Warehouse>,
    stop: CancellationToken,
}

impl Rig {
    async fn open() -> Self {
        let keys = vec![key_from_whsec(SECRET).unwrap()];
        let door = Door::open((Ipv4Addr::LOCALHOST, 0).into(), keys).await.unwrap();
        let warehouse = Arc::new(Warehouse::alone(vec![("MUG".to_owned(), 5)]));
        let stop = CancellationToken::new();
        door.serve(warehouse.clone(), stop.clone());
        Self { door, warehouse, stop }
    }

    /// Posts an order of this SKU as the event of this id, signed with a key.
    async fn post(&self, id: &str, sku: &str, key: &str) -> reqwest::Result<(u16, Value)> {
        let key = key_from_whsec(key).unwrap();
        let body = released(id, sku).to_string();
        let sent = Timestamp::now().as_second();
        let signature = signing::standard_webhooks(key.expose_secret(), id, sent, body.as_bytes());
        let request = reqwest::Client::new()
            .post(self.door.url())
            .header("content-type", "application/cloudevents+json")
            .header("webhook-id", id)
            .header("webhook-timestamp", sent)
            .header("webhook-signature", signature)
            .header("idempotency-key", id);
        let answer = request.body(body).send().await?;
        Ok((answer.status().as_u16(), answer.json().await?))
    }

    fn statuses(&self) -> Vec<u16> {
        self.door.posts().iter().map(|post| post.status).collect()
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn released(id: &str, sku: &str) -> Value {
    json!({
        "specversion": "1.0", "id": id, "source": "/crossdock/order-importer", "type": "order.released", "subject": "BG1001",
        "data": {
            "number": "BG1001", "store": "acme-au", "platform": "bigcommerce", "order_id": "1001", "test": false,
            "placed_at": "2026-11-21T12:00:00Z", "currency": "AUD", "shipping_method": "Express", "pickup": false,
            "customer_note": "", "total": "9.90",
            "ship_to": { "name": "Jo", "company": "", "address1": "", "address2": "", "city": "", "state": "",
                         "state_code": "", "postcode": "", "country_code": "AU", "phone": "", "email": "" },
            "lines": [{ "line_id": "1", "sku": sku, "name": sku, "quantity": 1, "unit_price": "9.90", "options": {} }],
        },
    })
}

#[tokio::test]
async fn an_event_is_taken_once_however_often_it_is_posted() {
    let rig = Rig::open().await;
    rig.door.faults().next("POST", "", Fault::DoneThenCut);
    assert!(rig.post("BG1001", "MUG", SECRET).await.is_err(), "taken, and cut before the answer");
    assert_eq!(rig.post("BG1001", "MUG", SECRET).await.unwrap().0, 202);
    assert_eq!(rig.warehouse.orders().len(), 1);
    assert_eq!(rig.warehouse.received("BG1001"), 1);
    assert_eq!(rig.statuses(), [0, 202]);
}

#[tokio::test]
async fn a_forged_request_is_not_taken_and_not_noted() {
    let rig = Rig::open().await;
    assert_eq!(rig.post("BG1001", "MUG", "whsec_aHVudGVyMg==").await.unwrap().0, 401);
    assert!(rig.warehouse.orders().is_empty() && rig.door.posts().is_empty());
}

#[tokio::test]
async fn an_order_with_an_unknown_sku_is_refused_by_name_and_may_come_again() {
    let rig = Rig::open().await;
    for _ in 0..2 {
        let (status, problem) = rig.post("BG1001", "CAP", SECRET).await.unwrap();
        assert_eq!((status, &problem["unknown_skus"]), (422, &json!(["CAP"])));
    }
    assert!(rig.warehouse.orders().is_empty());
}

#[tokio::test]
async fn faults_are_answered_as_they_are_asked_for() {
    let rig = Rig::open().await;
    rig.door.faults().next("POST", "", Fault::Status(503));
    rig.door.faults().next("POST", "", Fault::Throttle(Duration::from_secs(7)));
    for status in [503, 429, 202] {
        assert_eq!(rig.post("BG1001", "MUG", SECRET).await.unwrap().0, status);
    }
}
