//! One shop's webhooks, looked after again and again as long as it is configured.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_queue::Failure;
use crossdock_settings::StoreSettings;
use crossdock_storefront::{Shop, Shops};
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Mended, Standing, Watchdog};
use crate::schedule::Schedule;
use crate::trouble::{Trouble, pause_after};

/// Time between two looks at the clock and the settings, in seconds.
const LOOK_SECS: u64 = 1;

/// The rounds of one shop, as often as it is swept.
pub(crate) struct WatchRounds {
    pub(crate) store: StoreId,
    pub(crate) shops: Shops,
    pub(crate) watchdog: Watchdog,
    pub(crate) memory: Memory,
}

/// What this process knows of its rounds.
#[derive(Default)]
pub(crate) struct Memory {
    /// With which the webhooks were last looked after.
    settings: Option<Arc<StoreSettings>>,
    /// When they were, here or in another process.
    looked_at: Option<Timestamp>,
    not_before: Option<Instant>,
    elsewhere: usize,
    trouble: Trouble,
}

impl WatchRounds {
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
        self.watchdog.metrics.forget_webhooks(&self.store);
    }

    async fn look(&mut self, shop: &Shop, stop: &CancellationToken) {
        let every = shop.settings.sweep_every;
        match self.round(shop, stop).await {
            Ok(()) => self.memory.not_before = None,
            Err(failure) => {
                self.memory.not_before = Some(Instant::now() + pause_after(&failure, every));
                self.tell_trouble(&failure);
            }
        }
    }

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let Some(webhooks) = shop.storefront.webhooks() else { return Ok(()) };
        if self.is_due(shop).await? {
            let began = Timestamp::now();
            let mended = self.watchdog.alone(shop, webhooks, stop).await?;
            self.memory.looked_at = Some(began);
            self.memory.settings = Some(shop.settings.clone());
            self.tell(&mended);
        }
        Ok(())
    }

    /// New settings may want something else of the shop. Otherwise another process may have been faster.
    async fn is_due(&mut self, shop: &Shop) -> Result<bool, Failure> {
        if !self.memory.settings.as_ref().is_some_and(|settings| Arc::ptr_eq(settings, &shop.settings)) {
            return Ok(true);
        }
        let schedule = Schedule::of(&self.store, shop.settings.sweep_every);
        if !schedule.is_due(self.memory.looked_at, Timestamp::now()) {
            return Ok(false);
        }
        let alive_at = self.watchdog.ledger.webhook_watch(&self.store).await?.alive_at;
        self.memory.looked_at = self.memory.looked_at.max(alive_at);
        Ok(schedule.is_due(self.memory.looked_at, Timestamp::now()))
    }

    fn tell(&mut self, mended: &Mended) {
        let (store, done) = (&self.store, mended.inspection.remedies.len() - mended.refused.len());
        if done > 0 {
            tracing::warn!(store.id = %store, webhooks = done, "webhooks were missing or switched off; they are on again");
        }
        if let Some(looked_for) = mended.looked_for {
            let (since, orders) = (looked_for.since, looked_for.orders);
            tracing::info!(store.id = %store, %since, orders, "looked for what no webhook may have told");
        }
        let elsewhere = mended.inspection.count(Standing::Elsewhere);
        if elsewhere > self.memory.elsewhere {
            tracing::warn!(store.id = %store, webhooks = elsewhere, "webhooks go to our route at another address; remove them if nothing listens there");
        }
        self.memory.elsewhere = elsewhere;
        let trouble = &mut self.memory.trouble;
        match mended.unmended() {
            // It may be meant so: webhooks can be made by hand, too.
            Some(failure) if mended.inspection.objection.is_some() => trouble.is(&failure, |error| {
                tracing::info!(store.id = %store, error, "the shop's webhooks are only watched");
            }),
            Some(failure) => self.tell_trouble(&failure),
            None => {
                trouble.is_over(|| tracing::info!(store.id = %store, "the shop's webhooks are well again"));
            }
        }
    }

    fn tell_trouble(&mut self, failure: &Failure) {
        let store = &self.store;
        self.memory.trouble.is(failure, |error| {
            tracing::warn!(store.id = %store, error, "the shop's webhooks cannot be looked after");
        });
    }
}
