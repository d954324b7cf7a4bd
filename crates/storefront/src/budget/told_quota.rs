//! The quota that a shop tells in the headers of each answer.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Obstacle;
use super::shares::left_alone;
use crate::Priority;

/// Requests in a window that has told nothing yet: BigCommerce's smallest plan (page on rate limits, 2026-04-01).
const QUOTA_DEFAULT: u32 = 150;

/// Length of a window that has told nothing yet, in seconds (same page).
const WINDOW_SECS_DEFAULT: u64 = 30;

/// Most requests under way before the window has told anything: they may be others' last ones.
const UNTOLD_AT_ONCE_MAX: u32 = 8;

/// What an answer tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// Requests left in this window.
    pub left: u32,
    /// Requests in a whole window.
    pub quota: u32,
    /// Time until the next window.
    pub reset: Duration,
}

/// What was told last, less what is under way since. Forgotten when the window is over.
#[derive(Debug)]
pub(super) struct ToldQuota {
    window: Mutex<Window>,
    answered: Notify,
}

#[derive(Debug)]
struct Window {
    quota: u32,
    /// Requests left once all that are under way have arrived.
    left: u32,
    under_way: u32,
    /// Answers to requests that were sent earlier say nothing of this window.
    began: Instant,
    /// Not before the shop's own window ends.
    ends: Instant,
    /// Whether an answer has told of this window; else it is taken to be a whole one of the same quota as the last.
    told: bool,
}

impl Default for ToldQuota {
    fn default() -> Self {
        let now = Instant::now();
        let window =
            Window { quota: QUOTA_DEFAULT, left: 0, under_way: 0, began: now, ends: now, told: false };
        Self { window: Mutex::new(window), answered: Notify::new() }
    }
}

impl ToldQuota {
    /// Counts a request in, if there is room for it.
    pub(super) fn take(&self, priority: Priority, now: Instant) -> Result<(), Obstacle> {
        let mut window = self.lock();
        if now >= window.ends {
            window.begin_anew(now);
        }
        if !window.told && window.under_way >= UNTOLD_AT_ONCE_MAX {
            return Err(Obstacle::AnswerOr(window.ends));
        }
        if window.left <= left_alone(priority, window.quota) {
            return Err(Obstacle::Until(window.ends));
        }
        window.left -= 1;
        window.under_way += 1;
        Ok(())
    }

    /// Takes note of an answer to a request that was sent at that moment and is under way still.
    pub(super) fn note(&self, told: Told, sent_at: Instant, now: Instant) {
        let mut window = self.lock();
        let others = window.under_way.saturating_sub(1);
        // The shop may have counted some of the others already. Better one too few than a 429.
        let left = told.left.saturating_sub(others);
        // The shop counted down to the reset while the answer travelled: this is never too early.
        let ends = now + told.reset;
        if sent_at >= window.ends || (!window.told && sent_at >= window.began) {
            let (quota, under_way) = (told.quota, window.under_way);
            *window = Window { quota, left, under_way, began: sent_at, ends, told: true };
        } else if window.told && sent_at >= window.began {
            // Answers may overtake each other: of one window, the lowest is the newest.
            window.left = window.left.min(left);
            window.ends = window.ends.min(ends);
        }
    }

    /// A request is not under way any more, answered or not.
    pub(super) fn ended(&self) {
        self.lock().under_way -= 1;
        self.answered.notify_waiters();
    }

    /// Ends when a request that is under way now is not so any more.
    pub(super) fn answered(&self) -> impl Future<Output = ()> + Send {
        self.answered.notified()
    }

    fn lock(&self) -> MutexGuard<'_, Window> {
        self.window.lock().expect("nobody panics while holding a quota")
    }
}

impl Window {
    fn begin_anew(&mut self, now: Instant) {
        self.left = self.quota.saturating_sub(self.under_way);
        self.began = now;
        self.ends = now + Duration::from_secs(WINDOW_SECS_DEFAULT);
        self.told = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn left(quota: &ToldQuota) -> u32 {
        quota.lock().left
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_counted_until_it_is_answered() {
        let quota = ToldQuota::default();
        let start = Instant::now();
        for _ in 0..4 {
            quota.take(Priority::Urgent, start).unwrap();
        }
        quota.note(Told { left: 99, quota: 100, reset: secs(30) }, start, start);
        quota.ended();
        assert_eq!(left(&quota), 96, "the three others may not have arrived yet");
        quota.note(Told { left: 96, quota: 100, reset: secs(30) }, start, start);
        quota.ended();
        quota.note(Told { left: 97, quota: 100, reset: secs(30) }, start, start);
        assert_eq!(left(&quota), 94, "an older answer takes nothing back");
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_that_is_over_is_forgotten_and_so_are_late_answers_of_it() {
        let quota = ToldQuota::default();
        let start = Instant::now();
        quota.take(Priority::Urgent, start).unwrap();
        quota.take(Priority::Urgent, start).unwrap();
        quota.note(Told { left: 1, quota: 100, reset: secs(10) }, start, start);
        quota.ended();
        assert_eq!(quota.take(Priority::Urgent, start), Err(Obstacle::Until(start + secs(10))));
        quota.take(Priority::Sweep, start + secs(10)).unwrap();
        assert_eq!(left(&quota), 98, "one of the last window may arrive in this one");
        let late = Told { left: 0, quota: 100, reset: secs(5) };
        quota.note(late, start, start + secs(11));
        assert_eq!(left(&quota), 98);
        quota.note(Told { left: 60, quota: 100, reset: secs(29) }, start + secs(10), start + secs(11));
        assert_eq!(left(&quota), 59, "others called too");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_moves_the_end_of_its_window_no_further_away() {
        let quota = ToldQuota::default();
        let start = Instant::now();
        quota.take(Priority::Urgent, start).unwrap();
        quota.take(Priority::Urgent, start).unwrap();
        quota.note(Told { left: 3, quota: 100, reset: secs(20) }, start, start);
        quota.note(Told { left: 90, quota: 100, reset: secs(25) }, start, start + secs(5));
        assert_eq!(quota.take(Priority::Urgent, start), Err(Obstacle::Until(start + secs(20))));
    }
}
