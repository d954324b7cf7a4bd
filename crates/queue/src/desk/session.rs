//! Takes dead letters off their queue in batches, as long as the desk takes them.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use lapin::message::Delivery;
use lapin::options::BasicAckOptions;
use lapin::{Channel, Consumer};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::consumer::NAME;
use super::{Desk, Fate};
use crate::connection::{Line, LinkError, Session};
use crate::consumer::guarded;
use crate::metrics::{QueueMetrics, Settled};
use crate::topology::DEAD_LETTERS;
use crate::{Failure, Topology};

/// Most messages taken and not yet answered for: one batch at the desk, and the next.
const PREFETCH: u16 = 200;

/// Most messages given to the desk at once.
const BATCH_MAX: usize = 100;

/// Most bytes of bodies given to the desk at once, but for the last one of a batch: they are in memory twice while it takes them.
const BATCH_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Longest wait for a batch to fill, in milliseconds.
const GATHER_MS: u64 = 100;

/// Time without a message after which all that lay on the queue has come, in seconds: RabbitMQ hands out at once what is there.
const CAUGHT_UP_SECS: u64 = 5;

/// Longest time for the desk to take a batch, in seconds.
const TAKE_SECS_MAX: u64 = 60;

/// First wait after the desk has taken nothing, in seconds; waits double from here.
const REST_SECS_MIN: u64 = 3;

/// Longest wait after the desk has taken nothing, in seconds. Each such wait costs a return to the queue of what was held.
const REST_SECS_MAX: u64 = 60;

/// Longest time for which a message that the desk does not take is held aside, in seconds. Then it is given to the desk anew.
const HELD_SECS_MAX: u64 = 600;

/// Longest time for giving a channel back, in seconds.
const CLOSE_SECS_MAX: u64 = 5;

/// The session of the consuming connection.
pub(super) struct Intake {
    topology: Topology,
    metrics: Arc<QueueMetrics>,
    desk: Arc<dyn Desk>,
    stop: CancellationToken,
}

/// Why nothing more is given to the desk.
enum Break {
    Stopped,
    DeskAway,
}

/// What the desk took of a batch.
enum Taken {
    All,
    /// The rest is held for as long as the channel lasts, and is in the way of no other.
    Some,
    Nothing,
}

#[async_trait]
impl Session for Intake {
    /// While the desk takes nothing, nothing is consumed: the messages wait on their queue, and have returned there once.
    async fn serve(&mut self, line: &mut Line) -> Result<(), LinkError> {
        let mut rest = Duration::ZERO;
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                error = line.lost() => return Err(error),
                () = self.until_ready(rest) => {}
            }
            let (channel, mut consumer) = line.consume(DEAD_LETTERS, PREFETCH).await?;
            self.metrics.connected(NAME, true);
            let mut taken = false;
            let given = tokio::select! {
                error = line.lost() => return Err(error),
                given = self.give(&mut consumer, &mut taken) => given?,
            };
            if matches!(given, Break::Stopped) {
                return Ok(());
            }
            self.caught_up(false);
            give_back(&channel).await;
            let (least, most) = (Duration::from_secs(REST_SECS_MIN), Duration::from_secs(REST_SECS_MAX));
            rest = if taken { least } else { (rest * 2).clamp(least, most) };
        }
    }

    fn down(&mut self, _why: String) {
        self.caught_up(false);
        self.metrics.connected(NAME, false);
    }
}

impl Intake {
    pub(super) fn new(topology: Topology, metrics: Arc<QueueMetrics>, desk: Arc<dyn Desk>) -> Self {
        Self { topology, metrics, desk, stop: CancellationToken::new() }
    }

    pub(super) fn stop_with(&mut self, stop: CancellationToken) {
        self.stop = stop;
    }

