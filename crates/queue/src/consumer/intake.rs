//! Takes deliveries, gives them to their lanes, and starts the lanes' batches. Lanes outlive connections.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossdock_domain::Mend;
use futures_util::StreamExt;
use futures_util::future::join;
use lapin::options::BasicCancelOptions;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::held::Held;
use super::lanes::Lanes;
use super::pulse::{Beat, Pulse};
use super::work::Work;
use super::{Outcome, Route};
use crate::Failure;
use crate::connection::{Line, LinkError, Session};
use crate::desk::{DELIVERY_LIMIT_CLASS, given_up};
use crate::topology::DELIVERY_LIMIT;

/// Most messages whose lanes are looked up at once.
const ROUTES_MAX: usize = 32;

/// How often lanes that hold too much spill, in milliseconds.
///
/// A backlog of one stuck lane in front of the others' messages is moved out of their way at half of the prefetch in this
/// time; oftener, and such a backlog would keep RabbitMQ busy with nothing else.
const SPILL_MS: u64 = 250;

/// Longest time for ending a consumer, in seconds.
const CANCEL_SECS_MAX: u64 = 10;

/// Longest wait for running batches when stopping, in seconds.
const STOP_SECS_MAX: u64 = 20;

/// Longest wait for what was cut to end, in seconds: a handler that blocks its thread cannot be ended.
const CUT_SECS_MAX: u64 = 1;

/// The session of a consuming connection.
pub(super) struct Intake {
    work: Arc<Work>,
    pulse: Arc<Pulse>,
    stop: CancellationToken,
    lanes: Lanes<Held>,
    /// Batches that run; each ends with the name of its lane.
    batches: JoinSet<String>,
    /// Messages that are answered for without a batch: spilled, or without a lane.
    singles: JoinSet<()>,
    /// What makes the session stall once a batch has ended without answering for its lane: that lane is free again only when all
    /// is begun anew.
    broken: Option<Beat>,
}

#[async_trait]
impl Session for Intake {
    async fn serve(&mut self, line: &mut Line) -> Result<(), LinkError> {
        let (channel, consumer) = line.consume(self.work.queue.name, self.work.prefetch()).await?;
        self.pulse.over(line.scissors());
        let beat = self.pulse.begin("intake".to_owned(), self.pulse.patience.intake);
        self.work.metrics.connected(self.work.queue.role, true);
        let tag = consumer.tag();
        let work = Arc::clone(&self.work);
        let mut arrivals = pin!(
            consumer
                .map(move |taken| {
                    let work = Arc::clone(&work);
                    async move { Ok(work.receive(taken?).await) }
                })
                .buffered(ROUTES_MAX)
        );
        let mut tick = interval(Duration::from_millis(SPILL_MS));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.lanes.due();
            tokio::select! {
                () = self.stop.cancelled() => break,
                error = line.lost() => return Err(error),
                arrival = arrivals.next() => match arrival {
                    Some(Ok((held, route))) => self.take(held, route),
                    Some(Err(error)) => return Err(LinkError::Lost(error)),
                    None => return Err(LinkError::Cancelled),
                },
                Some(ended) = self.batches.join_next() => self.ended(ended),
                Some(_) = self.singles.join_next() => {}
                () = moment(due) => self.start_due(),
                _ = tick.tick() => {
                    beat.beat();
                    self.spill();
                }
            }
        }
        drop(beat);
        let cancelled = channel.basic_cancel(tag, BasicCancelOptions { nowait: false });
        // If RabbitMQ does not answer, the end of the connection cancels the consumer too.
        let _ = timeout(Duration::from_secs(CANCEL_SECS_MAX), cancelled).await;
        self.finish().await;
        Ok(())
    }

    fn down(&mut self, _why: String) {
        self.work.metrics.connected(self.work.queue.role, false);
        self.lanes.forget_waiting(Instant::now());
    }
}

impl Intake {
    pub(super) fn new(work: Arc<Work>, pulse: Arc<Pulse>, stop: CancellationToken) -> Self {
        let lanes = Lanes::new(work.prefetch());
        Self { work, pulse, stop, lanes, batches: JoinSet::new(), singles: JoinSet::new(), broken: None }
    }

    /// Waits for what runs, within the limit. What waits in lanes is dropped, and returns to the queue with the connection's end.
    pub(super) async fn finish(&mut self) {
        self.lanes.forget_waiting(Instant::now());
        let running = async {
            while self.batches.join_next().await.is_some() || self.singles.join_next().await.is_some() {}
        };
        if timeout(Duration::from_secs(STOP_SECS_MAX), running).await.is_err() {
            let cut = self.batches.len() + self.singles.len();
            warn!(
                role = self.work.queue.role,
                batches = cut,
                "cut what was still running; its messages come again"
            );
            let cut = async { join(self.batches.shutdown(), self.singles.shutdown()).await };
            let _ = timeout(Duration::from_secs(CUT_SECS_MAX), cut).await;
        }
    }

    fn take(&mut self, mut held: Held, route: Result<Route, Failure>) {
        let route = match route {
            Ok(route) => route,
            Err(failure) => return self.fail(held, failure),
        };
        let (lane, subject) = (route.lane.clone(), route.subject.clone());
        let age = self.work.metrics.oldest.hold((self.work.queue.role, &lane), held.since);
        held.routed(route, age);
        if held.is_given_up() {
            let chain = given_up(DELIVERY_LIMIT);
            return self.fail(held, Failure { class: DELIVERY_LIMIT_CLASS, chain, mend: Mend::Never });
        }
        self.lanes.put(&lane, self.work.gathers(&lane), Instant::now(), subject.as_deref(), held);
        self.start(lane);
    }

    /// A message that is not handled at all.
    fn fail(&mut self, held: Held, failure: Failure) {
        let (work, beat) = (Arc::clone(&self.work), self.single());
        self.singles.spawn(async move {
            work.settle(&held, Outcome::Failed(failure), &mut None, &beat).await;
        });
    }

    fn single(&self) -> Beat {
        self.pulse.begin("a message".to_owned(), self.pulse.patience.batch)
    }

    fn start(&mut self, lane: String) {
        if let Some(batch) = self.lanes.start(&lane, Instant::now()) {
            let (work, pulse) = (Arc::clone(&self.work), Arc::clone(&self.pulse));
            self.batches.spawn(work.handle(lane, batch, pulse));
        }
    }

    /// Starts the lanes that have gathered long enough.
    fn start_due(&mut self) {
        for lane in self.lanes.ready(Instant::now()) {
            self.start(lane);
        }
    }

    fn ended(&mut self, ended: Result<String, JoinError>) {
        match ended {
            Ok(lane) => {
                self.lanes.finish(&lane, Instant::now());
                self.start(lane);
            }
            Err(error) => {
                error!(role = self.work.queue.role, %error, "a batch ended without answering for its lane");
                self.broken = Some(self.pulse.begin("a broken batch".to_owned(), Duration::ZERO));
            }
        }
    }

    fn spill(&mut self) {
        for held in self.lanes.spill(Instant::now()) {
            let (work, beat) = (Arc::clone(&self.work), self.single());
            self.singles.spawn(async move { work.spill(&held, &beat).await });
        }
    }
}

/// Until this moment; for ever, if there is none.
async fn moment(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
