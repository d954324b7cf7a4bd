//! Answers for one message: acknowledges it, or replaces it by a retry or a dead letter.

use std::time::Duration;

use crossdock_domain::Mend;
use crossdock_telemetry::chain;
use jiff::Timestamp;
use tracing::{debug, error, warn};

use super::Outcome;
use super::held::Held;
use super::work::Work;
use crate::Failure;
use crate::metrics::Settled;
use crate::publisher::Letter;
use crate::retry::{RetryStep, SHORTEST, Verdict};

/// Wait before a retry or dead letter that RabbitMQ did not take is published again, in seconds.
const REPUBLISH_SECS: u64 = 5;

impl Work {
    /// Carries out what became of a message. A failure is logged here, and nowhere else.
    pub(super) async fn settle(&self, held: &Held, outcome: Outcome) {
        let Outcome::Failed(failure) = outcome else {
            held.ack().await;
            self.not_put_aside(held);
            return self.metrics.settled(self.queue.role, Settled::Done);
        };
        let now = Timestamp::now();
        match Verdict::of(failure.mend, held.delivery.attempt) {
            Verdict::Retry { step, counted } => {
                self.log_retry(held, &failure, step, counted);
                self.replace(held, &held.retry(step, &self.queue, counted, now), Settled::Retried).await;
                let first_failed_at = held.delivery.first_failed_at.unwrap_or(now);
                let (lane, wait) = (self.lane(held), Duration::from_millis(step.wait_ms.into()));
                self.metrics.put_aside.put(lane, first_failed_at, &held.delivery.id, wait);
            }
            Verdict::Dead => {
                self.log_dead(held, &failure);
                self.replace(held, &held.dead(&failure, &self.queue, now), Settled::Dead).await;
                self.not_put_aside(held);
            }
        }
    }

    /// Puts a message off that has not been handled: it waits at the shortest step, and nothing is counted.
    pub(super) async fn spill(&self, held: &Held) {
        self.replace(held, &held.put_off(SHORTEST, &self.queue), Settled::Spilled).await;
    }

    /// Publishes the letter, and only when it is confirmed takes the message off its queue.
    ///
    /// While RabbitMQ does not take the letter, the message is neither acknowledged nor returned: returned, it would come back
    /// at once, and every return counts towards the queue's delivery limit. If the message's connection is lost it is on its
    /// queue again already, and a letter would double it.
    async fn replace(&self, held: &Held, letter: &Letter<'_>, settled: Settled) {
        while held.answerable() {
            match self.publisher.send(letter).await {
                Ok(()) => {
                    held.ack().await;
                    return self.metrics.settled(self.queue.role, settled);
                }
                Err(error) => {
                    let role = self.queue.role;
                    warn!(
                        role,
                        message.id = letter.contents.id,
                        error = chain(&error),
                        "could not pass a message on; it is kept"
                    );
                    tokio::time::sleep(Duration::from_secs(REPUBLISH_SECS)).await;
                }
            }
        }
    }

    /// A message that is done, or dead, waits no longer.
    fn not_put_aside(&self, held: &Held) {
        if let Some(first_failed_at) = held.delivery.first_failed_at {
            self.metrics.put_aside.ended(self.lane(held), first_failed_at, &held.delivery.id);
        }
    }

    fn lane<'h>(&self, held: &'h Held) -> (&'static str, &'h str) {
        (self.queue.role, &held.route.lane)
    }

    /// That a shop refuses its credentials is logged where it is found out, once for all messages.
    fn log_retry(&self, held: &Held, failure: &Failure, step: &RetryStep, counted: bool) {
        if failure.mend == Mend::Credentials {
            let (id, wait_ms) = (&held.delivery.id, step.wait_ms);
            return debug!(store.id = held.route.lane, message.id = id, wait_ms, "waits for new credentials");
        }
        warn!(
            role = self.queue.role,
            store.id = held.route.lane,
            subject = held.route.subject,
            message.id = held.delivery.id,
            attempt = held.delivery.attempt,
            counted,
            class = failure.class,
            error = failure.chain,
            retry_after_ms = step.wait_ms,
            "not handled yet"
        );
    }

    fn log_dead(&self, held: &Held, failure: &Failure) {
        error!(
            role = self.queue.role,
            store.id = held.route.lane,
            subject = held.route.subject,
            message.id = held.delivery.id,
            attempt = held.delivery.attempt,
            class = failure.class,
            error = failure.chain,
            "not handled; it is a dead letter now"
        );
    }
}
