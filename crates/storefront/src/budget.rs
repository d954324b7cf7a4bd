//! How many requests a shop still takes, shared out by priority, and waiting until it takes more.

mod counted_calls;
mod shares;
mod told_quota;

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use crossdock_domain::StoreId;
use tokio::time::Instant;

use crate::{Priority, StorefrontError};
use counted_calls::CountedCalls;
use told_quota::ToldQuota;

pub use counted_calls::SharedLedger;
pub use told_quota::Told;

/// Longest wait inside a request for the shop to take it, in seconds; a longer one goes to the queue's delay instead.
const WAIT_SECS_MAX: u64 = 3;

/// One shop's request budget. All that call the shop from this process share it.
#[derive(Debug, Default)]
pub struct Budget {
    closed_until: Mutex<Option<Instant>>,
    allowance: Allowance,
}

/// How it is known what the shop still takes.
#[derive(Debug)]
enum Allowance {
    Told(ToldQuota),
    Counted(Box<CountedCalls>),
}

impl Default for Allowance {
    fn default() -> Self {
        Self::Told(ToldQuota::default())
    }
}

/// What keeps a request from being sent now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Obstacle {
    /// Nothing before this moment.
    Until(Instant),
    /// This moment, or an answer to a request that is under way, whichever comes first.
    AnswerOr(Instant),
}

/// A request that the budget lets through, until it is answered.
#[derive(Debug)]
#[must_use = "it counts as under way until it is dropped"]
pub struct Admitted<'a> {
    told: Option<&'a ToldQuota>,
    sent_at: Instant,
}

impl Budget {
    /// The budget of a shop that tells its quota in each answer ([`Admitted::told`]). What others ask of the shop is in it by nature.
    pub fn told() -> Self {
        Self::default()
    }

    /// The budget of an Ecwid shop, which says nothing: requests are counted in the ledger, for all processes together. Before it is
    /// open, or while it is away, this process keeps to a small part for itself.
    pub fn counted(store: StoreId, ledger: SharedLedger) -> Self {
        let calls = Box::new(CountedCalls::new(store, ledger));
        Self { closed_until: Mutex::default(), allowance: Allowance::Counted(calls) }
    }

    /// Waits until the shop takes a request of this priority.
    ///
    /// # Errors
    /// [`StorefrontError::Throttled`] if that takes longer than a request should hang: put the work aside for that long.
    pub async fn admit(&self, priority: Priority) -> Result<Admitted<'_>, StorefrontError> {
        let give_up = Instant::now() + Duration::from_secs(WAIT_SECS_MAX);
        loop {
            // Made before the look, so that no answer between the look and the wait goes unheard.
            let answered = self.allowance.answered();
            let obstacle = match self.closed() {
                Some(until) => Obstacle::Until(until),
                None => match self.allowance.take(priority).await {
                    Ok(admitted) => return Ok(admitted),
                    Err(obstacle) => obstacle,
                },
            };
            let (until, vain) = match obstacle {
                Obstacle::Until(until) => (until, until > give_up),
                Obstacle::AnswerOr(until) => (until, Instant::now() >= give_up),
            };
            if vain {
                return Err(StorefrontError::Throttled {
                    wait: until.saturating_duration_since(Instant::now()),
                });
            }
            let pause = tokio::time::sleep_until(until.min(give_up));
            match obstacle {
                Obstacle::Until(_) => pause.await,
                Obstacle::AnswerOr(_) => tokio::select! { () = pause => {} () = answered => {} },
            }
        }
    }

    /// No requests for this long, by anybody who can be told: the shop answered 429.
    pub async fn close(&self, wait: Duration) {
        let until = Instant::now() + wait;
        {
            let mut closed = self.lock();
            if closed.is_none_or(|stands| stands < until) {
                *closed = Some(until);
            }
        }
        if let Allowance::Counted(calls) = &self.allowance {
            calls.close(wait).await;
        }
    }

    fn closed(&self) -> Option<Instant> {
        self.lock().filter(|until| *until > Instant::now())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.closed_until.lock().expect("nobody panics while holding a budget")
    }
}

impl Allowance {
    async fn take(&self, priority: Priority) -> Result<Admitted<'_>, Obstacle> {
        let sent_at = Instant::now();
        match self {
            Self::Told(quota) => {
                quota.take(priority, sent_at)?;
                Ok(Admitted { told: Some(quota), sent_at })
            }
            Self::Counted(calls) => {
                calls.take(priority).await?;
                Ok(Admitted { told: None, sent_at })
            }
        }
    }

    /// Ends when a request that is under way now is answered.
    fn answered(&self) -> impl Future<Output = ()> + Send {
        let answered = match self {
            Self::Told(quota) => Some(quota.answered()),
            Self::Counted(_) => None,
        };
        async move {
            match answered {
                Some(answered) => answered.await,
                None => std::future::pending().await,
            }
        }
    }
}

impl Admitted<'_> {
    /// Takes note of what the shop's answer tells of its quota.
    pub fn told(&self, told: Told) {
        if let Some(quota) = self.told {
            quota.note(told, self.sent_at, Instant::now());
        }
    }
}

impl Drop for Admitted<'_> {
    fn drop(&mut self) {
        if let Some(quota) = self.told {
            quota.ended();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(left: u32, reset_secs: u64) -> Told {
        Told { left, quota: 150, reset: Duration::from_secs(reset_secs) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_out_and_a_long_one_is_put_aside() {
        let budget = Budget::told();
        let start = Instant::now();
        budget.admit(Priority::Urgent).await.unwrap().told(told(0, 2));
        drop(budget.admit(Priority::Urgent).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 2);
        budget.close(Duration::from_secs(30)).await;
        budget.close(Duration::from_secs(1)).await;
        assert!(
            matches!(budget.admit(Priority::Urgent).await, Err(StorefrontError::Throttled { wait }) if wait.as_secs() == 30)
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        drop(budget.admit(Priority::Urgent).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_quota_holds_nobody_up() {
        let budget = Budget::told();
        let start = Instant::now();
        budget.admit(Priority::Sweep).await.unwrap().told(told(149, 30));
        for _ in 0..70 {
            drop(budget.admit(Priority::Sweep).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_less_urgent_stop_earlier() {
        let budget = Budget::told();
        budget.admit(Priority::Sweep).await.unwrap().told(told(60, 30));
        let refused = |priority| {
            let budget = &budget;
            async move { matches!(budget.admit(priority).await, Err(StorefrontError::Throttled { .. })) }
        };
        assert!(refused(Priority::Sweep).await);
        budget.admit(Priority::Stock).await.unwrap().told(told(40, 30));
        assert!(refused(Priority::Stock).await);
        budget.admit(Priority::Amendment).await.unwrap().told(told(20, 30));
        assert!(refused(Priority::Amendment).await);
        budget.admit(Priority::Urgent).await.unwrap().told(told(7, 30));
        assert!(refused(Priority::Urgent).await, "the rest is for other apps");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_shop_is_not_asked_by_ever_more() {
        let budget = Budget::told();
        let mut under_way = Vec::new();
        while let Ok(admitted) = budget.admit(Priority::Urgent).await {
            under_way.push(admitted);
        }
        assert_eq!(under_way.len(), 8);
        let first = under_way.pop().unwrap();
        let (next, ()) = tokio::join!(budget.admit(Priority::Urgent), async {
            first.told(told(140, 30));
            drop(first);
        });
        drop(next.unwrap());
    }
}
