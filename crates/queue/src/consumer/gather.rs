//! How long a lane gathers messages before its next batch. Pure.

use std::time::Duration;

/// Shortest time between the beginnings of two batches of a lane that gathers, in milliseconds. The first message of a quiet lane goes
/// at once.
const GATHER_MS_MIN: u64 = 1_000;

/// Time without a message after which a lane gathers no longer: the burst is over.
pub(super) const QUIET: Duration = Duration::from_secs(2);

/// Longest time that a lane gathers, in milliseconds.
///
/// At 1,000 orders in a minute it holds 500 of them then: two lists of as many as a shop gives in one call.
const GATHER_MS_MAX: u64 = 30_000;

/// Different subjects in a second up to which a lane gathers for one second.
const SUBJECTS_PER_SEC_UNDELAYED: f64 = 5.0;

/// The time from the beginning of a batch to the beginning of the next, if messages about so many different subjects wait by then.
///
/// It is never over before the time that a steady pace calls for: that grows with the cube of the pace, so that five orders a second are
/// delayed by a second at most, ten by eight, and those of a rush for as long as it takes to fill the shop's lists.
pub(super) fn gather(subjects: usize) -> Duration {
    let (least, most) = (Duration::from_millis(GATHER_MS_MIN), Duration::from_millis(GATHER_MS_MAX));
    let subjects = f64::from(u32::try_from(subjects).unwrap_or(u32::MAX));
    let secs = (subjects / SUBJECTS_PER_SEC_UNDELAYED).powf(0.75);
    Duration::try_from_secs_f64(secs).unwrap_or(most).clamp(least, most)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a lane into which so many different subjects come a second begins its next batch.
    fn steady(subjects_per_sec: u32) -> f64 {
        let waiting = |tenths: u32| usize::try_from(subjects_per_sec * tenths / 10).unwrap();
        let due = |tenths: &u32| Duration::from_millis(u64::from(*tenths) * 100) >= gather(waiting(*tenths));
        f64::from((0..=300).find(due).unwrap()) / 10.0
    }

    #[test]
    fn the_faster_they_come_the_longer_they_are_gathered() {
        for (subjects_per_sec, secs) in [(1, 1.0), (3, 1.0), (5, 1.0), (10, 8.0), (17, 30.0), (500, 30.0)] {
            let began = steady(subjects_per_sec);
            assert!((began - secs).abs() < 0.3, "{subjects_per_sec} a second: {began} s");
        }
        assert_eq!(gather(usize::MAX), Duration::from_secs(30));
    }
}
