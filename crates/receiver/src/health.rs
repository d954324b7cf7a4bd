//! For balancers and operators: is it alive, is it ready, what does it count, what does it speak.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use crossdock_queue::Link;
use crossdock_telemetry::metrics::CONTENT_TYPE;
use jiff::Timestamp;
use serde::Serialize;

use crate::app::App;
use crate::refusal::Problem;
use crate::routes::RefusedGet;
use crate::spool::Depth;

/// What is served at `/openapi.json`: what the handlers say, as a test compares.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// Whether events can be taken now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    /// Whether requests should be sent here.
    ready: bool,
    /// RabbitMQ: `up`, `blocked` or `down`.
    broker: &'static str,
    /// What waits in the spool; absent if that is turned off.
    #[serde(skip_serializing_if = "Option::is_none")]
    spool: Option<SpoolReadiness>,
    /// Roles of this process whose consumers hold messages and do not get on; absent if none does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stalled: Vec<&'static str>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// What waits for RabbitMQ on this machine's disk.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct SpoolReadiness {
    /// `ok`, `full`, or `failing`: its file cannot be read or written.
    state: &'static str,
    /// Events.
    events: u64,
    /// What counts towards `receiver.spool_bytes_max`.
    bytes: u64,
    /// Age of the oldest event, in seconds.
    oldest_age_seconds: u64,
}

impl SpoolReadiness {
    fn new(depth: &Depth, has_room: bool, now: Timestamp) -> Self {
        let state = match (has_room, depth.failing) {
            (true, _) => "ok",
            (false, true) => "failing",
            (false, false) => "full",
        };
        let oldest_age_seconds = depth.age(now).as_secs();
        Self { state, events: depth.events, bytes: depth.bytes, oldest_age_seconds }
    }
}

impl Readiness {
    /// `unready` stands against all else.
    fn new(link: &Link, spool: Option<SpoolReadiness>, unready: Option<&str>) -> Self {
        let (broker, reason) = match link {
            Link::Up => ("up", None),
            Link::Blocked(_) => ("blocked", Some("RabbitMQ takes no messages now")),
            Link::Down(_) => ("down", Some("RabbitMQ is not connected")),
        };
        let reason = match (unready, reason, &spool) {
            (Some(why), ..) | (None, Some(why), None) => Some(why.to_owned()),
            (None, None, _) | (None, _, Some(SpoolReadiness { state: "ok", .. })) => None,
            (None, Some(why), Some(SpoolReadiness { state, .. })) => {
                Some(format!("{why}, and the spool is {state}"))
            }
        };
        Self { ready: reason.is_none(), broker, spool, stalled: Vec::new(), reason }
    }
}

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "health", responses(
    (status = 200, description = "It runs."), RefusedGet,
))]
pub(crate) async fn livez() -> &'static str {
    "alive\n"
}

/// Whether requests should be sent here.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    RefusedGet,
    (status = 200, description = "Events can be taken.", body = Readiness),
    (status = 503, description = "Neither RabbitMQ nor the spool takes anything, or the receiver is stopping; or, as a problem, all places for connections are taken.",
        content((Readiness = "application/json"), (Problem = "application/problem+json"))),
))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> impl IntoResponse {
    let spool = app.outlet.spool();
    let spool = spool.map(|(depth, has_room)| SpoolReadiness::new(&depth, has_room, Timestamp::now()));
    let stalled = app.outlet.stalled();
    let readiness = Readiness::new(&app.outlet.link(), spool, app.unready());
    let readiness = Readiness { stalled, ..readiness };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// Counters and gauges in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "All metrics of the process.", body = String, content_type = "application/openmetrics-text"),
    RefusedGet,
))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    let gauge = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    app.meters.bodies_bytes.set(gauge(app.room.held()));
    app.meters.failing_addresses.set(gauge(app.failures.addresses()));
    if let Some((depth, _)) = app.outlet.spool() {
        app.meters.spool.holds(&depth, Timestamp::now());
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.text())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses(
    (status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"),
    RefusedGet,
))]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_red_while_stopping_and_while_the_broker_takes_nothing() {
        let told = |link, unready| serde_json::to_string(&Readiness::new(&link, None, unready)).unwrap();
        assert_eq!(told(Link::Up, None), r#"{"ready":true,"broker":"up"}"#);
        assert_eq!(
            told(Link::Up, Some("the receiver is stopping")),
            r#"{"ready":false,"broker":"up","reason":"the receiver is stopping"}"#
        );
        let blocked = told(Link::Blocked("memory".into()), None);
        assert_eq!(
            blocked,
            r#"{"ready":false,"broker":"blocked","reason":"RabbitMQ takes no messages now"}"#
        );
        let down = told(Link::Down("no route to 10.0.0.1".into()), None);
        assert_eq!(down, r#"{"ready":false,"broker":"down","reason":"RabbitMQ is not connected"}"#);
    }

    #[test]
    fn a_spool_with_room_keeps_it_ready_while_the_broker_takes_nothing() {
        let now = Timestamp::from_second(1_760_000_000).unwrap();
        let oldest = Some(Timestamp::from_second(1_759_999_970).unwrap());
        let told = |has_room, failing, stopping: bool| {
            let depth = Depth { events: 2, bytes: 2_048, oldest, failing };
            let spool = SpoolReadiness::new(&depth, has_room, now);
            let unready = stopping.then_some("the receiver is stopping");
            serde_json::to_string(&Readiness::new(&Link::Down("away".into()), Some(spool), unready)).unwrap()
        };
        assert_eq!(
            told(true, false, false),
            r#"{"ready":true,"broker":"down","spool":{"state":"ok","events":2,"bytes":2048,"oldest_age_seconds":30}}"#
        );
        assert!(told(true, false, true).contains(r#""ready":false"#));
        assert!(
            told(false, false, false)
                .contains(r#""reason":"RabbitMQ is not connected, and the spool is full""#)
        );
        assert!(
            told(false, true, false)
                .contains(r#""reason":"RabbitMQ is not connected, and the spool is failing""#)
        );
    }
}
