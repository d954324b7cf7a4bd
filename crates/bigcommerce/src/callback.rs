//! A webhook's callback: which order or product it is about, and nothing that would have to be believed.

use std::fmt;

use crossdock_domain::OrderId;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::loose;
use crate::store_hash::is_store_hash;

/// A parsed callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// What happened, for example `store/order/created`.
    pub scope: String,
    /// The shop that it happened in, from `producer`. Compare it with the shop whose secrets verified the callback.
    pub store_hash: String,
    /// The event's id: the same for a callback that fires twice for one event.
    pub hash: String,
    /// When it happened. One of the documented examples lacks it.
    pub created_at: Option<Timestamp>,
    subject: CallbackSubject,
}

/// What a callback is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackSubject {
    /// Read this order anew.
    Order(OrderId),
    /// Read this product's listings anew.
    Product(String),
    /// Nothing that Crossdock needs.
    Ignored,
}

/// A signed body that is not of the documented shape.
#[derive(Debug, thiserror::Error)]
pub enum InvalidCallback {
    /// No JSON, or a field is missing or of another kind.
    #[error("the callback is not of the documented shape")]
    Shape(#[source] serde_path_to_error::Error<serde_json::Error>),
    /// Something follows the JSON.
    #[error("the callback goes on behind its end")]
    Trailing(#[source] serde_json::Error),
    /// `producer` names no shop.
    #[error("the callback's producer is not 'stores/' and a store's hash")]
    Producer,
    /// The scope is about an order or a product, and its id is missing.
    #[error("the callback '{scope}' does not say which {what} it is about")]
    Subject {
        /// What happened.
        scope: String,
        /// `order` or `product`.
        what: Kind,
    },
}

/// A kind of thing that callbacks are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An order.
    Order,
    /// A product.
    Product,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "order",
            Self::Product => "product",
        })
    }
}

#[derive(Deserialize)]
struct Body {
    scope: String,
    #[serde(default)]
    data: Value,
    #[serde(deserialize_with = "event_id")]
    hash: String,
    #[serde(default, deserialize_with = "seconds")]
    created_at: Option<Timestamp>,
    producer: String,
}

impl Callback {
    /// Parses a body whose signature has been verified.
    ///
    /// # Errors
    /// [`InvalidCallback`]: answer 400; BigCommerce tries again on its own schedule, and a person should look.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let body: Body = serde_path_to_error::deserialize(&mut json).map_err(InvalidCallback::Shape)?;
        json.end().map_err(InvalidCallback::Trailing)?;
        let store_hash = body.producer.strip_prefix("stores/").filter(|hash| is_store_hash(hash.as_bytes()));
        let store_hash = store_hash.ok_or(InvalidCallback::Producer)?.to_owned();
        let subject = subject(&body.scope, &body.data)?;
        Ok(Self { scope: body.scope, store_hash, hash: body.hash, created_at: body.created_at, subject })
    }

    /// The event's identity: the same event, told again, has the same.
    ///
    /// Not the hash alone: in BigCommerce's own samples an order's `created`, `updated` and `archived` share one
    /// (public repository bigcommerce/docs at 24f580ca, 2026-04-01, webhook callbacks).
    pub fn event_id(&self) -> String {
        let created = self.created_at.map(|at| format!("{}/", at.as_second())).unwrap_or_default();
        format!("{}/{created}{}", self.scope, self.hash)
    }

    /// What it is about.
    pub fn subject(&self) -> &CallbackSubject {
        &self.subject
    }
}

/// Finds the id by the scope. The fields are those of the documented samples: an order's own id stands in `id`, also where the
/// callback is about a message or a refund of it; a transaction has `order_id`, a shipment `orderId`.
fn subject(scope: &str, data: &Value) -> Result<CallbackSubject, InvalidCallback> {
    let scope_parts: Vec<&str> = scope.split('/').collect();
    let ["store", topic, rest @ ..] = scope_parts.as_slice() else { return Ok(CallbackSubject::Ignored) };
    if rest.contains(&"metafield") {
        return Ok(CallbackSubject::Ignored);
    }
    let (what, fields): (Kind, &[&str]) = match *topic {
        "order" => (Kind::Order, &["/order_id", "/orderId", "/id"]),
        "shipment" => (Kind::Order, &["/orderId", "/order_id"]),
        "product" => (Kind::Product, &["/inventory/product_id", "/product_id", "/id"]),
        "sku" => (Kind::Product, &["/sku/product_id", "/inventory/product_id", "/product_id"]),
        _ => return Ok(CallbackSubject::Ignored),
    };
    let id = fields.iter().find_map(|field| number(data.pointer(field)?));
    let id = id.ok_or_else(|| InvalidCallback::Subject { scope: scope.to_owned(), what })?;
    Ok(match what {
        Kind::Order => CallbackSubject::Order(OrderId::new(id)),
        Kind::Product => CallbackSubject::Product(id),
    })
}

/// An id as a number or as a text of digits, without leading zeros: one order must not have two names.
fn number(value: &Value) -> Option<String> {
    let id = match value {
        Value::Number(number) => number.as_u64()?,
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok()?,
        _ => return None,
    };
    (id > 0).then(|| id.to_string())
}

