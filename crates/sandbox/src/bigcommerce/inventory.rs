//! `/v3/inventory`: one location, what is on hand there, and absolute adjustments.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shop};
use serde_json::{Map, Value, json};

use super::catalog::bad_param;
use super::params::{Page, Params};
use super::refusal::Refusal;
use super::state::State;
use super::webhooks::Event;
use crate::Item;
use crate::catalog::has_variants;

/// Most objects on a page (Inventory V3 reference, 2026-04-01).
const LIMIT_MAX: usize = 1000;

/// Most items of an adjustment (Inventory V3 reference, 2026-04-01).
const ITEMS_MAX: usize = 2000;

/// Most units at a location (Inventory overview, 2026-04-01).
const QUANTITY_MAX: i64 = 2_147_483_647;

/// The default location, the only one here.
const LOCATION_ID: u64 = 1;

/// How far the Catalog V2 id of a SKU is from its variant's id, so that the two are never equal.
const SKU_ID_OFFSET: u64 = 100_000;

/// The Catalog V2 id of a variant's SKU.
pub(super) fn sku_id(item: &Item) -> u64 {
    item.variant_id + SKU_ID_OFFSET
}

pub(super) async fn items(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let (page, found) = tracked(&shop, &params)?;
    let document = |(item, complex, units): (Item, bool, i64)| {
        let mut identity = identity(&item);
        identity["sku_id"] = json!(complex.then(|| sku_id(&item)));
        let location = json!({
            "location_id": LOCATION_ID,
            "location_code": "BC-LOCATION-1",
            "location_name": "Default location",
            "location_enabled": true,
            "available_to_sell": units,
            "total_inventory_onhand": units,
            "settings": settings(),
        });
        json!({ "identity": identity, "locations": [location] })
    };
    Ok(Json(page.v3(found.into_iter().map(document).collect())))
}

pub(super) async fn location_items(
    Shop(shop): Shop<Arc<State>>,
    Path(location): Path<String>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    if location != LOCATION_ID.to_string() {
        return Err(Refusal::of_path("/v3/", 404));
    }
    let (page, found) = tracked(&shop, &params)?;
    let document = |(item, _, units): (Item, bool, i64)| {
        json!({
            "identity": identity(&item),
            "available_to_sell": units,
            "total_inventory_onhand": units,
            "settings": settings(),
        })
    };
    Ok(Json(page.v3(found.into_iter().map(document).collect())))
}

/// The items asked for whose stock is tracked: each with whether its product has variants, and its units.
fn tracked(shop: &State, params: &Params) -> Result<(Page, Vec<(Item, bool, i64)>), Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let among = |name: &str, value: String| params.list(name).is_none_or(|list| list.contains(&value));
    let wanted = |item: &Item| {
        among("sku:in", item.sku.clone())
            && among("variant_id:in", item.variant_id.to_string())
            && among("product_id:in", item.product_id.to_string())
            && among("location_id:in", LOCATION_ID.to_string())
    };
    let mut found = Vec::new();
    for items in shop.catalog.products() {
        let complex = has_variants(&items);
        let of_product = items.into_iter().filter(&wanted);
        found.extend(of_product.filter_map(|item| item.stock.map(|units| (item, complex, units))));
    }
    Ok((page, found))
}

fn identity(item: &Item) -> Value {
    json!({ "sku": item.sku, "variant_id": item.variant_id, "product_id": item.product_id })
}

fn settings() -> Value {
    json!({ "safety_stock": 0, "is_in_stock": true, "warning_level": 0, "bin_picking_number": "" })
}

