//! `/products` and their combinations: search, read, set stock.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use serde_json::{Map, Value, json};

use super::params::Params;
use super::product_document as document;
use super::refusal::Refusal;
use super::state::State;
use super::webhooks::Event;
use crate::Item;
use crate::catalog::has_variants;

/// Products; `sku` finds the one that has it, itself or in a combination, and leaves other filters aside.
pub(super) async fn search(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let documents =
        shop.catalog.products().into_iter().map(|items| (document::product(&shop.catalog, &items), items));
    let of_sku = |(product, items): &(Value, Vec<Item>)| {
        params.get("sku").is_none_or(|sku| product["sku"] == sku || items.iter().any(|item| item.sku == sku))
    };
    let of_id = |(product, _): &(Value, Vec<Item>)| {
        params.list("productId").is_none_or(|ids| ids.contains(&product["id"].to_string().as_str()))
    };
    let found = documents.filter(of_sku).filter(of_id).map(|(product, _)| product);
    Ok(Json(params.page(found.collect())?))
}

pub(super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(params.projected(document::product(&shop.catalog, &items_of(&shop, &id)?))))
}

/// A bare list, without paging.
pub(super) async fn combinations(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(params.projected(document::combinations(&items_of(&shop, &id)?))))
}

pub(super) async fn combination(
    Shop(shop): Shop<Arc<State>>,
    Path((id, combination)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    let found = document::combinations(&items_of(&shop, &id)?);
    let found =
        found.as_array().and_then(|all| all.iter().find(|of| of["id"].as_u64() == combination.parse().ok()));
    Ok(Json(found.ok_or_else(|| Refusal::no_combination(&combination))?.clone()))
}

/// Sets the stock of a product without combinations; on one with them, nothing here changes.
pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let items = items_of(&shop, &id)?;
    let target = (!has_variants(&items)).then_some(items[0].variant_id);
    set_stock(&shop, items[0].product_id, target, &body)
}

pub(super) async fn update_combination(
    Shop(shop): Shop<Arc<State>>,
    Path((id, combination)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let items = items_of(&shop, &id)?;
    let found = items.iter().find(|item| has_variants(&items) && item.variant_id.to_string() == combination);
    let target = found.ok_or_else(|| Refusal::no_combination(&combination))?.variant_id;
    set_stock(&shop, items[0].product_id, Some(target), &body)
}

fn items_of(shop: &State, id: &str) -> Result<Vec<Item>, Refusal> {
    let found = shop.catalog.products().into_iter().find(|items| items[0].product_id.to_string() == id);
    found.ok_or_else(|| Refusal::no_product(id))
}

fn set_stock(
    shop: &State,
    product_id: u64,
    variant_id: Option<u64>,
    body: &Bytes,
) -> Result<Json<Value>, Refusal> {
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Refusal::of_status(400))?;
    let quantity = field(&body, "quantity", Value::as_i64)?;
    let unlimited = field(&body, "unlimited", Value::as_bool)?;
    for item in shop.catalog.items().iter_mut() {
        if item.product_id == product_id && Some(item.variant_id) == variant_id {
            item.stock = stock_after(item.stock, quantity, unlimited);
        }
    }
    shop.announce(&[Event::product_updated(product_id)]);
    Ok(Json(json!({ "updateCount": 1 })))
}

fn field<T>(
    body: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    body.get(name).map(|value| read(value).ok_or_else(|| Refusal::wrong_parameter(name))).transpose()
}

/// A quantity alone does not end `unlimited`: `unlimited: false` must come with it (the official Java client's tests).
fn stock_after(before: Option<i64>, quantity: Option<i64>, unlimited: Option<bool>) -> Option<i64> {
    if unlimited.unwrap_or(before.is_none()) {
        return None;
    }
    Some(quantity.or(before).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::stock_after;

    #[test]
    fn a_quantity_takes_effect_only_where_stock_is_limited() {
        assert_eq!(stock_after(Some(3), Some(5), None), Some(5));
        assert_eq!(stock_after(None, Some(5), None), None);
        assert_eq!(stock_after(None, Some(5), Some(false)), Some(5));
        assert_eq!(stock_after(Some(3), None, None), Some(3));
        assert_eq!(stock_after(Some(3), None, Some(true)), None);
    }
}
