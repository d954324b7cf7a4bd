//! Ecwid's callbacks. Only their time and id are signed, so nothing else of them is believed: the shop must be a configured
//! one, and the order is read anew.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use crossdock_ecwid::{Callback, CallbackSubject, InvalidCallback, Unverified};

use super::{Doorbell, Subject, ring};
use crate::app::App;
use crate::limits::WEBHOOK_BODY_BYTES_MAX;
use crate::publish::event_id;
use crate::read::Arrived;
use crate::refusal::{CallbackError, Refusal};
use crate::routes::RefusedPost;
use crate::verified::{self, VerifyError};
use crate::visit::{Door, Receipt, Taken, Visit};

/// Takes a callback of the shop that its `storeId` names.
#[utoipa::path(
    post, path = "/webhooks/ecwid", operation_id = "ecwid_of_any_store", tag = "webhooks",
    params(("X-Ecwid-Webhook-Signature" = String, Header, description = "Over `{eventCreated}.{eventId}`.")),
    request_body(content = Object, description = "An Ecwid callback, at most 256 KiB."),
    responses((status = 200, description = "The event is stored, or nobody needs it.", body = Receipt), RefusedPost),
)]
pub(crate) async fn of_any_store(State(app): State<Arc<App>>, request: Request) -> Response {
    post(&app, None, request).await
}

/// Takes a callback of this shop.
#[utoipa::path(
    post, path = "/webhooks/ecwid/{store}", operation_id = "ecwid_of_store", tag = "webhooks",
    params(
        ("store" = String, Path, description = "The configured shop's id."),
        ("X-Ecwid-Webhook-Signature" = String, Header, description = "Over `{eventCreated}.{eventId}`."),
    ),
    request_body(content = Object, description = "An Ecwid callback, at most 256 KiB."),
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
    let mut visit = Visit::begin(app, Door::Ecwid, request.headers());
    let result = take(&mut visit, store, request).await;
    visit.end(result)
}

async fn take(visit: &mut Visit<'_>, store: Option<&str>, request: Request) -> Result<Taken, Refusal> {
    let sent = Arrived::read(request, WEBHOOK_BODY_BYTES_MAX, visit.app.limits.body).await?;
    let senders = visit.app.senders.load_full();
    let on_route = store.map(|id| senders.ecwid(id).ok_or(Refusal::NoSuchShop)).transpose()?;
    let parts = Unverified::parse(&sent.body).map_err(VerifyError::Unsignable)?;
    let shop = on_route.or_else(|| senders.ecwid_by_store_id(parts.store_id));
    let shop = shop.filter(|shop| shop.store_id == parts.store_id).ok_or(Refusal::NoSuchShop)?;
    visit.store = Some(shop.id.clone());
    let bell = verified::ecwid(&shop, sent, &parts, visit.now)?
        .try_map(|body| doorbell(&body))
        .map_err(CallbackError::from)?;
    ring(visit, &shop.id, bell).await
}

fn doorbell(body: &[u8]) -> Result<Doorbell, InvalidCallback> {
    let callback = Callback::parse(body)?;
    let subject = match callback.subject() {
        CallbackSubject::Order(id) => Subject::Order(id.clone()),
        CallbackSubject::Product(id) => Subject::Product(id.clone()),
        CallbackSubject::Ignored => Subject::Nothing,
    };
    let id = event_id(&callback.event_id, body);
    Ok(Doorbell { id, time: callback.event_created, cause: callback.event_type, subject })
}
