//! Runs the handler over a message or a batch, and lives through whatever it does.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_domain::Mend;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::time::timeout;
use tracing::debug;

use super::held::Held;
use super::pulse::{Beat, Pulse};
use super::put_off::PutOff;
use super::{Handler, Outcome, Route};
use crate::metrics::QueueMetrics;
use crate::{Failure, Publisher, WorkQueue};

/// Longest time for a batch, in seconds: a handler limits its own calls, this is for one that hangs nonetheless.
pub(crate) const HANDLE_SECS_MAX: u64 = 10 * 60;

/// Longest time for finding a message's lane, in seconds.
const ROUTE_SECS_MAX: u64 = 30;

/// What it takes to work one queue.
pub(super) struct Work {
    pub queue: WorkQueue,
    pub publisher: Publisher,
    pub metrics: Arc<QueueMetrics>,
    pub put_off: PutOff,
    handler: Arc<dyn Handler>,
}

impl Work {
    pub(super) fn new(queue: WorkQueue, publisher: Publisher, handler: Arc<dyn Handler>) -> Self {
        let metrics = publisher.metrics();
        Self { queue, publisher, metrics, put_off: PutOff::default(), handler }
    }

    pub(super) fn prefetch(&self) -> u16 {
        self.handler.prefetch()
    }

    pub(super) fn gathers(&self, lane: &str) -> bool {
        self.handler.gathers(lane)
    }

    /// Takes a delivery and finds its lane.
    pub(super) async fn receive(&self, taken: lapin::message::Delivery) -> (Held, Result<Route, Failure>) {
        let held = Held::new(taken, self.metrics.hold(self.queue.role));
        let routed = guarded(ROUTE_SECS_MAX, self.handler.route(&held.delivery)).await.flatten();
        (held, routed)
    }

    /// Tells the handler that a message is about to become a dead letter.
    pub(super) async fn falls(&self, held: &Held, failure: &Failure) -> Result<(), Failure> {
        let told = self.handler.falls(&held.delivery, &held.route, failure);
        guarded(ROUTE_SECS_MAX, told).await.flatten()
    }

    /// Has one batch of a lane handled, and answers for each of its messages. Returns the lane: it is free again.
    pub(super) async fn handle(self: Arc<Self>, lane: String, batch: Vec<Held>, pulse: Arc<Pulse>) -> String {
        let beat = pulse.begin(lane.clone(), pulse.patience.batch);
        let began = Instant::now();
        let deliveries = batch.iter().map(|held| held.delivery.clone()).collect();
        let handled = guarded(HANDLE_SECS_MAX, self.handler.handle(&lane, deliveries)).await;
        let outcomes = outcomes(batch.len(), handled);
        let role = self.queue.role;
        debug!(
            role,
            store.id = lane,
            messages = batch.len(),
            took_ms = began.elapsed().as_millis(),
            "batch handled"
        );
        self.settle_batch(&batch, outcomes, &beat).await;
        lane
    }

    /// Answers for the messages of a batch, for those about one subject one after the other: they come back, or die, in the order
    /// in which they came.
    async fn settle_batch(&self, batch: &[Held], outcomes: Vec<Outcome>, beat: &Beat) {
        let mut subjects: HashMap<&str, Vec<(&Held, Outcome)>> = HashMap::new();
        let mut alone = Vec::new();
        for (held, outcome) in batch.iter().zip(outcomes) {
            match &held.route.subject {
                Some(subject) => subjects.entry(subject).or_default().push((held, outcome)),
                None => alone.push(vec![(held, outcome)]),
            }
        }
        let in_turn = async |messages: Vec<(&Held, Outcome)>| {
            let mut unsaid = None;
            for (held, outcome) in messages {
                self.settle(held, outcome, &mut unsaid, beat).await;
            }
        };
        join_all(subjects.into_values().chain(alone).map(in_turn)).await;
    }
}

/// Waits for the handler, within a limit. A panic and a hang become failures that count.
pub(crate) async fn guarded<T>(secs_max: u64, running: impl Future<Output = T>) -> Result<T, Failure> {
    match timeout(Duration::from_secs(secs_max), AssertUnwindSafe(running).catch_unwind()).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => {
            Err(failure("handler-panicked", format!("the handler panicked: {}", words(panic.as_ref()))))
        }
        Err(_) => Err(failure("handler-timed-out", format!("the handler did not end within {secs_max} s"))),
    }
}

/// One outcome for each message, also from a handler that returned too few.
fn outcomes(messages: usize, handled: Result<Vec<Outcome>, Failure>) -> Vec<Outcome> {
    let (mut outcomes, missing) = match handled {
        Ok(outcomes) => {
            let chain = format!("the handler returned {} outcomes for {messages} messages", outcomes.len());
            (outcomes, failure("handler-broken", chain))
        }
        Err(failure) => (Vec::new(), failure),
    };
    outcomes.resize(messages, Outcome::Failed(missing));
    outcomes
}

fn failure(class: &'static str, chain: String) -> Failure {
    Failure { class, chain, mend: Mend::Wait }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(outcome: &Outcome) -> &'static str {
        match outcome {
            Outcome::Done => "done",
            Outcome::Failed(failure) => failure.class,
        }
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_that_counts() {
        let panicked = guarded(1, async { panic!("no such {}", "order") }).await;
        let failure = outcomes(2, panicked);
        let [Outcome::Failed(first), Outcome::Failed(second)] = &failure[..] else { panic!("{failure:?}") };
        assert_eq!((first, first.class), (second, "handler-panicked"));
        assert_eq!((first.chain.as_str(), first.mend), ("the handler panicked: no such order", Mend::Wait));
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_hangs_is_cut() {
        let hung = guarded(HANDLE_SECS_MAX, std::future::pending()).await;
        assert_eq!(outcomes(1, hung).iter().map(class).collect::<Vec<_>>(), ["handler-timed-out"]);
    }

    #[test]
    fn each_message_has_one_outcome_whatever_the_handler_returns() {
        let of = |returned: usize| {
            outcomes(2, Ok(vec![Outcome::Done; returned])).iter().map(class).collect::<Vec<_>>()
        };
        assert_eq!(of(2), ["done", "done"]);
        assert_eq!(of(1), ["done", "handler-broken"]);
        assert_eq!(of(3), ["done", "done"]);
    }
}
