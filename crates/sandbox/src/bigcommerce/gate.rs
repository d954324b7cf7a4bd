//! What every request passes: journal, faults, quota, token, scope, media types.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::BigcommerceScope::{
    self, InformationReadOnly, InventoryModify, InventoryReadOnly, OrdersModify, OrdersReadOnly,
    ProductsModify, ProductsReadOnly,
};
use super::legacy;
use super::refusal::Refusal;
use super::state::State as Shop;
use crate::faults;
use crate::quota::Reading;
use crate::server::Cut;

/// Notes the request, lets it meet its fault, and lets it in or refuses it.
pub(super) async fn gate(State(shop): State<Arc<Shop>>, request: Request, next: Next) -> Response {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let number =
        shop.journal.arrived(method.as_str(), uri.path_and_query().map_or("/", |whole| whole.as_str()));
    let fault = shop.faults.take(method.as_str(), uri.path());
    let refuse = |status, wait| refused(&shop, uri.path(), status, wait);
    let answering = admit(Arc::clone(&shop), faults::whole(request).await, next);
    let answer = faults::meet(&shop.faults, fault, answering, refuse).await;
    if answer.extensions().get::<Cut>().is_none() {
        shop.journal.answered(number, answer.status().as_u16());
    }
    answer
}

async fn admit(shop: Arc<Shop>, request: Request, next: Next) -> Response {
    let reading = shop.meter.count(Instant::now());
    let mut answer = match check(&shop, &request, reading) {
        Ok(()) => next.run(request).await,
        Err(status) => Refusal::of_path(request.uri().path(), status).into_response(),
    };
    quota_headers(&mut answer, &shop, reading);
    answer
}

/// The status that refuses the request, if one does.
fn check(shop: &Shop, request: &Request, reading: Reading) -> Result<(), u16> {
    let (headers, path) = (request.headers(), request.uri().path());
    if !reading.within {
        return Err(429);
    }
    let (name, credentials) = legacy::credentials(shop);
    if header(headers, name.as_str()) != Some(credentials.as_str()) {
        return Err(401);
    }
    let Some(resource) = path.strip_prefix(shop.base.as_str()) else { return Err(403) };
    if let Some(scope) = scope(request.method(), resource)
        && !may(shop, scope)
    {
        return Err(403);
    }
    let accepted = |value: &str| value.contains("application/json") || value.contains("*/*");
    if !header(headers, ACCEPT.as_str()).is_none_or(accepted) {
        return Err(406);
    }
    let writes = matches!(*request.method(), Method::POST | Method::PUT);
    if writes
        && !header(headers, CONTENT_TYPE.as_str()).is_some_and(|value| value.starts_with("application/json"))
    {
        return Err(415);
    }
    Ok(())
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The scope that a resource below the shop's base wants; none for a resource that there is not.
fn scope(method: &Method, resource: &str) -> Option<BigcommerceScope> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let of = |read: BigcommerceScope, modify: BigcommerceScope| Some(if reads { read } else { modify });
    match resource.split('/').nth(1)? {
        "orders" | "order_statuses" => of(OrdersReadOnly, OrdersModify),
        "catalog" | "products" => of(ProductsReadOnly, ProductsModify),
        "inventory" => of(InventoryReadOnly, InventoryModify),
        "store" => Some(InformationReadOnly),
        _ => None,
    }
}

/// Whether the token has this scope; modify includes read-only.
pub(super) fn may(shop: &Shop, scope: BigcommerceScope) -> bool {
    let also = match scope {
        OrdersReadOnly => OrdersModify,
        ProductsReadOnly => ProductsModify,
        InventoryReadOnly => InventoryModify,
        InformationReadOnly | OrdersModify | ProductsModify | InventoryModify => scope,
    };
    shop.scopes.contains(&scope) || shop.scopes.contains(&also)
}

/// The answer of a fault: an error, with the wait that a throttled client is told.
fn refused(shop: &Shop, path: &str, status: u16, wait: Option<Duration>) -> Response {
    let mut answer = Refusal::of_path(path, status).into_response();
    if let Some(reset) = wait {
        quota_headers(&mut answer, shop, Reading { within: false, left: 0, reset });
    }
    answer
}

/// The four documented headers on each answer, and `X-Retry-After` in seconds on a 429. A legacy account is told this alone: that
/// it is told a quota at all is not documented.
fn quota_headers(answer: &mut Response, shop: &Shop, reading: Reading) {
    let quota = shop.meter.quota();
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let headers = answer.headers_mut();
    if !reading.within {
        headers.insert("x-retry-after", millis(reading.reset).div_ceil(1000).into());
    }
    if shop.legacy.is_some() {
        return;
    }
    headers.insert("x-rate-limit-time-window-ms", millis(quota.window).into());
    headers.insert("x-rate-limit-time-reset-ms", millis(reading.reset).into());
    headers.insert("x-rate-limit-requests-quota", quota.requests.into());
    headers.insert("x-rate-limit-requests-left", reading.left.into());
}
