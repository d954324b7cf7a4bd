//! How much a call may be about, learnt from what the shop manages to answer.

use std::sync::atomic::{AtomicU64, Ordering};

use crossdock_storefront::StorefrontError;

/// Least that a call is about, however slow the shop is.
const LEAST: u64 = 25;

/// By how much a call that was answered lets the next ones grow.
const STEP: u64 = 25;

/// How much one call may be about: a list of how many neighbours, an adjustment of how many items. Less after one that the shop failed
/// to answer, then gradually more. A shop whose full calls are too slow for it would else fail them for ever.
#[derive(Debug)]
pub(crate) struct CallSize {
    now: AtomicU64,
    most: u64,
}

impl CallSize {
    /// At first as much as there may be at all.
    pub(crate) fn up_to(most: usize) -> Self {
        let most = most as u64;
        Self { now: AtomicU64::new(most), most }
    }

    /// What the next call may be about.
    pub(crate) fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    /// Takes note of what became of a call about as much as it may be. Two at once may both count: a size that is a little off does no
    /// harm.
    pub(crate) fn learn<T>(&self, outcome: &Result<T, StorefrontError>) {
        let now = self.now();
        self.learn_of(now, now, outcome);
    }

    /// The same of a call about so much, where `full` ones were planned. A smaller one that succeeds says nothing of full ones; nor does a
    /// very small one that fails.
    pub(crate) fn learn_of<T>(&self, about: u64, full: u64, outcome: &Result<T, StorefrontError>) {
        let now = self.now();
        let size = match outcome {
            Ok(_) if about >= full => (now + STEP).min(self.most),
            Err(StorefrontError::Unavailable { .. }) if about > LEAST => (about.min(now) / 2).max(LEAST),
            _ => return,
        };
        self.now.store(size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn calls_that_the_shop_cannot_answer_become_smaller_and_grow_again() {
        let size = CallSize::up_to(250);
        let unavailable = || Err::<(), _>(StorefrontError::Unavailable { cause: "too slow".into() });
        size.learn(&unavailable());
        size.learn(&Err::<(), _>(StorefrontError::Throttled { wait: Duration::from_secs(1) }));
        assert_eq!(size.now(), 125);
        (0..9).for_each(|_| size.learn(&unavailable()));
        assert_eq!(size.now(), LEAST);
        size.learn(&Ok(()));
        assert_eq!(size.now(), 50);
        (0..99).for_each(|_| size.learn(&Ok(())));
        assert_eq!(size.now(), 250);
    }

    #[test]
    fn a_call_about_one_thing_stays_one() {
        let size = CallSize::up_to(1);
        size.learn(&Err::<(), _>(StorefrontError::Unavailable { cause: "too slow".into() }));
        assert_eq!(size.now(), 1);
    }

    #[test]
    fn a_smaller_call_teaches_what_it_can() {
        let size = CallSize::up_to(2000);
        let unavailable = || Err::<(), _>(StorefrontError::Unavailable { cause: "too slow".into() });
        size.learn_of(LEAST, 2000, &unavailable());
        assert_eq!(size.now(), 2000, "the shop is down, or fails for one thing");
        size.learn_of(300, 2000, &unavailable());
        assert_eq!(size.now(), 150);
        size.learn_of(149, 150, &Ok(()));
        assert_eq!(size.now(), 150);
        size.learn_of(40, 150, &unavailable());
        assert_eq!(size.now(), LEAST);
    }
}
