//! So much at once, and so much more with time: for failures, and for what is logged of a flood.

use std::mem;
use std::time::Duration;

use tokio::time::Instant;

/// So many at once, and another one with each span of time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rate {
    pub(crate) burst: u32,
    pub(crate) each: Duration,
}

/// What of a rate is used up, kept as the moment at which nothing of it is any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    unused: Instant,
}

/// Log lines at a rate. What has no line is counted, and told by the next one.
#[derive(Debug)]
pub(crate) struct Lines {
    rate: Rate,
    bucket: Bucket,
    untold: u64,
}

impl Rate {
    /// Time in which all of it comes back.
    pub(crate) fn span(self) -> Duration {
        self.each.saturating_mul(self.burst)
    }
}

impl Bucket {
    pub(crate) fn new(now: Instant) -> Self {
        Self { unused: now }
    }

    pub(crate) fn is_empty(self, rate: Rate, now: Instant) -> bool {
        self.unused + rate.each > now + rate.span()
    }

    /// One more; of an empty one nothing more is taken.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) {
        if !self.is_empty(rate, now) {
            self.unused = self.unused.max(now) + rate.each;
        }
    }
}

impl Lines {
    pub(crate) fn new(rate: Rate, now: Instant) -> Self {
        Self { rate, bucket: Bucket::new(now), untold: 0 }
    }

    /// Whether this is to be logged; then, how many were not since the last that was.
    pub(crate) fn next(&mut self, now: Instant) -> Option<u64> {
        if self.bucket.is_empty(self.rate, now) {
            self.skip();
            return None;
        }
        self.bucket.take(self.rate, now);
        Some(mem::take(&mut self.untold))
    }

    /// Counts one that is not to be logged, whatever the rate.
    pub(crate) fn skip(&mut self) {
        self.untold += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_has_a_few_lines_which_tell_how_many_had_none() {
        let began = Instant::now();
        let rate = Rate { burst: 3, each: Duration::from_secs(1) };
        let mut lines = Lines::new(rate, began);
        let told: Vec<_> = (0..1_000).filter_map(|_| lines.next(began)).collect();
        assert_eq!(told, [0, 0, 0]);
        assert_eq!(lines.next(began + rate.each), Some(997));
        assert_eq!(lines.next(began + rate.each), None);
        assert_eq!(lines.next(began + rate.each + rate.span()), Some(1));
    }
}
