//! BigCommerce's callbacks.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use crossdock_bigcommerce::{Callback, CallbackSubject, store_hash_hint};
use jiff::Timestamp;

use super::{Doorbell, Subject, ring};
use crate::app::App;
use crate::limits::WEBHOOK_BODY_BYTES_MAX;
use crate::publish::event_id;
use crate::refusal::{CallbackError, Refusal};
use crate::routes::{RefusedPost, SignedPost};
use crate::senders::BigcommerceShop;
use crate::verified::{self, VerifyError};
use crate::visit::{Door, Receipt, Taken, Visit};

/// Takes a callback of the shop that its `producer` names.
#[utoipa::path(
    post, path = "/webhooks/bigcommerce", operation_id = "bigcommerce_of_any_store", tag = "webhooks",
    params(SignedPost),
    request_body(content = Object, description = "A BigCommerce callback, at most 256 KiB."),
    responses((status = 200, description = "The event is stored, or nobody needs it.", body = Receipt), RefusedPost),
)]
pub(crate) async fn of_any_store(State(app): State<Arc<App>>, request: Request) -> Response {
    post(&app, None, request).await
}

/// Takes a callback of this shop.
#[utoipa::path(
    post, path = "/webhooks/bigcommerce/{store}", operation_id = "bigcommerce_of_store", tag = "webhooks",
    params(("store" = String, Path, description = "The configured shop's id."), SignedPost),
    request_body(content = Object, description = "A BigCommerce callback, at most 256 KiB."),
    responses((status = 200, description = "The event is stored, or nobody needs it.", body = Receipt), RefusedPost),
)]
pub(crate) async fn of_store(
    State(app): State<Arc<App>>,
    store: Result<Path<String>, PathRejection>,
    request: Request,
) -> Response {
    let store = store.map_or_else(|_| String::new(), |Path(store)| store);
    post(&app, Some(&store), request).await
}

async fn post(app: &App, store: Option<&str>, request: Request) -> Response {
    let mut visit = Visit::begin(app, Door::Bigcommerce, &request);
    let result = take(&mut visit, store, request).await;
    visit.end(result)
}

async fn take(visit: &mut Visit<'_>, store: Option<&str>, request: Request) -> Result<Taken, Refusal> {
    let sent = visit.read(request, WEBHOOK_BODY_BYTES_MAX).await?;
    let shop = find(visit.app, store, &sent.body)?;
    visit.tally = Some(Arc::clone(&shop.tally));
    let (now, body) = (visit.now, sent.body.clone());
    let callback = verified::bigcommerce(&shop, sent, now)?
        .try_map(|body| Callback::parse(&body))
        .map_err(CallbackError::from)?;
    // Several shops may share one app's secret: what one of them signed is not another's.
    if callback.get().store_hash != shop.store_hash {
        return Err(Refusal::OtherShop);
    }
    ring(visit, &shop.id, callback.map(|callback| doorbell(&callback, &body, now))).await
}

/// The shop of the route, else the one that the body seems to name: that only picks the secrets to verify with.
fn find(app: &App, store: Option<&str>, body: &[u8]) -> Result<Arc<BigcommerceShop>, Refusal> {
    let senders = app.senders.load();
    let shop = match store {
        Some(id) => senders.bigcommerce(id),
        None => senders.bigcommerce_by_hash(store_hash_hint(body).ok_or(VerifyError::Nameless)?),
    };
    shop.ok_or(Refusal::NoSuchShop)
}

fn doorbell(callback: &Callback, body: &[u8], now: Timestamp) -> Doorbell {
    let subject = match callback.subject() {
        CallbackSubject::Order(id) => Subject::Order(id.clone()),
        CallbackSubject::Product(id) => Subject::Product(id.clone()),
        CallbackSubject::Ignored => Subject::Nothing,
    };
    Doorbell {
        id: event_id(&callback.event_id(), body),
        time: callback.created_at.unwrap_or(now),
        cause: callback.scope.clone(),
        subject,
    }
}
