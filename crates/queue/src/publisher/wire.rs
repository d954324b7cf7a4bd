//! A connection on which messages leave, as many at a time as the publisher allows.
//!
//! By hand over lapin's own frames, for two reasons. lapin 4.12.3 hands a returned message to whichever confirm on its channel comes
//! next, so with several messages in flight on one channel a message that no queue took may count as confirmed; here a returned
//! message is known by its id. And messages that are ready together leave in one write: `make bench` holds it against lapin.

mod frames;
mod handshake;
mod outbox;
mod traffic;
mod window;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use amq_protocol::protocol::{AMQPClass, connection};
use futures_util::io::AsyncReadExt as _;
use lapin::tcp::AMQPUriTcpExt as _;
use lapin::types::MAX_SHORT_STRING_LENGTH;
use lapin::uri::AMQPUri;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Letter, PublishError};
use crate::trail::cut;
use handshake::Agreed;
use outbox::Shared;
use window::Answer;

/// Channels in use. RabbitMQ works each in a process of its own: two take more than one, and more take no more than two.
const CHANNELS: u16 = 2;

/// Longest time for opening it to a peer that has just greeted us, in seconds.
const OPEN_SECS_MAX: u64 = 10;

/// Longest time for a friendly end, in seconds.
const CLOSE_SECS_MAX: u64 = 2;

/// Close code of a friendly end. Source: AMQP 0-9-1 specification, 1.2.
const REPLY_SUCCESS: u16 = 200;

/// Why a wire is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WireError {
    /// It broke.
    #[error("the connection broke off")]
    Io(#[from] io::Error),
    /// Not even a heartbeat.
    #[error("RabbitMQ is silent")]
    Silent,
    /// RabbitMQ ended it.
    #[error("RabbitMQ closed the connection: {code} {text}")]
    Closed {
        /// AMQP's reply code.
        code: u16,
        /// RabbitMQ's words.
        text: String,
    },
    /// Something came that is no AMQP 0-9-1, or not at this point.
    #[error("RabbitMQ sent what was not expected")]
    Malformed,
    /// An answer for a message that is not in flight.
    #[error("RabbitMQ answered for a message that is not in flight")]
    Stray,
    /// It was not opened in time.
    #[error("RabbitMQ did not open the connection in time")]
    Slow,
    /// The message of this id was not confirmed in time. If that goes on for one kind of message, a queue that takes it has no leader: as one
    /// that was less than a second old when RabbitMQ 3.10.8 was killed (tried on 2026-11-22; rabbitmq-server issues 10070 and 15725).
    #[error("message '{0}' was not confirmed in time; if that goes on, a queue for it may have no leader")]
    Unconfirmed(String),
    /// Ended by ourselves.
    #[error("the connection was closed by ourselves")]
    Ended,
}

impl WireError {
    fn closed(code: u16, text: &impl ToString) -> Self {
        Self::Closed { code, text: text.to_string() }
    }
}

/// How a wire stands.
#[derive(Debug, Clone)]
pub(super) enum State {
    Open,
    /// RabbitMQ takes no messages now, and why.
    Blocked(String),
    Lost(Arc<WireError>),
}

/// A connection on which messages leave. Dropped, it is closed, and those who wait are told.
pub(super) struct Wire {
    shared: Arc<Shared>,
    frame_bytes_max: usize,
    _traffic: JoinSet<()>,
}

impl Wire {
    /// Opens one. `name` is shown in RabbitMQ's list of connections.
    pub(super) async fn open(uri: &AMQPUri, name: &str) -> Result<Self, WireError> {
        let opened = async {
            let runtime = lapin::runtime::default_runtime().map_err(io::Error::other)?;
            handshake::shake_hands(uri.connect_async(&runtime).await?, uri, name, CHANNELS).await
        };
        let opened = timeout(Duration::from_secs(OPEN_SECS_MAX), opened).await;
        let (stream, Agreed { frame_bytes_max, heartbeat_secs }) = opened.map_err(|_| WireError::Slow)??;
        let shared = Arc::new(Shared::new());
        let (read, write) = stream.split();
        let (reader, writer, watcher) = (Arc::clone(&shared), Arc::clone(&shared), Arc::clone(&shared));
        let mut traffic = JoinSet::new();
        traffic.spawn(async move { reader.lose(traffic::read(read, &reader, heartbeat_secs).await) });
        traffic.spawn(async move { writer.lose(traffic::write(write, &writer, heartbeat_secs).await) });
        traffic.spawn(async move { watcher.lose(watcher.unconfirmed().await) });
        Ok(Self { shared, frame_bytes_max, _traffic: traffic })
    }

    /// Publishes a letter and waits for RabbitMQ's answer. Two at once may come to their queue in either order: channels keep none
    /// among each other. Who needs an order waits for one before the next.
    ///
    /// `place` is among those in flight: it is given back once RabbitMQ has answered, whether or not the caller still waits.
    pub(super) async fn send(
        &self,
        letter: &Letter<'_>,
        place: OwnedSemaphorePermit,
    ) -> Result<(), PublishError> {
        if letter.routing_key.len() > MAX_SHORT_STRING_LENGTH {
            return Err(PublishError::Unroutable(letter.routing_key.to_owned()));
        }
        let channel = self.shared.channel();
        let frames = frames::publish(letter, channel, self.frame_bytes_max);
        let id = cut(letter.contents.id, MAX_SHORT_STRING_LENGTH).to_owned();
        let answer = self.shared.put(channel, &frames, id, Some(place));
        match answer.map_err(PublishError::Unavailable)?.await {
            Ok(Answer::Confirmed) => Ok(()),
            Ok(Answer::Refused) => Err(PublishError::Refused),
            Ok(Answer::Returned) => Err(PublishError::Unroutable(letter.routing_key.to_owned())),
            Ok(Answer::Unknown(why)) => Err(PublishError::Unavailable(why)),
            Err(_) => Err(PublishError::Unconfirmed),
        }
    }

    /// How it stands, to be waited for.
    pub(super) fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Waits until a message was returned since this was asked last.
    pub(super) async fn returned(&self) {
        self.shared.returned.notified().await;
    }

    /// Says goodbye. Who waits for an answer still is told that there is none.
    pub(super) async fn close(&self) {
        let close = connection::Close { reply_code: REPLY_SUCCESS, ..connection::Close::default() };
        let mut frames = Vec::new();
        frames::method(0, AMQPClass::Connection(connection::AMQPMethod::Close(close)), &mut frames);
        self.shared.say(&frames);
        let mut state = self.state();
        let lost = state.wait_for(|state| matches!(state, State::Lost(_)));
        // Lost or silent, it is dropped all the same.
        let _ = timeout(Duration::from_secs(CLOSE_SECS_MAX), lost).await;
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.shared.lose(WireError::Ended);
    }
}
