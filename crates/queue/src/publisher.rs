//! Publishing that is only done when RabbitMQ has confirmed it.

mod letter;
mod standing;
mod wire;

use std::borrow::Borrow;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossdock_domain::{Classify, Mend};
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::connection::supervise;
use crate::metrics::QueueMetrics;
use crate::trail::Trail;
use crate::{Broker, Failure, Link, Message, Route, Topology, WorkQueue};

pub(crate) use letter::{APP_ID, Contents, Letter};
use standing::{Keeper, Standing};
use wire::Wire;
pub(crate) use wire::WireError;

/// Most messages that wait for a confirm at once. More brings nothing: measured with RabbitMQ 3.10.8 on two cores, 256 and 1,024
/// confirm about equally many a second.
const IN_FLIGHT_MAX: u32 = 1024;

/// Longest wait for a connection, and for room among those in flight, in seconds: a short loss goes unnoticed.
const AVAILABLE_SECS_MAX: u64 = 3;

/// Publishes persistent, mandatory, confirmed messages over a connection of its own that heals itself. Cheap to clone.
///
/// One publisher serves a whole process; stop it after the consumers that retry and dead-letter through it.
#[derive(Clone)]
pub struct Publisher {
    shared: Arc<Shared>,
}

struct Shared {
    standing: watch::Receiver<Standing>,
    room: Arc<Semaphore>,
    metrics: Arc<QueueMetrics>,
    topology: Topology,
}

/// A message that RabbitMQ has not confirmed. It may have arrived nonetheless: send it again with the same id.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No connection, or RabbitMQ blocks publishing (memory or disk alarm).
    #[error("RabbitMQ is not available: {0}")]
    Unavailable(String),
    /// No confirm within the limit.
    #[error("RabbitMQ did not confirm the message in time")]
    Unconfirmed,
    /// RabbitMQ took it and said no (a full queue).
    #[error("RabbitMQ refused the message")]
    Refused,
    /// No queue takes this routing key.
    #[error("no queue is bound for '{0}'")]
    Unroutable(String),
    /// No role of the installation has this name, so it has no queue either.
    #[error("no role is called '{0}'")]
    NoSuchRole(String),
}

impl Classify for PublishError {
    fn mend(&self) -> Mend {
        match self {
            Self::Unavailable(_) | Self::Unconfirmed | Self::Refused | Self::Unroutable(_) => Mend::Wait,
            Self::NoSuchRole(_) => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "broker-unavailable",
            Self::Unconfirmed => "broker-unconfirmed",
            Self::Refused => "broker-refused",
            Self::Unroutable(_) => "broker-unroutable",
            Self::NoSuchRole(_) => "no-such-role",
        }
    }
}

impl Publisher {
    /// Starts connecting in the background and returns at once; the connection is kept until `stop`.
    ///
    /// After `stop`, messages in flight are waited for as long as the process runs, and new ones are refused as unavailable.
    pub fn start(broker: Broker, metrics: &Metrics, stop: CancellationToken) -> Self {
        let metrics = Arc::new(QueueMetrics::register(metrics));
        let room = Arc::new(Semaphore::new(IN_FLIGHT_MAX as usize));
        let topology = broker.topology.clone();
        let (sender, standing) = watch::channel(Standing::Down("not connected yet".to_owned()));
        let mut keeper = Keeper {
            broker: broker.clone(),
            standing: sender,
            room: Arc::clone(&room),
            metrics: Arc::clone(&metrics),
            stop: stop.clone(),
        };
        tokio::spawn(async move { supervise(&broker, "publisher", &stop, &mut keeper).await });
        Self { shared: Arc::new(Shared { standing, room, metrics, topology }) }
    }

    /// Publishes to the events exchange and waits for the confirm. `Ok` means that a quorum of RabbitMQ's nodes has it on disk.
    pub async fn publish(&self, message: impl Borrow<Message> + Send) -> Result<(), PublishError> {
        self.send(&Letter::event(message.borrow())).await
    }

    /// Puts a message on a role's own work queue once more, as if it had never failed: it is handled there as any other, and what
    /// becomes of it goes to the dead letters under the name of this replay.
    ///
    /// # Errors
    /// As for [`Publisher::publish`]; [`PublishError::Unroutable`] if the role's queue is missing just now, as it is declared anew then;
    /// [`PublishError::NoSuchRole`] if no role of the installation has this name.
    pub async fn replay(&self, role: &str, replay: &str, message: &Message) -> Result<(), PublishError> {
        self.put_back(role, Some(replay), message).await
    }

