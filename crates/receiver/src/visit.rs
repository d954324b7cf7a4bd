//! One POST from its head to its answer: timed, counted, and logged once.

use axum::Json;
use axum::response::{IntoResponse, Response};
use crossdock_domain::StoreId;
use crossdock_telemetry::{TraceParent, chain};
use http::HeaderMap;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;

use crate::app::App;
use crate::refusal::Refusal;

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
    /// Nobody needs it; the topic is one of a fixed set.
    Ignored(&'static str),
}

/// The body of a 200.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Receipt {
    /// Events that are stored now; 0 for a callback that nobody needs.
    published: usize,
}

/// One POST under way.
pub(crate) struct Visit<'a> {
    pub(crate) app: &'a App,
    /// When it came.
    pub(crate) now: Timestamp,
    /// The trace that its events carry on.
    pub(crate) trace: TraceParent,
    /// The configured shop that it is for, once that is known.
    pub(crate) store: Option<StoreId>,
    door: Door,
    began: Instant,
}

impl<'a> Visit<'a> {
    pub(crate) fn begin(app: &'a App, door: Door, headers: &HeaderMap) -> Self {
        let traceparent = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        let trace = TraceParent::follow(traceparent);
        Self { app, now: Timestamp::now(), trace, store: None, door, began: Instant::now() }
    }

    /// Counts and logs what became of it, and answers.
    pub(crate) fn end(self, result: Result<Taken, Refusal>) -> Response {
        let outcome = match &result {
            Ok(Taken::Stored { spooled: 0, .. }) => "published",
            Ok(Taken::Stored { .. }) => "spooled",
            Ok(Taken::Ignored(_)) => "ignored",
            Err(refusal) => refusal.code(),
        };
        let took = self.began.elapsed();
        self.app.meters.answered(self.door, self.store.as_ref(), outcome, took);
        self.log(&result, u64::try_from(took.as_millis()).unwrap_or(u64::MAX));
        match result {
            Ok(Taken::Stored { published, spooled }) => {
                self.app.meters.published(self.door, published);
                Json(Receipt { published: published + spooled }).into_response()
            }
            Ok(Taken::Ignored(topic)) => {
                self.app.meters.ignored(self.door, topic);
                Json(Receipt { published: 0 }).into_response()
            }
            Err(refusal) => refusal.into_response(),
        }
    }

    fn log(&self, result: &Result<Taken, Refusal>, took_ms: u64) {
        let (route, trace) = (self.door.name(), self.trace.trace_id());
        let store = self.store.as_ref().map(StoreId::as_str);
        match result {
            Ok(Taken::Stored { published, spooled }) => {
                tracing::debug!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    published,
                    spooled,
                    took_ms,
                    "events were taken"
                );
            }
            Ok(Taken::Ignored(topic)) => {
                tracing::debug!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    topic,
                    took_ms,
                    "a callback was dropped"
                );
            }
            // Its chain quotes what was sent: that goes to the sender only.
            Err(Refusal::Event(bad)) => {
                let (class, index) = (bad.class(), bad.index);
                tracing::warn!(
                    route,
                    trace.id = trace,
                    event.index = index,
                    error.class = class,
                    took_ms,
                    "events were refused"
                );
            }
            Err(refusal) if refusal.status().is_server_error() => {
                let error = chain(refusal);
                tracing::error!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    error,
                    took_ms,
                    "events could not be taken"
                );
            }
            Err(refusal) => {
                let error = chain(refusal);
                tracing::warn!(
                    route,
                    store.id = store,
                    trace.id = trace,
                    error,
                    took_ms,
                    "a request was refused"
                );
            }
        }
    }
}
