//! How long a lane gathers messages before its next batch. Pure.

use std::time::Duration;

/// Shortest time between the beginnings of two batches of a lane that gathers, in milliseconds.
///
/// The first message of a quiet lane goes at once; what comes within this time after it makes the second batch, by whose size
/// the lane's pace is known.
const GATHER_MS_MIN: u64 = 1_000;

/// Time without a message after which a lane gathers no longer: the burst is over.
pub(super) const QUIET: Duration = Duration::from_millis(GATHER_MS_MIN);

/// Longest time that a lane gathers, in milliseconds.
///
/// At 1,000 orders in a minute it holds 250 of them then, as many as a shop lists in one call.
const GATHER_MS_MAX: u64 = 15_000;

/// Different subjects in a second at which a lane gathers for one second.
///
/// The time grows with the square of the pace: a few orders a second are hardly delayed (3 a second: by a second at most),
/// and from 16 a second on the longest time is reached.
const SUBJECTS_PER_SEC_GATHERED_1_SEC: f64 = 4.0;

/// The time from the beginning of a batch to the beginning of the next. The batch is about so many different subjects; `before` is
/// the time since the beginning of the lane's batch before it, if that was lately.
pub(super) fn gather(subjects: usize, before: Option<Duration>) -> Duration {
    let (least, most) = (Duration::from_millis(GATHER_MS_MIN), Duration::from_millis(GATHER_MS_MAX));
    let Some(before) = before else { return least };
    let subjects = f64::from(u32::try_from(subjects).unwrap_or(u32::MAX));
    let pace = subjects / before.max(least).as_secs_f64() / SUBJECTS_PER_SEC_GATHERED_1_SEC;
    Duration::try_from_secs_f64(pace * pace).unwrap_or(most).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_of_a_lane_says_how_long_it_gathers() {
        let secs = Duration::from_secs_f64;
        assert_eq!(gather(1, None), secs(1.0), "a quiet lane");
        assert_eq!(gather(700, None), secs(1.0), "nothing is known of its pace");
        for (subjects, before, expected) in [
            (1, 1.0, 1.0),
            (3, 1.0, 1.0),
            (12, 1.5, 4.0),
            (17, 1.0, 15.0),
            (250, 15.0, 15.0),
            (250, 60.0, 1.085_069_444),
        ] {
            assert_eq!(gather(subjects, Some(secs(before))), secs(expected), "{subjects} in {before} s");
        }
        assert_eq!(gather(8, Some(Duration::ZERO)), secs(4.0), "a full batch behind another");
        assert_eq!(gather(usize::MAX, Some(Duration::ZERO)), secs(15.0));
    }
}
