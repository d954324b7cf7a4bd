//! What a message has been through, carried in its headers from one attempt to the next.

use std::borrow::Cow;

use jiff::Timestamp;
use lapin::types::{AMQPValue, FieldTable, MAX_SHORT_STRING_LENGTH, ShortString};

use crate::headers::{
    ATTEMPTS, CHAIN, CLASS, FIRST_FAILURE, LAST_FAILURE, REPLAY, ROLE, ROUTING_KEY, STORE, SUBJECT,
};
use crate::{Failure, Route, WorkQueue};

/// Longest error chain in a dead letter's header, in bytes: all headers together must fit into one frame. A longer one ends with `…`.
const CHAIN_BYTES_MAX: usize = 2 * 1024;

/// Longest lane and subject in a dead letter's headers, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Longest name of a replay, in bytes: the desk's are two numbers. What is longer is not the desk's.
const REPLAY_BYTES_MAX: usize = 64;

/// The way of one message so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trail {
    /// Counted attempts that have failed.
    pub attempts: u32,
    /// When the first one failed.
    pub first_failed_at: Option<Timestamp>,
    /// Routing key with which it was first published.
    pub routing_key: String,
    /// Which replay of a dead letter it is, if it is one.
    pub replay: Option<String>,
}

impl Trail {
    /// Reads it from a delivery. Headers that are absent or unreadable, as on a first delivery, are as if nothing had failed.
    pub(crate) fn read(headers: &FieldTable, delivered_with: &str) -> Self {
        let text = |name| headers.inner().get(name).and_then(text_of);
        Self {
            attempts: headers.inner().get(ATTEMPTS).and_then(count_of).unwrap_or(0),
            first_failed_at: text(FIRST_FAILURE).and_then(|text| text.parse().ok()),
            // A longer one was never a routing key, and would be carried on from failure to failure.
            routing_key: text(ROUTING_KEY)
                .filter(|key| key.len() <= MAX_SHORT_STRING_LENGTH)
                .unwrap_or_else(|| delivered_with.to_owned()),
            replay: text(REPLAY).filter(|replay| replay.len() <= REPLAY_BYTES_MAX),
        }
    }

    /// Writes it for the next attempt.
    pub(crate) fn write(&self) -> FieldTable {
        let mut headers = FieldTable::default();
        headers.insert(ATTEMPTS.into(), AMQPValue::LongLongInt(self.attempts.into()));
        headers.insert(ROUTING_KEY.into(), long(&self.routing_key));
        if let Some(at) = self.first_failed_at {
            headers.insert(FIRST_FAILURE.into(), long(&at.to_string()));
        }
        if let Some(replay) = &self.replay {
            headers.insert(REPLAY.into(), long(replay));
        }
        headers
    }

    /// The same with one more failure behind it.
    pub(crate) fn failed(&self, counted: bool, now: Timestamp) -> Self {
        Self {
            attempts: self.attempts.saturating_add(counted.into()),
            first_failed_at: self.first_failed_at.or(Some(now)),
            ..self.clone()
        }
    }

    /// Writes it for a dead letter, with all that a person needs to judge that. The last failure is in it.
    pub(crate) fn dead(
        &self,
        failure: &Failure,
        queue: &WorkQueue,
        route: &Route,
        now: Timestamp,
    ) -> FieldTable {
        let mut headers = self.write();
        headers.insert(CLASS.into(), long(failure.class));
        headers.insert(CHAIN.into(), long(&shortened(&failure.chain, CHAIN_BYTES_MAX)));
        headers.insert(LAST_FAILURE.into(), long(&now.to_string()));
        headers.insert(ROLE.into(), long(queue.role));
        headers.insert(STORE.into(), long(cut(&route.lane, NAME_BYTES_MAX)));
        if let Some(subject) = &route.subject {
            headers.insert(SUBJECT.into(), long(cut(subject, NAME_BYTES_MAX)));
        }
        headers
    }
}

/// A text as a header's value.
pub(crate) fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

