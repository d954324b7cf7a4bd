//! The warehouse's clock: no two things happen at the same moment.

use jiff::Timestamp;

/// Times in whole milliseconds, each later than the one before.
///
/// A reader that keeps no finer times can then still tell whether a parcel left before or after a count.
#[derive(Debug, Default)]
pub(super) struct Clock {
    last_ms: i64,
}

impl Clock {
    pub(super) fn next(&mut self, now: Timestamp) -> Timestamp {
        self.last_ms = now.as_millisecond().max(self.last_ms + 1);
        Timestamp::from_millisecond(self.last_ms).expect("a moment after now lies long before the year 9999")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_things_at_once_are_told_one_after_the_other() {
        let mut clock = Clock::default();
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        let (first, second) = (clock.next(now), clock.next(now));
        assert_eq!(first, now);
        assert!(second > first);
    }
}
