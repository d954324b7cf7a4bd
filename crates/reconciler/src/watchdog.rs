//! Sees that a shop tells the receiver of everything, and looks for what it did not tell meanwhile.
//!
//! Effects  subscriptions made and switched on again; notices for what changed while they were not; the shop's catalogue read anew before the next push
//! Replay   safe: since when something may have been missed stands in the ledger before anything is mended, and leaves it last

mod gap;
mod inspection;
mod removal;
mod rounds;

use std::sync::Arc;

use crossdock_domain::{Classify, Mend, StoreId};
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use crossdock_storefront::{Shop, StorefrontError, Webhooks};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::alone::alone;
use crate::metrics::ReconcilerMetrics;
use crate::notices::Cause;
use crate::sweep::{Sweeper, floor};

use gap::Next;

pub use inspection::{Finding, Inspection, Remedy, Standing};
pub use removal::{removable_webhooks, remove_webhooks};
pub(crate) use rounds::{Memory, WatchRounds};

/// How long a shop whose webhooks a person had removed is left alone, in seconds: time enough to take it out of the settings.
pub const LEFT_ALONE_SECS: i64 = 60 * 60;

/// On whose behalf webhooks are looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A person's, who wants them.
    ByHand,
    /// Nobody's.
    ByTheClock,
}

/// Looks after webhooks.
#[derive(Clone)]
pub(crate) struct Watchdog {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) sweeper: Sweeper,
    pub(crate) metrics: ReconcilerMetrics,
}

/// What came of looking after a shop's webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// What was found.
    pub inspection: Inspection,
    /// What the shop refused to do about it, with the reason.
    pub refused: Vec<(Remedy, String)>,
    /// What was looked for, if something may have been missed.
    pub looked_for: Option<LookedFor>,
    /// Whether the shop was never seen to tell of everything before.
    pub is_first: bool,
}

/// A search for what no webhook told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LookedFor {
    /// Changes from then on.
    pub since: Timestamp,
    /// Orders that the ledger did not have as the shop has them; the order-importer looks at them now.
    pub orders: usize,
}

/// Why a shop may not tell of everything.
#[derive(Debug, thiserror::Error)]
enum Unmended {
    #[error("the shop refused some of its webhooks: {0}")]
    Refused(String),
}

impl Classify for Unmended {
    fn mend(&self) -> Mend {
        match self {
            Self::Refused(_) => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Refused(_) => "webhooks-refused",
        }
    }
}

impl Mended {
    /// What the shop refused, if anything: a person has to see to it.
    fn refusals(&self) -> Option<Failure> {
        let reasons: Vec<String> =
            self.refused.iter().map(|(remedy, reason)| format!("{}: {reason}", remedy.scope())).collect();
        (!reasons.is_empty()).then(|| Unmended::Refused(reasons.join("; ")).into())
    }
}

/// Reads a shop's subscriptions; none where its platform has no API for them. Changes nothing.
///
/// # Errors
/// The shop's.
pub async fn inspect_webhooks(shop: &Shop) -> Option<Result<Inspection, StorefrontError>> {
    Some(Inspection::read(shop, shop.storefront.webhooks()?).await)
}

impl Watchdog {
    /// Subscribes what is missing, switches on again what was switched off, and looks for what was missed meanwhile; one process at a
    /// time.
    pub(crate) async fn alone(
        &self,
        shop: &Shop,
        webhooks: &dyn Webhooks,
        asked: Asked,
        stop: &CancellationToken,
    ) -> Result<Mended, Failure> {
        alone(&*self.ledger, &lease(&shop.settings.id), stop, self.mend(shop, webhooks, asked)).await
    }

    async fn mend(&self, shop: &Shop, webhooks: &dyn Webhooks, asked: Asked) -> Result<Mended, Failure> {
        let (store, began) = (&shop.settings.id, Timestamp::now());
        let mut inspection = Inspection::read(shop, webhooks).await?;
        self.metrics.webhooks(store, &inspection);
        let mut watch = gap::believed(&self.ledger.webhook_watch(store).await?, began);
        if asked == Asked::ByTheClock && gap::is_left_alone(&watch, began) {
            inspection.leave_alone();
        }
        let is_first = watch.alive_at.is_none();
        let mut mended = Mended { inspection, refused: Vec::new(), looked_for: None, is_first };
        if mended.inspection.objection.is_some() {
            return Ok(mended);
        }
        if !mended.inspection.remedies.is_empty() {
            watch = gap::open(&watch, webhooks.repeats_for(), began);
            self.ledger.keep_webhook_watch(store, &watch).await?;
            mended.refused = self.apply(shop, webhooks, &mended.inspection.remedies).await?;
            if mended.refused.len() == mended.inspection.remedies.len() {
                return Ok(mended);
            }
        }
        match gap::next(&watch, webhooks.settles_in(), began) {
            Next::Wait => return Ok(mended),
            Next::Trust => watch = gap::trusted(began),
            Next::LookSince(since) => {
                let since = since.max(floor(&shop.settings.orders, began));
                mended.looked_for = Some(self.look_for(shop, since).await?);
                watch = gap::looked(&watch, began, Timestamp::now());
            }
        }
        self.ledger.keep_webhook_watch(store, &watch).await?;
        Ok(mended)
    }

    /// Does what mends it. What the shop refuses for good does not keep the rest from being done.
    async fn apply(
        &self,
        shop: &Shop,
        webhooks: &dyn Webhooks,
        remedies: &[Remedy],
    ) -> Result<Vec<(Remedy, String)>, StorefrontError> {
        let mut refused = Vec::new();
        for remedy in remedies {
            match remedy.apply(webhooks).await {
                Ok(()) => self.metrics.webhook_mended(&shop.settings.id),
                Err(error @ StorefrontError::MissingScope { .. }) => {
                    refused.push((remedy.clone(), crossdock_telemetry::chain(&error)));
                }
                Err(error) if error.mend() == Mend::Never => {
                    refused.push((remedy.clone(), crossdock_telemetry::chain(&error)));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(refused)
    }

    /// Has all orders looked at that changed since then and that the ledger does not have so, and the catalogue read anew: a
    /// product may have changed as well.
    async fn look_for(&self, shop: &Shop, since: Timestamp) -> Result<LookedFor, Failure> {
        let store = &shop.settings.id;
        let orders = self.sweeper.changed_since(shop, since, Cause::WebhookDead).await?;
        self.sweeper.deleted_since(shop, since).await?;
        self.ledger.doubt_catalogue(store, Timestamp::now()).await?;
        Ok(LookedFor { since, orders })
    }
}

fn lease(store: &StoreId) -> String {
    format!("webhooks/{store}")
}
