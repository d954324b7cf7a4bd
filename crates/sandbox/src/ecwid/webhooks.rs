//! Webhooks of an Ecwid shop. Only the event's id and time are signed.

use std::sync::Mutex;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Callbacks, Delivery, Signed, signing};

/// Something that an app is told of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// For example `order.updated`.
    pub(super) kind: &'static str,
    /// Internal id of the order, or id of the product.
    pub(super) entity_id: u64,
    /// `{orderId, newPaymentStatus, …}`; products have none.
    pub(super) data: Option<Value>,
}

impl Event {
    pub(super) fn product_updated(product_id: u64) -> Self {
        Self { kind: "product.updated", entity_id: product_id, data: None }
    }
}

/// Turns events into callbacks.
pub(super) struct Announcer {
    callbacks: Callbacks,
    path: String,
    store_id: u64,
    dice: Mutex<Rng>,
}

impl Announcer {
    pub(super) fn new(callbacks: Callbacks, path: String, store_id: u64, seed: u64) -> Self {
        Self { callbacks, path, store_id, dice: Mutex::new(Rng::with_seed(seed)) }
    }

    pub(super) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    /// One callback for each event; its id stays over tries and copies.
    pub(super) fn announce(&self, events: &[Event]) {
        for event in events {
            let id = self.event_id();
            let mut body = json!({
                "eventId": id,
                "eventCreated": Timestamp::now().as_second(),
                "storeId": self.store_id,
                "entityId": event.entity_id,
                "eventType": event.kind,
            });
            if let Some(data) = &event.data {
                body["data"] = data.clone();
            }
            let path = format!("{}?eventtype={}", self.path, event.kind);
            self.callbacks.send(&Delivery::new(id, path, &body.to_string()));
        }
    }

    fn event_id(&self) -> String {
        let random = self.dice.lock().expect("nobody panics while holding the dice").u128(..);
        uuid::Builder::from_random_bytes(random.to_be_bytes()).into_uuid().to_string()
    }
}

/// Signs `{eventCreated}.{eventId}`.
pub(super) struct Signer {
    pub(super) client_secret: String,
}

impl Signed for Signer {
    fn headers(&self, delivery: &Delivery) -> Vec<(String, String)> {
        let body: Value = serde_json::from_slice(&delivery.body).unwrap_or_default();
        let created = body["eventCreated"].as_i64().unwrap_or_default();
        let signature = signing::ecwid(&self.client_secret, created, &delivery.id);
        vec![
            ("content-type".to_owned(), "application/json; charset=UTF-8".to_owned()),
            ("cache-control".to_owned(), "no-cache".to_owned()),
            ("x-ecwid-webhook-signature".to_owned(), signature),
        ]
    }
}
