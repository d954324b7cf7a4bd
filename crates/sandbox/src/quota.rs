//! How many requests a shop takes in a while, and what is left of it.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Requests allowed in one window. The window starts with the first request after the last one ended.
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

/// Counts requests against a quota.
#[derive(Debug)]
pub(crate) struct Meter {
    quota: Quota,
    window: Mutex<Option<(Instant, u32)>>,
}

impl Meter {
    pub(crate) fn new(quota: Quota) -> Self {
        Self { quota, window: Mutex::new(None) }
    }

    pub(crate) fn quota(&self) -> Quota {
        self.quota
    }

    /// Counts one request that came in at this moment.
    pub(crate) fn count(&self, now: Instant) -> Reading {
        let mut window = self.window.lock().expect("nobody panics while holding the window");
        let (start, used) = match *window {
            Some((start, used)) if now.duration_since(start) < self.quota.window => (start, used),
            _ => (now, 0),
        };
        let within = used < self.quota.requests;
        let used = if within { used + 1 } else { used };
        *window = Some((start, used));
        let reset = self.quota.window.saturating_sub(now.duration_since(start));
        Reading { within, left: self.quota.requests - used, reset }
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
}
