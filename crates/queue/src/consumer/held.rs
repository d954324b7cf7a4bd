//! A message in our hands: what the handler sees of it, and what is needed to answer for it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use lapin::Acker;
use lapin::options::BasicAckOptions;
use tokio::time::timeout;
use tracing::debug;

use crate::headers;
use crate::metrics::HeldCount;
use crate::publisher::{Contents, Letter};
use crate::retry::RetryStep;
use crate::trail::{Trail, cut, long};
use crate::{Delivery, Failure, Route, WorkQueue};

/// Longest time for writing an acknowledgement, in seconds. Beyond it the message may come once more.
const ACK_SECS_MAX: u64 = 5;

/// Longest error chain in a dead letter's header, in bytes: all headers together must fit into one frame.
const CHAIN_BYTES_MAX: usize = 2 * 1024;

/// Longest lane and subject in a dead letter's headers, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// A delivery that is not yet answered for.
pub(super) struct Held {
    pub delivery: Delivery,
    pub route: Route,
    trail: Trail,
    content_type: String,
    acker: Acker,
    _count: HeldCount,
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
        Self {
            delivery,
            route: Route { lane: String::new(), subject: None },
            trail,
            content_type: text(taken.properties.content_type()).unwrap_or_default(),
            acker: taken.acker,
            _count: count,
        }
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
        let trail = self.failed(counted, now);
        Letter::retry(step, queue, trail.write(), self.contents())
    }

    /// The same message as a dead letter, with all that a person needs to judge it.
    pub(super) fn dead(&self, failure: &Failure, queue: &WorkQueue, now: Timestamp) -> Letter<'_> {
        let mut headers = self.failed(true, now).write();
        headers.insert(headers::CLASS.into(), long(failure.class));
        headers.insert(headers::CHAIN.into(), long(cut(&failure.chain, CHAIN_BYTES_MAX)));
        headers.insert(headers::LAST_FAILURE.into(), long(&now.to_string()));
        headers.insert(headers::ROLE.into(), long(queue.role));
        headers.insert(headers::STORE.into(), long(cut(&self.route.lane, NAME_BYTES_MAX)));
        if let Some(subject) = &self.route.subject {
            headers.insert(headers::SUBJECT.into(), long(cut(subject, NAME_BYTES_MAX)));
        }
        Letter::dead(headers, self.contents())
    }

    fn failed(&self, counted: bool, now: Timestamp) -> Trail {
        Trail {
            attempts: self.trail.attempts.saturating_add(counted.into()),
            first_failed_at: self.trail.first_failed_at.or(Some(now)),
            routing_key: self.trail.routing_key.clone(),
        }
    }

    fn contents(&self) -> Contents<'_> {
        Contents { id: &self.delivery.id, content_type: &self.content_type, body: &self.delivery.body }
    }
}
