//! What is put on a queue, and what comes off it.

use bytes::Bytes;
use jiff::Timestamp;

/// A message for the events exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Routing key: the event's type.
    pub routing_key: String,
    /// The same id is the same message, sent again after a doubt.
    pub id: String,
    /// MIME type of the body.
    pub content_type: &'static str,
    /// The body, as it is.
    pub body: Bytes,
}

/// A message taken from a work queue, not yet answered for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Routing key with which it was first published, also after retries.
    pub routing_key: String,
    /// The publisher's message id; empty if it set none.
    pub id: String,
    /// The body, as it is.
    pub body: Bytes,
    /// Counted attempts so far, this one included: 1 at first.
    pub attempt: u32,
    /// When the first attempt failed, if one has.
    pub first_failed_at: Option<Timestamp>,
}
