//! Takes messages off a work queue, lane by lane, and carries out what the handler says became of each.

mod gather;
mod held;
mod intake;
mod lanes;
mod pulse;
mod put_off;
mod settle;
mod work;

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::connection::supervise;
use crate::{Broker, Delivery, Failure, Publisher, WorkQueue};

use intake::Intake;
use pulse::{Patience, Pulse};
pub(crate) use work::HANDLE_SECS_MAX;
use work::Work;
pub(crate) use work::guarded;

/// Where a message belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The lane: a shop's id, or another name for what must not hold up the rest. At most one batch of a lane is handled at a time.
    pub lane: String,
    /// The order or SKU that it is about, for dead letters, and for lanes that gather.
    pub subject: Option<String>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Handled, for good: every effect is durable.
    Done,
    /// Not handled. The failure says whether it is tried again (see [`crossdock_domain::Mend`]) or dead.
    ///
    /// What is tried again comes back behind all that came meanwhile, also behind what is about the same subject. So no handler may take
    /// the message at hand for the latest: it reads how things stand now, or holds the message's own time or number against what was
    /// taken down. A dead letter stays away for so long that a handler may want more: see [`Handler::falls`].
    Failed(Failure),
}

impl<E> From<Result<(), E>> for Outcome
where
    Failure: From<E>,
{
    fn from(result: Result<(), E>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) => Self::Failed(error.into()),
        }
    }
}

/// Most messages that a consumer takes and has not yet answered for, if it says nothing else.
///
/// All of them are in memory: most have less than 2 KB, but a warehouse may tell of its whole stock in 1 MiB.
const PREFETCH_DEFAULT: u16 = 512;

/// Longest silence of what takes messages and starts batches, in seconds: it waits for nothing, and looks around each quarter of one.
const INTAKE_SILENT_SECS_MAX: u64 = 60;

/// Longest silence of a batch, in seconds: its handler is cut before that, and then each message that is answered for is a sign of life,
/// as is each try to pass one on.
const BATCH_SILENT_SECS_MAX: u64 = HANDLE_SECS_MAX + 60;

/// What a consumer does with its messages. It only says what became of them; the runner acks, delays, dead-letters, counts and logs.
#[async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Finds the lane of a message.
    ///
    /// # Errors
    /// A message that cannot be read is a [`Failure`] that nothing mends.
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure>;

    /// Handles what waits in one lane: one outcome for each delivery, in the same order.
    async fn handle(&self, lane: &str, batch: Vec<Delivery>) -> Vec<Outcome>;

    /// A message is about to become a dead letter, whoever gave it up; called before it leaves its queue. `route` is empty if it was not
    /// found.
    ///
    /// # Errors
    /// It must not become one yet: it is tried again in a few seconds, and nothing is counted.
    async fn falls(&self, _delivery: &Delivery, _route: &Route, _failure: &Failure) -> Result<(), Failure> {
        Ok(())
    }

    /// Whether a burst in this lane is gathered into few large batches, of all that is about up to 1,000 different subjects (see
    /// [`Route`]), instead of many of up to 100 messages: for what costs hardly more together than one alone. The first message of a
    /// quiet lane goes at once all the same; the faster they come, the longer the next ones wait: 30 seconds at most, and two after
    /// the last.
    fn gathers(&self, _lane: &str) -> bool {
        false
    }

    /// Most messages taken and not yet answered for, over all lanes. One lane has half of them at most, or less beside others.
    fn prefetch(&self) -> u16 {
        PREFETCH_DEFAULT
    }
}

/// The runner of one work queue.
pub struct Consumer {
    broker: Broker,
    work: Arc<Work>,
    patience: Patience,
}

impl Consumer {
    /// A consumer of this queue. `publisher` carries its retries and dead letters, and its counts: they go to the metrics with
    /// which the publisher was started, because a name can be registered only once in a process.
    pub fn new(broker: Broker, queue: WorkQueue, publisher: Publisher, handler: Arc<dyn Handler>) -> Self {
        let patience = Patience {
            intake: Duration::from_secs(INTAKE_SILENT_SECS_MAX),
            batch: Duration::from_secs(BATCH_SILENT_SECS_MAX),
        };
        Self { broker, work: Arc::new(Work::new(queue, publisher, handler)), patience }
    }

    /// The same, but it counts as stalled after this time already.
    #[must_use]
    pub fn stalls_after(self, silent: Duration) -> Self {
        Self { patience: Patience { intake: silent, batch: silent }, ..self }
    }

    /// Runs until cancelled, through every loss of the broker; then takes no more, and finishes what it holds.
    ///
    /// Batches that run are given 20 seconds to end; messages that wait return to the queue.
    ///
    /// If it holds messages and does not get on, it is noticed from outside: the connection is cut, so that they return, what runs is
    /// aborted, and all is begun anew. A handler that blocks its thread keeps that thread nonetheless.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            let pulse = Pulse::new(self.patience);
            // Dropped, it is aborted.
            let mut session = JoinSet::new();
            session.spawn(consume(
                self.broker.clone(),
                Arc::clone(&self.work),
                Arc::clone(&pulse),
                stop.clone(),
            ));
            tokio::select! {
                ended = session.join_next() => match ended.and_then(Result::err).map(JoinError::try_into_panic) {
                    Some(Ok(panic)) => resume_unwind(panic),
                    Some(Err(_)) | None => return,
                },
                silent = pulse.silence() => self.give_up(session, pulse, &silent).await,
            }
        }
    }

    async fn give_up(&self, mut session: JoinSet<()>, pulse: Arc<Pulse>, silent: &str) {
        let role = self.work.queue.role;
        let stall = self.work.metrics.stalls.begin(role);
        error!(role, silent, "the consumer holds messages and does not get on; it is begun anew");
        pulse.cut().await;
        session.abort_all();
        tokio::spawn(async move {
            while session.join_next().await.is_some() {}
            pulse.end().await;
            info!(role, "what a stalled consumer had begun has ended");
            drop(stall);
        });
    }
}

async fn consume(broker: Broker, work: Arc<Work>, pulse: Arc<Pulse>, stop: CancellationToken) {
    let role = work.queue.role;
    let mut intake = Intake::new(work, pulse, stop.clone());
    supervise(&broker, role, &stop, &mut intake).await;
    // Batches of a connection that was lost before the stop.
    intake.finish().await;
    info!(role, "consumer stopped");
}
