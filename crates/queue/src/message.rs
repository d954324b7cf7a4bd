//! What is put on a queue, and what comes off it.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// A message for the events exchange.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Routing key: the event's type.
    pub routing_key: String,
    /// The same id is the same message, sent again after a doubt.
    pub id: String,
    /// MIME type of the body.
    pub content_type: Cow<'static, str>,
    /// The body, as it is.
    pub body: Bytes,
}

impl Message {
    /// Of this type, whose name is its routing key.
    pub fn new(
        kind: impl Into<String>,
        id: impl Into<String>,
        content_type: &'static str,
        body: impl Into<Bytes>,
    ) -> Self {
        let (routing_key, id) = (kind.into(), id.into());
        Self { routing_key, id, content_type: content_type.into(), body: body.into() }
    }
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

impl Delivery {
    /// What tells this message from others, also when it comes again.
    pub fn identity(&self) -> String {
        identity(&self.id, &self.body)
    }
}

/// The message's id, or what stands for it where the publisher set none.
pub(crate) fn identity(id: &str, body: &[u8]) -> String {
    if !id.is_empty() {
        return id.to_owned();
    }
    let mut text = "sha256:".to_owned();
    for byte in Sha256::digest(body) {
        write!(text, "{byte:02x}").expect("writing to a String does not fail");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_without_an_id_is_known_by_its_body() {
        assert_eq!(identity("m1", b"body"), "m1");
        assert_eq!(identity("", b"abc"), identity("", b"abc"));
        assert_eq!(
            identity("", b"abc"),
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
