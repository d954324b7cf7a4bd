//! Ecwid's callbacks. Only their time and id are signed, so nothing else of them is believed: the shop must be a configured
//! one, and the order is read anew.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use crossdock_ecwid::{
    Callback, CallbackSubject, InvalidCallback, SIGNATURE_HEADER, Unverified, WebhookRefusal,
};

use super::{Doorbell, Subject, ring};
use crate::app::App;
use crate::limits::WEBHOOK_BODY_BYTES_MAX;
use crate::publish::event_id;
use crate::read::Arrived;
use crate::refusal::{CallbackError, Refusal};
use crate::routes::RefusedPost;
use crate::seen_events::Sighting;
use crate::senders::EcwidShop;
use crate::verified::{self, VerifyError};
use crate::visit::{Door, Receipt, Taken, Visit};

/// The causes that events tell on. What Ecwid calls an event is not signed, so no other words of a callback are carried further.
///
/// Source: docs.ecwid.com, List of webhook events (read 2026-11).
const CAUSES: [&str; 6] = [
    "order.created",
    "order.updated",
    "order.deleted",
    "product.created",
    "product.updated",
    "product.deleted",
];

/// In place of a cause that is not known.
const CAUSE_OTHER: &str = "other";

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
    let mut visit = Visit::begin(app, Door::Ecwid, &request);
    let result = take(&mut visit, store, request).await;
    visit.end(result)
}

async fn take(visit: &mut Visit<'_>, store: Option<&str>, request: Request) -> Result<Taken, Refusal> {
    let sent = visit.read(request, WEBHOOK_BODY_BYTES_MAX).await?;
    let (shop, parts) = find(visit.app, store, &sent)?;
    visit.tally = Some(Arc::clone(&shop.tally));
    let bell = verified::ecwid(&shop, sent, &parts, visit.now)?
        .try_map(|body| doorbell(&body))
        .map_err(CallbackError::from)?;
    let (told, secs) = (bell.get(), bell.get().time.as_second().to_string());
    let [cause, kind, id] = told.about();
    let seen = &visit.app.seen;
    let name = match seen.see(&[&told.id, &secs], &[shop.id.as_str(), cause, kind, id], visit.began) {
        Sighting::Due(name) => name,
        Sighting::Stored => return Ok(Taken::Repeated),
        Sighting::Altered => return Err(Refusal::Altered),
    };
    let taken = ring(visit, &shop.id, bell).await?;
    if let Taken::Stored { .. } = taken {
        seen.stored(name);
    }
    Ok(taken)
}

/// The shop of the route and the body, with what its signature covers. What carries no signature is not parsed for it.
fn find(app: &App, store: Option<&str>, sent: &Arrived) -> Result<(Arc<EcwidShop>, Unverified), Refusal> {
    let senders = app.senders.load();
    let on_route = store.map(|id| senders.ecwid(id).ok_or(Refusal::NoSuchShop)).transpose()?;
    if !sent.headers.contains_key(SIGNATURE_HEADER) {
        return Err(VerifyError::Ecwid(WebhookRefusal::Missing).into());
    }
    let parts = Unverified::parse(&sent.body).map_err(VerifyError::Unsignable)?;
    let shop = on_route.or_else(|| senders.ecwid_by_store_id(parts.store_id));
    let shop = shop.filter(|shop| shop.store_id == parts.store_id).ok_or(Refusal::NoSuchShop)?;
    Ok((shop, parts))
}

fn doorbell(body: &[u8]) -> Result<Doorbell, InvalidCallback> {
    let callback = Callback::parse(body)?;
    let known = CAUSES.contains(&callback.event_type.as_str());
    let cause = || if known { callback.event_type.clone() } else { CAUSE_OTHER.to_owned() };
    let (subject, cause) = match callback.subject() {
        CallbackSubject::Order(id) => (Subject::Order(id.clone()), cause()),
        CallbackSubject::Product(id) => (Subject::Product(id.clone()), cause()),
        CallbackSubject::Ignored => (Subject::Nothing, callback.event_type.clone()),
    };
    let id = event_id(&callback.event_id, body);
    Ok(Doorbell { id, time: callback.event_created, cause, subject })
}
