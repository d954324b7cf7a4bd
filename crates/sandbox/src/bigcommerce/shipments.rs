//! `/v2/orders/{id}/shipments`. A POST is not idempotent: the same one twice makes two shipments.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::book::take;
use super::orders::{listed, object};
use super::params::Params;
use super::refusal::Refusal;
use super::shipment;
use super::shipment_request::{UPDATABLE, Wanted, check_texts};
use super::state::State;
use super::webhooks::Event;

pub(super) async fn list(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    listed(order.shipments.iter().cloned().map(Value::Object).collect(), &params)
}

pub(super) async fn count(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(json!({ "count": order.shipments.len() })))
}

pub(super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path((id, shipment)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    let at = shipment::position(order, &shipment)?;
    Ok(Json(Value::Object(order.shipments[at].clone())))
}

pub(super) async fn create(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Refusal> {
    let mut book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    let wanted = Wanted::of(&object(&body)?, order)?;
    let shipment_id = take(&mut book.next.shipment);
    let order = book.find_mut(&id).ok_or_else(Refusal::not_found)?;
    let document = shipment::ship(&wanted, order, shipment_id);
    order.mails += 1;
    let mut events = vec![Event::shipment("store/shipment/created", shipment_id, order.id)];
    events.extend(match shipment::status_after(order).filter(|_| shop.shipment_moves_status) {
        Some(status_id) => order.set_status(status_id),
        None => order.change(|_| ()),
    });
    drop(book);
    shop.announce(&events);
    Ok((StatusCode::CREATED, Json(document)))
}

pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path((id, shipment)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let mut book = shop.book();
    let order = book.find_mut(&id).ok_or_else(Refusal::not_found)?;
    let at = shipment::position(order, &shipment)?;
    let changes = object(&body)?;
    check_texts(&changes, &UPDATABLE, order)?;
    order.shipments[at].extend(changes);
    shipment::link(&mut order.shipments[at]);
    let document = Value::Object(order.shipments[at].clone());
    let event =
        Event::shipment("store/shipment/updated", document["id"].as_u64().unwrap_or_default(), order.id);
    drop(book);
    shop.announce(&[event]);
    Ok(Json(document))
}

/// What was shipped is open again; the order keeps its status (documented).
pub(super) async fn delete(
    Shop(shop): Shop<Arc<State>>,
    Path((id, shipment)): Path<(String, String)>,
) -> Result<StatusCode, Refusal> {
    let mut book = shop.book();
    let order = book.find_mut(&id).ok_or_else(Refusal::not_found)?;
    let at = shipment::position(order, &shipment)?;
    let event = shipment::withdraw(order, at);
    drop(book);
    shop.announce(&[event]);
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn delete_all(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let mut book = shop.book();
    let order = book.find_mut(&id).ok_or_else(Refusal::not_found)?;
    let mut events = Vec::new();
    while !order.shipments.is_empty() {
        events.push(shipment::withdraw(order, 0));
    }
    drop(book);
    shop.announce(&events);
    Ok(StatusCode::NO_CONTENT)
}
