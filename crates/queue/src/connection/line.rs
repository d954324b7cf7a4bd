//! An open connection, its topology declared, and what becomes of it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt as _, Stream, StreamExt};
use lapin::options::{BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties, Consumer, Event};
use tokio::time::timeout;

use super::{Broker, LinkError, greeting, legible};
use crate::topology::declare;
use crate::trail::short;

/// Longest time for opening a connection to a peer that has just greeted us, in seconds.
const OPEN_SECS_MAX: u64 = 10;

/// Longest time for a channel, in seconds.
const CHANNEL_SECS_MAX: u64 = 5;

/// Longest time for starting a consumer, in seconds.
const CONSUME_SECS_MAX: u64 = 10;

/// Longest time for declaring everything, in seconds: a few hundred milliseconds, but new quorum queues on a slow disk take seconds.
const DECLARE_SECS_MAX: u64 = 60;

/// Longest time for a friendly end, in seconds; after it the connection is dropped as it is.
const CLOSE_SECS_MAX: u64 = 2;

/// How often the connection's state is looked at, should an event have been missed, in seconds.
const LOOK_SECS: u64 = 1;

/// An open connection.
pub(crate) struct Line {
    connection: Arc<Connection>,
    events: Pin<Box<dyn Stream<Item = Event> + Send>>,
}

impl Line {
    /// Opens one and declares the topology. `name` is shown in RabbitMQ's list of connections.
    pub(crate) async fn open(broker: &Broker, name: &str) -> Result<Self, LinkError> {
        let mut uri = broker.uri()?;
        // RabbitMQ hands headers out whole, in whatever frame that takes, and lapin breaks off over one that is larger than was agreed:
        // whatever the URL says, as much as RabbitMQ offers.
        uri.query.frame_max = None;
        greeting::greet(&uri).await?;
        let properties =
            ConnectionProperties::default().with_connection_name(format!("crossdock {name}").into());
        let opened = timeout(Duration::from_secs(OPEN_SECS_MAX), legible::connect(uri, properties)).await;
        let connection =
            opened.map_err(|_| LinkError::Slow("open the connection"))?.map_err(LinkError::Refused)?;
        let events = Box::pin(connection.events_listener());
        let mut line = Self { connection: Arc::new(connection), events };
        line.declare(broker).await?;
        Ok(line)
    }

    /// Declares the topology.
    pub(crate) async fn declare(&mut self, broker: &Broker) -> Result<(), LinkError> {
        let declared =
            timeout(Duration::from_secs(DECLARE_SECS_MAX), declare(&self.connection, &broker.topology)).await;
        declared.map_err(|_| LinkError::Slow("declare the topology"))??;
        // What was refused there, and is lived with, is no loss. A real one is seen by the connection's state.
        while let Some(Some(_)) = self.events.next().now_or_never() {}
        Ok(())
    }

    /// Opens a channel.
    pub(crate) async fn channel(&mut self) -> Result<Channel, LinkError> {
        let opened = timeout(Duration::from_secs(CHANNEL_SECS_MAX), self.connection.create_channel()).await;
        opened.map_err(|_| LinkError::Slow("open a channel"))?.map_err(LinkError::Lost)
    }

    /// Opens a channel and has this queue's messages delivered on it, each to be acknowledged; so many are delivered ahead.
    pub(crate) async fn consume(
        &mut self,
        queue: &str,
        prefetch: u16,
    ) -> Result<(Channel, Consumer), LinkError> {
        let channel = self.channel().await?;
        let started = async {
            channel.basic_qos(prefetch, BasicQosOptions { global: false }).await?;
            let options =
                BasicConsumeOptions { no_local: false, no_ack: false, exclusive: false, nowait: false };
            channel.basic_consume(short(queue), short(""), options, FieldTable::default()).await
        };
        let started = timeout(Duration::from_secs(CONSUME_SECS_MAX), started).await;
        let consumer =
            started.map_err(|_| LinkError::Slow("start the consumer"))?.map_err(LinkError::Lost)?;
        Ok((channel, consumer))
    }

    /// Ends it from outside, whatever its owner does.
    pub(crate) fn scissors(&self) -> Scissors {
        Scissors(Arc::clone(&self.connection))
    }

    /// Waits until it is lost: it, or one of its channels, is of no use any more. May be dropped and called again at any time.
    pub(crate) async fn lost(&mut self) -> LinkError {
        loop {
            match timeout(Duration::from_secs(LOOK_SECS), self.events.next()).await {
                Ok(Some(Event::Error(error))) => return LinkError::Lost(error),
                Ok(None) => return LinkError::Ended,
                Err(_) if !self.connection.status().connected() => return LinkError::Ended,
                Ok(Some(_)) | Err(_) => {}
            }
        }
    }

    /// Says goodbye if the connection still stands. What was not acknowledged on it returns to its queue.
    pub(crate) async fn close(self) {
        self.scissors().cut().await;
    }
}

/// What ends a connection, in other hands than its owner's.
pub(crate) struct Scissors(Arc<Connection>);

impl Scissors {
    /// As [`Line::close`].
    pub(crate) async fn cut(&self) {
        let closed = self.0.close(200, "closed by crossdock".into());
        // Lost or silent, it is dropped all the same.
        let _ = timeout(Duration::from_secs(CLOSE_SECS_MAX), closed).await;
    }
}
