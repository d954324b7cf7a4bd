//! `/batch`: many requests in one, worked off one after the other while the client asks how far they are.
//!
//! Source: docs.ecwid.com, "Batch requests" (2026-01-14), and the official Java client (2026-07-14). Of what a batch may hold, writes of
//! products and combinations are understood.

mod request;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State as Shop};
use serde_json::{Value, json};

use super::params::Params;
use super::refusal::Refusal;
use super::state::State;

/// Most requests in a batch.
const REQUESTS_MAX: usize = 500;

/// The batches of a shop, in memory.
pub(super) struct Batches {
    pace: Duration,
    /// Held by the batch that is worked off: "Until the earlier batches are fully processed, the later ones will not start".
    turn: tokio::sync::Mutex<()>,
    book: Mutex<Book>,
}

#[derive(Default)]
struct Book {
    by_ticket: BTreeMap<String, Batch>,
    /// Tickets by `deduplicationKey`. An hour, for which they are remembered, is longer than any shop here lives.
    by_key: BTreeMap<String, String>,
    waiting: VecDeque<String>,
}

#[derive(Default)]
struct Batch {
    requests: Vec<Value>,
    stop_on_first_failure: bool,
    answers: Vec<Value>,
    /// How many were begun: those that are answered, and the one that is under way.
    begun: usize,
    /// The rest is not carried out.
    over: bool,
}

impl Batches {
    pub(super) fn new(pace: Duration) -> Self {
        Self { pace, turn: tokio::sync::Mutex::default(), book: Mutex::default() }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the batches")
    }
}

/// Takes a batch, and answers its ticket; for a key that was used before, the earlier batch's.
pub(super) async fn submit(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let requests: Vec<Value> = serde_json::from_slice(&body).map_err(|_| invalid())?;
    let whole = |one: &Value| {
        one["path"].as_str().is_some_and(|path| path.starts_with('/')) && one["method"].is_string()
    };
    if requests.is_empty() || requests.len() > REQUESTS_MAX || !requests.iter().all(whole) {
        return Err(invalid());
    }
    let stop_on_first_failure = params.get("stopOnFirstFailure") != Some("false");
    let key = params.get("deduplicationKey").map(str::to_owned);
    let ticket = {
        let mut book = shop.batches.book();
        if let Some(known) = key.as_ref().and_then(|key| book.by_key.get(key)) {
            return Ok(Json(json!({ "ticket": known })));
        }
        let ticket = format!("11kl140a2-966f-1a9f-b4e6-{:012}", book.by_ticket.len() + 1);
        let batch = Batch { requests, stop_on_first_failure, ..Batch::default() };
        book.by_ticket.insert(ticket.clone(), batch);
        book.by_key.extend(key.map(|key| (key, ticket.clone())));
        book.waiting.push_back(ticket.clone());
        ticket
    };
    tokio::spawn(work_off(shop));
    Ok(Json(json!({ "ticket": ticket })))
}

/// How far a batch is; with `escapedJson`, what each request was answered.
pub(super) async fn progress(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.batches.book();
    let batch = params.get("ticket").and_then(|ticket| book.by_ticket.get(ticket)).ok_or_else(unknown)?;
    let status = match (batch.begun > 0, batch.is_over()) {
        (_, true) => "COMPLETED",
        (true, false) => "IN_PROGRESS",
        (false, false) => "QUEUED",
    };
    let (total, completed) = (batch.requests.len(), batch.answers.len());
    let mut document = json!({ "status": status, "totalRequests": total, "completedRequests": completed });
    if params.get("escapedJson") == Some("true") {
        document["responses"] = batch.responses();
    }
    Ok(Json(document))
}

/// What is not begun yet will not be. What is under way is carried out, though the batch is over, and answered once it is.
pub(super) async fn cancel(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let mut book = shop.batches.book();
    let batch = params.get("ticketId").and_then(|ticket| book.by_ticket.get_mut(ticket));
    batch.ok_or_else(unknown)?.over = true;
    Ok(Json(json!({ "deleteCount": 1 })))
}

/// Works off the batch that waits longest.
async fn work_off(shop: Arc<State>) {
    let _turn = shop.batches.turn.lock().await;
    let Some(ticket) = shop.batches.book().waiting.pop_front() else { return };
    while let Some(request) = next(&shop, &ticket) {
        if !shop.batches.pace.is_zero() {
            tokio::time::sleep(shop.batches.pace).await;
        }
        let (answer, failed) = request::carry_out(&shop, &request).await;
        let mut book = shop.batches.book();
        let Some(batch) = book.by_ticket.get_mut(&ticket) else { return };
        batch.answers.push(answer);
        batch.over |= failed && batch.stop_on_first_failure;
    }
}

fn next(shop: &State, ticket: &str) -> Option<Value> {
    let mut book = shop.batches.book();
    let batch = book.by_ticket.get_mut(ticket)?;
    if batch.is_over() {
        return None;
    }
    batch.begun += 1;
    Some(batch.requests[batch.begun - 1].clone())
}

impl Batch {
    fn is_over(&self) -> bool {
        self.over || self.answers.len() == self.requests.len()
    }

    fn responses(&self) -> Value {
        let open = self.requests.iter().skip(self.begun);
        let open = open.map(|request| json!({ "id": request["id"], "status": "NOT_EXECUTED" }));
        let open = open.filter(|_| self.is_over());
        self.answers.iter().cloned().chain(open).collect()
    }
}

fn invalid() -> Refusal {
    Refusal::new(400, "", "Can't create batch. Batch request body is invalid.")
}

fn unknown() -> Refusal {
    Refusal::new(404, "", "There is no such batch")
}
