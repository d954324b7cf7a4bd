//! A connection on which messages leave, as many at a time as the publisher allows.
//!
//! By hand over lapin's own frames, for two reasons. lapin 4.12.3 hands a returned message to whichever confirm on its channel comes
//! next, so with several messages in flight on one channel a message that no queue took may count as confirmed; here a returned
//! message is known by its id. And messages that are ready together leave in one write: `make bench` holds it against lapin.

mod frames;
mod handshake;
mod traffic;
mod window;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use amq_protocol::protocol::{AMQPClass, connection};
use crossdock_telemetry::chain;
use futures_util::io::AsyncReadExt as _;
use lapin::tcp::AMQPUriTcpExt as _;
use lapin::types::MAX_SHORT_STRING_LENGTH;
use lapin::uri::AMQPUri;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Letter, PublishError};
use crate::trail::cut;
use handshake::Agreed;
use window::{Answer, Window};

/// Channels in use. RabbitMQ works each in a process of its own: two take more than one, and more take no more than two.
const CHANNELS: u16 = 2;

/// Messages in flight on a channel before the next one is used: RabbitMQ takes few with less work on one channel.
const CHANNEL_MESSAGES: usize = 96;

/// Writes on their way to RabbitMQ and back at once: it works on one while the next arrives.
const WRITES_IN_FLIGHT: usize = 2;

/// Longest time for opening it to a peer that has just greeted us, in seconds.
const OPEN_SECS_MAX: u64 = 10;

/// Longest time for writing a message and for its confirm, in seconds; after it the connection is not trusted any more.
const CONFIRM_SECS_MAX: u64 = 10;

/// How often that is looked at, in seconds.
const LOOK_SECS: u64 = 1;

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
    /// A message was not confirmed in time.
    #[error("a message was not confirmed in time")]
    Unconfirmed,
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

struct Shared {
    outbox: Mutex<Outbox>,
    /// Told that there is something to write.
    filled: Notify,
    /// Told that RabbitMQ has answered.
    settled: Notify,
    /// Told that a message was returned: what should take it may have been deleted.
    returned: Notify,
    state: watch::Sender<State>,
}

