//! How many orders a list may span, learnt from what the shop manages to answer.

use std::sync::atomic::{AtomicU64, Ordering};

use crossdock_storefront::StorefrontError;

use crate::pages::PAGE_ROWS;

/// Fewest orders in a list, however slow the shop is.
const LIST_ORDERS_MIN: u64 = 25;

/// By how many orders a list that was answered lets the next ones grow.
const LIST_ORDERS_STEP: u64 = 25;

/// How many neighbours one list may span: fewer after one that the shop failed to answer, then gradually more. A shop whose full
/// lists are too slow for it would else fail them for ever.
#[derive(Debug)]
pub(crate) struct ListSize(AtomicU64);

impl Default for ListSize {
    fn default() -> Self {
        Self(AtomicU64::new(PAGE_ROWS as u64))
    }
}

impl ListSize {
    #[cfg(test)]
    pub(crate) fn of(orders: u64) -> Self {
        Self(AtomicU64::new(orders))
    }

    /// Orders that the next list may span.
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes note of what became of a list. Two at once may both count: a size that is a little off does no harm.
    pub(crate) fn learn<T>(&self, outcome: &Result<T, StorefrontError>) {
        let size = match outcome {
            Ok(_) => (self.now() + LIST_ORDERS_STEP).min(PAGE_ROWS as u64),
            Err(StorefrontError::Unavailable { .. }) => (self.now() / 2).max(LIST_ORDERS_MIN),
            Err(_) => return,
        };
        self.0.store(size, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn lists_that_the_shop_cannot_answer_become_smaller_and_grow_again() {
        let size = ListSize::default();
        let unavailable = || Err::<(), _>(StorefrontError::Unavailable { cause: "too slow".into() });
        size.learn(&unavailable());
        size.learn(&Err::<(), _>(StorefrontError::Throttled { wait: Duration::from_secs(1) }));
        assert_eq!(size.now(), 125);
        (0..9).for_each(|_| size.learn(&unavailable()));
        assert_eq!(size.now(), LIST_ORDERS_MIN);
        size.learn(&Ok(()));
        assert_eq!(size.now(), 50);
        (0..99).for_each(|_| size.learn(&Ok(())));
        assert_eq!(size.now(), 250);
    }
}
