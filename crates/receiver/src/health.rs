//! For balancers and operators: is it alive, is it ready, what does it count, what does it speak.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use crossdock_queue::Link;
use crossdock_telemetry::metrics::CONTENT_TYPE;
use serde::Serialize;

use crate::app::App;

/// What is served at `/openapi.json`: what the handlers say, as a test compares.
pub(crate) const OPENAPI: &str = include_str!("../openapi.json");

/// Whether events can be taken now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Readiness {
    /// Whether requests should be sent here.
    ready: bool,
    /// RabbitMQ: `up`, `blocked` or `down`.
    broker: &'static str,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl Readiness {
    fn new(link: &Link, stopping: bool) -> Self {
        let (broker, reason) = match link {
            Link::Up => ("up", None),
            Link::Blocked(_) => ("blocked", Some("RabbitMQ takes no messages now")),
            Link::Down(_) => ("down", Some("RabbitMQ is not connected")),
        };
        let reason = if stopping { Some("the receiver is stopping") } else { reason };
        Self { ready: reason.is_none(), broker, reason }
    }
}

/// Whether the process runs.
#[utoipa::path(get, path = "/livez", tag = "health", responses((status = 200, description = "It runs.")))]
pub(crate) async fn livez() -> &'static str {
    "alive\n"
}

/// Whether requests should be sent here.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "Events can be taken.", body = Readiness),
    (status = 503, description = "RabbitMQ takes nothing, or the receiver is stopping.", body = Readiness),
))]
pub(crate) async fn readyz(State(app): State<Arc<App>>) -> impl IntoResponse {
    let readiness = Readiness::new(&app.publisher.link(), app.stopping.is_cancelled());
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}

/// Counters and gauges in the OpenMetrics text format.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "All metrics of the process.", body = String, content_type = "application/openmetrics-text"),
))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.text())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "health", responses(
    (status = 200, description = "OpenAPI 3.1.", body = Object, content_type = "application/json"),
))]
pub(crate) async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], OPENAPI)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readiness_is_red_while_stopping_and_while_the_broker_takes_nothing() {
        let told = |link, stopping| serde_json::to_string(&Readiness::new(&link, stopping)).unwrap();
        assert_eq!(told(Link::Up, false), r#"{"ready":true,"broker":"up"}"#);
        assert_eq!(
            told(Link::Up, true),
            r#"{"ready":false,"broker":"up","reason":"the receiver is stopping"}"#
        );
        let blocked = told(Link::Blocked("memory".into()), false);
        assert_eq!(
            blocked,
            r#"{"ready":false,"broker":"blocked","reason":"RabbitMQ takes no messages now"}"#
        );
        let down = told(Link::Down("no route to 10.0.0.1".into()), false);
        assert_eq!(down, r#"{"ready":false,"broker":"down","reason":"RabbitMQ is not connected"}"#);
    }
}
