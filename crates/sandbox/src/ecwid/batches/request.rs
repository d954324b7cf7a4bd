//! One request of a batch.

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Shop};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::Fault;
use crate::ecwid::gate::scopes;
use crate::ecwid::products;
use crate::ecwid::refusal::Refusal;
use crate::ecwid::state::State;

/// How often a request is carried out that meets a 5xx: once, and five times again.
const TRIES: u32 = 6;

/// Carries a request out. Its entry in the batch's responses, and whether it failed.
pub(super) async fn carry_out(shop: &Arc<State>, request: &Value) -> (Value, bool) {
    let mut answer = answer(shop, request).await;
    for _ in 1..TRIES {
        if answer.as_ref().is_err_and(|refusal| refusal.status().is_server_error()) {
            answer = self::answer(shop, request).await;
        }
    }
    let (status, body) = match &answer {
        Ok(Json(body)) => (StatusCode::OK, body.clone()),
        Err(refusal) => (refusal.status(), refusal.body()),
    };
    let entry = json!({
        "id": request["id"],
        "status": if answer.is_ok() { "COMPLETED" } else { "FAILED" },
        "escapedHttpBody": body.to_string(),
        "httpStatusCode": status.as_u16(),
        "httpStatusLine": format!("HTTP/1.1 {status}"),
    });
    (entry, answer.is_err())
}

async fn answer(shop: &Arc<State>, request: &Value) -> Result<Json<Value>, Refusal> {
    let (path, method) = (request["path"].as_str().unwrap_or_default(), request["method"].as_str());
    match shop.faults.take(method.unwrap_or_default(), path) {
        Some(Fault::Status(status)) => return Err(Refusal::of_status(status)),
        Some(Fault::Throttle(_)) => return Err(Refusal::of_status(429)),
        _ => {}
    }
    if !shop.meter.count(Instant::now()).within {
        return Err(Refusal::of_status(429));
    }
    let resource = path.trim_start_matches('/');
    if !scopes(&Method::PUT, resource).iter().all(|scope| shop.scopes.contains(scope)) {
        return Err(Refusal::new(403, "INSUFFICIENT_APP_SCOPE", "The app's token lacks the scope"));
    }
    let (shop, body) = (Shop(Arc::clone(shop)), Bytes::from(request["body"].to_string()));
    match (method, resource.split('/').collect::<Vec<_>>().as_slice()) {
        (Some("PUT"), ["products", id]) => products::update(shop, Path((*id).to_owned()), body).await,
        (Some("PUT"), ["products", id, "combinations", combination]) => {
            let path = Path(((*id).to_owned(), (*combination).to_owned()));
            products::update_combination(shop, path, body).await
        }
        _ => Err(Refusal::of_status(422)),
    }
}
