//! Declares the topology on a channel. Declaring what stands already changes nothing.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ErrorKind, ExchangeKind};
use tokio::time::sleep;
use tracing::warn;

use super::{DEAD_LETTERS, EVENTS_EXCHANGE, Topology, WorkQueue};
use crate::retry::{RETRY_STEPS, RetryStep};
use crate::trail::{long, short};

/// Redeliveries of one message before RabbitMQ dead-letters it by itself: what kills its consumer ends there.
///
/// RabbitMQ 3.10 counts every return of an unacknowledged message, a lost connection's too. A message is unacknowledged for
/// minutes at most, and a retry is a new message with a count of its own, so only a consumer that loses its connection 20
/// times within those minutes sends healthy messages to the dead letters, from where they are replayed.
/// 20 is RabbitMQ's own default since 4.0.
pub(crate) const DELIVERY_LIMIT: u32 = 20;

/// Redeliveries of one message on the dead letters' queue: more than there will ever be, as what is over the limit there is dropped.
///
/// Without a limit of its own a queue has 20 since `RabbitMQ` 4.0 (rabbitmq-server#11937). Unlimited is -1 there (rabbitmq-server#12250),
/// which 3.x takes for 0; a large number means the same to both. Looked up on 2026-11-22, tried with 3.10.8.
const NEVER_DROPPED: u32 = 1_000_000_000;

/// Age at which new queues are used, in seconds.
///
/// A quorum queue that was made within a second before RabbitMQ 3.10.8 is killed comes back empty and without a leader, whatever was
/// confirmed for it: seen at 0.1, 0.3 and 0.6 s, not at 1.1 s, on 2026-11-22 (see rabbitmq-server issue 15725).
const SETTLE_SECS: u64 = 2;

/// Something that could not be declared.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeclareError {
    /// It stands with other arguments, which RabbitMQ cannot change.
    #[error("{what} exists with other arguments: move its messages, delete it, and it is made anew")]
    Conflict {
        /// For example `queue 'crossdock.stock-writer'`.
        what: String,
        /// What RabbitMQ says.
        #[source]
        source: lapin::Error,
    },
    /// Any other reason: missing permissions, a quorum queue without a majority.
    #[error("{what} could not be declared")]
    Refused {
        /// As above.
        what: String,
        /// What RabbitMQ says.
        #[source]
        source: lapin::Error,
    },
}

impl DeclareError {
    fn new(what: String, source: lapin::Error) -> Self {
        if is_soft(&source, AMQPSoftError::PRECONDITIONFAILED) {
            Self::Conflict { what, source }
        } else {
            Self::Refused { what, source }
        }
    }
}

/// Declares everything, dead letters first: nothing that leads to a queue stands before the queue, and the first time not before the queues
/// are old enough to be used, whoever else declares them meanwhile. On channels of its own: RabbitMQ closes the channel of a declaration
/// that it refuses.
pub(crate) async fn declare(connection: &Connection, topology: &Topology) -> Result<(), DeclareError> {
    let first_time = !has_exchange(connection, EVENTS_EXCHANGE).await?;
    dead_letters(connection).await?;
    let channel = &open(connection).await?;
    for step in &RETRY_STEPS {
        declare_queue(channel, step.queue, waiting(step)).await?;
    }
    for WorkQueue { name, .. } in &topology.work {
        declare_queue(channel, name, working()).await?;
    }
    if first_time {
        sleep(Duration::from_secs(SETTLE_SECS)).await;
    }
    for step in &RETRY_STEPS {
        exchange(channel, step.queue, ExchangeKind::Fanout).await?;
        bind(channel, step.queue, step.queue, "").await?;
    }
    exchange(channel, EVENTS_EXCHANGE, ExchangeKind::Topic).await?;
    for WorkQueue { name, keys, .. } in &topology.work {
        for key in *keys {
            bind(channel, name, EVENTS_EXCHANGE, key).await?;
        }
    }
    Ok(())
}

