//! The dead letters' way to the desk: what comes off their queue, and who takes it.

mod consumer;
mod fate;
mod properties;
mod session;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;

use crate::Failure;

pub use consumer::DeadLetterConsumer;
pub(crate) use fate::{DELIVERY_LIMIT_CLASS, given_up};

/// What became of a message that could not be handled once.
#[derive(Debug, Clone, PartialEq)]
#[allow(
    clippy::large_enum_variant,
    reason = "a hundred of them live for a moment, and most are the large ones"
)]
pub enum Fate {
    /// It cannot be handled, for the first time or once more.
    Dead(DeadLetter),
    /// Its replay was handled for good.
    Done {
        /// Which replay, as it was named when it was sent.
        replay: String,
    },
}

/// A message that could not be handled, as it came off the dead letters' queue.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Whose message it was; `unknown` if nothing in it says so.
    pub role: String,
    /// The lane in which it was handled: a shop's id, or another name; empty if it was in none.
    pub store: String,
    /// The order or SKU that it is about, as far as its role could tell.
    pub subject: Option<String>,
    /// Kind of failure, a stable word.
    pub class: String,
    /// The error and all its causes in one line.
    pub chain: String,
    /// Counted attempts that failed.
    pub attempts: u32,
    /// When the first attempt failed.
    pub first_failed_at: Timestamp,
    /// When the last attempt failed.
    pub last_failed_at: Timestamp,
    /// What tells it from other messages, also when it comes again: see [`crate::Delivery::identity`].
    pub id: String,
    /// Routing key with which it was first published: the event's type.
    pub routing_key: String,
    /// MIME type of the body; empty if the publisher set none.
    pub content_type: String,
    /// All headers and properties that it came with.
    pub properties: serde_json::Value,
    /// The body, as it is.
    pub body: Bytes,
    /// If it was a replay, which.
    pub replay: Option<String>,
}

/// Who keeps dead letters.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// Takes these, in the order in which they came. Each may come again.
    ///
    /// # Errors
    /// Not all of them are kept for good: they are given to it again, later or one by one.
    async fn take(&self, batch: Vec<Fate>) -> Result<(), Failure>;

    /// Whether it can take any now. It is asked before messages are taken off their queue.
    async fn ready(&self) -> bool;
}
