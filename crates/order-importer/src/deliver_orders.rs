//! Hands the warehouse its orders over HTTP, where it takes them so.
//!
//! In       `order.released`, `order.amended`, `order.cancelled`
//! Effects  one POST that the warehouse takes for each, in an order's own sequence; its answer in the ledger and the timeline
//! Replay   safe: the same event has the same id, by which the warehouse knows it; what is older than the newest taken, or not wanted
//!          any more, is left out

mod endpoint;
mod passage;
mod problem;
mod throttle;
mod told;
mod trouble;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use crossdock_events::RawEvent;
use crossdock_ledger::{Answer, Happening, Ledger};
use crossdock_queue::{Delivery, Failure, Handler, Outcome, Publisher, Route};
use crossdock_telemetry::{Trace, TraceParent};
use jiff::{SignedDuration, Timestamp};
use tracing::Instrument as _;

use crate::ROLE;
use crate::refused::bury_if_refused;
use passage::Passage;
use problem::Problem;
use throttle::Throttle;
use told::Told;
use trouble::Trouble;

pub use endpoint::{Endpoint, EndpointError};

/// Requests to the warehouse under way at once, in one process. An order's events share a lane, so that they go one by one.
const LANES_MAX: u64 = 16;

/// Longest time for the requests of one batch, in seconds, but for the last one's own limit. What is left over comes back a little later.
const BATCH_SECS_MAX: u64 = 5 * 60;

/// How long an order belongs to the process that posts one of its events, in seconds.
///
/// Longer than a request may take. A process that dies leaves the order behind for so long.
const LEASE_SECS: i64 = 25;

/// Shortest wait of an amendment behind a release that the warehouse has not taken, in seconds. Then it is as long as the wait so far,
/// up to [`BEHIND_STEP_SECS_MAX`]. A cancellation does not wait.
const BEHIND_SECS_MIN: u64 = 5;

/// Longest time between two looks whether the release was taken, in seconds.
const BEHIND_STEP_SECS_MAX: u64 = 30;

/// Longest wait behind a release, in seconds. Then it is a matter for a person.
const BEHIND_SECS_MAX: u64 = 24 * 60 * 60;

/// The step of a release that the warehouse refused, in the timeline's keys.
const REJECTED: &str = "rejected";

/// Posts what the warehouse is told.
pub struct DeliverOrders {
    ledger: Arc<dyn Ledger>,
    endpoint: Endpoint,
    throttle: Throttle,
    publisher: Option<Publisher>,
}

impl DeliverOrders {
    /// To this endpoint.
    pub fn new(ledger: Arc<dyn Ledger>, endpoint: Endpoint) -> Self {
        Self { ledger, endpoint, throttle: Throttle::default(), publisher: None }
    }

    /// Orders that the warehouse refuses become dead letters, too.
    #[must_use]
    pub fn burying(self, publisher: Publisher) -> Self {
        Self { publisher: Some(publisher), ..self }
    }

    async fn deliver(&self, delivery: &Delivery) -> Result<(), Trouble> {
        let told = Told::read(&delivery.body)?;
        let trace = Trace::of([told.traceparent.as_deref()]);
        self.deliver_leased(&told, delivery, trace.parent()).instrument(trace.span()).await
    }

    /// One process at a time posts events of an order: of two under way, the older could arrive last.
    async fn deliver_leased(
        &self,
        told: &Told,
        delivery: &Delivery,
        trace: TraceParent,
    ) -> Result<(), Trouble> {
        let now = Timestamp::now();
        let name = format!("delivery/{}", told.number);
        let lease =
            self.ledger.lease(&name, now, now + SignedDuration::from_secs(LEASE_SECS)).await?.taken()?;
        let result = self.deliver_in_turn(told, delivery, trace, lease.until).await;
        if let Err(error) = self.ledger.end_lease(&lease).await {
            tracing::debug!(lease = name, "a lease could not be given back; it expires by itself: {error}");
        }
        result
    }

    async fn deliver_in_turn(
        &self,
        told: &Told,
        delivery: &Delivery,
        trace: TraceParent,
        ours_until: Timestamp,
    ) -> Result<(), Trouble> {
        let delivered = self.ledger.delivered(&told.number).await?;
        match Passage::of(&told.kind, told.round, &delivered) {
            Passage::Post => {}
            Passage::Behind => return Err(behind(delivery, Timestamp::now())),
            Passage::LeftOut(why) => {
                self.done(told, "left out", format!("not posted: {why}"), None).await?;
                // Its refusal may have been put down by a process that died before it made the dead letter.
                if told.is_release() && told.round == delivered.release {
                    self.bury_if_refused(told).await?;
                }
                return Ok(());
            }
        }
        self.throttle.pass(Instant::now())?;
        self.ledger.note_posting(&told.number, told.round).await?;
        let trouble = match self.endpoint.post(&told.id, &delivery.body, trace, ours_until).await {
            Ok(()) => return self.taken(told).await,
            Err(Trouble::Refused { problem, .. }) if told.is_release() => {
                return self.rejected(told, problem).await;
            }
            Err(Trouble::Busy(busy)) => return Err(busy.into()),
            Err(trouble) => trouble,
        };
        if let Trouble::Throttled { wait } = trouble {
            self.throttle.begin(wait, Instant::now());
        }
        self.tell_trouble(told, delivery, &trouble).await;
        Err(trouble)
    }

