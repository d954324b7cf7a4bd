//! Where a warehouse takes its orders over HTTP, in place of its queue: each event once, however often it is posted.

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use crossdock_domain::Sku;
use crossdock_events::standard_webhooks::{Key, TOLERANCE_SECS};
use crossdock_events::{EventData, OrderAmended, OrderReleased, RawEvent};
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Warehouse;
use crate::faults::{self, Faults};
use crate::server::{self, Cut};
use crate::signing;

/// The one resource.
const PATH: &str = "/orders";

/// A door that is open, and a warehouse behind it once that is started.
pub struct Door {
    listener: Mutex<Option<TcpListener>>,
    address: SocketAddr,
    keys: Vec<Key>,
    faults: Faults,
    posts: Mutex<Vec<Post>>,
    taken: Mutex<HashSet<String>>,
}

/// A request that came with a signature that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// The event's id.
    pub id: String,
    /// The event's type.
    pub kind: String,
    /// The event's subject: the order's number.
    pub subject: String,
    /// As the header had it.
    pub traceparent: Option<String>,
    /// What it was answered; 0: not yet, or the connection was cut before the answer.
    pub status: u16,
}

impl Door {
    /// Opens it at this address; requests are to be signed with one of these keys.
    ///
    /// # Errors
    /// If the address cannot be listened on: choose another, or port 0.
    pub async fn open(listen: SocketAddr, keys: Vec<Key>) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Arc::new(Self {
            listener: Mutex::new(Some(listener)),
            address,
            keys,
            faults: Faults::default(),
            posts: Mutex::default(),
            taken: Mutex::default(),
        }))
    }

    /// What goes into `warehouse.url`.
    pub fn url(&self) -> Url {
        format!("http://{}{PATH}", self.address).parse().expect("an address and a path make a URL")
    }

    /// The trouble that the next requests meet.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Every signed request, in order of arrival.
    pub fn posts(&self) -> Vec<Post> {
        locked(&self.posts).clone()
    }

    /// Serves it, once, until told to stop.
    pub(super) fn serve(self: &Arc<Self>, warehouse: Arc<Warehouse>, stop: CancellationToken) {
        if let Some(listener) = locked(&self.listener).take() {
            let state = (self.clone(), warehouse);
            server::serve(listener, Router::new().fallback(receive).with_state(state), stop);
        }
    }

    /// The event's id, or why a request is refused before its event is looked at.
    fn check(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<String, (u16, &'static str)> {
        let refused = |status, title| Err((status, title));
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, signature) = (text("webhook-id"), text("webhook-signature"));
        let Ok(sent) = text("webhook-timestamp").parse::<i64>() else {
            return refused(401, "webhook-timestamp is no number of seconds");
        };
        let signs = |key: &Key| {
            let expected = signing::standard_webhooks(key.expose_secret(), id, sent, body);
            signature.split(' ').any(|given| given == expected)
        };
        if now.as_second().abs_diff(sent) > TOLERANCE_SECS.unsigned_abs() || !self.keys.iter().any(signs) {
            return refused(401, "the signature does not hold");
        }
        if text(CONTENT_TYPE.as_str()) != "application/cloudevents+json" {
            return refused(415, "one CloudEvent in structured JSON is taken here");
        }
        if text("idempotency-key") != id {
            return refused(400, "idempotency-key and webhook-id differ");
        }
        Ok(id.to_owned())
    }
}

async fn receive(
    State((door, warehouse)): State<(Arc<Door>, Arc<Warehouse>)>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if uri.path() != PATH {
        return problem(404, "there is nothing here");
    }
    let id = match door.check(&headers, &body, Timestamp::now()) {
        Ok(id) => id,
        Err((status, title)) => return problem(status, title),
    };
    let Some(event) = RawEvent::parse(&body).ok().filter(|event| event.id == id) else {
        return problem(400, "webhook-id and the event's id differ");
    };
    let number = {
        let mut posts = locked(&door.posts);
        let traceparent = headers.get("traceparent").and_then(|value| Some(value.to_str().ok()?.to_owned()));
        let (kind, subject) = (event.kind.clone(), event.subject.clone().unwrap_or_default());
        posts.push(Post { id: id.clone(), kind, subject, traceparent, status: 0 });
        posts.len() - 1
    };
    let fault = door.faults.take("POST", PATH);
    let taker = Arc::clone(&door);
    let taking = async move { take(&taker, &warehouse, event, &body) };
    let answer = faults::meet(&door.faults, fault, taking, refusal).await;
    if answer.extensions().get::<Cut>().is_none() {
        locked(&door.posts)[number].status = answer.status().as_u16();
    }
    answer
}

/// Takes an event, unless it is an order with a SKU that is not kept here. One that is known is answered as it was when it was taken.
fn take(door: &Door, warehouse: &Warehouse, event: RawEvent, body: &[u8]) -> Response {
    let id = event.id.clone();
    if locked(&door.taken).contains(&id) {
        return accepted();
    }
    let unknown = unknown_skus(warehouse, event);
    if !unknown.is_empty() {
        let names = unknown.iter().map(|sku| format!("'{sku}'")).collect::<Vec<_>>().join(", ");
        let detail = format!("the warehouse does not keep {names}");
        let members = json!({ "title": "Unknown SKU", "detail": detail, "unknown_skus": unknown });
        return document(422, members);
    }
    if warehouse.take(body).is_err() {
        return problem(400, "the event is not of its documented shape");
    }
    locked(&door.taken).insert(id);
    accepted()
}

fn accepted() -> Response {
    (StatusCode::ACCEPTED, Json(json!({ "status": "accepted" }))).into_response()
}

fn unknown_skus(warehouse: &Warehouse, event: RawEvent) -> Vec<Sku> {
    let order = match event.kind.as_str() {
        OrderReleased::TYPE => event.read::<OrderReleased>().map(|event| event.data).ok(),
        OrderAmended::TYPE => event.read::<OrderAmended>().map(|event| event.data.order).ok(),
        _ => None,
    };
    let skus = order.into_iter().flat_map(|order| order.lines).map(|line| line.sku);
    skus.filter(|sku| warehouse.level(sku.as_str()).is_none()).collect()
}

/// The answer of a fault.
fn refusal(status: u16, wait: Option<Duration>) -> Response {
    let mut answer = problem(status, "the warehouse was told to answer so");
    if let Some(wait) = wait {
        answer.headers_mut().insert(RETRY_AFTER, wait.as_secs().into());
    }
    answer
}

fn problem(status: u16, title: &str) -> Response {
    document(status, json!({ "title": title }))
}

/// RFC 9457.
fn document(status: u16, mut members: Value) -> Response {
    members["status"] = status.into();
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/problem+json")], members.to_string()).into_response()
}

fn locked<T>(one: &Mutex<T>) -> MutexGuard<'_, T> {
    one.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
