//! A message that could not be handled.

use jiff::Timestamp;
use serde_json::Value;

use super::ReplayKey;

/// A message, as the queues know it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageKey {
    /// Whose queue it was on.
    pub role: String,
    /// The publisher's message id; of a message without one, what tells it from others.
    pub message_id: String,
}

/// A message that fell, and of which nothing has come to the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub message: MessageKey,
    /// The order that it is about.
    pub subject: String,
    /// When it fell.
    pub fell_at: Timestamp,
}

/// A message that could not be handled, as it came off the dead-letter queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Fallen {
    /// What makes it the same dead letter when it fails again.
    pub message: MessageKey,
    /// The lane in which it failed: a shop's id, or another name (`/warehouse`); empty if it could not be read.
    pub store: String,
    /// The order or SKU that it is about.
    pub subject: Option<String>,
    /// Its type, and first routing key.
    pub kind: String,
    /// MIME type of the body.
    pub content_type: String,
    /// All headers and properties that it had: its sender's own and, of its failure, ours.
    pub properties: Value,
    /// The body, as it was.
    pub body: Vec<u8>,
    /// Kind of failure, a stable word.
    pub class: String,
    /// The error and all its causes.
    pub chain: String,
    /// The same with numbers and ids masked: equal for all that failed for the same reason.
    pub cause: String,
    /// Short name of what has the same role, shop, class and cause.
    pub group: String,
    /// Counted attempts that failed.
    pub attempts: u32,
    /// When the first one failed.
    pub first_failed_at: Timestamp,
    /// When the last one failed.
    pub last_failed_at: Timestamp,
    /// Whether it only waits for another dead letter about the same subject.
    pub waits: bool,
    /// If it was a replay, which.
    pub replay: Option<ReplayKey>,
}
