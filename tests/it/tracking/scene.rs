//! The tracking-writer within the test's own process: a shop, its real client, and a ledger.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use crossdock_domain::{OrderId, Platform};
use crossdock_ledger::{Ledger, ShipmentState};
use crossdock_queue::{Delivery, Handler as _, Outcome};
use crossdock_storefront::Shops;
use crossdock_tests::database::Engine;
use crossdock_tracking_writer::TrackingWriter;
use jiff::{SignedDuration, Timestamp};

use super::one_shop::OneShop;
use super::told::{STORE, released};

/// Longer than a lease of any order lasts, in hours.
const LEASES_END_HOURS: i64 = 1;

/// Looks that let a shop finish what it was sent: a request that has arrived is read no later than one that is sent after it.
const LOOKS: usize = 2;

pub(crate) struct Scene {
    pub(crate) shop: OneShop,
    ledger: Arc<dyn Ledger>,
    /// Of the shop's clients, and for our own looks at it.
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn open(engine: Engine, platform: Platform) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = engine.create(folder.path()).await;
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let shop = OneShop::start(platform).await;
        let http = crossdock_bigcommerce::http_client().unwrap();
        Self { shop, ledger, http, _folder: folder }
    }

    /// A buyer's order of two mugs that the warehouse has; its id at the shop.
    pub(crate) async fn released(&self) -> OrderId {
        let order_id = self.shop.place_order();
        let released = released(self.shop.platform(), &order_id);
        self.ledger.judge(&released).await.unwrap();
        self.ledger.told(&released.store, &order_id, 1, Timestamp::now()).await.unwrap();
        order_id
    }

    /// Lets a tracking-writer of its own process handle this, and kills it after it has moved on so often.
    pub(crate) async fn killed_after(&self, moves: usize, told: &Delivery) -> Option<Outcome> {
        let shops = Shops::new([self.shop.client(&self.http)]);
        let writer = TrackingWriter::new(shops, self.ledger.clone());
        let mut work = writer.handle("", vec![told.clone()]);
        let mut left = moves;
        let outcome = poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            work.as_mut().poll(context).map(|mut outcomes| outcomes.pop())
        })
        .await;
        drop(work);
        self.settle().await;
        outcome
    }

    /// Lets a tracking-writer handle this to its end.
    pub(crate) async fn handled(&self, told: &Delivery) -> Outcome {
        self.killed_after(usize::MAX, told).await.unwrap()
    }

    /// What the dead process had sent has arrived or never will, and its leases are over: two minutes later, in a moment.
    async fn settle(&self) {
        for _ in 0..LOOKS {
            self.http.get(self.shop.url()).header("connection", "close").send().await.unwrap();
        }
        let later = Timestamp::now() + SignedDuration::from_hours(LEASES_END_HOURS);
        let lease = self.ledger.lease("the end of all leases", later, later).await.unwrap();
        self.ledger.end_lease(&lease.taken().unwrap()).await.unwrap();
    }

    /// How far the one consignment of an order has come.
    pub(crate) async fn state(&self, order_id: &OrderId) -> ShipmentState {
        let all = self.ledger.shipments(&STORE.parse().unwrap(), order_id).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].state
    }
}
