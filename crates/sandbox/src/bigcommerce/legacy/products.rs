//! `/v2/products`: the old catalogue, where a product counts its stock, or each SKU of its options does.
//!
//! Source: BigCommerce's archived references of Products V2 and Product SKUs V2 (docs.bigcommerce.com,
//! archive/store-operations/v2-catalog-products, read 2026-11-21). Of `/products/skus` they name only the count; it is taken to list the
//! SKUs of all products by the same filters.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use axum::response::Response;
use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use super::super::inventory::sku_id;
use super::super::orders::{listed, object};
use super::super::params::Params;
use super::super::refusal::Refusal;
use super::super::state::State;
use crate::catalog::has_variants;
use crate::{Item, Whole};

/// Fields that a request cannot leave out.
const MANDATORY: [&str; 4] = ["id", "name", "date_modified", "primary_image"];

/// What `include=@summary` stands for.
const SUMMARY: [&str; 8] = [
    "availability",
    "calculated_price",
    "inventory_tracking",
    "sku",
    "inventory_level",
    "inventory_warning_level",
    "is_visible",
    "is_featured",
];

/// Fields that clients may not write, as far as they are here.
const READ_ONLY: [&str; 7] =
    ["id", "product_id", "date_modified", "calculated_price", "adjusted_price", "primary_image", "skus"];

pub(in super::super) async fn list(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let mut found = Vec::new();
    for items in shop.catalog.products() {
        let document = product(&shop, &items);
        if is_wanted(&document, &params)? {
            found.push(only_included(document, &params));
        }
    }
    listed(found, &params)
}

pub(in super::super) async fn one(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let items = items_of(&shop, &id)?;
    Ok(Json(only_included(product(&shop, &items), &params)))
}

/// A level takes effect with simple tracking only.
pub(in super::super) async fn update(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let items = items_of(&shop, &id)?;
    let level = level(&object(&body)?)?;
    let whole = shop.catalog.whole(items[0].product_id);
    if whole.stock.is_some() {
        shop.catalog.set_whole(items[0].product_id, Whole { stock: Some(level), ..whole });
    } else if !has_variants(&items) {
        set(&shop, &items[0], level);
    }
    Ok(Json(product(&shop, &items_of(&shop, &id)?)))
}

/// The SKUs of all products.
pub(in super::super) async fn all_skus(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    let mut all: Vec<Value> = shop.catalog.products().iter().flat_map(|items| options(items)).collect();
    all.sort_by_key(|document| document["id"].as_u64());
    listed_skus(all, &params)
}

pub(in super::super) async fn skus(
    Shop(shop): Shop<Arc<State>>,
    Path(id): Path<String>,
    Query(params): Query<Params>,
) -> Result<Response, Refusal> {
    listed_skus(options(&items_of(&shop, &id)?), &params)
}

pub(in super::super) async fn sku(
    Shop(shop): Shop<Arc<State>>,
    Path((id, sku)): Path<(String, String)>,
) -> Result<Json<Value>, Refusal> {
    Ok(Json(option(&option_of(&shop, &id, &sku)?)))
}

pub(in super::super) async fn update_sku(
    Shop(shop): Shop<Arc<State>>,
    Path((id, sku)): Path<(String, String)>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let item = option_of(&shop, &id, &sku)?;
    set(&shop, &item, level(&object(&body)?)?);
    Ok(Json(option(&option_of(&shop, &id, &sku)?)))
}

fn items_of(shop: &State, id: &str) -> Result<Vec<Item>, Refusal> {
    shop.catalog.product(id).ok_or_else(Refusal::not_found)
}

fn option_of(shop: &State, id: &str, sku: &str) -> Result<Item, Refusal> {
    let items = items_of(shop, id)?;
    let found = items.iter().find(|item| has_variants(&items) && sku_id(item).to_string() == sku);
    found.cloned().ok_or_else(Refusal::not_found)
}

