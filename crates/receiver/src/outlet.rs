//! The one place that decides where a verified event goes: to RabbitMQ, and if that does not take it, to the spool.

mod patience;

use std::collections::VecDeque;
use std::time::Duration;

use crossdock_queue::{Link, Message, PublishError, Publisher};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::limits::{DRAIN_FINISH, SPOOL_CLOSE};
use crate::meters::SpoolMeters;
use crate::publish::Run;
use crate::refusal::Refusal;
use crate::spool::drain::{Sink, drain};
use crate::spool::{Depth, Spool, SpoolError};
use patience::Patience;

/// Where verified events go.
pub(crate) struct Outlet {
    broker: Broker,
    /// None if it is turned off: then only RabbitMQ takes events.
    spool: Option<Spool>,
}

/// RabbitMQ, as requests and the drain see it together.
struct Broker {
    publisher: Publisher,
    /// Lost only for an event that is in the spool then: the drain notices when RabbitMQ is quick again.
    patience: Patience,
    meters: SpoolMeters,
}

/// When a request's events are to be stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    /// What RabbitMQ has not confirmed by then is spooled.
    pub(crate) confirmed: Instant,
    /// What is stored nowhere by then is refused.
    pub(crate) stored: Instant,
}

impl Outlet {
    /// RabbitMQ has `patience` to confirm a request's events.
    pub(crate) fn new(
        publisher: Publisher,
        spool: Option<Spool>,
        patience: Duration,
        meters: SpoolMeters,
    ) -> Self {
        Self { broker: Broker { publisher, patience: Patience::new(patience), meters }, spool }
    }

    /// Stores events that must stay in this order. What RabbitMQ has not confirmed in time is spooled. Tells how many were.
    ///
    /// # Errors
    /// Some may be stored nonetheless: the sender repeats them all, and the ids stay the same.
    pub(crate) async fn store(&self, run: Run, due: Due) -> Result<usize, Refusal> {
        let Some(spool) = &self.spool else {
            let published = timeout_at(due.stored, self.broker.publish_all(run)).await;
            return published.unwrap_or(Err(Refusal::Unpublished(PublishError::Unconfirmed)));
        };
        let mut rest = VecDeque::from(run);
        let mut late = false;
        while self.broker.takes_at_once()
            && let Some(next) = rest.front()
        {
            let asked = Instant::now();
            if asked >= due.confirmed {
                // A large batch took its time; RabbitMQ did not.
                break;
            }
            match timeout_at(due.confirmed, self.broker.publisher.publish(next)).await {
                Ok(Ok(())) => drop(rest.pop_front()),
                // Whatever became of it, it is sent again from the spool, with the same id.
                Ok(Err(_)) => break,
                Err(_) => {
                    late = self.broker.patience.is_slow(asked.elapsed());
                    break;
                }
            }
        }
        if rest.is_empty() {
            return Ok(0);
        }
        let count = rest.len();
        let put = timeout_at(due.stored, spool.put(rest.into())).await.unwrap_or(Err(SpoolError::Slow));
        match &put {
            Ok(()) if late => self.broker.patience.lose(),
            Ok(()) => {}
            // Nowhere else to go.
            Err(_) => self.broker.patience.regain(),
        }
        put.map_err(Refusal::Unspooled)?;
        self.broker.meters.spooled(count);
        Ok(count)
    }

    /// Sends what is spooled to RabbitMQ, until `stop`; what is on its way then has a moment to finish.
    pub(crate) async fn drain(&self, stop: &CancellationToken) {
        let Some(spool) = &self.spool else { return };
        let events = spool.depth().events;
        if events > 0 {
            tracing::info!(spool.events = events, "events of before the start are in the spool");
        }
        let cut = async {
            stop.cancelled().await;
            sleep(DRAIN_FINISH).await;
        };
        tokio::select! {
            () = drain(spool, &self.broker, stop) => {}
            () = cut => tracing::info!("some spooled events were not confirmed in time; they are sent again after the start"),
        }
    }

    /// Closes the spool. What it holds is drained after the next start.
    pub(crate) async fn close(&self) {
        if let Some(spool) = &self.spool {
            spool.close(SPOOL_CLOSE).await;
            let events = spool.depth().events;
            if events > 0 {
                tracing::info!(spool.events = events, "events stay in the spool until the next start");
            }
        }
    }

    /// How RabbitMQ stands.
    pub(crate) fn link(&self) -> Link {
        self.broker.publisher.link()
    }

    /// Roles of this process whose consumers have stalled.
    pub(crate) fn stalled(&self) -> Vec<&'static str> {
        self.broker.publisher.stalled()
    }

    /// What is spooled, and whether there is room for more; none if the spool is turned off.
    pub(crate) fn spool(&self) -> Option<(Depth, bool)> {
        self.spool.as_ref().map(|spool| (spool.depth(), spool.has_room()))
    }
}

impl Broker {
    /// Whether it is worth a request's time to ask.
    fn takes_at_once(&self) -> bool {
        !self.patience.is_lost() && self.is_up()
    }

    /// Each waits for the confirm of the one before: the publisher keeps no order among messages on their way.
    async fn publish_all(&self, run: Run) -> Result<usize, Refusal> {
        for message in run {
            self.publisher.publish(message).await.map_err(Refusal::Unpublished)?;
        }
        Ok(0)
    }
}

impl Sink for Broker {
    fn is_up(&self) -> bool {
        self.publisher.link() == Link::Up
    }

    async fn send(&self, message: Message) -> Result<(), PublishError> {
        let asked = Instant::now();
        self.publisher.publish(message).await?;
        self.patience.drained_in(asked.elapsed());
        Ok(())
    }

    fn drained(&self, events: usize) {
        self.meters.drained(events);
    }
}
