//! For which SKUs there is a message already, of those for which a shop failed in a comparison.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crossdock_domain::{Sku, StoreId};
use tokio::time::Instant;

/// How long such a message stands for all comparisons that find the same: longer than the queue tries it before it is a dead letter (some 7
/// hours).
const STANDS_FOR: Duration = Duration::from_hours(12);

/// Comparisons come every few minutes: each would else make one more. What a process forgets at its end is told once more; it has the same
/// id.
#[derive(Default)]
pub(crate) struct DoubtsTold(Mutex<HashMap<(StoreId, Sku), Instant>>);

impl DoubtsTold {
    /// Those of these of which there is no message.
    pub(crate) fn news(&self, store: &StoreId, skus: &[Sku]) -> Vec<Sku> {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.retain(|_, at| at.elapsed() < STANDS_FOR);
        skus.iter().filter(|sku| !told.contains_key(&(store.clone(), (*sku).clone()))).cloned().collect()
    }

    /// There is a message now.
    pub(crate) fn told(&self, store: &StoreId, sku: Sku) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert((store.clone(), sku), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_stands_for_what_is_found_again_and_again() {
        let [au, nz] = ["acme-au", "acme-nz"].map(|store| store.parse().unwrap());
        let doubts = DoubtsTold::default();
        let skus = ["MUG", "TEE"].map(Sku::from);
        assert_eq!(doubts.news(&au, &skus), skus);
        doubts.told(&au, skus[0].clone());
        assert_eq!(doubts.news(&au, &skus), [skus[1].clone()]);
        assert_eq!(doubts.news(&nz, &skus), skus);
        tokio::time::advance(STANDS_FOR).await;
        assert_eq!(doubts.news(&au, &skus), skus);
    }
}