fn event_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let hash = loose::text(deserializer)?;
    if hash.is_empty() { Err(serde::de::Error::custom("the event's hash is empty")) } else { Ok(hash) }
}

/// A moment in seconds since 1970; none for anything else, as nothing depends on it.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = loose::text(deserializer)?.parse().ok();
    Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::store_hash_hint;

    fn parsed(body: &Value) -> Result<Callback, InvalidCallback> {
        Callback::parse(body.to_string().as_bytes())
    }

    fn callback(scope: &str, data: &Value) -> Value {
        json!({ "scope": scope, "store_id": "1025646", "data": data, "hash": "dd70", "producer": "stores/abc123" })
    }

    #[test]
    fn every_documented_callback_says_what_it_is_about() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/callbacks");
        let (mut subjects, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
        for file in std::fs::read_dir(folder).unwrap() {
            let body = std::fs::read(file.unwrap().path()).unwrap();
            let callback = Callback::parse(&body).unwrap();
            assert_eq!(store_hash_hint(&body), Some(callback.store_hash.as_str()));
            assert!(callback.created_at.is_some() && callback.hash.len() == 40);
            subjects.push(format!("{} {:?}", callback.scope, callback.subject()));
            ids.insert(callback.event_id());
        }
        assert_eq!(ids.len(), subjects.len(), "each is an event of its own, though some share a hash");
        subjects.sort();
        insta::assert_snapshot!("callback_subjects", subjects.join("\n"));
    }

    #[test]
    fn ids_may_be_numbers_or_texts_and_created_at_may_be_missing() {
        let order = |id: Value| {
            parsed(&callback("store/order/updated", &json!({ "type": "order", "id": id }))).unwrap()
        };
        assert_eq!(order(json!("250")), order(json!(250)));
        assert_eq!(order(json!("0250")).subject(), &CallbackSubject::Order(OrderId::from("250")));
        assert_eq!(order(json!(250)).created_at, None);
        let mut body = callback("store/order/updated", &json!({ "id": 250 }));
        for (created_at, secs) in
            [(json!("1561479335"), Some(1_561_479_335)), (json!(null), None), (json!("soon"), None)]
        {
            body["created_at"] = created_at;
            assert_eq!(parsed(&body).unwrap().created_at.map(Timestamp::as_second), secs);
        }
    }

    #[test]
    fn a_transaction_names_its_order_and_a_metafield_is_nothing_to_us() {
        let transaction = json!({ "type": "order", "order_id": "173331", "transaction_id": "6" });
        let transaction = parsed(&callback("store/order/transaction/created", &transaction)).unwrap();
        assert_eq!(transaction.subject(), &CallbackSubject::Order(OrderId::from("173331")));
        for scope in
            ["store/order/metafield/created", "store/app/uninstalled", "store/cart/created", "storefront"]
        {
            let callback = parsed(&callback(scope, &json!({ "id": "9f-1", "resource_id": "250" }))).unwrap();
            assert_eq!(callback.subject(), &CallbackSubject::Ignored, "{scope}");
        }
    }

    #[test]
    fn another_shape_is_refused_with_a_sentence() {
        let told = |body: &[u8]| {
            let error = Callback::parse(body).unwrap_err();
            let source =
                std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            format!("{error}{source}")
        };
        let mut no_producer = callback("store/order/created", &json!({ "id": 1 }));
        no_producer["producer"] = json!("stores/a/b");
        insta::assert_snapshot!(
            "refused_callbacks",
            [
                told(b""),
                told(b"[]"),
                told(br#"{"scope": "store/order/created"}"#),
                told(br#"{"scope": 7}"#),
                told(format!("{0} {0}", callback("store/order/created", &json!({ "id": 1 }))).as_bytes()),
                told(no_producer.to_string().as_bytes()),
                told(callback("store/order/created", &json!({ "type": "order" })).to_string().as_bytes()),
                told(callback("store/order/created", &json!({ "id": "../1" })).to_string().as_bytes()),
                told(
                    callback("store/sku/updated", &json!({ "type": "sku", "id": 461 }))
                        .to_string()
                        .as_bytes()
                ),
            ]
            .join("\n")
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_parsing_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Callback::parse(&body);
            let _ = store_hash_hint(&body);
        }

        #[test]
        fn no_json_makes_parsing_panic_and_the_hint_agrees(
            scope in "store/(order|sku|product|shipment|cart)/[a-z/]{0,20}", hash in "[a-z0-9]{1,10}",
            id in any::<i64>(), text in "\\PC{0,20}", pretty in any::<bool>(),
        ) {
            let body = json!({
                "scope": scope, "data": { "id": id, "sku": text, "orderId": text }, "hash": text, "created_at": id,
                "producer": format!("stores/{hash}"),
            });
            let json = if pretty { format!("{body:#}") } else { body.to_string().replace('/', "\\/") };
            prop_assert_eq!(store_hash_hint(json.as_bytes()), Some(hash.as_str()));
            if let Ok(callback) = Callback::parse(json.as_bytes()) {
                prop_assert_eq!(callback.store_hash, hash);
            }
        }
    }
}
