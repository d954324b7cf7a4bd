//! What is done for one shop again and again, as long as it is configured.

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_queue::Failure;
use crossdock_settings::StoreSettings;
use crossdock_storefront::{Shop, Shops};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::trouble::{Trouble, pause_after};

/// Time between two looks at the clock and the settings, in seconds.
const LOOK_SECS: u64 = 1;

/// One thing that is done for a shop again and again. Each shop has its own, so that one that hangs holds up no other.
pub(crate) trait Rounds: Send {
    /// What the log says when a round fails.
    const TROUBLE: &'static str;
    /// What it says when one goes well again.
    const WELL_AGAIN: &'static str;

    /// Does what is due by now, if anything is.
    fn round(
        &mut self,
        shop: &Shop,
        stop: &CancellationToken,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// A round has failed: how long until the next one.
    fn put_off(&mut self, shop: &Shop, failure: &Failure) -> Duration {
        pause_after(failure, shop.settings.sweep_every)
    }

    /// The shop is not configured any more.
    fn end(&mut self);
}

/// Goes on until the shop is not configured any more, or until told to stop.
pub(crate) async fn run(mut rounds: impl Rounds, store: StoreId, shops: Shops, stop: CancellationToken) {
    let mut waiting = Waiting::default();
    while let Ok(shop) = shops.get(&store)
        && !stop.is_cancelled()
    {
        if waiting.is_over(&shop) {
            look(&mut rounds, &mut waiting, &shop, &stop).await;
        }
        stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(LOOK_SECS))).await;
    }
    rounds.end();
}

#[derive(Default)]
struct Waiting {
    /// With which the last round began.
    settings: Option<Arc<StoreSettings>>,
    not_before: Option<Instant>,
    trouble: Trouble,
}

impl Waiting {
    /// New settings may be what mends it.
    fn is_over(&mut self, shop: &Shop) -> bool {
        if !self.settings.as_ref().is_some_and(|settings| Arc::ptr_eq(settings, &shop.settings)) {
            self.settings = Some(shop.settings.clone());
            self.not_before = None;
        }
        self.not_before.is_none_or(|moment| moment <= Instant::now())
    }
}

async fn look<R: Rounds>(rounds: &mut R, waiting: &mut Waiting, shop: &Shop, stop: &CancellationToken) {
    let store = &shop.settings.id;
    match rounds.round(shop, stop).await {
        Ok(()) => {
            waiting.not_before = None;
            waiting.trouble.is_over(|| tracing::info!(store.id = %store, "{}", R::WELL_AGAIN));
        }
        Err(failure) => {
            waiting.not_before = Some(Instant::now() + rounds.put_off(shop, &failure));
            tracing::debug!(store.id = %store, error = failure.chain, "a round is put off");
            waiting.trouble.is(&failure, |error| {
                tracing::warn!(store.id = %store, error, "{}", R::TROUBLE);
            });
        }
    }
}
