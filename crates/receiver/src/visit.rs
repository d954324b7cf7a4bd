//! One POST from its head to its answer: timed, counted, and logged once.

mod told;

use std::sync::Arc;

use axum::Json;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use crossdock_telemetry::TraceParent;
use http::HeaderValue;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::caller::Caller;
use crate::connection::Peer;
use crate::meters::Tally;
use crate::outcome::Outcome;
use crate::read::Arrived;
use crate::refusal::{Refusal, Sender};
use crate::room::Held;

/// The header that carries a trace.
const TRACEPARENT: &str = "traceparent";

/// Where events come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Door {
    /// BigCommerce's callbacks.
    Bigcommerce,
    /// Ecwid's callbacks.
    Ecwid,
    /// The warehouse's events.
    Warehouse,
}

impl Door {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 3] = [Self::Bigcommerce, Self::Ecwid, Self::Warehouse];

    /// The name in metrics and logs.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Bigcommerce => "bigcommerce",
            Self::Ecwid => "ecwid",
            Self::Warehouse => "warehouse",
        }
    }
}

/// What became of a request that is answered with 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Its events are stored: so many are confirmed by RabbitMQ, and so many are in the spool.
    Stored { published: usize, spooled: usize },
    /// Its event was stored when it came before.
    Repeated,
    /// Nobody needs it; the topic is one of a fixed set.
    Ignored(&'static str),
}

/// The body of a 200.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Receipt {
    /// The request's events that are stored: confirmed by RabbitMQ, now or when they came before, or waiting for it on the
    /// receiver's disk. 0 for a callback that nobody needs.
    published: usize,
}

/// One POST under way.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a App,
    /// When it came.
    pub(crate) now: Timestamp,
    /// The counters of the configured shop that it is for, once that is known.
    pub(crate) tally: Option<Arc<Tally>>,
    /// The same moment for clocks that only go forward.
    pub(crate) began: Instant,
    door: Door,
    caller: Caller,
    held: Held<'a>,
    traceparent: Option<HeaderValue>,
    /// None until something genuine needs one: what strangers send is not parsed for it.
    trace: Option<TraceParent>,
}

impl<'a> Visit<'a> {
    pub(crate) fn begin(app: &'a App, door: Door, request: &Request) -> Self {
        let (headers, peer) = (request.headers(), request.extensions().get::<Peer>());
        Self {
            app,
            now: Timestamp::now(),
            tally: None,
            began: Instant::now(),
            door,
            caller: Caller::of(peer.map(|peer| peer.address), headers, &app.senders.load().proxies),
            held: app.room.hold(),
            traceparent: headers.get(TRACEPARENT).cloned(),
            trace: None,
        }
    }

    /// Reads the request, if its caller may have it read.
    pub(crate) async fn read(&mut self, request: Request, bytes_max: usize) -> Result<Arrived, Refusal> {
        if self.app.failures.refuse(self.caller, self.began) {
            return Err(Refusal::TooManyFailures { forwarded: self.caller.forwarded });
        }
        Arrived::read(request, bytes_max, self.app.limits.body, &mut self.held).await
    }

    /// The trace that its events carry on.
    pub(crate) fn trace(&mut self) -> TraceParent {
        let follow = || TraceParent::follow(self.traceparent.as_ref().and_then(|value| value.to_str().ok()));
        *self.trace.get_or_insert_with(follow)
    }

    /// Counts and logs what became of it, and answers.
    pub(crate) fn end(self, result: Result<Taken, Refusal>) -> Response {
        let (outcome, sender) = match &result {
            Ok(Taken::Stored { spooled: 0, .. }) => (Outcome::Published, Sender::Verified),
            Ok(Taken::Stored { .. }) => (Outcome::Spooled, Sender::Verified),
            // It may have been captured, and so be anybody's.
            Ok(Taken::Repeated) => (Outcome::Repeated, Sender::Unknown),
            Ok(Taken::Ignored(_)) => (Outcome::Ignored, Sender::Verified),
            Err(refusal) => (refusal.outcome(), refusal.sender()),
        };
        let (door, took) = (self.app.meters.door(self.door), self.began.elapsed());
        self.tally.as_deref().unwrap_or(&door.nobody).count(outcome);
        door.took(took);
        let failure = match sender {
            Sender::Failed => self.app.failures.failed(self.caller, self.began),
            Sender::Verified => {
                self.app.failures.verified(self.caller, self.began);
                None
            }
            Sender::Unknown => None,
        };
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(taken) => {
                self.log_taken(taken, took_ms);
                self.receipt(taken)
            }
            Err(refusal) => {
                match sender {
                    Sender::Failed => self.log_failure(&refusal, failure.as_ref(), took_ms),
                    Sender::Verified => self.log_refusal(&refusal, took_ms),
                    // Counted only: whoever brings these about may bring about many.
                    Sender::Unknown => {}
                }
                refusal.into_response()
            }
        }
    }

    fn receipt(&self, taken: Taken) -> Response {
        let stored = match taken {
            Taken::Stored { published, spooled } => {
                self.app.meters.door(self.door).published(published);
                published + spooled
            }
            Taken::Repeated => 1,
            Taken::Ignored(topic) => {
                self.app.meters.ignored(self.door, topic);
                0
            }
        };
        Json(Receipt { published: stored }).into_response()
    }
}
