//! When the next request or message is sent: as soon as there is a place for it, or at a fixed pace, whatever the answers take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

use crate::command_line::Time;

/// Shortest rest of the thread that keeps the pace, in microseconds: what has become due meanwhile is sent together.
///
/// Tokio's timers know milliseconds only, which a no-op route's times would drown in.
const REST_US_MIN: u64 = 200;

/// Gives out requests by number.
pub(crate) struct Pace {
    given_out: AtomicUsize,
    limit: usize,
    end: Instant,
    fixed: Option<Fixed>,
}

/// One request each so often.
struct Fixed {
    start: Instant,
    period: Duration,
    due: Semaphore,
}

impl Pace {
    /// Starts now: as fast as it goes, or so many a second. There are `limit` requests at most.
    pub(crate) fn start(rate: Option<u32>, time: Time, limit: usize, start: Instant) -> Arc<Self> {
        let fixed =
            rate.map(|rate| Fixed { start, period: Duration::from_secs(1) / rate, due: Semaphore::new(0) });
        let end = start + time.whole();
        let pace = Arc::new(Self { given_out: AtomicUsize::new(0), limit, end, fixed });
        if pace.fixed.is_some() {
            let pace = Arc::clone(&pace);
            thread::spawn(move || pace.keep());
        }
        pace
    }

    /// The next request's number and when it begins, once it is due; none at the end.
    ///
    /// At a fixed pace that is when it should begin: a connection that comes to it late does not hide the wait.
    pub(crate) async fn next(&self) -> Option<(usize, Instant)> {
        if let Some(fixed) = &self.fixed {
            // Never closed: at the end there is one for each.
            fixed.due.acquire().await.ok()?.forget();
        }
        let number = self.given_out.fetch_add(1, Ordering::Relaxed);
        let began = match &self.fixed {
            Some(fixed) => fixed.planned(number),
            None => Instant::now(),
        };
        (number < self.limit && began < self.end).then_some((number, began))
    }

    /// Whether there were fewer requests than could have been sent.
    pub(crate) fn ran_out(&self) -> bool {
        self.given_out.load(Ordering::Relaxed) > self.limit && self.fixed.is_none()
    }

    /// Lets requests become due until the end.
    fn keep(&self) {
        let Some(fixed) = &self.fixed else { return };
        let mut released = 0;
        while fixed.planned(released) < self.end {
            let now = Instant::now();
            let before = released;
            while fixed.planned(released) <= now.min(self.end) {
                released += 1;
            }
            fixed.due.add_permits(released - before);
            let rest = fixed.planned(released).saturating_duration_since(now);
            thread::sleep(rest.max(Duration::from_micros(REST_US_MIN)));
        }
        // Every sender still takes one, and learns that it is over.
        fixed.due.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

impl Fixed {
    fn planned(&self, number: usize) -> Instant {
        self.start + self.period * u32::try_from(number).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: Time = Time { warm_ms: 0, measured_ms: 100 };

    #[tokio::test]
    async fn a_fixed_pace_begins_each_request_on_time_however_late_it_is_taken() {
        let start = Instant::now();
        let pace = Pace::start(Some(1_000), TIME, usize::MAX, start);
        for number in 0..100 {
            let planned = start + Duration::from_millis(1) * number;
            assert_eq!(pace.next().await, Some((number as usize, planned)));
            assert!(Instant::now() >= planned, "nothing is sent too early");
        }
        assert_eq!(pace.next().await, None);
        assert_eq!(pace.next().await, None);
    }

    #[tokio::test]
    async fn requests_that_ran_out_are_told() {
        let pace = Pace::start(None, TIME, 1, Instant::now());
        assert!(pace.next().await.is_some() && !pace.ran_out());
        assert!(pace.next().await.is_none() && pace.ran_out());
    }
}
