//! What a shop says we may still ask, and waiting until it lets us.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::StorefrontError;

/// Longest wait inside a request for the shop's window to open, in seconds; a longer one goes to the queue's delay instead.
const WAIT_SECS_MAX: u64 = 3;

/// Requests left below which we stop before the shop has to say no: other apps share its quota.
const REQUESTS_RESERVED: u64 = 2;

/// One shop's request budget, as the shop itself tells it. Shared by all that call the shop from this process.
#[derive(Debug, Default)]
pub struct Budget {
    closed_until: Mutex<Option<Instant>>,
}

impl Budget {
    /// Waits until the shop takes requests again.
    ///
    /// # Errors
    /// [`StorefrontError::Throttled`] if that takes longer than a request should hang: put the work aside for that long.
    pub async fn admit(&self) -> Result<(), StorefrontError> {
        let Some(until) = *self.lock() else { return Ok(()) };
        let wait = until.saturating_duration_since(Instant::now());
        if wait > Duration::from_secs(WAIT_SECS_MAX) {
            return Err(StorefrontError::Throttled { wait });
        }
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Takes note of an answer's quota: `left` requests until the window resets in `reset`.
    pub fn quota(&self, left: u64, reset: Duration) {
        if left < REQUESTS_RESERVED {
            self.close(reset);
        }
    }

    /// No requests for this long: the shop answered 429.
    pub fn close(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut closed = self.lock();
        if closed.is_none_or(|stands| stands < until) {
            *closed = Some(until);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.closed_until.lock().expect("nobody panics while holding a budget")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_out_and_a_long_one_is_put_aside() {
        let budget = Budget::default();
        budget.admit().await.unwrap();
        let start = Instant::now();
        budget.quota(1, Duration::from_secs(2));
        budget.admit().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 2);
        budget.close(Duration::from_secs(30));
        budget.close(Duration::from_secs(1));
        assert!(
            matches!(budget.admit().await, Err(StorefrontError::Throttled { wait }) if wait.as_secs() == 30)
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        budget.admit().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_quota_holds_nobody_up() {
        let budget = Budget::default();
        budget.quota(149, Duration::from_secs(30));
        let start = Instant::now();
        budget.admit().await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 0);
    }
}
