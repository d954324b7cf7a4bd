//! Takes messages off a work queue, lane by lane, and carries out what the handler says became of each.

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::{Broker, Delivery, Failure, Publisher, WorkQueue};

/// Where a message belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The lane: a shop's id, or another name for what must not hold up the rest. At most one batch of a lane is handled at a time.
    pub lane: String,
    /// The order or SKU that it is about, for dead letters.
    pub subject: Option<String>,
}

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Handled, for good: every effect is durable.
    Done,
    /// Not handled. The failure says whether it is tried again (see [`crossdock_domain::Mend`]) or dead.
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
}

/// The runner of one work queue.
pub struct Consumer {}

impl Consumer {
    /// A consumer of this queue. `publisher` carries its retries and dead letters.
    pub fn new(_broker: Broker, _queue: WorkQueue, _publisher: Publisher, _handler: Arc<dyn Handler>, _metrics: &Metrics) -> Self {
        todo!()
    }

    /// Runs until cancelled, through every loss of the broker; then takes no more, and finishes what it holds.
    pub async fn run(self, _stop: CancellationToken) {
        todo!()
    }
}
