//! The warehouse's events: verified, read as their types, published as they were sent.

mod events;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;

pub(crate) use events::{BadEvent, Form, read};

use crate::app::App;
use crate::limits::WAREHOUSE_BODY_BYTES_MAX;
use crate::publish::publish;
use crate::refusal::{Problem, Refusal};
use crate::routes::{RefusedPost, SignedPost};
use crate::verified;
use crate::visit::{Door, Receipt, Taken, Visit};

/// Takes one CloudEvent of the warehouse, or a batch.
///
/// Types: `warehouse.order.accepted`, `warehouse.order.rejected`, `warehouse.sku.known`,
/// `warehouse.shipment.dispatched`, `warehouse.shipment.voided`, `warehouse.stock.counted`. 200 means that all of it is stored; after any
/// other answer, send it again with the same ids.
#[utoipa::path(
    post, path = "/warehouse/events", tag = "warehouse", params(SignedPost),
    request_body(
        content((Object = "application/cloudevents+json"), (Vec<Object> = "application/cloudevents-batch+json")),
        description = "CloudEvents 1.0, structured JSON; `id`, `source` and `time` are required. At most 1 MiB.",
    ),
    responses(
        (status = 200, description = "Every event is stored.", body = Receipt),
        (status = 415, description = "Neither a CloudEvent nor a batch.", body = Problem, content_type = "application/problem+json"),
        RefusedPost,
    ),
)]
pub(crate) async fn events(State(app): State<Arc<App>>, request: Request) -> Response {
    let mut visit = Visit::begin(&app, Door::Warehouse, &request);
    let result = take(&mut visit, request).await;
    visit.end(result)
}

async fn take(visit: &mut Visit<'_>, request: Request) -> Result<Taken, Refusal> {
    let sent = visit.read(request, WAREHOUSE_BODY_BYTES_MAX).await?;
    let sent = verified::warehouse(&visit.app.senders.load().warehouse, sent, visit.now)?;
    let trace = visit.trace();
    let runs = sent.try_map(|sent| {
        let form = Form::of(&sent.headers).ok_or(Refusal::MediaType)?;
        read(form, &sent.body, trace).map_err(Refusal::Event)
    })?;
    publish(visit.app, runs).await
}
