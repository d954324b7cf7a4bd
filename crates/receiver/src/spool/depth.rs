//! What the spool holds.

use std::time::Duration;

use jiff::Timestamp;

/// What an event takes beside its body, in bytes: its id, its routing key, and its share of the file's pages.
pub(super) const EVENT_OVERHEAD_BYTES: u64 = 512;

/// With less than this left, in bytes, no more requests should be sent here: a shop's event takes about 1 KiB.
const ROOM_BYTES_MIN: u64 = 4 * 1024;

/// What the spool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Depth {
    /// Events.
    pub(crate) events: u64,
    /// Their bodies and their overhead, in bytes.
    pub(crate) bytes: u64,
    /// When the first of them was put.
    pub(crate) oldest: Option<Timestamp>,
    /// Whether the last attempt to use the file failed.
    pub(crate) failing: bool,
}

impl Depth {
    /// What an event with a body of this length counts for, in bytes.
    pub(super) fn bytes_of(body: usize) -> u64 {
        body as u64 + EVENT_OVERHEAD_BYTES
    }

    /// The age of the oldest event; zero if there is none.
    pub(crate) fn age(&self, now: Timestamp) -> Duration {
        let age = self.oldest.map(|oldest| now.duration_since(oldest));
        age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default()
    }

    /// Whether an event may be put.
    pub(crate) fn has_room(&self, bytes_max: u64) -> bool {
        !self.failing && self.bytes.saturating_add(ROOM_BYTES_MIN) <= bytes_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_age_is_never_negative() {
        let at = |secs| Timestamp::from_second(secs).unwrap();
        let depth = Depth { oldest: Some(at(100)), ..Depth::default() };
        assert_eq!(depth.age(at(130)), Duration::from_secs(30));
        assert_eq!(depth.age(at(70)), Duration::ZERO);
        assert_eq!(Depth::default().age(at(130)), Duration::ZERO);
    }

    #[test]
    fn a_failing_or_nearly_full_spool_has_no_room() {
        let depth = Depth { bytes: 6_000, ..Depth::default() };
        assert!(depth.has_room(20_000) && !depth.has_room(10_000));
        assert!(!Depth { failing: true, ..depth }.has_room(20_000));
    }
}