/// Overrides what is on hand: all items of the request, or none if one of them cannot be.
pub(super) async fn adjust_absolutely(
    Shop(shop): Shop<Arc<State>>,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Refusal::of_path("/v3/", 400))?;
    let wanted = body["items"].as_array().filter(|items| !items.is_empty() && items.len() <= ITEMS_MAX);
    let Some(wanted) = wanted else {
        let errors =
            Map::from_iter([("items".to_owned(), json!(format!("between 1 and {ITEMS_MAX} are expected")))]);
        return Err(Refusal::unprocessable("Payload contains invalid fields", errors));
    };
    let events = {
        let mut items = shop.catalog.items();
        let changes = changes(&items, wanted)?;
        changes.into_iter().filter_map(|change| apply(&mut items, change)).collect::<Vec<_>>()
    };
    for event in events {
        shop.announce(&[event]);
    }
    Ok(Json(json!({ "transaction_id": shop.announcer.transaction_id() })))
}

/// Place in the catalogue, and units to come.
type Change = (usize, i64);

/// What the items ask for; refused as a whole if one of them cannot be understood or found.
fn changes(items: &[Item], wanted: &[Value]) -> Result<Vec<Change>, Refusal> {
    let mut errors = Map::new();
    let mut changes = Vec::new();
    for (place, item) in wanted.iter().enumerate() {
        match change(items, item)? {
            Ok(change) => changes.push(change),
            Err((field, reason)) => {
                errors.insert(format!("items.{place}.{field}"), json!(reason));
            }
        }
    }
    if errors.is_empty() {
        Ok(changes)
    } else {
        Err(Refusal::unprocessable("Payload contains invalid fields", errors))
    }
}

/// One item; the outer error is for a product whose stock is tracked in the other way (documented wording).
fn change(items: &[Item], wanted: &Value) -> Result<Result<Change, (&'static str, &'static str)>, Refusal> {
    if wanted["location_id"].as_u64() != Some(LOCATION_ID) {
        return Ok(Err(("location_id", "there is no such location")));
    }
    let Some(units) = wanted["quantity"].as_i64().filter(|units| (0..=QUANTITY_MAX).contains(units)) else {
        return Ok(Err(("quantity", "a number from 0 to 2147483647 is expected")));
    };
    let named = ["sku", "variant_id", "product_id"].map(|name| wanted.get(name).map(|value| (name, value)));
    let [one] = named.into_iter().flatten().collect::<Vec<_>>()[..] else {
        return Ok(Err(("identity", "one of sku, variant_id and product_id is expected")));
    };
    let (name, value) = one;
    let is = |item: &Item| match name {
        "sku" => value.as_str() == Some(&item.sku),
        "variant_id" => value.as_u64() == Some(item.variant_id),
        _ => value.as_u64() == Some(item.product_id),
    };
    let Some(at) = items.iter().position(is) else {
        return Ok(Err((name, "there is no such item")));
    };
    let product: Vec<Item> =
        items.iter().filter(|of| of.product_id == items[at].product_id).cloned().collect();
    let (mode, by) = match has_variants(&product) {
        true => ("variant", "variant id"),
        false => ("product", "product id"),
    };
    if (name == "variant_id" && mode == "product") || (name == "product_id" && mode == "variant") {
        let title = format!("[Item with {name} {value} is tracked by {mode}, please update stock by {by}]");
        return Err(Refusal::unprocessable(title, Map::new()));
    }
    Ok(Ok((at, units)))
}

/// Sets units where stock is tracked (elsewhere a quantity has no effect), and tells of a change.
fn apply(items: &mut [Item], (at, units): Change) -> Option<Event> {
    let product_id = items[at].product_id;
    let complex = items.iter().filter(|item| item.product_id == product_id).count() > 1
        || !items[at].options.is_empty();
    let item = &mut items[at];
    if item.stock? == units {
        return None;
    }
    item.stock = Some(units);
    let mut inventory = json!({ "product_id": product_id, "method": "absolute", "value": units });
    if !complex {
        let data = json!({ "type": "product", "id": product_id, "inventory": inventory });
        return Some(Event { scope: "store/product/inventory/updated", data });
    }
    inventory["variant_id"] = json!(item.variant_id);
    let data = json!({ "type": "sku", "id": sku_id(item), "inventory": inventory });
    Some(Event { scope: "store/sku/inventory/updated", data })
}
