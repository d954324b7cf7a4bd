//! Has held orders looked at once their time has come.
//!
//! Effects  a notice for each of them; then the ledger's note that it was told
//! Replay   safe: an order that is told twice is read twice

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::{DueOrder, Ledger};
use crossdock_queue::Failure;
use crossdock_storefront::Shops;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::alone::alone;
use crate::notices::{Cause, Notice, Notices};
use crate::trouble::Trouble;

/// Time between two looks, in seconds. Nothing in the ledger wakes us, and a look costs one short read.
const LOOK_SECS: u64 = 2;

/// Most orders that are told between two looks at the ledger.
const ORDERS_MAX: u32 = 500;

/// The one lease for all shops.
const LEASE: &str = "hold-over";

pub(crate) struct HoldOver {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notices: Notices,
    pub(crate) stop: CancellationToken,
}

impl HoldOver {
    /// Looks until told to stop.
    pub(crate) async fn run(self) {
        let mut trouble = Trouble::default();
        while !self.stop.is_cancelled() {
            match self.look().await {
                Ok(more) => {
                    trouble.is_over(|| tracing::info!("held orders are released in time again"));
                    if more {
                        continue;
                    }
                }
                Err(failure) => trouble.is(&failure, |error| {
                    tracing::warn!(error, "held orders cannot be released in time; trying again");
                }),
            }
            self.stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
        }
    }

    /// Returns whether more may be due already.
    async fn look(&self) -> Result<bool, Failure> {
        if self.ledger.due(Timestamp::now(), 1).await?.is_empty() {
            return Ok(false);
        }
        alone(&*self.ledger, LEASE, &self.stop, self.tell()).await
    }

    async fn tell(&self) -> Result<bool, Failure> {
        let now = Timestamp::now();
        let due = self.ledger.due(now, ORDERS_MAX).await?;
        let mut by_store: BTreeMap<&StoreId, Vec<Notice>> = BTreeMap::new();
        for DueOrder { store, order_id, due_at } in &due {
            let notice = Notice { order_id: order_id.clone(), about: due_at.to_string() };
            by_store.entry(store).or_default().push(notice);
        }
        // Of a shop that is not configured nobody could read an order: it is looked at again in an hour at the latest.
        by_store.retain(|store, _| self.shops.get(store).is_ok());
        for (store, notices) in by_store {
            self.notices.publish(store, Cause::HoldOver, &notices).await?;
        }
        self.ledger.told_due(&due, now).await?;
        Ok(due.len() as u64 == u64::from(ORDERS_MAX))
    }
}
