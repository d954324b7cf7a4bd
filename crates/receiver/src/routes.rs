//! The routes, and what OpenAPI says of them.

use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use futures_util::FutureExt as _;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::refusal::{Problem, Refusal};
use crate::{health, warehouse, webhooks};

/// The headers of Standard Webhooks.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes headers for OpenAPI; they are read where they are verified")]
pub(crate) struct SignedPost {
    /// The message's id.
    #[param(rename = "webhook-id")]
    id: String,
    /// The time of sending, in seconds since 1970.
    #[param(rename = "webhook-timestamp")]
    timestamp: i64,
    /// `v1,` and base64 of HMAC-SHA256 over `{id}.{timestamp}.{body}`; several are separated by spaces.
    #[param(rename = "webhook-signature")]
    signature: String,
}

/// What a POST may be answered with but 200.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes answers for OpenAPI; `Refusal` makes them")]
pub(crate) enum RefusedPost {
    /// Signed, but not of the documented shape.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Problem),
    /// The signature is missing, wrong, or outside the time window.
    #[response(status = 401, content_type = "application/problem+json")]
    Unverified(Problem),
    /// No such shop.
    #[response(status = 404, content_type = "application/problem+json")]
    NoSuchShop(Problem),
    /// The body did not arrive in time.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(Problem),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Problem),
    /// Too many requests of this address were not verified: this one was not read.
    #[response(status = 429, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    TooManyFailures(Problem),
    /// A defect of the receiver: send it again, with the same ids.
    #[response(status = 500, content_type = "application/problem+json")]
    Panicked(Problem),
    /// Not stored, or too much is being taken at once: send it again after `Retry-After`, with the same ids.
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    Unpublished(Problem),
}

/// What a GET may be answered with but 200.
#[derive(utoipa::IntoResponses)]
#[expect(dead_code, reason = "describes answers for OpenAPI; `Refusal` makes them")]
pub(crate) enum RefusedGet {
    /// Too many requests of this address were not verified.
    #[response(status = 429, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    TooManyFailures(Problem),
    /// A defect of the receiver.
    #[response(status = 500, content_type = "application/problem+json")]
    Panicked(Problem),
    /// All places for connections are taken.
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    Overloaded(Problem),
}

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Crossdock receiver",
    description = "Takes shops' webhooks and the warehouse's events. 200 means that the event is stored and will be handled. A path is also known with a slash at its end, where it takes a POST. Another method is answered 405, another path 404, with a problem.",
    license(name = "MIT OR Apache-2.0"),
))]
struct Description;

/// All routes over this state.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, _) = described().split_for_parts();
    with_slashes(router)
        .fallback(async |app: State<Arc<App>>| nowhere(&app, &Refusal::NoSuchRoute))
        .method_not_allowed_fallback(async |app: State<Arc<App>>| nowhere(&app, &Refusal::Method))
        .with_state(app)
}

/// The routes that take no event, over this state.
pub(crate) fn health_router(app: Arc<App>) -> Router {
    Router::new()
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(async |app: State<Arc<App>>| nowhere(&app, &Refusal::NoSuchRoute))
        .method_not_allowed_fallback(async |app: State<Arc<App>>| nowhere(&app, &Refusal::Method))
        .with_state(app)
}

/// The routes for POSTs once more, as somebody may have told them to a platform: with a slash at their end.
fn with_slashes(router: Router<Arc<App>>) -> Router<Arc<App>> {
    router
        .route("/webhooks/bigcommerce/", post(webhooks::bigcommerce::of_any_store))
        .route("/webhooks/bigcommerce/{store}/", post(webhooks::bigcommerce::of_store))
        .route("/webhooks/ecwid/", post(webhooks::ecwid::of_any_store))
        .route("/webhooks/ecwid/{store}/", post(webhooks::ecwid::of_store))
        .route("/warehouse/events/", post(warehouse::events))
}

fn nowhere(app: &App, refusal: &Refusal) -> Response {
    app.meters.nowhere.count(refusal.outcome());
    refusal.into_response()
}

fn described() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(webhooks::bigcommerce::of_any_store))
        .routes(routes!(webhooks::bigcommerce::of_store))
        .routes(routes!(webhooks::ecwid::of_any_store))
        .routes(routes!(webhooks::ecwid::of_store))
        .routes(routes!(warehouse::events))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
        .routes(routes!(health::openapi))
}

/// The answer of a handler, also of one that panics. Its own words went to standard error already, by the panic hook.
pub(crate) async fn guarded(
    app: &App,
    answering: impl Future<Output = Result<Response, Infallible>>,
) -> Response {
    match AssertUnwindSafe(answering).catch_unwind().await {
        Ok(Ok(response)) => response,
        Err(_) => {
            app.meters.panics.inc();
            tracing::error!("a request's handler panicked");
            Refusal::Panicked.into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `make schemas` sets this to write the file instead of comparing it.
    const WRITE: &str = "CROSSDOCK_WRITE_SCHEMAS";

    #[test]
    fn the_served_description_is_what_the_handlers_say() {
        let said = described().into_openapi().to_pretty_json().unwrap() + "\n";
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json"), &said).unwrap();
            return;
        }
        assert!(said == health::OPENAPI, "openapi.json is not what the handlers say: run `make schemas`");
    }
}
