//! What importers suffer: they stand still, they are killed, and their releases find no way.

use std::time::Duration;

use crossdock_tests::eventually;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tokio::time::{sleep, timeout};

use super::changes::wanted_order;
use super::play::{MORTAL, Order, Play, TAPPED, start_mortal, start_mortals, tap};

/// The queue that all importers consume.
const IMPORTERS: &str = "crossdock.order-importer";

/// Orders whose release finds no way to the warehouse.
const STRANDED: usize = 3;

/// Orders that are on their way when an importer dies: some of them are told the warehouse, and not noted yet.
const BURST: usize = 5;

/// Longest wait for the first of these to arrive, in milliseconds.
const BURST_MS_MAX: u64 = 2_000;

/// Time in which RabbitMQ has routed all that was sent to it.
const SENT: Duration = Duration::from_secs(1);

impl Play {
    /// An importer that stands still between reading an order and judging it brings what is long past when it goes on.
    pub(super) async fn freeze_or_thaw(&mut self) {
        self.frozen = !self.frozen;
        self.processes[1].signal(if self.frozen { "STOP" } else { "CONT" }).await;
    }

    /// Kills an importer, or both, while orders go out, and starts them again.
    pub(super) async fn crash(&mut self) {
        let before = self.orders.len();
        for _ in 0..BURST {
            let truth = wanted_order(&mut self.dice);
            self.place_this(truth);
        }
        let arrived = async {
            let is_there = |order: &Order| self.world.warehouse.received(&order.number) > 0;
            while !self.orders[before..].iter().any(is_there) {
                sleep(Duration::from_millis(1)).await;
            }
        };
        // If their webhooks are kept back, they only come with the next sweep: it dies at another moment then.
        let _ = timeout(Duration::from_millis(BURST_MS_MAX), arrived).await;
        for at in [0, 1] {
            if self.dice.u32(0..3) > 0 {
                self.kill(at).await;
            }
        }
    }

    async fn kill(&mut self, at: usize) {
        self.processes.remove(at).kill().await;
        self.note_doubts().await;
        self.processes.insert(at, start_mortal(&self.world, at));
        self.frozen &= at != 1;
    }

    /// An importer has died: what it may have told the warehouse without noting it is told once more. Nobody touches that for a while.
    async fn note_doubts(&mut self) {
        for number in self.releasing().await {
            *self.doubts.entry(number).or_default() += 1;
        }
    }

    /// The numbers of the orders whose release is begun and not noted as told, whatever the warehouse has answered since.
    async fn releasing(&self) -> Vec<String> {
        const RELEASING: &str = "SELECT number FROM orders WHERE untold = 'release'";
        let url = self.world.ledger_url();
        let numbers = if url.starts_with("sqlite") {
            let mut ledger = SqliteConnection::connect(&url).await.unwrap();
            sqlx::query_scalar(RELEASING).fetch_all(&mut ledger).await
        } else {
            let mut ledger = PgConnection::connect(&url).await.unwrap();
            sqlx::query_scalar(RELEASING).fetch_all(&mut ledger).await
        };
        numbers.unwrap()
    }

    /// RabbitMQ takes releases for nobody, and whoever has begun one dies of it.
    pub(super) async fn strand(&mut self) {
        // One that stands still would keep what it is given, and one that only begins would bind the queue once more.
        if self.frozen {
            self.freeze_or_thaw().await;
        }
        let world = &self.world;
        eventually("the importers are at work", || async {
            let at_work = world.vhost.consumers(IMPORTERS).await;
            (usize::try_from(at_work) == Ok(MORTAL.len())).then_some(())
        })
        .await;
        // A release between the two would be in the tap, and never at the warehouse.
        for process in &self.processes {
            process.signal("STOP").await;
        }
        sleep(SENT).await;
        let queues = [crossdock_order_importer::WAREHOUSE_ORDERS.name.to_owned(), tap(TAPPED[0])];
        for queue in &queues {
            world.vhost.unbind(queue, TAPPED[0]).await;
        }
        for process in &self.processes {
            process.signal("CONT").await;
        }
        for _ in 0..STRANDED {
            let truth = wanted_order(&mut self.dice);
            self.place_this(truth);
        }
        eventually("a release is in doubt", || async { (!self.releasing().await.is_empty()).then_some(()) })
            .await;
        for process in self.processes.drain(..) {
            process.kill().await;
        }
        self.note_doubts().await;
        self.frozen = false;
        self.world.vhost.tap(TAPPED[0]).await;
        // Each declares the warehouse's queue before it publishes anything.
        self.processes = start_mortals(&self.world);
    }
}