/// The level in a request's body; nothing else is written here.
fn level(fields: &Map<String, Value>) -> Result<i64, Refusal> {
    if let Some(name) = fields.keys().find(|name| READ_ONLY.contains(&name.as_str())) {
        return Err(Refusal::read_only(name));
    }
    let level = fields.get("inventory_level").and_then(Value::as_i64).filter(|level| *level >= 0);
    level.ok_or_else(|| Refusal::field("inventory_level", "a whole number from 0 up is expected"))
}

/// Sets what is counted; elsewhere a level has no effect.
fn set(shop: &State, item: &Item, level: i64) {
    let mut items = shop.catalog.items();
    let counted = items.iter_mut().filter(|one| one.variant_id == item.variant_id && one.stock.is_some());
    counted.for_each(|one| one.stock = Some(level));
}

/// `none`, `simple` or `sku`.
fn tracking(items: &[Item], whole: &Whole) -> &'static str {
    if whole.stock.is_some() {
        return "simple";
    }
    match (items.iter().any(|item| item.stock.is_some()), has_variants(items)) {
        (false, _) => "none",
        (true, true) => "sku",
        (true, false) => "simple",
    }
}

/// Whether `min_id`, `max_id` and `sku` let a document through.
fn is_wanted(document: &Value, params: &Params) -> Result<bool, Refusal> {
    let id = document["id"].as_u64().unwrap_or_default();
    let (min, max) = (params.parse("min_id")?, params.parse("max_id")?);
    Ok(min.is_none_or(|min: u64| id >= min)
        && max.is_none_or(|max: u64| id <= max)
        && params.get("sku").is_none_or(|sku| document["sku"] == sku))
}

fn listed_skus(all: Vec<Value>, params: &Params) -> Result<Response, Refusal> {
    let mut found = Vec::new();
    for document in all {
        if is_wanted(&document, params)? {
            found.push(document);
        }
    }
    listed(found, params)
}

/// Only the fields that `include` names.
fn only_included(mut document: Value, params: &Params) -> Value {
    let Some(named) = params.list("include") else { return document };
    let is_named = |name: &str| {
        MANDATORY.contains(&name)
            || named.iter().any(|one| one == name || (one == "@summary" && SUMMARY.contains(&name)))
    };
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, _| is_named(name));
    }
    document
}

fn product(shop: &State, items: &[Item]) -> Value {
    let first = &items[0];
    let whole = shop.catalog.whole(first.product_id);
    let price = four_decimals(first.price);
    json!({
        "id": first.product_id,
        "name": first.name,
        "type": "physical",
        "sku": if has_variants(items) { whole.sku.as_str() } else { first.sku.as_str() },
        "description": "",
        "price": price,
        "calculated_price": price,
        "is_visible": true,
        "is_featured": false,
        "inventory_level": whole.stock.unwrap_or_else(|| items.iter().filter_map(|item| item.stock).sum()),
        "inventory_warning_level": 0,
        "inventory_tracking": tracking(items, &whole),
        "availability": "available",
        "condition": "New",
        "upc": null,
        "date_modified": "Mon, 24 Sep 2012 01:34:57 +0000",
        "primary_image": {},
        "skus": shop.link(&format!("/products/{}/skus", first.product_id)),
    })
}

/// The SKUs of a product's options; a product without options has none.
fn options(items: &[Item]) -> Vec<Value> {
    if has_variants(items) { items.iter().map(option).collect() } else { Vec::new() }
}

fn option(item: &Item) -> Value {
    json!({
        "id": sku_id(item),
        "product_id": item.product_id,
        "sku": item.sku,
        "price": null,
        "adjusted_price": four_decimals(item.price),
        "cost_price": "0.0000",
        "upc": "",
        "inventory_level": item.stock.unwrap_or_default(),
        "inventory_warning_level": 0,
        "bin_picking_number": "",
        "weight": null,
        "adjusted_weight": "0.00",
        "is_purchasing_disabled": false,
        "purchasing_disabled_message": "",
        "image_file": "",
        "options": [],
    })
}

fn four_decimals(price: Decimal) -> String {
    format!("{price:.4}")
}
