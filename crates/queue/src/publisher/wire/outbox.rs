//! What is to be written on a wire, and who waits for RabbitMQ's answer to it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossdock_telemetry::chain;
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot, watch};
use tokio::time::sleep;

use super::window::{Answer, Window};
use super::{CHANNELS, State, WireError};

/// Messages in flight on a channel before the next one is used: RabbitMQ takes few with less work on one channel.
const CHANNEL_MESSAGES: usize = 96;

/// Writes on their way to RabbitMQ and back at once: it works on one while the next arrives.
const WRITES_IN_FLIGHT: usize = 2;

/// Longest time for writing a message and for its confirm, in seconds; after it the connection is not trusted any more.
const CONFIRM_SECS_MAX: u64 = 10;

/// How often that is looked at, in seconds.
const LOOK_SECS: u64 = 1;

/// What the two directions of a wire and its users share.
pub(super) struct Shared {
    outbox: Mutex<Outbox>,
    /// Told that there is something to write.
    pub(super) filled: Notify,
    /// Told that RabbitMQ has answered.
    pub(super) settled: Notify,
    /// Told that a message was returned: what should take it may have been deleted.
    pub(super) returned: Notify,
    pub(super) state: watch::Sender<State>,
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

impl Shared {
    pub(super) fn new() -> Self {
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
    pub(super) fn channel(&self) -> u16 {
        let outbox = self.lock();
        let filled = |(_, window): &(u16, &Window)| (window.len() + 1).max(CHANNEL_MESSAGES);
        let least = (1..).zip(&outbox.windows).min_by_key(filled);
        least.map_or(1, |(channel, _)| channel)
    }

    /// # Errors
    /// Nothing goes in now, and why.
    pub(super) fn put(
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

    /// Has frames written that are no message.
    pub(super) fn say(&self, frames: &[u8]) {
        self.lock().bytes.extend_from_slice(frames);
        self.filled.notify_one();
    }

    /// Hands over what is to be written, for a buffer that is empty.
    pub(super) fn take(&self, batch: &mut Vec<u8>) {
        let mut outbox = self.lock();
        std::mem::swap(batch, &mut outbox.bytes);
        outbox.unwritten = 0;
    }

    /// Whether what is unwritten is a good part of what is in flight.
    pub(super) fn is_worth_a_write(&self) -> bool {
        let outbox = self.lock();
        outbox.unwritten * WRITES_IN_FLIGHT >= outbox.in_flight()
    }

    pub(super) fn settle(
        &self,
        channel: u16,
        tag: u64,
        multiple: bool,
        taken: bool,
    ) -> Result<(), WireError> {
        self.lock().window(channel)?.settle(tag, multiple, taken)?;
        self.settled.notify_one();
        Ok(())
    }

    pub(super) fn returned(&self, channel: u16, id: &str) -> Result<(), WireError> {
        self.lock().window(channel)?.returned(id)?;
        self.returned.notify_one();
        Ok(())
    }

    pub(super) fn open_again(&self) {
        let mut outbox = self.lock();
        if self.turn(State::Open) {
            outbox.closed = None;
        }
    }

    /// Nobody waits for messages that RabbitMQ does not read: it may take them later all the same.
    pub(super) fn block(&self, why: String) {
        let mut outbox = self.lock();
        if self.turn(State::Blocked(why.clone())) {
            outbox.give_up(&why);
            outbox.closed = Some(why);
        }
    }

    /// The first reason counts.
    pub(super) fn lose(&self, why: WireError) {
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
    pub(super) async fn unconfirmed(&self) -> WireError {
        let limit = Duration::from_secs(CONFIRM_SECS_MAX);
        loop {
            if let Some((waited, id)) = self.lock().oldest()
                && waited >= limit
            {
                return WireError::Unconfirmed(id.to_owned());
            }
            sleep(Duration::from_secs(LOOK_SECS)).await;
        }
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

    /// The message that somebody has waited for longest, and how long.
    fn oldest(&self) -> Option<(Duration, &str)> {
        let now = Instant::now();
        self.windows.iter().filter_map(|window| window.oldest(now)).max()
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
