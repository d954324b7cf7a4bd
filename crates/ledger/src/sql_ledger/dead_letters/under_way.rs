//! How long a sending is waited for.

use jiff::{SignedDuration, Timestamp};

use crate::moment::Moment;

/// Longest time for which something is expected to come back of a sending, in minutes: by then its retries are few and far between, or
/// its queue was emptied. What was sent earlier takes nobody's place any more, and a person may have it sent once more.
const MINUTES_MAX: i64 = 60;

/// What was sent before this moment is not waited for any more.
pub(super) fn since(at: Timestamp) -> Moment {
    at.saturating_sub(SignedDuration::from_mins(MINUTES_MAX)).unwrap_or(Timestamp::MIN).into()
}
