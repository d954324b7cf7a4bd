//! What Ecwid POSTs when something changed at a shop.
//!
//! Only `eventCreated` and `eventId` are signed, and they stand in the body. So the body is read twice: [`Unverified`] takes
//! just what the signature needs and the shop's number, [`Callback`] the rest once the signature holds.
//!
//! Source: docs.ecwid.com, "Event data in webhooks" (read 2026-11).

use crossdock_domain::OrderId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::scalar::Scalar;
use crate::shape::{self, ShapeError};

/// Longest id or event type accepted, in characters: they go into events, log lines and URLs, and most are not signed.
const ID_CHARS_MAX: usize = 200;

/// A body that is no callback of Ecwid's. Answer 400; Ecwid retries it for 24 hours.
#[derive(Debug, thiserror::Error)]
#[error("the body is not an Ecwid callback")]
pub struct InvalidCallback(#[from] ShapeError);

/// A callback before its signature was checked: what the check needs, and nothing else to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// Seconds since 1970, with the very digits that were sent: they are signed.
    pub(crate) event_created: String,
    /// Ecwid's id of the event, signed.
    pub(crate) event_id: String,
    /// The shop's number. Not signed: look it up among the configured shops.
    pub store_id: u64,
}

/// A callback. A doorbell only: whatever it says of an order is read anew from the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// Ecwid's id of the event: opaque, for its own examples are not valid UUIDs.
    pub event_id: String,
    /// When the event happened, to the second.
    pub event_created: Timestamp,
    /// The shop's number.
    pub store_id: u64,
    /// For example `order.updated`.
    pub event_type: String,
    subject: CallbackSubject,
}

/// What a callback is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallbackSubject {
    /// An order changed, or came, or went.
    Order(OrderId),
    /// A product changed, by Ecwid's number of it.
    Product(String),
    /// Something that Crossdock has no use for. Acknowledge it.
    Ignored,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignedPart {
    event_created: Scalar,
    event_id: Scalar,
    store_id: Scalar,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    event_type: String,
    #[serde(default)]
    entity_id: Scalar,
    /// Any shape: only an order's `orderId` is looked for, and an event that is ignored must not fail for its data.
    #[serde(default)]
    data: Value,
}

impl Unverified {
    /// Reads what the signature covers, and the shop's number.
    ///
    /// # Errors
    /// Without these three the body cannot have been signed by Ecwid.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let signed: SignedPart = shape::read(body)?;
        let digits =
            !signed.event_created.0.is_empty() && signed.event_created.0.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(ShapeError::new("eventCreated", "expected seconds since 1970").into());
        }
        let store_id = signed
            .store_id
            .0
            .parse()
            .map_err(|_| ShapeError::new("storeId", "expected the shop's number"))?;
        let event_id = bounded("eventId", signed.event_id.0)?;
        Ok(Self { event_created: signed.event_created.0, event_id, store_id })
    }
}

impl Callback {
    /// Reads a whole callback. Verify it first: see [`crate::WebhookVerifier::verify`].
    ///
    /// # Errors
    /// It is not of the documented shape. An unknown event type is no error: its subject is `Ignored`.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        let signed = Unverified::parse(body)?;
        let rest: Body = shape::read(body)?;
        let event_created = signed
            .event_created
            .parse()
            .ok()
            .and_then(|seconds| Timestamp::from_second(seconds).ok())
            .ok_or_else(|| ShapeError::new("eventCreated", "expected seconds since 1970"))?;
        let subject = subject(&rest)?;
        let event_type = bounded("eventType", rest.event_type)?;
        Ok(Self { event_id: signed.event_id, event_created, store_id: signed.store_id, event_type, subject })
    }

    /// What it is about.
    pub fn subject(&self) -> &CallbackSubject {
        &self.subject
    }
}

/// Since random order ids came, an order's `entityId` is a number that only Ecwid uses; `data.orderId` is the order's id.
fn subject(body: &Body) -> Result<CallbackSubject, ShapeError> {
    if body.event_type.starts_with("order.") {
        let order_id = match &body.data["orderId"] {
            Value::String(text) if !text.trim().is_empty() => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => body.entity_id.0.clone(),
        };
        return Ok(CallbackSubject::Order(OrderId::new(bounded("data.orderId", order_id)?)));
    }
    if body.event_type.starts_with("product.") {
        return Ok(CallbackSubject::Product(bounded("entityId", body.entity_id.0.clone())?));
    }
    Ok(CallbackSubject::Ignored)
}

