//! A webhook's callback: which order or product it is about, and nothing that would have to be believed.

mod subject;

use std::fmt;

use crossdock_domain::OrderId;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

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
    /// Another kind of JSON (an array would be read field by field), or no text, if only where nothing is read.
    #[error("the callback is not a JSON object in UTF-8")]
    NoObject,
    /// No JSON, or a field is missing, of another kind, or there twice: it would be unclear which of them counts.
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
struct Body<'a> {
    scope: String,
    /// Any shape: only some scopes need something of it, and the others must not fail for theirs.
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
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
        let object = std::str::from_utf8(body).ok().filter(|text| text.trim_start().starts_with('{'));
        let body: Body<'_> = read(object.ok_or(InvalidCallback::NoObject)?)?;
        let store_hash = body.producer.strip_prefix("stores/").filter(|hash| is_store_hash(hash.as_bytes()));
        let store_hash = store_hash.ok_or(InvalidCallback::Producer)?.to_owned();
        let subject = subject::find(&body.scope, body.data)?;
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

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, InvalidCallback> {
    // Where a mistake stands is only followed once there is one: that costs as much as the reading.
    serde_json::from_str(json).or_else(|_| read_and_follow(json))
}

fn read_and_follow<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, InvalidCallback> {
    let mut json = serde_json::Deserializer::from_str(json);
    let value = serde_path_to_error::deserialize(&mut json).map_err(InvalidCallback::Shape)?;
    json.end().map_err(InvalidCallback::Trailing)?;
    Ok(value)
}

fn event_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let hash = loose::text(deserializer)?;
    if hash.is_empty() || hash.contains(char::is_control) {
        return Err(serde::de::Error::custom("the event's hash is empty, or has control characters"));
    }
    Ok(hash)
}

/// A moment in seconds since 1970; none for anything else, as nothing depends on it.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let seconds = loose::text(deserializer)?.parse().ok();
    Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
}

#[cfg(test)]
mod tests;
