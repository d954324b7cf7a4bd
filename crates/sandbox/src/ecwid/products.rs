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
use crate::catalog::has_variants;
use crate::{Item, Whole};

/// Products; `sku` finds those that have it, themselves or in a combination, and leaves other filters aside.
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
    let mut found: Vec<Value> = documents.filter(of_sku).filter(of_id).map(|(product, _)| product).collect();
    match params.get("sortBy") {
        // In the order of their ids, which is that of their making.
        None | Some("RELEVANCE" | "ADDED_TIME_ASC") => {}
        Some("ADDED_TIME_DESC") => found.reverse(),
        Some("NAME_ASC") => found.sort_by(|one, other| one["name"].as_str().cmp(&other["name"].as_str())),
        Some(_) => return Err(Refusal::wrong_parameter("sortBy")),
    }
    Ok(Json(params.page(found)?))
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

/// Sets the stock of a product: of one with combinations, its own and not theirs.
pub(super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let items = items_to_set(&shop, &id)?;
    let target = (!has_variants(&items)).then_some(items[0].variant_id);
    Ok(set_stock(&shop, items[0].product_id, target, &Level::read(&body)?))
}

pub(super) async fn update_combination(
    Shop(shop): Shop<Arc<State>>,
    Path((id, combination)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let items = items_to_set(&shop, &id)?;
    let found = items.iter().find(|item| has_variants(&items) && item.variant_id.to_string() == combination);
    let target = found.ok_or_else(|| Refusal::no_combination(&combination))?;
    let (level, whole) = (Level::read(&body)?, shop.catalog.whole(target.product_id));
    let shared = !whole.sku.is_empty() && (target.sku == whole.sku || target.sku.is_empty());
    if shared && stock_after(target.stock, &level) != whole.stock {
        let message = "Product variation with the same SKU as the main product must have the same stock.";
        return Err(Refusal::new(400, "DIFFERENT_COMBINATION_STOCK", message));
    }
    Ok(set_stock(&shop, target.product_id, Some(target.variant_id), &level))
}

fn items_of(shop: &State, id: &str) -> Result<Vec<Item>, Refusal> {
    shop.catalog.product(id).ok_or_else(|| Refusal::no_product(id))
}

/// The same of a product whose stock is to be set.
fn items_to_set(shop: &State, id: &str) -> Result<Vec<Item>, Refusal> {
    let items = items_of(shop, id)?;
    if shop.catalog.is_fixed(items[0].product_id) {
        let message = "The stock of this product cannot be set";
        return Err(Refusal::new(409, "NOT_ALLOWED_TO_UPDATE_PARAMETER", message));
    }
    Ok(items)
}

/// The stock that a request sets.
#[derive(Debug, Default)]
struct Level {
    quantity: Option<i64>,
    unlimited: Option<bool>,
}

impl Level {
    fn read(body: &Bytes) -> Result<Self, Refusal> {
        let body: Map<String, Value> = serde_json::from_slice(body).map_err(|_| Refusal::of_status(400))?;
        let quantity = field(&body, "quantity", Value::as_i64)?;
        Ok(Self { quantity, unlimited: field(&body, "unlimited", Value::as_bool)? })
    }
}

/// Of a variant, or without one of the product as a whole. The answer.
fn set_stock(shop: &State, product_id: u64, variant_id: Option<u64>, level: &Level) -> Json<Value> {
    let mut changed = false;
    let mut after = |before| {
        let after = stock_after(before, level);
        changed |= after != before;
        after
    };
    if variant_id.is_none() {
        let whole = shop.catalog.whole(product_id);
        let stock = after(whole.stock);
        shop.catalog.set_whole(product_id, Whole { stock, ..whole });
    }
    for item in shop.catalog.items().iter_mut() {
        if item.product_id == product_id && Some(item.variant_id) == variant_id {
            item.stock = after(item.stock);
        }
    }
    let counts = changed || !shop.only_changes_count;
    if counts {
        shop.announce(&[Event::product_updated(product_id)]);
    }
    Json(json!({ "updateCount": u8::from(counts) }))
}

fn field<T>(
    body: &Map<String, Value>,
    name: &str,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<Option<T>, Refusal> {
    body.get(name).map(|value| read(value).ok_or_else(|| Refusal::wrong_parameter(name))).transpose()
}

/// A quantity alone does not end `unlimited`: `unlimited: false` must come with it (the official Java client's tests).
fn stock_after(before: Option<i64>, level: &Level) -> Option<i64> {
    if level.unlimited.unwrap_or(before.is_none()) {
        return None;
    }
    Some(level.quantity.or(before).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Level, stock_after};

    #[test]
    fn a_quantity_takes_effect_only_where_stock_is_limited() {
        let after = |before, quantity, unlimited| stock_after(before, &Level { quantity, unlimited });
        assert_eq!(after(Some(3), Some(5), None), Some(5));
        assert_eq!(after(None, Some(5), None), None);
        assert_eq!(after(None, Some(5), Some(false)), Some(5));
        assert_eq!(after(Some(3), None, None), Some(3));
        assert_eq!(after(Some(3), None, Some(true)), None);
    }
}