    async fn until_ready(&self, rest: Duration) {
        sleep(rest).await;
        while !self.is_ready().await {
            sleep(Duration::from_secs(REST_SECS_MIN)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        guarded(TAKE_SECS_MAX, self.desk.ready()).await.unwrap_or(false)
    }

    /// Gives what comes to the desk, until that takes nothing, or until something was held aside for long enough. `taken` tells whether
    /// it took anything before.
    async fn give(&self, consumer: &mut Consumer, taken: &mut bool) -> Result<Break, LinkError> {
        let mut held_until: Option<Instant> = None;
        loop {
            let first = tokio::select! {
                () = self.stop.cancelled() => return Ok(Break::Stopped),
                () = reached(held_until) => return Ok(Break::DeskAway),
                first = self.first_of_next(consumer, held_until.is_none()) => first?,
            };
            let batch = next_batch(first, consumer).await?;
            match self.give_batch(&batch).await {
                Taken::Nothing => return Ok(Break::DeskAway),
                Taken::Some if held_until.is_none() => {
                    held_until = Some(Instant::now() + Duration::from_secs(HELD_SECS_MAX));
                }
                Taken::Some | Taken::All => {}
            }
            *taken = true;
        }
    }

    /// Waits for a message. If none has come for a while, and none is held that might keep others back, the desk has caught up.
    async fn first_of_next(
        &self,
        consumer: &mut Consumer,
        none_is_held: bool,
    ) -> Result<Delivery, LinkError> {
        if let Ok(first) = timeout(Duration::from_secs(CAUGHT_UP_SECS), next(consumer)).await {
            return first;
        }
        if none_is_held {
            self.caught_up(true);
        }
        next(consumer).await
    }

    fn caught_up(&self, has: bool) {
        self.metrics.desk_caught_up.store(has, Ordering::Relaxed);
    }

    /// What is not taken together is given one by one, and what is not taken so once more: the desk may have come back in between.
    async fn give_batch(&self, batch: &[Delivery]) -> Taken {
        let Err(failure) = self.take(batch).await else { return Taken::All };
        warn!(messages = batch.len(), error = failure.chain, "dead letters could not be kept");
        if batch.len() == 1 {
            return Taken::Nothing;
        }
        let mut left: Vec<&Delivery> = batch.iter().collect();
        for _ in 0..2 {
            let mut failed = Vec::new();
            for delivery in left {
                if self.take(std::slice::from_ref(delivery)).await.is_err() {
                    failed.push(delivery);
                    if !self.is_ready().await {
                        return Taken::Nothing;
                    }
                }
            }
            left = failed;
        }
        match left.len() {
            0 => Taken::All,
            all if all == batch.len() => Taken::Nothing,
            messages => {
                error!(messages, "dead letters cannot be kept; they stay on their queue");
                Taken::Some
            }
        }
    }

    /// Has the desk take these, and takes them off their queue.
    async fn take(&self, batch: &[Delivery]) -> Result<(), Failure> {
        let fates = batch.iter().map(|delivery| Fate::read(delivery, &self.topology)).collect();
        guarded(TAKE_SECS_MAX, self.desk.take(fates)).await.flatten()?;
        for delivery in batch {
            // If that fails, the connection is lost, and it comes once more: the desk knows it then.
            let _ = delivery.acker.ack(BasicAckOptions { multiple: false }).await;
            self.metrics.settled(NAME, Settled::Done);
        }
        Ok(())
    }
}

/// Waits until then, or for ever.
async fn reached(when: Option<Instant>) {
    match when {
        Some(when) => sleep_until(when).await,
        None => std::future::pending().await,
    }
}

/// This message, and what else comes within a moment.
async fn next_batch(first: Delivery, consumer: &mut Consumer) -> Result<Vec<Delivery>, LinkError> {
    let mut batch = vec![first];
    let until = Instant::now() + Duration::from_millis(GATHER_MS);
    let mut bytes = batch[0].data.len();
    while batch.len() < BATCH_MAX && bytes < BATCH_BYTES_MAX {
        let Ok(delivery) = timeout_at(until, next(consumer)).await else { break };
        batch.push(delivery?);
        bytes += batch[batch.len() - 1].data.len();
    }
    Ok(batch)
}

async fn next(consumer: &mut Consumer) -> Result<Delivery, LinkError> {
    consumer.next().await.ok_or(LinkError::Cancelled)?.map_err(LinkError::Lost)
}

/// Closes the channel: what was not acknowledged on it returns to its queue.
async fn give_back(channel: &Channel) {
    let closed = channel.close(200, "the desk is away".into());
    // If RabbitMQ does not answer, the connection is lost, which is noticed.
    let _ = timeout(Duration::from_secs(CLOSE_SECS_MAX), closed).await;
}
