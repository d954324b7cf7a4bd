//! The routes, and what OpenAPI says of them.

use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse as _, Response};
use tower_http::catch_panic::CatchPanicLayer;
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
    /// Not stored: send it again after `Retry-After`, with the same ids.
    #[response(status = 503, content_type = "application/problem+json", headers(("Retry-After" = u64, description = "Seconds.")))]
    Unpublished(Problem),
}

#[derive(utoipa::OpenApi)]
#[openapi(info(
    title = "Crossdock receiver",
    description = "Takes shops' webhooks and the warehouse's events. 200 means that the event is stored and will be handled.",
    license(name = "MIT OR Apache-2.0"),
))]
struct Description;

/// All routes over this state.
pub(crate) fn router(app: Arc<App>) -> Router {
    let (router, _) = described().split_for_parts();
    router
        .fallback(async || Refusal::NoSuchRoute)
        .method_not_allowed_fallback(async || Refusal::Method)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(app)
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

/// The panic's own words went to standard error already, by the panic hook.
fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a request's handler panicked");
    Refusal::Panicked.into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::routing::get;
    use http::{Request, StatusCode};
    use tower::ServiceExt as _;

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

    #[tokio::test]
    async fn a_panic_is_answered_with_a_problem_and_nothing_of_its_words() {
        let handler = async || -> &'static str { panic!("secret") };
        let router: Router = Router::new().route("/", get(handler)).layer(CatchPanicLayer::custom(panicked));
        let response = router.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        let body = axum::body::to_bytes(response.into_body(), 4096).await.unwrap();
        assert!(!body.windows(6).any(|window| window == b"secret"));
    }
}
