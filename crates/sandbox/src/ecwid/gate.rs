//! What every request passes: journal, faults, rate limit, token, scope, media type.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::EcwidScope::{self, ReadCatalog, ReadOrders, ReadStoreProfile, UpdateCatalog, UpdateOrders};
use super::refusal::Refusal;
use super::state::State as Shop;
use crate::faults;
use crate::server::Cut;

/// Notes the request, lets it meet its fault, and lets it in or refuses it.
pub(super) async fn gate(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let number =
        shop.journal.arrived(method.as_str(), uri.path_and_query().map_or("/", |whole| whole.as_str()));
    let fault = shop.faults.take(method.as_str(), uri.path());
    let refuse = |status, wait: Option<Duration>| match wait {
        Some(wait) => throttled(wait),
        None => Refusal::of_status(status).into_response(),
    };
    let answering = admit(Arc::clone(&shop), faults::whole(request).await, next);
    let answer = faults::meet(&shop.faults, fault, answering, refuse).await;
    if answer.extensions().get::<Cut>().is_none() {
        shop.journal.answered(number, answer.status().as_u16());
    }
    answer
}

async fn admit(shop: Arc<Shop>, request: Request, next: Next) -> Response {
    let reading = shop.meter.count(Instant::now());
    if !reading.within {
        return throttled(reading.reset);
    }
    match check(&shop, &request) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

fn check(shop: &Shop, request: &Request) -> Result<(), Refusal> {
    let (headers, uri) = (request.headers(), request.uri());
    let Some(resource) = uri.path().strip_prefix(shop.base.as_str()) else {
        return Err(Refusal::of_status(if uri.path().starts_with("/api/v3/") { 403 } else { 422 }));
    };
    if token(headers, uri).as_deref() != Some(shop.access_token().as_str()) {
        return Err(Refusal::of_status(403));
    }
    let granted = |scope| shop.scopes.contains(&scope);
    if !scopes(request.method(), resource).iter().copied().all(granted) {
        let message = "The app's token has not the scope that the request needs";
        return Err(Refusal::new(403, "INSUFFICIENT_APP_SCOPE", message));
    }
    let json = |value: &str| value.starts_with("application/json") || value.starts_with("text/json");
    let writes = matches!(*request.method(), Method::POST | Method::PUT);
    if writes && !header(headers, CONTENT_TYPE).is_some_and(json) {
        return Err(Refusal::of_status(415));
    }
    Ok(())
}

/// The bearer's token, or in the way of 2019 the query's.
fn token(headers: &HeaderMap, uri: &Uri) -> Option<String> {
    if let Some(value) = header(headers, AUTHORIZATION) {
        return value.strip_prefix("Bearer ").map(str::to_owned);
    }
    let query = url::form_urlencoded::parse(uri.query()?.as_bytes());
    query.into_iter().find(|(name, _)| name == "token").map(|(_, value)| value.into_owned())
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

/// The scopes that a resource below the shop's base wants; none for a resource that there is not.
pub(super) fn scopes(method: &Method, resource: &str) -> &'static [EcwidScope] {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    match (resource.split('/').next().unwrap_or_default(), reads) {
        ("orders", true) => &[ReadOrders],
        ("orders", false) => &[UpdateOrders],
        ("products", true) => &[ReadCatalog],
        ("products", false) => &[UpdateCatalog],
        ("profile", _) => &[ReadStoreProfile],
        _ => &[],
    }
}

/// 429 with the wait in whole seconds.
fn throttled(wait: Duration) -> Response {
    let seconds = wait.as_millis().div_ceil(1000).to_string();
    ([(RETRY_AFTER, seconds)], Refusal::of_status(429)).into_response()
}
