//! A message in our hands: what the handler sees of it, and what is needed to answer for it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use lapin::options::BasicAckOptions;
use lapin::{Acker, BasicProperties};
use tokio::time::timeout;
use tracing::debug;

use crate::metrics::HeldCount;
use crate::oldest::Counted;
use crate::publisher::{APP_ID, Contents, Letter};
use crate::retry::RetryStep;
use crate::sender::told_by_sender;
use crate::topology::DELIVERY_LIMIT;
use crate::trail::{Trail, count_of};
use crate::{Delivery, Failure, Route, WorkQueue};

/// Longest time for writing an acknowledgement, in seconds. Beyond it the message may come once more.
const ACK_SECS_MAX: u64 = 5;

/// A delivery that is not yet answered for.
pub(super) struct Held {
    pub delivery: Delivery,
    pub route: Route,
    /// When it was first published; if its publisher does not tell, when it was first taken.
    pub since: Timestamp,
    trail: Trail,
    /// How often it was taken before and not answered for.
    returns: u32,
    content_type: String,
    /// What else its sender told.
    sender: BasicProperties,
    acker: Acker,
    _count: HeldCount,
    /// Among its lane's, once that is known.
    age: Option<Counted>,
}

impl Held {
    /// Takes a delivery as lapin has it. Its route is not known yet.
    pub(super) fn new(taken: lapin::message::Delivery, count: HeldCount) -> Self {
        let headers = taken.properties.headers().clone().unwrap_or_default();
        let trail = Trail::read(&headers, taken.routing_key.as_str());
        let text = |property: &Option<lapin::types::ShortString>| property.as_ref().map(ToString::to_string);
        let delivery = Delivery {
            routing_key: trail.routing_key.clone(),
            id: text(taken.properties.message_id()).unwrap_or_default(),
            body: Bytes::from(taken.data),
            attempt: trail.attempts.saturating_add(1),
            first_failed_at: trail.first_failed_at,
        };
        let ours = taken.properties.app_id().as_ref().is_some_and(|id| id.as_str() == APP_ID);
        let told = taken.properties.timestamp().filter(|_| ours).and_then(|secs| i64::try_from(secs).ok());
        let returns = headers.inner().get("x-delivery-count").and_then(count_of);
        Self {
            delivery,
            since: told.and_then(|secs| Timestamp::from_second(secs).ok()).unwrap_or_else(Timestamp::now),
            returns: returns.unwrap_or_default(),
            route: Route { lane: String::new(), subject: None },
            trail,
            content_type: text(taken.properties.content_type()).unwrap_or_default(),
            sender: told_by_sender(&taken.properties),
            acker: taken.acker,
            _count: count,
            age: None,
        }
    }

    /// It belongs there.
    pub(super) fn routed(&mut self, route: Route, age: Counted) {
        self.route = route;
        self.age = Some(age);
    }

    /// Whether this is the last time that RabbitMQ delivers it: its consumer was lost each time before.
    pub(super) fn is_given_up(&self) -> bool {
        self.returns >= DELIVERY_LIMIT
    }

    /// Whether it is the replay of a dead letter, which the desk waits for.
    pub(super) fn done(&self) -> Option<Letter<'_>> {
        self.trail.replay.as_deref().map(Letter::done)
    }

    /// Whether it can still be answered for: its connection stands.
    pub(super) fn answerable(&self) -> bool {
        self.acker.usable()
    }

    /// Takes it off the queue. If that fails its connection is lost, and it comes once more.
    pub(super) async fn ack(&self) {
        let acked = self.acker.ack(BasicAckOptions { multiple: false });
        if !matches!(timeout(Duration::from_secs(ACK_SECS_MAX), acked).await, Ok(Ok(true))) {
            debug!(
                message.id = self.delivery.id,
                "a message was handled on a connection that is lost; it comes again"
            );
        }
    }

    /// The same message, to come back after a wait as if nothing had happened.
    pub(super) fn put_off<'a>(&'a self, step: &RetryStep, queue: &'a WorkQueue) -> Letter<'a> {
        Letter::retry(step, queue, self.trail.write(), self.contents())
    }

    /// The same message, to come back after a wait with this failure behind it.
    pub(super) fn retry<'a>(
        &'a self,
        step: &RetryStep,
        queue: &'a WorkQueue,
        counted: bool,
        now: Timestamp,
    ) -> Letter<'a> {
        let trail = self.trail.failed(counted, now);
        Letter::retry(step, queue, trail.write(), self.contents())
    }

    /// The same message as a dead letter, with all that a person needs to judge it.
    pub(super) fn dead(&self, failure: &Failure, queue: &WorkQueue, now: Timestamp) -> Letter<'_> {
        let headers = self.trail.failed(true, now).dead(failure, queue, &self.route, now);
        Letter::dead(headers, self.contents())
    }

    fn contents(&self) -> Contents<'_> {
        let (id, body) = (&self.delivery.id, &self.delivery.body);
        let (since, sender) = (Some(self.since), Some(&self.sender));
        Contents { id, content_type: &self.content_type, body, since, sender }
    }
}
