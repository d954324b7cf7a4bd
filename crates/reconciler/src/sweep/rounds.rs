//! The sweeps of one shop, and a look at its rules when they may have changed.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::{Ledger, Swept};
use crossdock_queue::Failure;
use crossdock_settings::StoreSettings;
use crossdock_storefront::Shop;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Begun, Sweeper};
use crate::alone::alone;
use crate::metrics::ReconcilerMetrics;
use crate::rejudge::Rejudge;
use crate::rounds::Rounds;
use crate::schedule::Schedule;
use crate::trouble::pause_after;

/// The sweeps of one shop.
pub(crate) struct SweepRounds {
    pub(crate) store: StoreId,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) sweeper: Sweeper,
    pub(crate) rejudge: Rejudge,
    pub(crate) metrics: ReconcilerMetrics,
    pub(crate) progress: Progress,
}

/// What this process knows of them.
#[derive(Default)]
pub(crate) struct Progress {
    /// With which the last round began.
    settings: Option<Arc<StoreSettings>>,
    /// When to look whether what is kept out was told to be judged by these settings; none: it was.
    check_rules_at: Option<Timestamp>,
    /// How far complete sweeps have come, here or in another process.
    swept: Option<Swept>,
    /// A sweep of this process that is not complete.
    begun: Option<Begun>,
}

impl Rounds for SweepRounds {
    const TROUBLE: &'static str = "the shop cannot be swept; trying again";
    const WELL_AGAIN: &'static str = "the shop is swept again";

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let progress = &mut self.progress;
        if !progress.settings.as_ref().is_some_and(|settings| Arc::ptr_eq(settings, &shop.settings)) {
            progress.settings = Some(shop.settings.clone());
            (progress.check_rules_at, progress.begun) = (Some(Timestamp::MIN), None);
        }
        if progress.check_rules_at.is_some_and(|moment| moment <= Timestamp::now()) {
            progress.check_rules_at = self.rejudge.check(shop, stop).await?;
        }
        if !self.is_due(shop) {
            return Ok(());
        }
        self.learn_progress().await?;
        if self.is_due(shop) {
            let (ledger, lease) = (self.ledger.clone(), format!("sweep/{}", self.store));
            alone(&*ledger, &lease, stop, self.sweep(shop)).await?;
            self.metrics.swept(&self.store, "done");
        }
        Ok(())
    }

    fn put_off(&mut self, shop: &Shop, failure: &Failure) -> Duration {
        self.metrics.swept(&self.store, failure.class);
        pause_after(failure, shop.settings.sweep_every)
    }

    fn end(&mut self) {
        self.metrics.forget(&self.store);
    }
}

impl SweepRounds {
    fn is_due(&self, shop: &Shop) -> bool {
        let swept_to = self.progress.swept.map(|swept| swept.to);
        Schedule::of(&self.store, shop.settings.sweep_every).is_due(swept_to, Timestamp::now())
    }

    /// Another process may have been faster, up to the moment at which this one took the lease.
    async fn sweep(&mut self, shop: &Shop) -> Result<(), Failure> {
        self.learn_progress().await?;
        if self.is_due(shop) {
            let Progress { swept, begun, .. } = &mut self.progress;
            let done = self.sweeper.sweep(shop, *swept, begun).await?;
            *swept = Some(done);
            self.metrics.swept_to(&self.store, done.to);
        }
        Ok(())
    }

    async fn learn_progress(&mut self) -> Result<(), Failure> {
        self.progress.swept = self.ledger.swept(&self.store).await?;
        if let Some(swept) = self.progress.swept {
            self.metrics.swept_to(&self.store, swept.to);
        }
        Ok(())
    }
}
