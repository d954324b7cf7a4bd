//! The tracking-writer within the test's own process: a shop, its real client, and a ledger.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossdock_domain::{OrderId, Platform};
use crossdock_ledger::{Ledger, NextStep, ShipmentState};
use crossdock_queue::{Delivery, Handler as _, Outcome};
use crossdock_sandbox::Draft;
use crossdock_storefront::Shops;
use crossdock_tests::database::Engine;
use crossdock_tracking_writer::TrackingWriter;
use jiff::{SignedDuration, Timestamp};

use super::one_shop::OneShop;
use super::told::{STORE, reduced, released};

/// Longer than a lease of any order lasts, in hours.
const LEASES_END_HOURS: i64 = 1;

/// Looks that let a shop finish what it was sent: a request that has arrived is read no later than one that is sent after it.
const LOOKS: usize = 2;

/// Leases that a database may give to the dead.
const LATE_LEASES_MAX: usize = 3;

pub(crate) struct Scene {
    pub(crate) shop: OneShop,
    ledger: Arc<dyn Ledger>,
    /// Of the shop's clients, and for our own looks at it.
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn open(engine: Engine, platform: Platform) -> Self {
        Self::calling(engine, platform, crossdock_bigcommerce::http_client().unwrap()).await
    }

    /// Whose writers wait so long for an answer of the shop.
    pub(crate) async fn waiting_for(patience: Duration, engine: Engine, platform: Platform) -> Self {
        let http = reqwest::Client::builder().timeout(patience).build().unwrap();
        Self::calling(engine, platform, http).await
    }

    async fn calling(engine: Engine, platform: Platform, http: reqwest::Client) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = engine.create(folder.path()).await;
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let shop = OneShop::start(platform).await;
        Self { shop, ledger, http, _folder: folder }
    }

    /// A buyer's order of two mugs that the warehouse has; its id at the shop.
    pub(crate) async fn released(&self) -> OrderId {
        self.released_as(&Draft::of(&[("MUG", 2)])).await
    }

    /// The same, where each mug goes to an address of its own.
    pub(crate) async fn released_to_two_addresses(&self) -> OrderId {
        self.released_as(&Draft::of(&[("MUG", 1)]).and_to("9 Other Street", &[("MUG", 1)])).await
    }

    async fn released_as(&self, draft: &Draft) -> OrderId {
        let order_id = self.shop.place_order(draft);
        let released = released(self.shop.platform(), &order_id);
        self.ledger.judge(&released).await.unwrap();
        self.ledger.told(&released.store, &order_id, 1, Timestamp::now()).await.unwrap();
        order_id
    }

    /// One of its mugs is not wanted any more, and the warehouse was told.
    pub(crate) async fn reduced(&self, order_id: &OrderId) {
        let reduced = reduced(self.shop.platform(), order_id);
        let step = self.ledger.judge(&reduced).await.unwrap();
        assert!(matches!(step, NextStep::Tell(_)), "{step:?}");
        self.ledger.told(&reduced.store, order_id, 2, Timestamp::now()).await.unwrap();
    }

    /// Lets a tracking-writer of its own process handle this, and kills it after it has moved on so often. What it had sent arrives, and
    /// its leases run out.
    pub(crate) async fn killed_after(&self, moves: usize, told: &Delivery) -> Option<Outcome> {
        let outcome = self.moved_on(moves, told).await;
        self.settle().await;
        outcome
    }

    /// Lets a tracking-writer handle this to its end. A lease for which a dead one had asked may be given only now, while nobody is
    /// there any more to use it: it ends as the others do.
    pub(crate) async fn handled(&self, told: &Delivery) -> Outcome {
        let mut outcome = self.killed_after(usize::MAX, told).await.unwrap();
        for _ in 0..LATE_LEASES_MAX {
            if matches!(&outcome, Outcome::Failed(failure) if failure.class == "busy-elsewhere") {
                outcome = self.killed_after(usize::MAX, told).await.unwrap();
            }
        }
        outcome
    }

    /// Lets a tracking-writer handle these as one batch.
    pub(crate) async fn handled_together(&self, batch: Vec<Delivery>) -> Vec<Outcome> {
        self.writer().handle("", batch).await
    }

    /// The same of one; what it left in doubt still is.
    pub(crate) async fn handled_now(&self, told: &Delivery) -> Outcome {
        self.moved_on(usize::MAX, told).await.unwrap()
    }

    async fn moved_on(&self, moves: usize, told: &Delivery) -> Option<Outcome> {
        let writer = self.writer();
        let mut work = writer.handle("", vec![told.clone()]);
        let mut left = moves;
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            work.as_mut().poll(context).map(|mut outcomes| outcomes.pop())
        })
        .await
    }

    /// That of a process that has made no request yet.
    fn writer(&self) -> TrackingWriter {
        TrackingWriter::new(Shops::new([self.shop.client(&self.http)]), self.ledger.clone())
    }

    /// What a dead process had sent has arrived or never will, and all leases are over: minutes later, in a moment.
    pub(crate) async fn settle(&self) {
        for _ in 0..LOOKS {
            self.http.get(self.shop.url()).header("connection", "close").send().await.unwrap();
        }
        let later = Timestamp::now() + SignedDuration::from_hours(LEASES_END_HOURS);
        let lease = self.ledger.lease("the end of all leases", later, later).await.unwrap();
        self.ledger.end_lease(&lease.taken().unwrap()).await.unwrap();
    }

    /// How far the one consignment of an order has come.
    pub(crate) async fn state(&self, order_id: &OrderId) -> ShipmentState {
        let all = self.states(order_id).await;
        assert_eq!(all.len(), 1, "{all:?}");
        all[0]
    }

    /// How an order stands: how far its consignments have come, the numbers that the shop shows, and the statuses that were set there.
    pub(crate) async fn stands(&self, order_id: &OrderId) -> String {
        let states = self.states(order_id).await;
        let states: Vec<String> = states.iter().map(ToString::to_string).collect();
        let (numbers, statuses) = (self.shop.numbers(order_id), self.shop.statuses(order_id));
        let parts = [states.join("+"), numbers.join("+"), statuses.join(">")];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
    }

    async fn states(&self, order_id: &OrderId) -> Vec<ShipmentState> {
        let all = self.ledger.shipments(&STORE.parse().unwrap(), order_id).await.unwrap();
        all.iter().map(|one| one.state).collect()
    }
}