/// The dead letters' queue. One that was made before it had a limit is used as it stands: its messages are not to be moved by hand.
async fn dead_letters(connection: &Connection) -> Result<(), DeclareError> {
    let declared = declare_queue(&open(connection).await?, DEAD_LETTERS, keeping()).await;
    let Err(conflict @ DeclareError::Conflict { .. }) = declared else { return declared };
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let channel = open(connection).await?;
    let stands = channel.queue_declare(short(DEAD_LETTERS), passive, FieldTable::default()).await;
    if stands.is_err() {
        return Err(conflict);
    }
    warn!(
        queue = DEAD_LETTERS,
        "the queue was made by an earlier version, and RabbitMQ 4 drops a message of it that has returned 20 times; \
         delete it once it is empty, and it is made anew"
    );
    Ok(())
}

/// Whether it stands. That of the events is made after all queues: where it stands, they are old enough.
async fn has_exchange(connection: &Connection, name: &str) -> Result<bool, DeclareError> {
    let passive = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
    let channel = open(connection).await?;
    let stands = channel.exchange_declare(short(name), ExchangeKind::Topic, passive, FieldTable::default());
    match stands.await {
        Ok(()) => Ok(true),
        Err(error) if is_soft(&error, AMQPSoftError::NOTFOUND) => Ok(false),
        Err(source) => Err(DeclareError::Refused { what: format!("exchange '{name}'"), source }),
    }
}

fn is_soft(error: &lapin::Error, kind: AMQPSoftError) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == AMQPErrorKind::Soft(kind))
}

async fn open(connection: &Connection) -> Result<Channel, DeclareError> {
    let opened = connection.create_channel().await;
    opened.map_err(|source| DeclareError::Refused { what: "a channel".to_owned(), source })
}

fn keeping() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-delivery-limit".into(), limit(NEVER_DROPPED));
    arguments
}

/// `RabbitMQ` reads the numbers of arguments as signed.
fn limit(returns: u32) -> AMQPValue {
    AMQPValue::LongInt(returns.cast_signed())
}

/// Arguments of a retry queue. There is no `x-dead-letter-routing-key`: an expired message keeps its own, which is the name of
/// its work queue, and the default exchange takes it there. It came in through a fanout exchange, which ignores the key.
fn waiting(step: &RetryStep) -> FieldTable {
    let mut arguments = dead_lettering();
    arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(step.wait_ms.into()));
    arguments
}

fn working() -> FieldTable {
    let mut arguments = dead_lettering();
    arguments.insert("x-dead-letter-routing-key".into(), long(DEAD_LETTERS));
    arguments.insert("x-delivery-limit".into(), limit(DELIVERY_LIMIT));
    arguments
}

/// Dead-lettering that loses nothing: a message leaves its queue only when the next one has confirmed it.
///
/// RabbitMQ grants `at-least-once` to quorum queues that reject, rather than drop, what is over their length.
fn dead_lettering() -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-dead-letter-exchange".into(), long(""));
    arguments.insert("x-dead-letter-strategy".into(), long("at-least-once"));
    arguments.insert("x-overflow".into(), long("reject-publish"));
    arguments
}

async fn declare_queue(channel: &Channel, name: &str, mut arguments: FieldTable) -> Result<(), DeclareError> {
    arguments.insert("x-queue-type".into(), long("quorum"));
    let options = QueueDeclareOptions {
        passive: false,
        durable: true,
        exclusive: false,
        auto_delete: false,
        nowait: false,
    };
    let declared = channel.queue_declare(short(name), options, arguments).await;
    declared.map(drop).map_err(|error| DeclareError::new(format!("queue '{name}'"), error))
}

async fn exchange(channel: &Channel, name: &str, kind: ExchangeKind) -> Result<(), DeclareError> {
    let options = ExchangeDeclareOptions {
        passive: false,
        durable: true,
        auto_delete: false,
        internal: false,
        nowait: false,
    };
    let declared = channel.exchange_declare(short(name), kind, options, FieldTable::default()).await;
    declared.map_err(|error| DeclareError::new(format!("exchange '{name}'"), error))
}

async fn bind(channel: &Channel, queue: &str, exchange: &str, key: &str) -> Result<(), DeclareError> {
    let options = QueueBindOptions { nowait: false };
    let bound =
        channel.queue_bind(short(queue), short(exchange), short(key), options, FieldTable::default()).await;
    bound.map_err(|error| DeclareError::new(format!("binding of '{queue}' to '{key}'"), error))
}
