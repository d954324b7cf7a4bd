//! Scheduled: keeps shops telling by webhook, sweeps them for what no webhook told, and has the order-importer look at orders whose
//! time has come, whose rules have changed, or that are gone. It judges nothing itself: each finding is a `shop.order.changed`.

#![allow(clippy::similar_names, reason = "a shop and the signal to stop have no better names")]

mod alone;
mod daily_stock;
mod hold_over;
mod metrics;
mod notices;
mod open_orders;
mod patience;
mod proof;
mod rejudge;
mod rounds;
mod schedule;
mod sweep;
mod trouble;
mod watchdog;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_ledger::Ledger;
use crossdock_queue::{Failure, Publisher};
use crossdock_storefront::{Shop, Shops};
use crossdock_telemetry::metrics::Metrics;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use daily_stock::StockRounds;
use hold_over::HoldOver;
use metrics::ReconcilerMetrics;
use notices::Notices;
use proof::ProofRounds;
use rejudge::Rejudge;
use rounds::Rounds;
use sweep::{SweepRounds, Sweeper};
use watchdog::{Asked, WatchRounds, Watchdog};

pub use proof::{Account, Proof, placed_orders, prove};
pub use watchdog::{
    Finding, Inspection, LEFT_ALONE_SECS, LookedFor, Mended, Remedy, Standing, inspect_webhooks,
    removable_webhooks, remove_webhooks,
};

/// The role's name, in settings, logs and timelines.
pub const ROLE: &str = "reconciler";

/// Time between two looks for shops that are new in the settings, in seconds.
const NEW_SHOPS_SECS: u64 = 1;

/// Makes missed webhooks harmless.
pub struct Reconciler {
    shops: Shops,
    ledger: Arc<dyn Ledger>,
    notices: Notices,
}

impl Reconciler {
    /// Over these shops and this ledger; `publisher` carries what is found to the order-importer.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher, metrics: &Metrics) -> Self {
        let notices = Notices { publisher, metrics: ReconcilerMetrics::register(metrics) };
        Self { shops, ledger, notices }
    }

    /// Works until told to stop: a task for each shop that is configured, and one for held orders.
    pub async fn run(self, stop: CancellationToken) {
        let mut tasks: JoinSet<Option<StoreId>> = JoinSet::new();
        let hold_over = self.hold_over(&stop).run();
        tasks.spawn(async move {
            hold_over.await;
            None
        });
        let mut attended: HashSet<StoreId> = HashSet::new();
        while !stop.is_cancelled() {
            for shop in self.shops.all() {
                if attended.insert(shop.settings.id.clone()) {
                    tasks.spawn(self.attend(&shop.settings.id, &stop));
                }
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(Duration::from_secs(NEW_SHOPS_SECS)) => {}
                Some(ended) = tasks.join_next() => forget(&mut attended, ended),
            }
        }
        while let Some(ended) = tasks.join_next().await {
            forget(&mut attended, ended);
        }
    }

    /// All that is done for one shop, until it is not configured any more.
    fn attend(
        &self,
        store: &StoreId,
        stop: &CancellationToken,
    ) -> impl Future<Output = Option<StoreId>> + Send + use<> {
        // Whichever sees the shop go takes the others along: it may be configured again before they look.
        let gone = stop.child_token();
        let work = [
            self.again_and_again(self.sweep_rounds(store), store, &gone).boxed(),
            self.again_and_again(self.watch_rounds(store), store, &gone).boxed(),
            self.again_and_again(self.proof_rounds(store), store, &gone).boxed(),
            self.again_and_again(self.stock_rounds(store), store, &gone).boxed(),
        ];
        let store = store.clone();
        async move {
            join_all(work).await;
            Some(store)
        }
    }

    fn again_and_again<R: Rounds + 'static>(
        &self,
        rounds: R,
        store: &StoreId,
        gone: &CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<R> {
        let (store, shops, gone) = (store.clone(), self.shops.clone(), gone.clone());
        async move {
            let _ending = gone.clone().drop_guard();
            rounds::run(rounds, store, shops, gone).await;
        }
    }

    fn stock_rounds(&self, store: &StoreId) -> StockRounds {
        let (store, ledger, publisher) = (store.clone(), self.ledger.clone(), self.notices.publisher.clone());
        StockRounds { store, ledger, publisher, memory: daily_stock::Memory::default() }
    }

    fn hold_over(&self, stop: &CancellationToken) -> HoldOver {
        let (ledger, notices) = (self.ledger.clone(), self.notices.clone());
        HoldOver { shops: self.shops.clone(), ledger, notices, stop: stop.clone() }
    }

    /// Looks after a shop's webhooks once, as [`Self::run`] does again and again; none where its platform has no API for them.
    ///
    /// # Errors
    /// The shop's, the ledger's and the broker's; one that says so if another process is at it.
    pub async fn mend_webhooks(
        &self,
        shop: &Shop,
        stop: &CancellationToken,
    ) -> Option<Result<Mended, Failure>> {
        Some(self.watchdog().alone(shop, shop.storefront.webhooks()?, Asked::ByHand, stop).await)
    }

    fn sweep_rounds(&self, store: &StoreId) -> SweepRounds {
        let (ledger, notices) = (self.ledger.clone(), self.notices.clone());
        SweepRounds {
            store: store.clone(),
            sweeper: self.sweeper(),
            rejudge: Rejudge { ledger: ledger.clone(), notices },
            metrics: self.notices.metrics.clone(),
            progress: sweep::Progress::default(),
            ledger,
        }
    }

    fn watch_rounds(&self, store: &StoreId) -> WatchRounds {
        let memory = watchdog::Memory::default();
        WatchRounds { store: store.clone(), watchdog: self.watchdog(), memory }
    }

    fn proof_rounds(&self, store: &StoreId) -> ProofRounds {
        let (ledger, notices) = (self.ledger.clone(), self.notices.clone());
        ProofRounds { store: store.clone(), ledger, notices, proved: None }
    }

    fn watchdog(&self) -> Watchdog {
        let metrics = self.notices.metrics.clone();
        Watchdog { ledger: self.ledger.clone(), sweeper: self.sweeper(), metrics }
    }

    fn sweeper(&self) -> Sweeper {
        Sweeper { ledger: self.ledger.clone(), notices: self.notices.clone() }
    }
}

/// A shop whose rounds have ended is not configured any more. A panic ends the role, and is not kept quiet.
fn forget(attended: &mut HashSet<StoreId>, ended: Result<Option<StoreId>, JoinError>) {
    match ended {
        Ok(store) => {
            store.map(|store| attended.remove(&store));
        }
        Err(error) => {
            if let Ok(panic) = error.try_into_panic() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}
