//! Answers for one message: acknowledges it, or replaces it by a retry or a dead letter.

use std::time::{Duration, Instant};

use crossdock_domain::Mend;
use crossdock_telemetry::chain;
use jiff::Timestamp;
use tracing::{debug, error, warn};

use super::Outcome;
use super::held::Held;
use super::pulse::Beat;
use super::work::Work;
use crate::Failure;
use crate::metrics::Settled;
use crate::publisher::Letter;
use crate::retry::{RetryStep, SHORTEST, Verdict};

/// Wait before a retry or dead letter that RabbitMQ did not take is published again, in seconds.
const REPUBLISH_SECS: u64 = 5;

impl Work {
    /// Carries out what became of a message. A failure is logged here, and nowhere else.
    ///
    /// `unsaid` is why a message about the same subject that came before it could not become a dead letter yet: then this one cannot
    /// either.
    pub(super) async fn settle(
        &self,
        held: &Held,
        outcome: Outcome,
        unsaid: &mut Option<Failure>,
        beat: &Beat,
    ) {
        let Outcome::Failed(failure) = outcome else { return self.done(held, beat).await };
        match Verdict::of(failure.mend, held.delivery.attempt) {
            Verdict::Retry { step, counted } => self.retry(held, &failure, step, counted, beat).await,
            Verdict::Dead => {
                if unsaid.is_none() {
                    *unsaid = self.falls(held, &failure).await.err();
                }
                match unsaid {
                    None => self.bury(held, &failure, beat).await,
                    Some(unsaid) => self.retry(held, unsaid, SHORTEST, false, beat).await,
                }
            }
        }
    }

    async fn done(&self, held: &Held, beat: &Beat) {
        if let Some(outcome) = held.done() {
            self.replace(held, &outcome, Settled::Done, beat).await;
        } else {
            held.ack().await;
            beat.beat();
            self.metrics.settled(self.queue.role, Settled::Done);
        }
        self.not_put_aside(held);
    }

    async fn retry(&self, held: &Held, failure: &Failure, step: &RetryStep, counted: bool, beat: &Beat) {
        self.log_retry(held, failure, step, counted);
        let letter = held.retry(step, &self.queue, counted, Timestamp::now());
        self.replace(held, &letter, Settled::Retried, beat).await;
        self.put_aside(held, step);
    }

    async fn bury(&self, held: &Held, failure: &Failure, beat: &Beat) {
        self.log_dead(held, failure);
        let letter = held.dead(failure, &self.queue, Timestamp::now());
        self.replace(held, &letter, Settled::Dead, beat).await;
        self.not_put_aside(held);
    }

    /// Puts a message off that has not been handled: it waits at the shortest step, and nothing is counted.
    pub(super) async fn spill(&self, held: &Held, beat: &Beat) {
        self.replace(held, &held.put_off(SHORTEST, &self.queue), Settled::Spilled, beat).await;
        self.put_aside(held, SHORTEST);
    }

    /// Publishes the letter, and only when it is confirmed takes the message off its queue.
    ///
    /// While RabbitMQ does not take the letter, the message is neither acknowledged nor returned: returned, it would come back
    /// at once, and every return counts towards the queue's delivery limit. If the message's connection is lost it is on its
    /// queue again already, and a letter would double it.
    async fn replace(&self, held: &Held, letter: &Letter<'_>, settled: Settled, beat: &Beat) {
        while held.answerable() {
            beat.beat();
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

    fn put_aside(&self, held: &Held, step: &RetryStep) {
        let wait = Duration::from_millis(step.wait_ms.into());
        self.metrics.oldest.put(self.lane(held), held.since, &held.delivery.id, wait);
    }

    /// A message that is done, or dead, waits no longer.
    fn not_put_aside(&self, held: &Held) {
        self.metrics.oldest.ended(self.lane(held), held.since, &held.delivery.id);
    }

    fn lane<'h>(&self, held: &'h Held) -> (&'static str, &'h str) {
        (self.queue.role, &held.route.lane)
    }

    /// What only waits is told once for its lane and pause: a burst has a thousand messages. That a shop refuses its credentials is
    /// logged where it is found out, once for all messages.
    fn log_retry(&self, held: &Held, failure: &Failure, step: &RetryStep, counted: bool) {
        if failure.mend == Mend::Credentials {
            let (id, wait_ms) = (&held.delivery.id, step.wait_ms);
            return debug!(store.id = held.route.lane, message.id = id, wait_ms, "waits for new credentials");
        }
        if let Mend::WaitFor(wait) = failure.mend {
            let wait = wait.min(Duration::from_millis(step.wait_ms.into()));
            if !self.put_off.is_news(&held.route.lane, failure.class, wait, Instant::now()) {
                let (id, class) = (&held.delivery.id, failure.class);
                return debug!(store.id = held.route.lane, message.id = id, class, "waits too");
            }
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