    /// The warehouse answers for it from now on.
    async fn taken(&self, told: &Told) -> Result<(), Trouble> {
        let answer = told.is_release().then_some(Answer::Accepted);
        self.done(told, "taken", told.taken(), answer).await
    }

    async fn rejected(&self, told: &Told, problem: Problem) -> Result<(), Trouble> {
        let what = format!("rejected by the warehouse: {}", problem.reason);
        let answer = Answer::Rejected { reason: problem.reason, unknown_skus: problem.unknown_skus };
        self.done(told, REJECTED, what, Some(answer)).await?;
        self.bury_if_refused(told).await
    }

    async fn bury_if_refused(&self, told: &Told) -> Result<(), Trouble> {
        if let Some(publisher) = &self.publisher {
            bury_if_refused(&*self.ledger, publisher, &told.number, &key(told, REJECTED)).await?;
        }
        Ok(())
    }

    async fn done(
        &self,
        told: &Told,
        step: &str,
        what: String,
        answer: Option<Answer>,
    ) -> Result<(), Trouble> {
        let happening = happening(told, step, what);
        self.ledger.replied(&told.number, told.round, answer.as_ref(), &happening).await?;
        tracing::info!(store.id = %told.store, order.number = %told.number, event.id = told.id, "{}", happening.what);
        Ok(())
    }

    /// Best effort: the trouble itself travels with the message.
    async fn tell_trouble(&self, told: &Told, delivery: &Delivery, trouble: &Trouble) {
        let what = format!("not taken by the warehouse: {}", crossdock_telemetry::chain(trouble));
        let happening = happening(told, &format!("failed/{}", delivery.attempt), what);
        if let Err(error) = self.ledger.tell(&told.store, &told.order_id, &happening).await {
            tracing::warn!(order.number = %told.number, "the timeline could not be written: {error}");
        }
    }
}

#[async_trait]
impl Handler for DeliverOrders {
    async fn route(&self, delivery: &Delivery) -> Result<Route, Failure> {
        let subject = RawEvent::parse(&delivery.body)?.subject;
        let mut hasher = DefaultHasher::new();
        subject.hash(&mut hasher);
        Ok(Route { lane: format!("/delivery/{}", hasher.finish() % LANES_MAX), subject })
    }

    /// One after the other. Once the warehouse as a whole is in trouble, the rest is not tried.
    async fn handle(&self, _lane: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let until = Instant::now() + Duration::from_secs(BATCH_SECS_MAX);
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut wait = None;
        for delivery in &batch {
            if Instant::now() > until {
                wait.get_or_insert(Duration::ZERO);
            }
            let result = match wait {
                Some(wait) => Err(Trouble::NotTried { wait }),
                None => self.deliver(delivery).await,
            };
            if let Err(trouble) = &result {
                wait = wait.or(trouble.of_all());
            }
            outcomes.push(result.into());
        }
        outcomes
    }
}

/// The wait of a change whose order the warehouse does not have yet. Its release comes first, however long it takes.
fn behind(delivery: &Delivery, now: Timestamp) -> Trouble {
    let since = delivery.first_failed_at.map_or(SignedDuration::ZERO, |first| now.duration_since(first));
    let waited = Duration::try_from(since).unwrap_or_default();
    if waited > Duration::from_secs(BEHIND_SECS_MAX) {
        return Trouble::ReleaseMissing;
    }
    let (least, most) = (Duration::from_secs(BEHIND_SECS_MIN), Duration::from_secs(BEHIND_STEP_SECS_MAX));
    Trouble::BehindRelease { wait: waited.clamp(least, most) }
}

fn happening(told: &Told, step: &str, what: String) -> Happening {
    let (key, at) = (key(told, step), Timestamp::now());
    Happening { key, at, role: ROLE, what, cause: told.kind.clone() }
}

/// Under which the timeline tells of it.
fn key(told: &Told, step: &str) -> String {
    format!("{}/{step}", told.id)
}

#[cfg(test)]
mod tests;
