//! How many requests a shop takes in a while, and what is left of it.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Requests allowed in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Requests in a window.
    pub requests: u32,
    /// Length of a window.
    pub window: Duration,
}

impl Quota {
    /// BigCommerce's Standard and Plus plans: 150 in 30 s for all clients of a store together (API rate limits, 2026-04-01).
    pub const BIGCOMMERCE: Self = Self { requests: 150, window: Duration::from_secs(30) };
    /// Ecwid: 600 a minute for each token (REST API docs, 2026-01-14).
    pub const ECWID: Self = Self { requests: 600, window: Duration::from_mins(1) };
}

/// What a request finds of its quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    /// Whether the request is within the quota.
    pub(crate) within: bool,
    /// Requests left after this one.
    pub(crate) left: u32,
    /// Until the window ends.
    pub(crate) reset: Duration,
}

/// Counts requests against a quota. Those that are over it do not count.
#[derive(Debug)]
pub(crate) struct Meter {
    quota: Quota,
    kind: Kind,
    /// When the requests of the window came in.
    counted: Mutex<VecDeque<Instant>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A window starts with the first request after the last one ended.
    Windows,
    /// Every span of a window's length has the quota.
    AnySpan,
}

impl Meter {
    /// A meter that tells its windows, as BigCommerce's does.
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, kind: Kind::Windows, counted: Mutex::default() }
    }

    /// A meter of requests a minute that tells nothing, as Ecwid's: any minute may be meant, so each is.
    pub(crate) fn of_any_span(quota: Quota) -> Self {
        Self { kind: Kind::AnySpan, ..Self::new(quota) }
    }

    pub(crate) fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts one request that came in at this moment.
    pub(crate) fn count(&self, now: Instant) -> Reading {
        let mut counted = self.counted.lock().expect("nobody panics while holding the window");
        let over = |at: &Instant| now.duration_since(*at) >= self.quota.window;
        match self.kind {
            Kind::Windows if counted.front().is_some_and(over) => counted.clear(),
            Kind::Windows => {}
            Kind::AnySpan => counted.retain(|at| !over(at)),
        }
        let used = u32::try_from(counted.len()).unwrap_or(u32::MAX);
        let within = used < self.quota.requests;
        if within {
            counted.push_back(now);
        }
        let left = self.quota.requests - used - u32::from(within);
        let start = counted.front().copied().unwrap_or(now);
        Reading { within, left, reset: self.quota.window.saturating_sub(now.duration_since(start)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_takes_its_requests_and_the_next_one_takes_them_again() {
        let meter = Meter::new(Quota { requests: 2, window: Duration::from_secs(30) });
        let start = Instant::now();
        assert_eq!(meter.count(start), Reading { within: true, left: 1, reset: Duration::from_secs(30) });
        let later = start + Duration::from_secs(10);
        assert_eq!(meter.count(later), Reading { within: true, left: 0, reset: Duration::from_secs(20) });
        assert_eq!(meter.count(later), Reading { within: false, left: 0, reset: Duration::from_secs(20) });
        let over = start + Duration::from_secs(30);
        assert_eq!(meter.count(over), Reading { within: true, left: 1, reset: Duration::from_secs(30) });
    }
    #[test]
    fn no_span_has_more_than_its_requests() {
        let meter = Meter::of_any_span(Quota { requests: 2, window: Duration::from_mins(1) });
        let start = Instant::now();
        let within = |second| meter.count(start + Duration::from_secs(second)).within;
        assert_eq!([0, 50, 59, 60, 61, 110].map(within), [true, true, false, true, false, true]);
    }
}
