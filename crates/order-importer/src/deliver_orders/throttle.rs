//! Until when the warehouse has asked to be left alone.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::trouble::Trouble;

/// One for all lanes: the warehouse means all that we send.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    not_before: Mutex<Option<Instant>>,
}

impl Throttle {
    /// It asks for this wait from now on. A longer one that stands stays.
    pub(super) fn begin(&self, wait: Duration, now: Instant) {
        let mut not_before = self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        *not_before = (*not_before).max(now.checked_add(wait));
    }

    /// Fails as long as nothing is to be posted.
    pub(super) fn pass(&self, now: Instant) -> Result<(), Trouble> {
        let not_before = *self.not_before.lock().unwrap_or_else(PoisonError::into_inner);
        match not_before.map(|until| until.saturating_duration_since(now)) {
            None | Some(Duration::ZERO) => Ok(()),
            Some(wait) => Err(Trouble::NotTried { wait }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_wait_stands_until_it_is_over() {
        let throttle = Throttle::default();
        let now = Instant::now();
        let after = |secs| throttle.pass(now + Duration::from_secs(secs)).err().and_then(|it| it.of_all());
        assert_eq!(after(0), None);
        for secs in [40, 7] {
            throttle.begin(Duration::from_secs(secs), now);
        }
        assert_eq!([after(0), after(39)], [40, 1].map(|secs| Some(Duration::from_secs(secs))));
        assert_eq!(after(40), None);
    }
}
