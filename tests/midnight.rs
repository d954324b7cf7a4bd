//! Tests that speak of days do not begin shortly before one ends.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// Longest time that such a test takes, in seconds.
const DAY_TEST_SECS_MAX: i64 = 150;

/// Waits for the next day in this time zone if this one is over soon.
///
/// # Panics
/// If there is no such zone.
pub async fn clear_of_midnight(zone: &str) {
    let now = Timestamp::now().in_tz(zone).expect("the zone is known");
    let tomorrow = now.start_of_day().and_then(|day| day.checked_add(1.day())).expect("days go on");
    let left = now.duration_until(&tomorrow);
    if left < SignedDuration::from_secs(DAY_TEST_SECS_MAX) {
        tokio::time::sleep(Duration::try_from(left).unwrap_or_default()).await;
    }
}
