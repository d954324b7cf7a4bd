//! What the commands have in common that import orders themselves, while a person waits.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use crossdock_domain::{Mend, OrderId, StoreId};
use crossdock_ledger::Ledger;
use crossdock_order_importer::{Imported, OrderImporter};
use crossdock_queue::Publisher;
use crossdock_settings::Settings;
use crossdock_storefront::{Priority, Shops};
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::{parts, signals};

/// Most orders between two looks at Ctrl-C: as many as one call to a shop can bring.
pub(super) const CHUNK_ORDERS_MAX: usize = 250;

/// Times that an order is tried while waiting may mend its failure.
const TRIES_MAX: u32 = 3;

/// Time between these tries, in seconds, unless a shop names another.
const RETRY_SECS: u64 = 2;

/// Longest wait for a shop over all tries of a chunk, in seconds.
const WAIT_SECS_MAX: u64 = 5 * 60;

/// The shops, the ledger, and a way to the warehouse.
pub(super) struct ByHand {
    pub(super) shops: Shops,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) importer: OrderImporter,
    /// Cancelled by Ctrl-C.
    pub(super) stop: CancellationToken,
    dry_run: bool,
    publisher: Publisher,
    publishing: CancellationToken,
}

impl ByHand {
    /// Opens what is needed; a dry run needs no RabbitMQ.
    pub(super) async fn begin(settings: &Settings, dry_run: bool) -> anyhow::Result<Self> {
        // Not made anew: to an empty ledger, each order of the shops would be a new one.
        let ledger = parts::open_existing_ledger(settings).await?;
        let shops = parts::shops_beside_others(settings, ledger.clone())?;
        let (broker, publishing) = (parts::broker(settings), CancellationToken::new());
        if dry_run {
            publishing.cancel();
        } else {
            let reached = broker.probe().await.map_err(|why| anyhow!(why));
            reached.context("RabbitMQ does not answer, and orders go to the warehouse through it")?;
        }
        let publisher = Publisher::start(broker, &Metrics::default(), publishing.clone());
        let importer = OrderImporter::new(shops.clone(), ledger.clone(), publisher.clone());
        let stop = signals::stop_token()?;
        Ok(Self { shops, ledger, importer, stop, dry_run, publisher, publishing })
    }

    /// Waits until RabbitMQ has answered for everything.
    pub(super) async fn end(self) {
        self.publishing.cancel();
        self.publisher.ended().await;
    }

    /// Imports these orders, or says what would become of them in a dry run. What waiting mends soon is waited for, until Ctrl-C.
    pub(super) async fn take(
        &self,
        store: &StoreId,
        ids: &[OrderId],
        cause: &str,
    ) -> Vec<(OrderId, Imported)> {
        let (mut done, mut open, mut patience) = (Vec::new(), ids.to_vec(), Patience::default());
        loop {
            let results = if self.dry_run {
                self.importer.preview(store, &open, Priority::Sweep).await
            } else {
                self.importer.import_now(store, &open, cause, Priority::Sweep).await
            };
            let (unhealed, ended): (Vec<_>, Vec<_>) =
                results.into_iter().partition(|(_, imported)| heals(imported).is_some());
            done.extend(ended);
            let wait = patience.wait(unhealed.iter().filter_map(|(_, imported)| heals(imported)));
            if !self.waited(store, wait).await {
                done.extend(unhealed);
                return done;
            }
            open = unhealed.into_iter().map(|(id, _)| id).collect();
        }
    }

    /// Whether there was something to wait for, and nobody pressed Ctrl-C meanwhile.
    async fn waited(&self, store: &StoreId, wait: Option<Duration>) -> bool {
        let Some(wait) = wait else { return false };
        tracing::warn!(store.id = %store, wait_secs = wait.as_secs(), "not all could be done at once; waiting to try again");
        self.stop.run_until_cancelled(tokio::time::sleep(wait)).await.is_some()
    }
}

/// What waiting would mend it, if it does.
fn heals(imported: &Imported) -> Option<Mend> {
    match imported {
        Imported::Failed(failure) => {
            Some(failure.mend).filter(|mend| matches!(mend, Mend::Wait | Mend::WaitFor(_)))
        }
        _ => None,
    }
}

#[derive(Default)]
struct Patience {
    tries: u32,
    waited: Duration,
}

impl Patience {
    /// How long to wait for what failed; none if nothing did, or if it takes too long.
    fn wait(&mut self, failed: impl Iterator<Item = Mend>) -> Option<Duration> {
        let asked = |mend| match mend {
            Mend::WaitFor(wait) => wait,
            Mend::Wait | Mend::Credentials | Mend::Never => Duration::ZERO,
        };
        let wait = failed.map(asked).max()?;
        if wait.is_zero() {
            self.tries += 1;
        }
        let wait = wait.max(Duration::from_secs(RETRY_SECS));
        self.waited += wait;
        (self.tries < TRIES_MAX && self.waited <= Duration::from_secs(WAIT_SECS_MAX)).then_some(wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_has_an_end() {
        let waits = |failed: &[Mend]| {
            let mut patience = Patience::default();
            let mut waits = Vec::new();
            while let Some(wait) = patience.wait(failed.iter().copied()) {
                waits.push(wait.as_secs());
            }
            waits
        };
        let throttled = |secs| Mend::WaitFor(Duration::from_secs(secs));
        assert_eq!(waits(&[]), [0; 0]);
        assert_eq!(waits(&[Mend::Wait, Mend::Wait]), [2, 2]);
        assert_eq!(waits(&[Mend::Wait, throttled(100), throttled(90)]), [100, 100, 100]);
        assert_eq!(waits(&[throttled(301)]), [0; 0]);
    }
}
