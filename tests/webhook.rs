//! One signed request, as each kind of sender makes it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_events::standard_webhooks::{
    ID_HEADER, Key, SIGNATURE_HEADER, TIMESTAMP_HEADER, key_from_whsec, sign,
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::json;
use sha2::Sha256;

use crate::world::WAREHOUSE_SECRET;

/// Lines of each shipment that the warehouse tells of: its event takes about 8 KiB.
const SHIPMENT_LINES: u32 = 200;

/// One signed request.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// The path, without its first slash.
    pub path: &'static str,
    /// The signature's headers, and what else its sender adds.
    pub headers: Vec<(&'static str, String)>,
    /// The body, as signed.
    pub body: String,
}

/// Who signs.
#[derive(Clone)]
pub(crate) enum Signer {
    Bigcommerce {
        store_hash: String,
        key: Key,
    },
    Ecwid {
        store_id: u64,
        secret: String,
    },
    /// Tells of shipments: each of a webhook's number, in turn of so many orders.
    Warehouse {
        orders: u32,
    },
}

impl Signer {
    /// The webhook of this number, signed now.
    pub(crate) fn webhook(&self, number: u32) -> Webhook {
        let now = Timestamp::now();
        match self {
            Self::Bigcommerce { store_hash, key } => bigcommerce(store_hash, key, number, now),
            Self::Ecwid { store_id, secret } => ecwid(*store_id, secret, number, now.as_second()),
            Self::Warehouse { orders } => shipment(number, number % orders, now),
        }
    }
}

fn bigcommerce(store_hash: &str, key: &Key, order: u32, now: Timestamp) -> Webhook {
    let body = format!(
        r#"{{"scope":"store/order/created","store_id":"1","data":{{"type":"order","id":{order}}},"hash":"h{order}","created_at":1760000000,"producer":"stores/{store_hash}"}}"#
    );
    let headers = standard_headers(key, format!("msg_{order}"), now, &body);
    Webhook { path: "webhooks/bigcommerce", headers, body }
}

fn ecwid(store_id: u64, secret: &str, order: u32, now: i64) -> Webhook {
    let body = format!(
        r#"{{"eventId":"e-{order}","eventCreated":{now},"storeId":{store_id},"entityId":{order},"eventType":"order.created","data":{{"orderId":"{order}"}}}}"#
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{now}.e-{order}").as_bytes());
    let signature = BASE64.encode(mac.finalize().into_bytes());
    Webhook { path: "webhooks/ecwid", headers: vec![("x-ecwid-webhook-signature", signature)], body }
}

fn shipment(number: u32, order: u32, now: Timestamp) -> Webhook {
    let lines: Vec<_> =
        (0..SHIPMENT_LINES).map(|line| json!({"sku": format!("TEE-{line:04}-M"), "quantity": 1})).collect();
    let data = json!({"shipment_id": format!("S{number}"), "number": format!("BG{order}"), "carrier": "DHL",
        "tracking_number": number.to_string(), "dispatched_at": now, "lines": lines});
    let event = json!({"specversion": "1.0", "id": format!("w-{number}"), "source": "/warehouse",
        "type": "warehouse.shipment.dispatched", "time": now, "data": data});
    warehouse_event(&format!("msg_{number}"), event.to_string(), now)
}

/// An event that the warehouse posts, signed at this moment.
///
/// # Panics
/// Never: the secret is one.
pub fn warehouse_event(message_id: &str, body: String, now: Timestamp) -> Webhook {
    let key = key_from_whsec(WAREHOUSE_SECRET).expect("the secret is one of Standard Webhooks");
    let mut headers = standard_headers(&key, message_id.to_owned(), now, &body);
    headers.push(("content-type", "application/cloudevents+json".to_owned()));
    Webhook { path: "warehouse/events", headers, body }
}

fn standard_headers(key: &Key, id: String, now: Timestamp, body: &str) -> Vec<(&'static str, String)> {
    let now = now.as_second();
    let signature = sign(key, &id, now, body.as_bytes());
    vec![(ID_HEADER, id), (TIMESTAMP_HEADER, now.to_string()), (SIGNATURE_HEADER, signature)]
}
