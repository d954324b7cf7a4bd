//! `/orders`: search, read, update.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use crossdock_domain::{ECWID_FULFILLMENT_STATUSES, ECWID_PAYMENT_STATUSES};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::order::{Order, date};
use super::params::Params;
use super::refusal::Refusal;
use super::state::State;

/// Fields that an update leaves as they are: ids, times, and what Ecwid computes.
const READ_ONLY: [&str; 11] = [
    "id",
    "internalId",
    "orderNumber",
    "vendorOrderNumber",
    "publicUid",
    "createDate",
    "createTimestamp",
    "updateDate",
    "updateTimestamp",
    "usdTotal",
    "shipments",
];

/// What a search asks for. Bounds are included in what they bound (not documented).
struct Filter<'a> {
    params: &'a Params,
    created: (Option<i64>, Option<i64>),
    updated: (Option<i64>, Option<i64>),
    totals: (Option<f64>, Option<f64>),
}

impl<'a> Filter<'a> {
    fn of(params: &'a Params) -> Result<Self, Refusal> {
        Ok(Self {
            params,
            created: (params.seconds("createdFrom")?, params.seconds("createdTo")?),
            updated: (params.seconds("updatedFrom")?, params.seconds("updatedTo")?),
            totals: (params.parse("totalFrom")?, params.parse("totalTo")?),
        })
    }

    fn lets_through(&self, order: &Order) -> bool {
        let params = self.params;
        let among = |name: &str| params.list(name).is_none_or(|list| list.contains(&order.text(name)));
        let contains = |text: &str| order.text("id").contains(text) || order.text("email").contains(text);
        within(self.created, order.seconds("createTimestamp"))
            && within(self.updated, order.seconds("updateTimestamp"))
            && within(self.totals, order.fields["total"].as_f64().unwrap_or_default())
            && params.list("ids").is_none_or(|ids| ids.into_iter().any(|id| order.is(id)))
            && among("paymentStatus")
            && among("fulfillmentStatus")
            && params.get("email").is_none_or(|email| order.text("email") == email)
            && params.get("keywords").is_none_or(contains)
    }
}

fn within<T: PartialOrd + Copy>((from, to): (Option<T>, Option<T>), value: T) -> bool {
    from.is_none_or(|from| value >= from) && to.is_none_or(|to| value <= to)
}

/// The newest first (not documented).
pub(super) async fn search(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let filter = Filter::of(&params)?;
    let book = shop.book();
    let indexed = |order: &&Order| order.changed_at.elapsed() >= shop.search_lag;
    let found = book.orders.values().rev().filter(|order| filter.lets_through(order)).filter(indexed);
    Ok(Json(params.page(found.map(|order| Value::Object(order.fields.clone())).collect())?))
}

/// What was deleted, the earliest first (not documented).
pub(super) async fn deleted(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let bounds = (params.seconds("from_date")?, params.seconds("to_date")?);
    let book = shop.book();
    let found = book.deleted.iter().filter(|(_, at)| within(bounds, *at));
    let items = found.map(|(order, at)| {
        let date = Timestamp::from_second(*at).map(date).unwrap_or_default();
        json!({ "id": order.internal_id, "orderId": order.fields["id"], "date": date })
    });
    Ok(Json(params.page(items.collect())?))
}

pub(super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(|| Refusal::no_order(&id))?;
    Ok(Json(params.projected(Value::Object(order.fields.clone()))))
}

/// Fields that are not sent stay; items that are not sent go, if any items are sent.
pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let body: Map<String, Value> = serde_json::from_slice(&body).map_err(|_| Refusal::of_status(400))?;
    check_status(&body, "paymentStatus", &ECWID_PAYMENT_STATUSES)?;
    check_status(&body, "fulfillmentStatus", &ECWID_FULFILLMENT_STATUSES)?;
    let event = {
        let mut book = shop.book();
        let order = book.find_mut(&id).ok_or_else(|| Refusal::no_order(&id))?;
        order.updates.push(Value::Object(body.clone()));
        order.change(|fields| merge(fields, body))
    };
    shop.announce(&[event]);
    Ok(Json(json!({ "updateCount": 1 })))
}

fn check_status(body: &Map<String, Value>, name: &str, known: &[&str]) -> Result<(), Refusal> {
    match body.get(name) {
        Some(status) if !status.as_str().is_some_and(|status| known.contains(&status)) => {
            Err(Refusal::wrong_parameter(name))
        }
        _ => Ok(()),
    }
}

fn merge(fields: &mut Map<String, Value>, body: Map<String, Value>) {
    for (name, value) in body {
        match (name.as_str(), value) {
            ("items", Value::Array(sent)) => {
                let kept = fields["items"].as_array().cloned().unwrap_or_default();
                fields.insert(name, sent.into_iter().map(|item| merged_item(&kept, item)).collect());
            }
            (name, _) if READ_ONLY.contains(&name) => {}
            (_, value) => {
                fields.insert(name, value);
            }
        }
    }
}

/// The item sent, completed by the one of the same id that was there.
fn merged_item(kept: &[Value], sent: Value) -> Value {
    let before = kept.iter().find(|item| item["id"] == sent["id"]).and_then(Value::as_object);
    match (before, sent) {
        (Some(before), Value::Object(sent)) => {
            let mut item = before.clone();
            item.extend(sent);
            Value::Object(item)
        }
        (_, sent) => sent,
    }
}
