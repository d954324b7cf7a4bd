//! A count of our own requests, for a shop that tells no quota.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex as SyncMutex, MutexGuard, OnceLock};
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::Ledger;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::Obstacle;
use super::shares::left_alone;
use crate::Priority;

/// Requests that Ecwid takes in a minute with one token (docs.ecwid.com, API reference, 2026-01-14).
const CALLS_A_MINUTE: u32 = 600;

/// Longest that requests taken from the count are kept for use, in seconds.
const HOLD_SECS_MAX: u64 = 3;

/// How long a request is counted, in seconds: the shop's minute, the time for which it may have been kept, and room for its way and
/// for clocks that differ. So no minute of the shop's own ever has more than were counted.
const COUNTED_SECS: u64 = 60 + HOLD_SECS_MAX + 5;

/// Most requests taken from the count at once. What is not used in time is lost for a minute, to all processes.
const BATCH_MAX: u32 = 16;

/// Requests in a minute by a process that cannot ask the ledger: a part that several can take without exceeding the whole.
const ALONE_CALLS_A_MINUTE: u32 = CALLS_A_MINUTE / 10;

/// Longest wait for the ledger, in seconds.
const LEDGER_SECS_MAX: u64 = 2;

/// Time until the count is looked at again once nothing is left, in seconds.
const USED_UP_SECS: u64 = 5;

/// The ledger, once it is open.
pub type SharedLedger = Arc<OnceLock<Arc<dyn Ledger>>>;

/// The count of one shop.
pub(super) struct CountedCalls {
    store: StoreId,
    ledger: SharedLedger,
    /// By priority: what is urgent does not wait behind a sweep that asks the ledger.
    batches: [Mutex<Batch>; 4],
    own: SyncMutex<VecDeque<Instant>>,
    /// Whether the ledger was away when it was last asked: told once.
    away: AtomicBool,
}

/// Requests that were taken from the count and not used yet.
#[derive(Debug, Clone, Copy)]
struct Batch {
    left: u32,
    size: u32,
    until: Instant,
}

impl CountedCalls {
    pub(super) fn new(store: StoreId, ledger: SharedLedger) -> Self {
        let none = || Mutex::new(Batch { left: 0, size: 0, until: Instant::now() });
        Self {
            store,
            ledger,
            batches: [none(), none(), none(), none()],
            own: SyncMutex::default(),
            away: AtomicBool::new(false),
        }
    }

    /// Counts a request in, if there is room for it.
    pub(super) async fn take(&self, priority: Priority) -> Result<(), Obstacle> {
        let mut batch = self.batches[priority as usize].lock().await;
        let now = Instant::now();
        if batch.left == 0 || now >= batch.until {
            // Who used all in time takes more at once; a single request takes one.
            let used_up = batch.left == 0 && now < batch.until;
            let wanted = if used_up { (batch.size * 2).clamp(1, BATCH_MAX) } else { 1 };
            let granted = self.grant(wanted, priority).await;
            *batch = Batch { left: granted, size: granted, until: now + Duration::from_secs(HOLD_SECS_MAX) };
        }
        if batch.left == 0 {
            return Err(Obstacle::Until(now + Duration::from_secs(USED_UP_SECS)));
        }
        batch.left -= 1;
        Ok(())
    }

    async fn grant(&self, wanted: u32, priority: Priority) -> u32 {
        let most = CALLS_A_MINUTE - left_alone(priority, CALLS_A_MINUTE);
        match self.ask(Timestamp::now(), wanted, most).await {
            Some(granted) => {
                self.own().extend((0..granted).map(|_| Instant::now()));
                granted
            }
            None => self.grant_alone(wanted, priority),
        }
    }

    /// Takes from the count that all processes share; none if the ledger cannot be asked.
    async fn ask(&self, at: Timestamp, wanted: u32, most: u32) -> Option<u32> {
        let ledger = self.ledger.get()?;
        let since = at.saturating_sub(counted()).ok()?;
        let asked = ledger.take_calls(&self.store, at, since, wanted, most);
        let granted = match tokio::time::timeout(Duration::from_secs(LEDGER_SECS_MAX), asked).await {
            Ok(Ok(granted)) => Some(granted),
            Ok(Err(_)) | Err(_) => None,
        };
        let was_away = self.away.swap(granted.is_none(), Ordering::Relaxed);
        if granted.is_none() && !was_away {
            tracing::warn!(
                store.id = %self.store,
                "requests cannot be counted in the ledger; keeping to a small part of what the shop allows"
            );
        }
        granted
    }

    fn grant_alone(&self, wanted: u32, priority: Priority) -> u32 {
        let most = ALONE_CALLS_A_MINUTE - left_alone(priority, ALONE_CALLS_A_MINUTE);
        let mut own = self.own();
        let standing = u32::try_from(own.len()).unwrap_or(u32::MAX);
        let granted = wanted.min(most.saturating_sub(standing));
        own.extend((0..granted).map(|_| Instant::now()));
        granted
    }

    /// What this process has taken and what still counts: a busy one that loses the ledger has had its part already.
    fn own(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        let mut own = self.own.lock().expect("nobody panics while holding the count");
        while own.front().is_some_and(|at| at.elapsed().as_secs() >= COUNTED_SECS) {
            own.pop_front();
        }
        own
    }
}

fn counted() -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(COUNTED_SECS).expect("a minute and a little"))
}

impl fmt::Debug for CountedCalls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CountedCalls").field("store", &self.store).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn taken(calls: &CountedCalls, priority: Priority) -> u32 {
        let mut taken = 0;
        while calls.take(priority).await.is_ok() {
            taken += 1;
        }
        taken
    }

    #[tokio::test(start_paused = true)]
    async fn alone_a_process_keeps_to_its_part_and_the_less_urgent_to_less() {
        let calls = CountedCalls::new("acme-widgets".parse().unwrap(), SharedLedger::default());
        assert_eq!(taken(&calls, Priority::Sweep).await, 30);
        assert_eq!(taken(&calls, Priority::Urgent).await, 27);
        tokio::time::advance(Duration::from_secs(COUNTED_SECS - 1)).await;
        assert_eq!(taken(&calls, Priority::Urgent).await, 0);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(taken(&calls, Priority::Urgent).await, 57);
    }
}
