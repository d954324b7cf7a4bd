//! Which lanes are put off, so that it is told once for each pause and not for every message.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Until when which lane waits, and for what class of reason. No longer than the lanes of this role are many.
#[derive(Debug, Default)]
pub(super) struct PutOff {
    until: Mutex<HashMap<(String, &'static str), Instant>>,
}

impl PutOff {
    /// Whether it is news that this lane has to wait for so long. While that lasts, it is not any more.
    pub(super) fn is_news(&self, lane: &str, class: &'static str, wait: Duration, now: Instant) -> bool {
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        until.retain(|_, until| *until > now);
        match until.entry((lane.to_owned(), class)) {
            Entry::Occupied(_) => false,
            Entry::Vacant(lane) => {
                lane.insert(now + wait);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_news_once_for_each_lane_and_reason() {
        let (put_off, now) = (PutOff::default(), Instant::now());
        let after = |secs| now + Duration::from_secs(secs);
        let is_news = |lane, class, secs, at| put_off.is_news(lane, class, Duration::from_secs(secs), at);
        assert!(is_news("acme-au", "shop-throttled", 30, now));
        // What comes later is told a shorter rest of the same wait.
        assert!(!is_news("acme-au", "shop-throttled", 1, after(29)));
        assert!(is_news("acme-au", "busy", 5, after(1)));
        assert!(is_news("acme-widgets", "shop-throttled", 30, after(1)));
        assert!(is_news("acme-au", "shop-throttled", 30, after(30)));
        assert!(!is_news("acme-au", "shop-throttled", 30, after(31)));
    }
}