    /// The same for a role that is none of ours, and tells nobody what becomes of its messages: what it rejects is a failure of its own,
    /// not the outcome of a replay.
    ///
    /// # Errors
    /// As for [`Publisher::replay`].
    pub async fn hand_over(&self, role: &str, message: &Message) -> Result<(), PublishError> {
        self.put_back(role, None, message).await
    }

    async fn put_back(
        &self,
        role: &str,
        replay: Option<&str>,
        message: &Message,
    ) -> Result<(), PublishError> {
        let queue = self.shared.topology.work.iter().find(|queue| queue.role == role);
        let queue = queue.ok_or_else(|| PublishError::NoSuchRole(role.to_owned()))?;
        let trail = Trail {
            attempts: 0,
            first_failed_at: None,
            routing_key: message.routing_key.clone(),
            replay: replay.map(str::to_owned),
        };
        self.send(&Letter::work(queue, trail.write(), Contents::of(message))).await
    }

    /// Makes a dead letter of a message that was on no queue: replayed, it goes to this one. `failed_at` tells this failure from others
    /// of the same message.
    ///
    /// # Errors
    /// As for [`Publisher::publish`].
    pub async fn bury(
        &self,
        queue: &WorkQueue,
        route: &Route,
        failure: &Failure,
        message: &Message,
        failed_at: Timestamp,
    ) -> Result<(), PublishError> {
        let routing_key = message.routing_key.clone();
        let trail = Trail { attempts: 1, first_failed_at: Some(failed_at), routing_key, replay: None };
        let headers = trail.dead(failure, queue, route, failed_at);
        self.send(&Letter::dead(headers, Contents::of(message))).await
    }

    /// Roles of this process whose consumers have stalled, and of which something still hangs, for readiness.
    pub fn stalled(&self) -> Vec<&'static str> {
        self.shared.metrics.stalls.roles()
    }

    /// Whether this process's desk takes dead letters, and has had all that lay on their queue when it began to.
    pub fn desk_caught_up(&self) -> bool {
        self.shared.metrics.desk_caught_up.load(Ordering::Relaxed)
    }

    /// How the connection stands now, for readiness.
    pub fn link(&self) -> Link {
        self.shared.standing.borrow().link()
    }

    /// Waits, after its stop, until RabbitMQ has answered for what was in flight (within a limit) and the connection is closed.
    pub async fn ended(&self) {
        let mut standing = self.shared.standing.clone();
        // The sender goes with the connection's keeper.
        while standing.changed().await.is_ok() {}
    }

    /// Publishes any letter, with the same promise as [`Publisher::publish`].
    pub(crate) async fn send(&self, letter: &Letter<'_>) -> Result<(), PublishError> {
        let began = Instant::now();
        let sent = self.try_send(letter).await;
        let result = match &sent {
            Ok(()) => "confirmed",
            Err(error) => error.class(),
        };
        self.shared.metrics.published(result, began.elapsed());
        sent
    }

    /// What this process counts; a consumer's counts go there too.
    pub(crate) fn metrics(&self) -> Arc<QueueMetrics> {
        Arc::clone(&self.shared.metrics)
    }

    async fn try_send(&self, letter: &Letter<'_>) -> Result<(), PublishError> {
        let room = Arc::clone(&self.shared.room);
        if let (Ok(place), Standing::Up(wire)) = (Arc::clone(&room).try_acquire_owned(), self.standing()) {
            return wire.send(letter, place).await;
        }
        let mut standing = self.shared.standing.clone();
        let limit = Duration::from_secs(AVAILABLE_SECS_MAX);
        let available = async { (room.acquire_owned().await, takes_messages(&mut standing).await) };
        match timeout(limit, available).await {
            Ok((place, wire)) => wire?.send(letter, place.expect("the room is never closed")).await,
            Err(_) => Err(PublishError::Unavailable(self.standing().trouble())),
        }
    }

    fn standing(&self) -> Standing {
        self.shared.standing.borrow().clone()
    }
}

/// Waits for a connection that takes messages. One that is blocked is not waited for: alarms last.
async fn takes_messages(standing: &mut watch::Receiver<Standing>) -> Result<Arc<Wire>, PublishError> {
    let settled = standing.wait_for(|standing| !matches!(standing, Standing::Down(_))).await;
    match settled.as_deref() {
        Ok(Standing::Up(wire)) => Ok(Arc::clone(wire)),
        Ok(Standing::Blocked(reason) | Standing::Down(reason)) => {
            Err(PublishError::Unavailable(reason.clone()))
        }
        Err(_) => Err(PublishError::Unavailable("the publisher is stopped".to_owned())),
    }
}
