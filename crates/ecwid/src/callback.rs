//! What Ecwid POSTs when something changed at a shop.
//!
//! Only `eventCreated` and `eventId` are signed, and they stand in the body. So the body is read twice: [`Unverified`] takes
//! just what the signature needs and the shop's number, [`Callback`] the rest once the signature holds.
//!
//! Source: docs.ecwid.com, "Event data in webhooks" (read 2026-11).

use crossdock_domain::OrderId;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

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
    data: Option<Box<RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OrderData {
    #[serde(default)]
    order_id: Scalar,
}

impl Unverified {
    /// Reads what the signature covers, and the shop's number. A key that comes twice is refused, however it is spelled: it
    /// would be unclear which of them was signed. Digits count as they were sent, without becoming a number.
    ///
    /// # Errors
    /// Without these three the body cannot have been signed by Ecwid.
    pub fn parse(body: &[u8]) -> Result<Self, InvalidCallback> {
        // An array would be read field by field, and what is no text be passed over where nothing is read.
        if !std::str::from_utf8(body).is_ok_and(|text| text.trim_start().starts_with('{')) {
            return Err(ShapeError::new(".", "expected a JSON object in UTF-8").into());
        }
        let signed: SignedPart = shape::read_unverified(body)?;
        if !is_digits(&signed.event_created.0) {
            return Err(ShapeError::new("eventCreated", "expected seconds since 1970").into());
        }
        let store_id = Some(signed.store_id.0).filter(|id| is_digits(id)).and_then(|id| id.parse().ok());
        let store_id = store_id.ok_or_else(|| ShapeError::new("storeId", "expected the shop's number"))?;
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
        let data = body.data.as_ref().map(|data| data.get()).filter(|json| json.starts_with('{'));
        let data: OrderData =
            data.map_or_else(|| Ok(OrderData::default()), |json| shape::read(json.as_bytes()))?;
        let order_id =
            if data.order_id.filled().is_some() { data.order_id.0 } else { body.entity_id.0.clone() };
        return Ok(CallbackSubject::Order(OrderId::new(bounded("data.orderId", order_id)?)));
    }
    if body.event_type.starts_with("product.") {
        return Ok(CallbackSubject::Product(bounded("entityId", body.entity_id.0.clone())?));
    }
    Ok(CallbackSubject::Ignored)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A text that is fit for events, log lines and URLs.
fn bounded(field: &str, text: String) -> Result<String, ShapeError> {
    if text.trim().is_empty() || text.chars().count() > ID_CHARS_MAX || text.contains(char::is_control) {
        return Err(ShapeError::new(field, &format!("expected 1 to {ID_CHARS_MAX} characters")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
