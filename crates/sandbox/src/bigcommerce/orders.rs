//! `/v2/orders` and what belongs to an order, shipments apart.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::book::{Destination, Order};
use super::order_filter::OrderFilter;
use super::order_view::{self, Include};
use super::params::{BadParam, Params};
use super::refusal::Refusal;
use super::state::State;
use super::statuses;

/// Most objects on a page. Common knowledge of V2; the reference names no number.
const LIMIT_MAX: usize = 250;

/// Fields of an order that clients may write (`order_Put` of the Orders V2 reference, 2026-04-01).
const WRITABLE: [&str; 44] = [
    "base_handling_cost",
    "base_shipping_cost",
    "base_wrapping_cost",
    "billing_address",
    "channel_id",
    "consignments",
    "customer_id",
    "customer_message",
    "date_created",
    "default_currency_code",
    "discount_amount",
    "order_source",
    "ebay_order_id",
    "external_id",
    "external_merchant_id",
    "external_source",
    "geoip_country",
    "geoip_country_iso2",
    "handling_cost_ex_tax",
    "handling_cost_inc_tax",
    "ip_address",
    "ip_address_v6",
    "items_shipped",
    "items_total",
    "order_is_digital",
    "payment_method",
    "payment_provider_id",
    "products",
    "refunded_amount",
    "shipping_cost_ex_tax",
    "shipping_cost_inc_tax",
    "staff_notes",
    "shipping_addresses",
    "status_id",
    "subtotal_ex_tax",
    "subtotal_inc_tax",
    "tax_provider_id",
    "customer_locale",
    "external_order_id",
    "total_ex_tax",
    "total_inc_tax",
    "wrapping_cost_ex_tax",
    "wrapping_cost_inc_tax",
    "fees",
];

/// Parts of an order that this shop does not change by PUT; a real one does, with side effects on discounts and fees.
const NOT_CHANGED_HERE: [&str; 4] = ["products", "consignments", "shipping_addresses", "fees"];

impl From<BadParam> for Refusal {
    fn from(bad: BadParam) -> Self {
        match bad {
            BadParam::Invalid(name) => Self::field(&name, "the value is not of the documented form"),
            BadParam::LimitExceeded => Self::of_path("/v2/", 413),
        }
    }
}

/// A V2 list: 204 with no body if it is empty.
pub(super) fn listed(all: Vec<Value>, params: &Params) -> Result<Response, Refusal> {
    let page = params.page(LIMIT_MAX)?.cut(all);
    if page.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(page).into_response())
}

/// A body that is a JSON object.
pub(super) fn object(body: &Bytes) -> Result<Map<String, Value>, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::of_path("/v2/", 400))
}

pub(super) async fn list(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let filter = OrderFilter::of(&params)?;
    let page = params.page(LIMIT_MAX)?.at_most(shop.orders_on_page_max);
    let include = Include::of(&params);
    let book = shop.book();
    let mut orders: Vec<&Order> = book.orders.values().filter(|order| filter.lets_through(order)).collect();
    filter.sort(&mut orders);
    let page: Vec<Value> =
        page.cut(orders).into_iter().map(|order| order_view::order(&shop, order, include)).collect();
    if page.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(Json(page).into_response())
}

pub(super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(order_view::order(&shop, order, Include::of(&params))))
}

pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let mut book = shop.book();
    let order = book.find_mut(&id).ok_or_else(Refusal::not_found)?;
    let changes = object(&body)?;
    if let Some(name) = changes.keys().find(|name| !WRITABLE.contains(&name.as_str())) {
        return Err(Refusal::read_only(name));
    }
    if let Some(status) = changes.get("status_id") {
        let known = status.as_i64().filter(|id| statuses::name(*id).is_some());
        let status_id = known.ok_or_else(|| Refusal::field("status_id", "there is no such order status"))?;
        order.status_changes.push(status_id);
    }
    let kept = changes.into_iter().filter(|(name, _)| !NOT_CHANGED_HERE.contains(&name.as_str()));
    let events = order.change(|fields| fields.extend(kept));
    let answer = order_view::order(&shop, order, Include::default());
    drop(book);
    shop.announce(&events);
    Ok(Json(answer))
}

pub(super) async fn products(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    listed(order.products.iter().cloned().map(Value::Object).collect(), &params)
}

pub(super) async fn product(
    Shop(shop): Shop<Arc<State>>,
    Path((id, product)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    let found = order.products.iter().find(|of| of["id"].as_u64() == product.parse().ok());
    Ok(Json(Value::Object(found.ok_or_else(Refusal::not_found)?.clone())))
}

pub(super) async fn shipping_addresses(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    let address = |to: &Destination| order_view::shipping_address(&shop, order, to);
    listed(order.destinations.iter().map(address).collect(), &params)
}

pub(super) async fn consignments(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let line_items =
        params.list("include").is_some_and(|list| list.iter().any(|of| of == "consignments.line_items"));
    let book = shop.book();
    let order = book.find(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(super::consignments::consignments(&shop, order, line_items)))
}
