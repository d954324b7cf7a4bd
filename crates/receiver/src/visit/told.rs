//! What the log is told of a POST: each once, and of a flood only some.

use crossdock_telemetry::{TraceParent, chain};

use super::{Taken, Visit};
use crate::failures::Line;
use crate::meters::Tally;
use crate::outcome::Outcome;
use crate::refusal::Refusal;

impl Visit<'_> {
    pub(super) fn log_taken(&self, taken: Taken, took_ms: u64) {
        let (route, store) = (self.door.name(), self.tally.as_deref().map(Tally::store));
        match taken {
            Taken::Stored { published, spooled } => tracing::debug!(
                route,
                store.id = store,
                trace.id = self.trace.map(TraceParent::trace_id),
                published,
                spooled,
                took_ms,
                "events were taken"
            ),
            Taken::Repeated => {
                tracing::debug!(route, store.id = store, took_ms, "an event came again that is stored");
            }
            Taken::Ignored(topic) => tracing::debug!(
                route,
                store.id = store,
                trace.id = self.trace.map(TraceParent::trace_id),
                topic,
                took_ms,
                "a callback was dropped"
            ),
        }
    }

    /// Of a flood of forged requests only few are told.
    pub(super) fn log_failure(&self, refusal: &Refusal, line: Option<&Line>, took_ms: u64) {
        let Some(&Line { untold, over }) = line else { return };
        let (route, store) = (self.door.name(), self.tally.as_deref().map(Tally::store));
        let (error, address) = (chain(refusal), self.caller.to_string());
        let words = if refusal.outcome() == Outcome::Stale {
            "a request was refused for its time: it was sent again, or a clock is wrong, here or at the sender"
        } else {
            "a request was refused"
        };
        tracing::warn!(route, store.id = store, client.address = address, error, untold, took_ms, "{words}");
        if over {
            tracing::warn!(
                client.address = address,
                "this address has too many failed verifications; if it is a proxy's, name it in receiver.trusted_proxies"
            );
        }
    }

    /// While nothing can be stored, all that is genuine is refused: of that, too, only some is told.
    pub(super) fn log_refusal(&self, refusal: &Refusal, took_ms: u64) {
        let lines = self.app.refusal_lines.lock();
        let line = lines.expect("nobody panics while holding the log lines").next(self.began);
        let Some(untold) = line else { return };
        let (route, store) = (self.door.name(), self.tally.as_deref().map(Tally::store));
        let trace = self.trace.map(TraceParent::trace_id);
        match refusal {
            // Its chain quotes what was sent: that goes to the sender only.
            Refusal::Event(bad) => {
                let (class, index) = (bad.class(), bad.index);
                tracing::warn!(
                    route,
                    trace.id = trace,
                    event.index = index,
                    error.class = class,
                    untold,
                    took_ms,
                    "events were refused"
                );
            }
            refusal if refusal.status().is_server_error() => {
                let error = chain(refusal);
                tracing::error!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    error,
                    untold,
                    took_ms,
                    "events could not be taken"
                );
            }
            refusal => {
                let error = chain(refusal);
                tracing::warn!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    error,
                    untold,
                    took_ms,
                    "a request was refused"
                );
            }
        }
    }
}