/// A text as a property. AMQP 0-9-1 takes 255 bytes there; lapin panics over it, so what is longer is cut.
pub(crate) fn short(text: &str) -> ShortString {
    ShortString::try_new(cut(text, MAX_SHORT_STRING_LENGTH)).expect("cut to what a short string takes")
}

/// The beginning of a text, at most so many bytes, never half a character.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// A text of at most so many bytes, which ends with `…` if it was longer.
fn shortened(text: &str, bytes_max: usize) -> Cow<'_, str> {
    const MARK: &str = "…";
    if text.len() <= bytes_max {
        return text.into();
    }
    format!("{}{MARK}", cut(text, bytes_max - MARK.len())).into()
}

/// A text in a header.
pub(crate) fn text_of(value: &AMQPValue) -> Option<String> {
    match value {
        AMQPValue::LongString(text) => Some(text.to_string()),
        AMQPValue::ShortString(text) => Some(text.to_string()),
        _ => None,
    }
}

/// A whole number of any width: tools that move messages by hand choose their own.
pub(crate) fn count_of(value: &AMQPValue) -> Option<u32> {
    let number = match *value {
        AMQPValue::ShortShortInt(number) => number.into(),
        AMQPValue::ShortShortUInt(number) => number.into(),
        AMQPValue::ShortInt(number) => number.into(),
        AMQPValue::ShortUInt(number) => number.into(),
        AMQPValue::LongInt(number) => number.into(),
        AMQPValue::LongUInt(number) => number.into(),
        AMQPValue::LongLongInt(number) => number,
        _ => return None,
    };
    u32::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use crossdock_domain::Mend;

    use super::*;

    #[test]
    fn a_trail_reads_back_as_it_was_written() {
        for first_failed_at in [None, Some(Timestamp::from_millisecond(1_760_000_000_123).unwrap())] {
            for replay in [None, Some("12/3".to_owned())] {
                let routing_key = "shop.order.changed".to_owned();
                let trail = Trail { attempts: 3, first_failed_at, routing_key, replay };
                assert_eq!(Trail::read(&trail.write(), "crossdock.order-importer"), trail);
            }
        }
    }

    #[test]
    fn a_first_delivery_has_no_trail_but_its_routing_key() {
        let mut foreign = FieldTable::default();
        foreign.insert(ATTEMPTS.into(), long("many"));
        foreign.insert(FIRST_FAILURE.into(), AMQPValue::Boolean(true));
        foreign.insert(REPLAY.into(), long(&"1/".repeat(100)));
        for headers in [FieldTable::default(), foreign] {
            let trail = Trail::read(&headers, "order.released");
            assert_eq!(
                trail,
                Trail {
                    attempts: 0,
                    first_failed_at: None,
                    routing_key: "order.released".into(),
                    replay: None
                }
            );
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(short(&"ä".repeat(200)).as_str(), "ä".repeat(127));
        assert_eq!(cut("short", 255), "short");
    }

    #[test]
    fn an_error_chain_that_is_cut_says_so_within_the_limit() {
        let told = |chain: String| {
            let failure = Failure { class: "shop-refused", chain, mend: Mend::Never };
            let queue = WorkQueue { name: "crossdock.journey", role: "journey", keys: &[] };
            let route = Route { lane: "acme-au".to_owned(), subject: None };
            let trail = Trail::read(&FieldTable::default(), "journey.begun");
            let headers = trail.dead(&failure, &queue, &route, Timestamp::UNIX_EPOCH);
            headers.inner().get(CHAIN).and_then(text_of).unwrap()
        };
        let whole = "a".repeat(CHAIN_BYTES_MAX);
        assert_eq!(told(whole.clone()), whole);
        assert_eq!(told(whole.clone() + "b"), format!("{}…", &whole[3..]));
        // Half a character has no room before the mark.
        let wide = told("ä".repeat(CHAIN_BYTES_MAX));
        assert_eq!(wide, format!("{}…", "ä".repeat((CHAIN_BYTES_MAX - 3) / 2)));
        assert!(wide.len() <= CHAIN_BYTES_MAX);
    }
}
