//! Proves each day of a shop once, over all processes, and has the order-importer look at what is missing.
//!
//! Effects  a notice for each missing order, an error that names them, metrics; then the ledger's note of the day
//! Replay   safe: the day is noted last, and the same notice has the same id

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Mend, StoreId};
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use crossdock_storefront::{ListedOrder, Shop, Shops};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Proof, prove, schedule};
use crate::alone::alone;
use crate::notices::{Cause, Notice, Notices};
use crate::trouble::Trouble;

/// Time between two looks at the clock and the settings, in seconds.
const LOOK_SECS: u64 = 1;

/// Time until a proof that has failed is tried again, in seconds, unless the shop names a wait.
const RETRY_SECS: u64 = 5 * 60;

/// Most missing orders that a log line names.
const NAMED_MAX: usize = 100;

/// The daily proofs of one shop.
pub(crate) struct ProofRounds {
    pub(crate) store: StoreId,
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notices: Notices,
    pub(crate) memory: Memory,
}

/// What this process knows of them.
#[derive(Default)]
pub(crate) struct Memory {
    proved: Option<Date>,
    not_before: Option<Instant>,
    trouble: Trouble,
}

impl ProofRounds {
    /// Goes on until the shop is not configured any more, or until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        while let Ok(shop) = self.shops.get(&self.store)
            && !stop.is_cancelled()
        {
            if self.memory.not_before.is_none_or(|moment| moment <= Instant::now()) {
                self.look(&shop, &stop).await;
            }
            stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
        }
        self.notices.metrics.forget_proof(&self.store);
    }

    async fn look(&mut self, shop: &Shop, stop: &CancellationToken) {
        let (result, store) = (self.round(shop, stop).await, &self.store);
        match result {
            Ok(()) => {
                self.memory.not_before = None;
                let over = || tracing::info!(store.id = %store, "the shop's days are proved again");
                self.memory.trouble.is_over(over);
            }
            Err(failure) => {
                let wait = match failure.mend {
                    Mend::WaitFor(wait) => wait,
                    Mend::Wait | Mend::Credentials | Mend::Never => Duration::from_secs(RETRY_SECS),
                };
                self.memory.not_before = Some(Instant::now() + wait);
                self.memory.trouble.is(&failure, |error| {
                    tracing::warn!(store.id = %store, error, "the shop's day cannot be proved; trying again");
                });
            }
        }
    }

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let (time_zone, now) = (&shop.settings.time_zone, Timestamp::now());
        let last_due = schedule::last_due(&self.store, time_zone, now);
        if self.memory.proved.is_some_and(|proved| proved >= last_due) {
            return Ok(());
        }
        self.memory.proved = self.ledger.proved_day(&self.store).await?;
        match self.memory.proved {
            Some(proved) if proved >= last_due => Ok(()),
            Some(_) => {
                let lease = format!("proof/{}", self.store);
                alone(&*self.ledger, &lease, stop, self.prove_days(shop, last_due)).await
            }
            // Of a shop that is new here, older orders are wanted only where its settings say so, and then the first sweep looks at
            // them. Tomorrow's are the first that are all ours.
            None => {
                let today = schedule::today(time_zone, now);
                self.ledger.keep_proved_day(&self.store, today).await?;
                self.memory.proved = Some(today);
                Ok(())
            }
        }
    }

    /// Another process may have been faster, up to the moment at which this one took the lease.
    async fn prove_days(&self, shop: &Shop, last_due: Date) -> Result<(), Failure> {
        let Some(proved) = self.ledger.proved_day(&self.store).await? else { return Ok(()) };
        let mut proofs = Vec::new();
        for day in schedule::due(proved, last_due) {
            let proof = prove(&*self.ledger, shop, day).await?;
            let about = day.to_string();
            let notice =
                |order: &ListedOrder| Notice { order_id: order.order_id.clone(), about: about.clone() };
            let notices: Vec<Notice> = proof.missing.iter().map(notice).collect();
            self.notices.publish(&self.store, Cause::Proof, &notices).await?;
            self.tell(&proof);
            proofs.push(proof);
            self.notices.metrics.proved(&self.store, &proofs);
            self.ledger.keep_proved_day(&self.store, day).await?;
        }
        Ok(())
    }

    fn tell(&self, proof: &Proof) {
        let (store, day, orders) = (&self.store, proof.day, proof.orders());
        if proof.missing.is_empty() {
            tracing::info!(store.id = %store, %day, orders, "every order of the day is accounted for");
            return;
        }
        let named: Vec<&str> =
            proof.missing.iter().take(NAMED_MAX).map(|order| order.order_id.as_str()).collect();
        let (missing, named) = (proof.missing.len(), named.join(","));
        tracing::error!(
            store.id = %store, %day, orders, missing, order.ids = named,
            "orders of the day were missing; the order-importer looks at them now"
        );
    }
}
