//! A shop that goes on sending while something else happens.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::sync::CancellationToken;

use crate::eventually;
use crate::shop_sender::{Answer, Answers, ShopSender};

/// A shop that goes on sending.
pub struct Load {
    at_once: usize,
    answered: AtomicUsize,
    stop: CancellationToken,
}

impl Load {
    /// So many requests are under way at once, over connections that are kept.
    pub fn new(at_once: usize) -> Self {
        Self { at_once, answered: AtomicUsize::new(0), stop: CancellationToken::new() }
    }

    /// Sends webhooks of one order after the other until stopped, or until nobody listens; ends what it began.
    pub async fn run(&self, shop: &ShopSender, first: u32) -> Answers {
        let count = |_, answer| match answer {
            Answer::Unreachable => self.stop.cancel(),
            Answer::Status(_) | Answer::Cut => drop(self.answered.fetch_add(1, Ordering::SeqCst)),
        };
        let orders = (first..).take_while(|_| !self.stop.is_cancelled());
        shop.send_all(orders, self.at_once, count).await
    }

    /// Waits until so many more are answered.
    pub async fn goes_on(&self, more: usize) {
        let wanted = self.answered.load(Ordering::SeqCst) + more;
        eventually("the load goes on", || async {
            (self.answered.load(Ordering::SeqCst) >= wanted).then_some(())
        })
        .await;
    }

    /// Begins no further webhook.
    pub fn stop(&self) {
        self.stop.cancel();
    }
}