/// One lock for both: messages are counted in the order in which they are written.
struct Outbox {
    bytes: Vec<u8>,
    /// Messages among these bytes.
    unwritten: usize,
    /// One for each channel, the first for channel 1.
    windows: [Window; CHANNELS as usize],
    /// Why nothing goes in now: RabbitMQ does not read it, or the connection is lost.
    closed: Option<String>,
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
        self.shared.lock().bytes.extend_from_slice(&frames);
        self.shared.filled.notify_one();
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

impl Shared {
    fn new() -> Self {
        Self {
            outbox: Mutex::new(Outbox {
                bytes: Vec::new(),
                unwritten: 0,
                windows: std::array::from_fn(|_| Window::new()),
                closed: None,
            }),
            filled: Notify::new(),
            settled: Notify::new(),
            returned: Notify::new(),
            state: watch::Sender::new(State::Open),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel that the next message should take. Approximate: others choose at the same time.
    fn channel(&self) -> u16 {
        let outbox = self.lock();
        let filled = |(_, window): &(u16, &Window)| (window.len() + 1).max(CHANNEL_MESSAGES);
        let least = (1..).zip(&outbox.windows).min_by_key(filled);
        least.map_or(1, |(channel, _)| channel)
    }

    /// # Errors
    /// Nothing goes in now, and why.
    fn put(
        &self,
        channel: u16,
        frames: &[u8],
        id: String,
        place: Option<OwnedSemaphorePermit>,
    ) -> Result<oneshot::Receiver<Answer>, String> {
        let answer = {
            let mut outbox = self.lock();
            if let Some(why) = &outbox.closed {
                return Err(why.clone());
            }
            let window = outbox.window(channel).map_err(|error| chain(&error))?;
            let answer = window.push(id, Instant::now(), place);
            outbox.bytes.extend_from_slice(frames);
            outbox.unwritten += 1;
            answer
        };
        self.filled.notify_one();
        Ok(answer)
    }

    /// Hands over what is to be written, for a buffer that is empty.
    fn take(&self, batch: &mut Vec<u8>) {
        let mut outbox = self.lock();
        std::mem::swap(batch, &mut outbox.bytes);
        outbox.unwritten = 0;
    }

    /// Whether what is unwritten is a good part of what is in flight.
    fn is_worth_a_write(&self) -> bool {
        let outbox = self.lock();
        outbox.unwritten * WRITES_IN_FLIGHT >= outbox.in_flight()
    }

    fn settle(&self, channel: u16, tag: u64, multiple: bool, taken: bool) -> Result<(), WireError> {
        self.lock().window(channel)?.settle(tag, multiple, taken)?;
        self.settled.notify_one();
        Ok(())
    }

    fn returned(&self, channel: u16, id: &str) -> Result<(), WireError> {
        self.lock().window(channel)?.returned(id)?;
        self.returned.notify_one();
        Ok(())
    }

    fn open_again(&self) {
        let mut outbox = self.lock();
        if self.turn(State::Open) {
            outbox.closed = None;
        }
    }

    /// Nobody waits for messages that RabbitMQ does not read: it may take them later all the same.
    fn block(&self, why: String) {
        let mut outbox = self.lock();
        if self.turn(State::Blocked(why.clone())) {
            outbox.give_up(&why);
            outbox.closed = Some(why);
        }
    }

    /// The first reason counts.
    fn lose(&self, why: WireError) {
        let mut outbox = self.lock();
        let told = chain(&why);
        if self.turn(State::Lost(Arc::new(why))) {
            outbox.give_up(&told);
            outbox.windows.iter_mut().for_each(Window::clear);
            outbox.closed = Some(told);
        }
    }

    /// What is lost stays lost. Whoever calls this holds the outbox, so that both always say the same.
    fn turn(&self, to: State) -> bool {
        self.state.send_if_modified(|state| {
            let stands = !matches!(state, State::Lost(_));
            if stands {
                *state = to;
            }
            stands
        })
    }

    /// Waits until a message has waited too long.
    async fn unconfirmed(&self) -> WireError {
        let limit = Duration::from_secs(CONFIRM_SECS_MAX);
        while self.lock().age() < limit {
            sleep(Duration::from_secs(LOOK_SECS)).await;
        }
        WireError::Unconfirmed
    }
}

impl Outbox {
    /// # Errors
    /// There is no such channel.
    fn window(&mut self, channel: u16) -> Result<&mut Window, WireError> {
        let index = channel.checked_sub(1).ok_or(WireError::Stray)?;
        self.windows.get_mut(usize::from(index)).ok_or(WireError::Stray)
    }

    fn give_up(&mut self, why: &str) {
        self.windows.iter_mut().for_each(|window| window.give_up(why));
    }

    fn in_flight(&self) -> usize {
        self.windows.iter().map(Window::len).sum()
    }

    /// How long the oldest of those who wait has waited.
    fn age(&self) -> Duration {
        let now = Instant::now();
        self.windows.iter().map(|window| window.age(now)).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    fn put(shared: &Shared) -> Result<oneshot::Receiver<Answer>, String> {
        shared.put(1, b"frames", "m1".to_owned(), None)
    }

    #[test]
    fn nothing_goes_into_a_blocked_wire_until_it_is_open_again() {
        let shared = Shared::new();
        let mut waiting = put(&shared).unwrap();
        shared.block("no memory".to_owned());
        assert_eq!(waiting.try_recv(), Ok(Answer::Unknown("no memory".to_owned())));
        assert_eq!(put(&shared).err().as_deref(), Some("no memory"));
        shared.open_again();
        assert!(put(&shared).is_ok());
    }

    #[test]
    fn few_messages_share_a_channel_and_many_use_all() {
        let (shared, mut waiting) = (Shared::new(), Vec::new());
        let mut put = |count: usize| {
            for _ in 0..count {
                waiting.push(shared.put(shared.channel(), b"", String::new(), None).unwrap());
            }
            shared.lock().windows.each_ref().map(Window::len)
        };
        assert_eq!(put(CHANNEL_MESSAGES), [CHANNEL_MESSAGES, 0]);
        assert_eq!(put(CHANNEL_MESSAGES), [CHANNEL_MESSAGES; 2]);
        assert_eq!(put(10), [CHANNEL_MESSAGES + 5; 2]);
    }

    #[tokio::test]
    async fn places_come_back_with_the_answer_or_with_the_loss_of_the_wire() {
        let (shared, places) = (Shared::new(), Arc::new(Semaphore::new(3)));
        let put =
            || shared.put(1, b"", "m".to_owned(), Arc::clone(&places).try_acquire_owned().ok()).unwrap();
        let waiting = [put(), put(), put()];
        drop(waiting);
        assert_eq!(places.available_permits(), 0, "RabbitMQ may still take all three");
        shared.settle(1, 1, false, true).unwrap();
        assert_eq!(places.available_permits(), 1);
        shared.block("no memory".to_owned());
        assert_eq!(places.available_permits(), 1);
        shared.lose(WireError::Silent);
        assert_eq!(places.available_permits(), 3);
    }

    #[test]
    fn a_lost_wire_stays_lost_whatever_was_still_to_be_read() {
        let shared = Shared::new();
        let mut waiting = put(&shared).unwrap();
        shared.lose(WireError::Silent);
        assert!(matches!(waiting.try_recv(), Ok(Answer::Unknown(_))));
        shared.open_again();
        shared.block("no memory".to_owned());
        shared.lose(WireError::Ended);
        assert_eq!(put(&shared).err().as_deref(), Some("RabbitMQ is silent"), "the first reason counts");
        assert!(matches!(&*shared.state.borrow(), State::Lost(why) if matches!(**why, WireError::Silent)));
    }
}
