//! Whether RabbitMQ is worth a request's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether RabbitMQ is worth a request's time: lost when it keeps a single event waiting too long, and regained by a quick confirm.
#[derive(Debug)]
pub(super) struct Patience {
    /// How long RabbitMQ has for all events of a request. Half of that for a single one is slow.
    whole: Duration,
    lost: AtomicBool,
}

impl Patience {
    pub(super) fn new(whole: Duration) -> Self {
        Self { whole, lost: AtomicBool::new(false) }
    }

    /// Whether a single event that took so long took too long.
    pub(super) fn is_slow(&self, took: Duration) -> bool {
        took * 2 >= self.whole
    }

    pub(super) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Relaxed)
    }

    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::Relaxed);
    }

    pub(super) fn regain(&self) {
        self.lost.store(false, Ordering::Relaxed);
    }

    /// A spooled event was confirmed, and took so long: if a request could have waited for that, the next one does.
    pub(super) fn drained_in(&self, took: Duration) {
        if took < self.whole {
            self.regain();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quick_confirm_regains_it() {
        let patience = Patience::new(Duration::from_secs(1));
        patience.lose();
        for slow in [Duration::from_secs(1), Duration::from_secs(30)] {
            patience.drained_in(slow);
            assert!(patience.is_lost(), "{slow:?}");
        }
        patience.drained_in(Duration::from_millis(999));
        assert!(!patience.is_lost());
        patience.drained_in(Duration::from_secs(30));
        assert!(!patience.is_lost(), "a slow drain keeps no request waiting");
    }
}
