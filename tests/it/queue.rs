//! Journeys of messages through `crossdock-queue` over a real RabbitMQ.

mod ages;
mod broker_trouble;
mod desk;
mod illegible;
mod lanes;
mod publishing;
mod recovery;
mod replays;
mod retrying;
mod stalls;
mod topology;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use crossdock_domain::Mend;
use crossdock_queue::{
    Broker, Consumer, Delivery, Failure, Handler, Link, Message, Outcome, Publisher, Route, Topology,
    WorkQueue,
};
use crossdock_telemetry::metrics::Metrics;
use crossdock_tests::broker::Vhost;
use crossdock_tests::eventually;
use secrecy::SecretString;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// The queue that these journeys work.
const WORK: WorkQueue = WorkQueue { name: "crossdock.journey", role: "journey", keys: &["journey.#"] };

/// Why a lock of the script can be taken.
const UNPOISONED: &str = "nobody panics with the script's lock";

/// A lane that gathers, and whose first batch does not end before its gate is opened.
const BURST: &str = "burst";

/// A lane whose batches do not end before its gate is opened.
const STUCK: &str = "stuck";

fn broker(url: SecretString) -> Broker {
    Broker { url, topology: Topology { work: vec![WORK] } }
}

/// A message of a lane: the body is `lane/id`.
fn message(lane: &str, id: &str) -> Message {
    Message {
        routing_key: "journey.begun".to_owned(),
        id: id.to_owned(),
        content_type: "text/plain".into(),
        body: Bytes::from(format!("{lane}/{id}")),
    }
}

fn failed(mend: Mend) -> Outcome {
    Outcome::Failed(Failure { class: "scripted", chain: "as the script says: no".to_owned(), mend })
}

/// A publisher over this broker, and the consumers that it serves.
struct Rig {
    broker: Broker,
    publisher: Publisher,
    metrics: Metrics,
    stop: CancellationToken,
}

impl Rig {
    async fn start(url: SecretString) -> Self {
        let (broker, metrics, stop) = (broker(url), Metrics::default(), CancellationToken::new());
        let publisher = Publisher::start(broker.clone(), &metrics, stop.child_token());
        let rig = Self { broker, publisher, metrics, stop };
        rig.connected().await;
        rig
    }

    async fn connected(&self) {
        eventually("the publisher connects", async || (self.publisher.link() == Link::Up).then_some(()))
            .await;
    }

    fn consume(&self, handler: &Arc<Script>) -> (JoinHandle<()>, CancellationToken) {
        let stop = self.stop.child_token();
        let handler = Arc::clone(handler) as Arc<dyn Handler>;
        let consumer = Consumer::new(self.broker.clone(), WORK, self.publisher.clone(), handler);
        (tokio::spawn(consumer.run(stop.clone())), stop)
    }

    /// Closes the publisher's connection to this virtual host, and that of everybody named here. The management API learns of a
    /// connection with a delay, so it is asked until all are gone.
    async fn lose_connections(&self, vhost: &Vhost, others: &[&str]) {
        let closed = Mutex::new(HashSet::new());
        eventually("the connections are closed", async || {
            let now = vhost.close_connections().await;
            let mut closed = closed.lock().expect(UNPOISONED);
            closed.extend(now);
            let gone = |other: &&str| closed.contains(&format!("crossdock {other}"));
            (matches!(self.publisher.link(), Link::Down(_)) && others.iter().all(gone)).then_some(())
        })
        .await;
    }

    /// Waits until the metrics say so.
    async fn counted(&self, line: &str) {
        let told = async || self.metrics.text().lines().any(|is| is == line).then_some(());
        eventually(&format!("metrics say {line}, not\n{}", self.metrics.text()), told).await;
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

type Judge = Box<dyn Fn(&Delivery) -> Outcome + Send + Sync>;

/// A handler that does as it is told and remembers what it was given.
struct Script {
    judge: Judge,
    batches: Mutex<Vec<(String, Vec<Delivery>)>>,
    running: Mutex<HashMap<String, usize>>,
    overlaps: AtomicUsize,
    gate: Semaphore,
    fell: Mutex<Vec<String>>,
    /// How many may not fall yet.
    unfallen: AtomicUsize,
}

impl Script {
    fn new(judge: impl Fn(&Delivery) -> Outcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            judge: Box::new(judge),
            batches: Mutex::default(),
            running: Mutex::default(),
            overlaps: AtomicUsize::new(0),
            gate: Semaphore::new(0),
            fell: Mutex::default(),
            unfallen: AtomicUsize::new(0),
        })
    }

    fn done() -> Arc<Self> {
        Self::new(|_| Outcome::Done)
    }

    fn open_gate(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }

    fn close_gate(&self) {
        self.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// The next ones that would become dead letters may not.
    fn keep_from_falling(&self, messages: usize) {
        self.unfallen.store(messages, Ordering::SeqCst);
    }

    /// The ids of those that were to become dead letters, in that order.
    fn fell(&self) -> Vec<String> {
        self.fell.lock().expect(UNPOISONED).clone()
    }

    fn batches(&self, lane: &str) -> Vec<Vec<Delivery>> {
        let batches = self.batches.lock().expect(UNPOISONED);
        batches.iter().filter(|(of, _)| of == lane).map(|(_, batch)| batch.clone()).collect()
    }

    fn deliveries(&self, lane: &str) -> Vec<Delivery> {
        self.batches(lane).into_iter().flatten().collect()
    }

    /// Different messages that were handled in this lane.
    fn distinct(&self, lane: &str) -> usize {
        let ids: HashSet<String> = self.deliveries(lane).into_iter().map(|it| it.id).collect();
        ids.len()
    }

    async fn handled(&self, lane: &str, messages: usize) {
        let claim = format!("{messages} messages of lane {lane} are handled");
        eventually(&claim, async || (self.distinct(lane) >= messages).then_some(())).await;
    }
}

#[async_trait]
impl Handler for Script {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let text = String::from_utf8_lossy(&delivery.body).into_owned();
        match text.split_once('/') {
            Some((lane, id)) => {
                let subject =
                    id.split_once(" of ").map_or_else(|| format!("subject of {id}"), |(_, it)| it.to_owned());
                Ok(Route { lane: lane.to_owned(), subject: Some(subject) })
            }
            None => Err(Failure { class: "unreadable", chain: "no lane".to_owned(), mend: Mend::Never }),
        }
    }

    async fn falls(&self, delivery: &Delivery, _route: &Route, _failure: &Failure) -> Result<(), Failure> {
        self.fell.lock().expect(UNPOISONED).push(delivery.id.clone());
        let left = self.unfallen.load(Ordering::SeqCst);
        self.unfallen.store(left.saturating_sub(1), Ordering::SeqCst);
        match left {
            0 => Ok(()),
            _ => Err(Failure { class: "not-yet", chain: "not yet".to_owned(), mend: Mend::Wait }),
        }
    }

    fn gathers(&self, lane: &str) -> bool {
        lane == BURST
    }

    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let before =
            std::mem::replace(self.running.lock().expect(UNPOISONED).entry(lane.to_owned()).or_default(), 1);
        self.overlaps.fetch_add(before, Ordering::SeqCst);
        self.batches.lock().expect(UNPOISONED).push((lane.to_owned(), batch.clone()));
        if lane == STUCK || lane == BURST {
            self.gate.acquire().await.expect("the gate is never closed").forget();
        }
        tokio::task::yield_now().await;
        self.running.lock().expect(UNPOISONED).insert(lane.to_owned(), 0);
        batch.iter().map(|delivery| (self.judge)(delivery)).collect()
    }
}
