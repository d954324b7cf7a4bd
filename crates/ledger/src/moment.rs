//! A time as the tables keep it.

use jiff::{SignedDuration, Timestamp};

use crate::LedgerError;
use crate::error::unreadable;

/// Microseconds since 1970, UTC: one whole number in both engines. The shops' clocks are no finer than a second.
#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Moment(i64);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl TryFrom<Moment> for Timestamp {
    type Error = LedgerError;

    fn try_from(moment: Moment) -> Result<Self, Self::Error> {
        Self::from_microsecond(moment.0).map_err(unreadable("time"))
    }
}

/// Furthest that the clocks of two processes are taken to differ, in seconds. Whoever is so far behind must not take the others' times
/// for wrong.
const CLOCKS_APART_SECS_MAX: i64 = 10 * 60;

/// A time before this, found `now` as one until which something lasts, is over by every process's clock.
pub(crate) fn earliest_believed(now: Timestamp) -> Timestamp {
    now.saturating_sub(SignedDuration::from_secs(CLOCKS_APART_SECS_MAX)).unwrap_or(Timestamp::MIN)
}

/// A time later than this, found `now` as one that has been, is of a clock that was ahead.
pub(crate) fn latest_believed(now: Timestamp) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(CLOCKS_APART_SECS_MAX)).unwrap_or(Timestamp::MAX)
}
