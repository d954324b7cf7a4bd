//! Sending dead letters once more.

use super::{DeadLetterId, MessageKey};

/// Which sending of a dead letter. Travels with the message, and comes back with what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReplayKey {
    /// Whose.
    pub id: DeadLetterId,
    /// 1 for its first replay.
    pub round: u32,
}

/// What is not sent for now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paused {
    /// The shops that are sent nothing,
    pub stores: Vec<String>,
    /// but for messages of these types, which need nothing of a shop.
    pub except: &'static [&'static str],
}

/// A message to be put on its role's work queue once more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToSend {
    /// Which sending.
    pub replay: ReplayKey,
    /// What it is.
    pub message: MessageKey,
    /// Its type, and first routing key.
    pub kind: String,
    /// MIME type of the body.
    pub content_type: String,
    /// What is replayed: as edited, or the original.
    pub body: Vec<u8>,
}
