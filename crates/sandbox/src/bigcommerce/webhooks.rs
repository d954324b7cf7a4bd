//! Callbacks of a BigCommerce shop: light payloads, signed as Standard Webhooks.

use std::fmt::Write;
use std::sync::Mutex;

use fastrand::Rng;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::STORE_ID;
use super::hooks::HookBook;
use crate::signing::standard_webhooks;
use crate::{Callbacks, Delivery, Signed};

/// Characters of `hash` in the documented callbacks.
const HASH_CHARS: usize = 40;

/// Something that a hook can be subscribed to.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// For example `store/order/created`.
    pub(super) scope: &'static str,
    /// `{type, id, …}`
    pub(super) data: Value,
}

impl Event {
    pub(super) fn order(scope: &'static str, id: u64) -> Self {
        Self { scope, data: json!({ "type": "order", "id": id }) }
    }

    pub(super) fn status_updated(id: u64, previous: i64, new: i64) -> Self {
        let status = json!({ "previous_status_id": previous, "new_status_id": new });
        Self {
            scope: "store/order/statusUpdated",
            data: json!({ "type": "order", "id": id, "status": status }),
        }
    }

    pub(super) fn product_updated(id: u64) -> Self {
        Self { scope: "store/product/updated", data: json!({ "type": "product", "id": id }) }
    }

    pub(super) fn shipment(scope: &'static str, id: u64, order_id: u64) -> Self {
        Self { scope, data: json!({ "type": "shipment", "id": id, "orderId": order_id }) }
    }
}

/// The way of every callback to a receiver that gets them without a subscription.
pub(super) struct Route {
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
}

/// Turns events into callbacks.
pub(super) struct Announcer {
    callbacks: Callbacks,
    route: Route,
    producer: String,
    dice: Mutex<Rng>,
}

impl Announcer {
    pub(super) fn new(callbacks: Callbacks, route: Route, store_hash: &str, seed: u64) -> Self {
        let producer = format!("stores/{store_hash}");
        Self { callbacks, route, producer, dice: Mutex::new(Rng::with_seed(seed)) }
    }

    pub(super) fn callbacks(&self) -> &Callbacks {
        &self.callbacks
    }

    /// Sends what one change has caused. Events with the same data share their `hash`, as in the documented samples.
    pub(super) fn announce(&self, events: &[Event], hooks: &HookBook) {
        let change = self.random();
        let created_at = Timestamp::now().as_second();
        for event in events {
            let body = json!({
                "scope": event.scope,
                "store_id": STORE_ID.to_string(),
                "data": event.data,
                "hash": hash(&format!("{change:032x}{}", event.data)),
                "created_at": created_at,
                "producer": self.producer,
            });
            for delivery in self.deliveries(event, &body.to_string(), hooks) {
                self.callbacks.send(&delivery);
            }
        }
    }

    /// One to the receiver, if there is one, else one for each hook: every one is a message of its own.
    fn deliveries(&self, event: &Event, body: &str, hooks: &HookBook) -> Vec<Delivery> {
        if self.callbacks.has_receiver() {
            let delivery = Delivery::new(self.uuid(), self.route.path.clone(), body);
            return vec![Delivery { headers: self.route.headers.clone(), ..delivery }];
        }
        let listeners = hooks.listeners(event.scope).into_iter();
        listeners
            .map(|listener| Delivery {
                headers: listener.headers,
                until: listener.until,
                ..Delivery::new(self.uuid(), listener.destination.into(), body)
            })
            .collect()
    }

    /// A UUID for what the API calls a transaction.
    pub(super) fn transaction_id(&self) -> String {
        self.uuid()
    }

    fn uuid(&self) -> String {
        uuid::Builder::from_random_bytes(self.random().to_be_bytes()).into_uuid().to_string()
    }

    fn random(&self) -> u128 {
        self.dice.lock().expect("nobody panics while holding the dice").u128(..)
    }
}

fn hash(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").expect("writing to a string does not fail");
    }
    hex.truncate(HASH_CHARS);
    hex
}

/// Signs each try anew; the key is the raw bytes of the client secret.
pub(super) struct Signer {
    pub(super) client_secret: String,
}

impl Signed for Signer {
    fn headers(&self, delivery: &Delivery) -> Vec<(String, String)> {
        let now = Timestamp::now().as_second();
        let signature = standard_webhooks(self.client_secret.as_bytes(), &delivery.id, now, &delivery.body);
        vec![
            ("webhook-id".to_owned(), delivery.id.clone()),
            ("webhook-timestamp".to_owned(), now.to_string()),
            ("webhook-signature".to_owned(), signature),
        ]
    }
}