fn bounded(field: &str, text: String) -> Result<String, ShapeError> {
    if text.trim().is_empty() || text.chars().count() > ID_CHARS_MAX {
        return Err(ShapeError::new(field, &format!("expected 1 to {ID_CHARS_MAX} characters")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn callback(event_type: &str, rest: &str) -> Result<Callback, InvalidCallback> {
        let body = format!(
            r#"{{"eventId":"e-1","eventCreated":1634209655,"storeId":1003,"eventType":"{event_type}"{rest}}}"#
        );
        Callback::parse(body.as_bytes())
    }

    fn subject_of(event_type: &str, rest: &str) -> CallbackSubject {
        callback(event_type, rest).unwrap().subject().clone()
    }

    fn fixture(case: &str) -> Callback {
        let path = format!("{}/fixtures/callback/{case}.json", env!("CARGO_MANIFEST_DIR"));
        Callback::parse(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn the_documented_callbacks_are_read() {
        let created = fixture("order_created");
        assert_eq!((created.store_id, created.event_type.as_str()), (1003, "order.created"));
        assert_eq!(created.event_id, "80aece08-40e8-4145-8764-6c2f0d38678");
        assert_eq!(created.subject(), &CallbackSubject::Order("XJ12H".into()));
        assert_eq!(fixture("order_updated").subject(), &CallbackSubject::Order("B8HGD".into()));
        assert_eq!(fixture("product_created").subject(), &CallbackSubject::Product("667251253".to_owned()));
        assert_eq!(fixture("unfinished_order_created").subject(), &CallbackSubject::Ignored);
        assert_eq!(fixture("order_updated_2019").subject(), &CallbackSubject::Order("103".into()));
        assert_eq!(fixture("application_installed_2019").subject(), &CallbackSubject::Ignored);
    }

    #[test]
    fn an_order_is_known_by_its_order_id_before_its_entity_id() {
        let order = |id: &str| CallbackSubject::Order(id.into());
        assert_eq!(
            subject_of("order.updated", r#","entityId":9,"data":{"orderId":"K8XTQ"}"#),
            order("K8XTQ")
        );
        assert_eq!(subject_of("order.updated", r#","entityId":9,"data":{"orderId":77}"#), order("77"));
        assert_eq!(subject_of("order.updated", r#","data":{"orderId":"K8XTQ"}"#), order("K8XTQ"));
        for data in ["null", "[]", "\"\"", "{}", r#"{"orderId":""}"#, r#"{"orderId":null}"#] {
            assert_eq!(
                subject_of("order.deleted", &format!(r#","entityId":"9","data":{data}"#)),
                order("9"),
                "{data}"
            );
        }
        assert!(callback("order.updated", "").is_err());
    }

    #[test]
    fn what_nobody_needs_is_ignored_whatever_its_data() {
        for event in
            ["unfinished_order.created", "product_class.updated", "customer.updated", "profile.updated", "x"]
        {
            assert_eq!(
                subject_of(event, r#","entityId":-1,"data":[{"orderId":7}]"#),
                CallbackSubject::Ignored,
                "{event}"
            );
        }
    }

    #[test]
    fn ids_may_come_as_texts_or_numbers() {
        let body = br#"{"eventId":17,"eventCreated":"0001634209655","storeId":"1003","entityId":"5","eventType":"product.updated"}"#;
        let unverified = Unverified::parse(body).unwrap();
        assert_eq!(
            (unverified.event_created.as_str(), unverified.event_id.as_str()),
            ("0001634209655", "17")
        );
        let callback = Callback::parse(body).unwrap();
        assert_eq!((callback.store_id, callback.event_created.as_second()), (1003, 1_634_209_655));
        assert_eq!(callback.subject(), &CallbackSubject::Product("5".to_owned()));
    }

    #[test]
    fn what_cannot_be_ecwids_is_refused() {
        for body in [
            "",
            "[]",
            "null",
            r#"{"eventId":"a","storeId":1}"#,
            r#"{"eventId":"","eventCreated":1,"storeId":1}"#,
            r#"{"eventId":"a","eventCreated":-1,"storeId":1}"#,
            r#"{"eventId":"a","eventCreated":1.5,"storeId":1}"#,
            r#"{"eventId":"a","eventCreated":"1.b","storeId":1}"#,
            r#"{"eventId":"a","eventCreated":1,"storeId":-1}"#,
            r#"{"eventId":"a","eventId":"b","eventCreated":1,"storeId":1}"#,
        ] {
            assert!(Unverified::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(callback("order.updated", &format!(r#","entityId":"{}""#, "9".repeat(201))).is_err());
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic(body: Vec<u8>) {
            let _ = Callback::parse(&body);
        }

        #[test]
        fn no_field_makes_it_panic(event in "(order|product)\\.[a-z]{0,9}", entity in ".*", created: u64, order in ".*") {
            let body = serde_json::json!({
                "eventId": entity, "eventCreated": created, "storeId": created, "entityId": entity,
                "eventType": event, "data": {"orderId": order},
            });
            let _ = Callback::parse(body.to_string().as_bytes());
        }
    }
}
