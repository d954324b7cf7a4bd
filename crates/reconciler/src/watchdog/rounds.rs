//! One shop's webhooks, looked after again and again as long as it is configured.

use std::sync::Arc;

use crossdock_domain::StoreId;
use crossdock_queue::Failure;
use crossdock_settings::StoreSettings;
use crossdock_storefront::Shop;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Asked, Mended, Standing, Watchdog};
use crate::rounds::Rounds;
use crate::schedule::Schedule;

/// The rounds of one shop, as often as it is swept.
pub(crate) struct WatchRounds {
    pub(crate) store: StoreId,
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
    elsewhere: usize,
    objection: Option<String>,
}

impl Rounds for WatchRounds {
    const TROUBLE: &'static str = "the shop's webhooks cannot be looked after";
    const WELL_AGAIN: &'static str = "the shop's webhooks are well again";

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let Some(webhooks) = shop.storefront.webhooks() else { return Ok(()) };
        if !self.is_due(shop).await? {
            return Ok(());
        }
        let began = Timestamp::now();
        let mended = self.watchdog.alone(shop, webhooks, Asked::ByTheClock, stop).await?;
        self.memory.looked_at = Some(began);
        self.memory.settings = Some(shop.settings.clone());
        self.tell(&mended);
        mended.refusals().map_or(Ok(()), Err)
    }

    fn end(&mut self) {
        self.watchdog.metrics.forget_webhooks(&self.store);
    }
}

impl WatchRounds {
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
        if done > 0 && mended.is_first {
            tracing::info!(store.id = %store, webhooks = done, "subscribed to the shop's webhooks");
        } else if done > 0 {
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
        // It may be meant so: webhooks can be made by hand, too.
        let objection = mended.inspection.objection.clone();
        if let Some(reason) = objection.as_ref().filter(|_| objection != self.memory.objection) {
            tracing::info!(store.id = %store, reason, "the shop's webhooks are only watched");
        }
        self.memory.objection = objection;
    }
}
