//! Whether a shop may be asked now: how many requests it still takes, shared out by priority, and whether it takes any at all.

mod account;
mod admitted;
mod counted_calls;
mod pauses;
mod shares;
mod told_quota;

use std::time::Duration;

use crossdock_domain::StoreId;
use tokio::time::Instant;

use crate::{Priority, ShopMetrics, StorefrontError};
use counted_calls::CountedCalls;
use pauses::Pauses;
use told_quota::ToldQuota;

pub use account::Account;
pub use admitted::Admitted;
pub use counted_calls::SharedLedger;
pub use told_quota::Told;

/// Longest wait inside a request for the shop to take it, in seconds; a longer one goes to the queue's delay instead.
const WAIT_SECS_MAX: u64 = 3;

/// One shop's request budget. All that call the shop from this process share it.
#[derive(Debug, Default)]
pub struct Budget {
    pauses: Pauses,
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

impl Budget {
    /// The budget of a shop that tells its quota in each answer ([`Admitted::told`]). What others ask of the shop is in it by nature.
    pub fn told() -> Self {
        Self::default()
    }

    /// The budget of an Ecwid shop, which says nothing: requests are counted in the ledger, for all processes together. Before it is
    /// open, or while it is away, this process keeps to a small part for itself.
    pub fn counted(store: StoreId, ledger: SharedLedger) -> Self {
        let calls = Box::new(CountedCalls::new(store, ledger));
        Self { pauses: Pauses::default(), allowance: Allowance::Counted(calls) }
    }

    /// The same, with pauses (after a 429, or a refusal of the credentials) that all processes on this ledger keep.
    #[must_use]
    pub fn shared(self, account: Account, ledger: SharedLedger, metrics: ShopMetrics) -> Self {
        Self { pauses: Pauses::shared(account, ledger, metrics), ..self }
    }

    /// Waits until the shop takes a request of this priority, which needs this scope of the credentials (in the platform's words).
    ///
    /// # Errors
    /// [`StorefrontError::Throttled`] if that takes longer than a request should hang: put the work aside for that long.
    /// [`StorefrontError::CredentialsRefused`] and [`StorefrontError::MissingScope`] while the shop refuses them: nobody knocks, but
    /// one request each minute, which finds out whether it still does.
    pub async fn admit(
        &self,
        priority: Priority,
        scope: &'static str,
    ) -> Result<Admitted<'_>, StorefrontError> {
        let give_up = Instant::now() + Duration::from_secs(WAIT_SECS_MAX);
        loop {
            // Made before the look, so that no answer between the look and the wait goes unheard.
            let answered = self.allowance.answered();
            let obstacle = match self.pauses.way(scope).await? {
                Some(until) => Obstacle::Until(until),
                None => match self.take(priority, scope).await {
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

    async fn take(&self, priority: Priority, scope: &'static str) -> Result<Admitted<'_>, Obstacle> {
        let sent_at = Instant::now();
        let told = self.allowance.take(priority, sent_at).await?;
        Ok(Admitted { budget: self, told, scope, sent_at })
    }

    /// Looks at what other processes know of the shop.
    pub(crate) async fn look(&self) {
        self.pauses.look().await;
    }
}

impl Allowance {
    /// Counts a request in. The quota, if its answer will tell of it.
    async fn take(&self, priority: Priority, now: Instant) -> Result<Option<&ToldQuota>, Obstacle> {
        match self {
            Self::Told(quota) => quota.take(priority, now).map(|()| Some(quota)),
            Self::Counted(calls) => calls.take(priority).await.map(|()| None),
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

#[cfg(test)]
mod tests {
    use super::*;

    const ORDERS: &str = "read orders";

    fn told(left: u32, reset_secs: u64) -> Told {
        Told { left, quota: 150, reset: Duration::from_secs(reset_secs) }
    }

    #[tokio::test(start_paused = true)]
    async fn a_short_wait_is_waited_out_and_a_long_one_is_put_aside() {
        let budget = Budget::told();
        let start = Instant::now();
        budget.admit(Priority::Urgent, ORDERS).await.unwrap().told(Some(told(0, 2)));
        drop(budget.admit(Priority::Urgent, ORDERS).await.unwrap());
        assert_eq!(start.elapsed().as_secs(), 2);
        for secs in [30, 1] {
            let asked = StorefrontError::Throttled { wait: Duration::from_secs(secs) };
            let admitted = Admitted { budget: &budget, told: None, scope: ORDERS, sent_at: Instant::now() };
            admitted.heard::<()>(&Err(asked)).await;
        }
        assert!(
            matches!(budget.admit(Priority::Urgent, ORDERS).await, Err(StorefrontError::Throttled { wait }) if wait.as_secs() == 30)
        );
        tokio::time::advance(Duration::from_secs(30)).await;
        drop(budget.admit(Priority::Urgent, ORDERS).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_quota_holds_nobody_up() {
        let budget = Budget::told();
        let start = Instant::now();
        budget.admit(Priority::Sweep, ORDERS).await.unwrap().told(Some(told(149, 30)));
        for _ in 0..70 {
            drop(budget.admit(Priority::Sweep, ORDERS).await.unwrap());
        }
        assert_eq!(start.elapsed().as_secs(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn the_less_urgent_stop_earlier() {
        let budget = Budget::told();
        budget.admit(Priority::Sweep, ORDERS).await.unwrap().told(Some(told(60, 30)));
        let refused = |priority| {
            let budget = &budget;
            async move { matches!(budget.admit(priority, ORDERS).await, Err(StorefrontError::Throttled { .. })) }
        };
        assert!(refused(Priority::Sweep).await);
        budget.admit(Priority::Stock, ORDERS).await.unwrap().told(Some(told(40, 30)));
        assert!(refused(Priority::Stock).await);
        budget.admit(Priority::Amendment, ORDERS).await.unwrap().told(Some(told(20, 30)));
        assert!(refused(Priority::Amendment).await);
        budget.admit(Priority::Urgent, ORDERS).await.unwrap().told(Some(told(7, 30)));
        assert!(refused(Priority::Urgent).await, "the rest is for other apps");
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_shop_is_not_asked_by_ever_more() {
        let budget = Budget::told();
        let mut under_way = Vec::new();
        while let Ok(admitted) = budget.admit(Priority::Urgent, ORDERS).await {
            under_way.push(admitted);
        }
        assert_eq!(under_way.len(), 8);
        let mut first = under_way.pop().unwrap();
        let (next, ()) = tokio::join!(budget.admit(Priority::Urgent, ORDERS), async {
            first.told(Some(told(140, 30)));
            drop(first);
        });
        drop(next.unwrap());
    }
}
