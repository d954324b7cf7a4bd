//! Proves each day of a shop once, over all processes, and has the order-importer look at what is missing, and at what is open and was
//! not read for a day.
//!
//! Effects  a notice for each missing or unread order, an error that names the missing ones, metrics; then the ledger's note of the day
//! Replay   safe: the day is noted last, and the same notice has the same id

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{Mend, StoreId};
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use crossdock_storefront::{ListedOrder, Shop};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::{Proof, prove, schedule};
use crate::alone::alone;
use crate::notices::{Cause, Notice, Notices};
use crate::open_orders::look_at_unread;
use crate::rounds::Rounds;

/// Time until a proof that has failed is tried again, in seconds, unless the shop names a wait.
const RETRY_SECS: u64 = 5 * 60;

/// How long an open order may go unread, in hours. Less than a day: what was looked at the day before is looked at again.
const UNREAD_HOURS_MAX: i64 = 20;

/// Most missing orders that a log line names.
const NAMED_MAX: usize = 100;

/// The daily proofs of one shop.
pub(crate) struct ProofRounds {
    pub(crate) store: StoreId,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notices: Notices,
    /// The last day that this process knows to be proved.
    pub(crate) proved: Option<Date>,
}

impl Rounds for ProofRounds {
    const TROUBLE: &'static str = "the shop's day cannot be proved; trying again";
    const WELL_AGAIN: &'static str = "the shop's days are proved again";

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let (time_zone, now) = (&shop.settings.time_zone, Timestamp::now());
        let (today, last_due) =
            (schedule::today(time_zone, now), schedule::last_due(&self.store, time_zone, now));
        let is_done = |proved: Date| schedule::believed(proved, today) >= last_due;
        if self.proved.is_some_and(is_done) {
            return Ok(());
        }
        self.proved = self.ledger.proved_day(&self.store).await?;
        match self.proved {
            Some(proved) if is_done(proved) => Ok(()),
            Some(_) => {
                let lease = format!("proof/{}", self.store);
                alone(&*self.ledger, &lease, stop, self.prove_days(shop, today, last_due)).await
            }
            // Of a shop that is new here, older orders are wanted only where its settings say so, and then the first sweep looks at
            // them. Tomorrow's are the first that are all ours.
            None => {
                self.ledger.keep_proved_day(&self.store, today).await?;
                self.proved = Some(today);
                Ok(())
            }
        }
    }

    fn put_off(&mut self, _: &Shop, failure: &Failure) -> Duration {
        match failure.mend {
            Mend::WaitFor(wait) => wait,
            Mend::Wait | Mend::Credentials | Mend::Never => Duration::from_secs(RETRY_SECS),
        }
    }

    fn end(&mut self) {
        self.notices.metrics.forget_proof(&self.store);
    }
}

impl ProofRounds {
    /// Another process may have been faster, up to the moment at which this one took the lease.
    async fn prove_days(&self, shop: &Shop, today: Date, last_due: Date) -> Result<(), Failure> {
        let Some(proved) = self.ledger.proved_day(&self.store).await? else { return Ok(()) };
        let mut proofs = Vec::new();
        for day in schedule::due(schedule::believed(proved, today), last_due) {
            if day == last_due {
                self.look_at_unread(day).await?;
            }
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

    /// What became of them may be in no list, as of an order that was archived at BigCommerce.
    async fn look_at_unread(&self, day: Date) -> Result<(), Failure> {
        let before = Timestamp::now() - SignedDuration::from_hours(UNREAD_HOURS_MAX);
        let (store, about) = (&self.store, day.to_string());
        let orders = look_at_unread(&*self.ledger, &self.notices, store, before, &about).await?;
        tracing::debug!(store.id = %store, orders, "open orders that were not read for some time are looked at");
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
