//! Random changes of one order, and random answers of the warehouse that it is posted to, by status and by event, against a model of
//! what the warehouse has in the end.

mod warehouse;

use std::collections::VecDeque;
use std::sync::Arc;

use crossdock_domain::{Mend, OrderNumber, ReleasedOrder};
use crossdock_events::{EventData as _, OrderAmended, OrderReleased};
use crossdock_ledger::{Answer, Happening, Judged, Ledger, NextStep, OrderRecord, OrderState};
use crossdock_queue::{Delivery, Handler as _, Outcome};
use crossdock_telemetry::TraceParent;
use fastrand::Rng;
use jiff::Timestamp;
use tempfile::TempDir;
use wiremock::MockServer;

use super::super::DeliverOrders;
use super::posting::{judged, order, posting, taken};
use crate::ROLE;
use crate::tell_warehouse::message;
use warehouse::{Told, Warehouse};

/// Plays, each with dice of its own.
const PLAYS: u64 = 24;

/// Steps of a play.
const STEPS: u32 = 40;

const NUMBER: &str = "BG1";

#[tokio::test]
async fn an_order_ends_as_the_warehouse_has_it_whatever_way_and_order_its_answers_come() {
    for seed in 0..PLAYS {
        let mut play = Play::begin(seed).await;
        for _ in 0..STEPS {
            play.step().await;
        }
        play.end().await;
    }
}

/// One order, what is on its way from it to the warehouse, and back.
struct Play {
    seed: u64,
    dice: Rng,
    ledger: Arc<dyn Ledger>,
    deliver_orders: DeliverOrders,
    warehouse: Warehouse,
    /// As the shop has it.
    order: ReleasedOrder,
    /// What is on the queue, and what comes back to it later.
    queue: VecDeque<Delivery>,
    /// The round that was published, and that nobody has noted yet.
    unconfirmed: Option<u32>,
    _server: MockServer,
    _folder: TempDir,
}

impl Play {
    async fn begin(seed: u64) -> Self {
        let (server, mut dice) = (MockServer::start().await, Rng::with_seed(seed));
        let warehouse = Warehouse::behind(&server, dice.fork()).await;
        let (folder, ledger, deliver_orders) = posting(&server).await;
        let mut play = Self {
            seed,
            dice,
            ledger,
            deliver_orders,
            warehouse,
            order: order(NUMBER),
            queue: VecDeque::new(),
            unconfirmed: None,
            _server: server,
            _folder: folder,
        };
        play.read().await;
        play
    }

    async fn step(&mut self) {
        match self.dice.u32(..11) {
            0..=2 => {
                self.order.lines[0].quantity += 1;
                self.read().await;
            }
            3 | 4 => self.confirm().await,
            5 => self.take_up().await,
            6 => self.warehouse.think_again(),
            7 | 8 => {
                let events = self.warehouse.on_their_way();
                if events > 0 {
                    let event = self.dice.usize(..events);
                    self.hear(event).await;
                }
            }
            _ => self.deliver().await,
        }
    }

    /// The order is read, as the shop has it now.
    async fn read(&mut self) {
        let step = self.ledger.judge(&judged(&self.order)).await.unwrap();
        self.publish(step);
    }

    /// What the ledger has begun for whoever comes: by a reading that says nothing new.
    async fn take_up(&mut self) {
        let stale = Judged {
            modified_at: Timestamp::UNIX_EPOCH,
            read_at: Timestamp::UNIX_EPOCH,
            ..judged(&self.order)
        };
        let step = self.ledger.judge(&stale).await.unwrap();
        self.publish(step);
    }

    fn publish(&mut self, step: NextStep) {
        let NextStep::Tell(telling) = step else { return };
        let (store, id) = (&self.order.store, &self.order.order_id);
        self.queue.push_back(taken(message(store, id, &telling, Timestamp::now(), TraceParent::start())));
        self.unconfirmed = Some(telling.round);
    }

    async fn confirm(&mut self) {
        let (store, id) = (&self.order.store, &self.order.order_id);
        if let Some(round) = self.unconfirmed.take() {
            self.ledger.told(store, id, round, Timestamp::now()).await.unwrap();
        }
    }

    /// The next message is posted, or left out, or comes back later.
    async fn deliver(&mut self) {
        let Some(delivery) = self.queue.pop_front() else { return };
        // An answer that names no release is taken for one to the newest that was sent: so those to the former ones come first.
        let is_release = delivery.routing_key == OrderReleased::TYPE;
        while let Some(refusal) = self.warehouse.first_refusal().filter(|_| is_release) {
            self.hear(refusal).await;
        }
        let outcome = self.deliver_orders.handle("/delivery/1", vec![delivery.clone()]).await.remove(0);
        match outcome {
            Outcome::Done => {}
            Outcome::Failed(failure) if failure.mend == Mend::Never => {
                assert_eq!(delivery.routing_key, OrderAmended::TYPE, "seed {}: {failure:?}", self.seed);
            }
            Outcome::Failed(_) => self.queue.push_back(delivery),
        }
    }

    /// An event of the warehouse arrives.
    async fn hear(&mut self, event: usize) {
        let Told { id, at, takes } = self.warehouse.tell(event);
        let answer = if takes {
            Answer::Accepted
        } else {
            Answer::Rejected { reason: "by event".to_owned(), unknown_skus: Vec::new() }
        };
        let (what, cause) = (format!("answered by event: {takes}"), String::new());
        let happening = Happening { key: id, at, role: ROLE, what, cause };
        self.ledger.answered(&OrderNumber::from(NUMBER), &answer, &happening).await.unwrap();
    }

    /// All that is on its way arrives.
    async fn end(&mut self) {
        for _ in 0..100 {
            self.confirm().await;
            self.read().await;
            self.confirm().await;
            self.take_up().await;
            self.confirm().await;
            for _ in 0..self.queue.len() {
                self.deliver().await;
            }
            while self.warehouse.on_their_way() > 0 {
                self.hear(0).await;
            }
            if self.queue.is_empty() && self.is_as_the_shop_has_it().await {
                return self.judge().await;
            }
        }
        panic!("seed {}: it does not end: {:?}", self.seed, self.record().await);
    }

    async fn record(&self) -> OrderRecord {
        self.ledger.order_by_number(&NUMBER.into()).await.unwrap().unwrap()
    }

    async fn is_as_the_shop_has_it(&self) -> bool {
        let record = self.record().await;
        record.released.as_ref() == Some(&self.order) && record.state != OrderState::Releasing
    }

    async fn judge(&self) {
        let record = self.record().await;
        let timeline = self.ledger.timeline(&record.store, &record.order_id).await.unwrap();
        let told = || timeline.iter().map(|entry| entry.what.as_str()).collect::<Vec<_>>().join("\n");
        let (seed, quantity) = (self.seed, self.order.lines[0].quantity);
        assert_eq!(
            self.warehouse.newest_seen(),
            quantity,
            "seed {seed}: what is newest was posted\n{}",
            told()
        );
        let (state, packs) = match self.warehouse.packs() {
            Some(packs) => (OrderState::Accepted, packs),
            None => (OrderState::Rejected, quantity),
        };
        assert_eq!((record.state, packs), (state, quantity), "seed {seed}\n{}", told());
    }
}
