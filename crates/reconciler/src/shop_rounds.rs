//! What is done for one shop again and again, as long as it is configured.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use crossdock_settings::StoreSettings;
use crossdock_storefront::{Shop, Shops};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::alone::alone;
use crate::metrics::ReconcilerMetrics;
use crate::rejudge::Rejudge;
use crate::schedule::Schedule;
use crate::sweep::Sweeper;
use crate::trouble::{Trouble, pause_after};

/// Time between two looks at the clock and the settings, in seconds.
const LOOK_SECS: u64 = 1;

/// The rounds of one shop. Each shop has its own, so that one that hangs holds up no other.
pub(crate) struct ShopRounds {
    pub(crate) store: StoreId,
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) sweeper: Sweeper,
    pub(crate) rejudge: Rejudge,
    pub(crate) metrics: ReconcilerMetrics,
    pub(crate) stop: CancellationToken,
    pub(crate) progress: Progress,
}

/// What this process knows of a shop's rounds.
#[derive(Default)]
pub(crate) struct Progress {
    /// With which the last round began.
    settings: Option<Arc<StoreSettings>>,
    /// When to look whether what is kept out was told to be judged by these settings; none: it was.
    check_rules_at: Option<Timestamp>,
    /// When a complete sweep last began, here or in another process.
    swept_to: Option<Timestamp>,
    not_before: Option<Instant>,
    trouble: Trouble,
}

impl ShopRounds {
    /// Goes on until the shop is not configured any more, or until told to stop. Returns which shop it was.
    pub(crate) async fn run(mut self) -> StoreId {
        while let Ok(shop) = self.shops.get(&self.store)
            && !self.stop.is_cancelled()
        {
            self.look(&shop).await;
            self.stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
        }
        self.metrics.forget(&self.store);
        self.store
    }

    async fn look(&mut self, shop: &Shop) {
        let progress = &mut self.progress;
        if !progress.settings.as_ref().is_some_and(|settings| Arc::ptr_eq(settings, &shop.settings)) {
            // New settings may be what mends it.
            progress.settings = Some(shop.settings.clone());
            (progress.check_rules_at, progress.not_before) = (Some(Timestamp::MIN), None);
        }
        if progress.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        match self.round(shop).await {
            Ok(()) => self.progress.not_before = None,
            Err(failure) => self.put_off(shop, &failure),
        }
    }

    async fn round(&mut self, shop: &Shop) -> Result<(), Failure> {
        if self.progress.check_rules_at.is_some_and(|moment| moment <= Timestamp::now()) {
            self.progress.check_rules_at = self.rejudge.check(shop).await?;
        }
        let schedule = Schedule::of(&self.store, shop.settings.sweep_every);
        if !schedule.is_due(self.progress.swept_to, Timestamp::now()) {
            return Ok(());
        }
        self.learn_progress().await?;
        if schedule.is_due(self.progress.swept_to, Timestamp::now()) {
            let (ledger, stop) = (self.ledger.clone(), self.stop.clone());
            let lease = format!("sweep/{}", self.store);
            alone(&*ledger, &lease, &stop, self.sweep(shop, schedule)).await?;
            self.metrics.swept(&self.store, "done");
        }
        let store = &self.store;
        self.progress.trouble.is_over(|| tracing::info!(store.id = %store, "the shop is swept again"));
        Ok(())
    }

    /// Another process may have been faster, up to the moment at which this one took the lease.
    async fn sweep(&mut self, shop: &Shop, schedule: Schedule) -> Result<(), Failure> {
        self.learn_progress().await?;
        if schedule.is_due(self.progress.swept_to, Timestamp::now()) {
            let swept_to = self.sweeper.sweep(shop, self.progress.swept_to).await?;
            self.progress.swept_to = Some(swept_to);
            self.metrics.swept_to(&self.store, swept_to);
        }
        Ok(())
    }

    async fn learn_progress(&mut self) -> Result<(), Failure> {
        self.progress.swept_to = self.ledger.swept_to(&self.store).await?;
        if let Some(swept_to) = self.progress.swept_to {
            self.metrics.swept_to(&self.store, swept_to);
        }
        Ok(())
    }

    fn put_off(&mut self, shop: &Shop, failure: &Failure) {
        let every = shop.settings.sweep_every;
        self.progress.not_before = Some(Instant::now() + pause_after(failure, every));
        self.metrics.swept(&self.store, failure.class);
        let store = &self.store;
        tracing::debug!(store.id = %store, error = failure.chain, "a round is put off");
        self.progress.trouble.is(failure, |error| {
            tracing::warn!(store.id = %store, error, "the shop cannot be swept; trying again");
        });
    }
}
