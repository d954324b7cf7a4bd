//! `/v3/inventory`: one location, and what is on hand there.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Query, State as Shop};
use serde_json::{Value, json};

use super::catalog::bad_param;
use super::params::{Page, Params};
use super::refusal::Refusal;
use super::state::State;
use crate::Item;
use crate::catalog::is_variant;

/// Most objects on a page (Inventory V3 reference, 2026-04-01).
const LIMIT_MAX: usize = 1000;

/// The default location, the only one here.
pub(super) const LOCATION_ID: u64 = 1;

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
    let document = |Tracked { item, is_variant, units }| {
        let mut identity = identity(&item);
        identity["sku_id"] = json!(is_variant.then(|| sku_id(&item)));
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
    let document = |Tracked { item, units, .. }| {
        json!({
            "identity": identity(&item),
            "available_to_sell": units,
            "total_inventory_onhand": units,
            "settings": settings(),
        })
    };
    Ok(Json(page.v3(found.into_iter().map(document).collect())))
}

/// An item whose stock is tracked.
struct Tracked {
    item: Item,
    /// Whether it is a variant, and not all there is of its product.
    is_variant: bool,
    units: i64,
}

/// The tracked items asked for, and the page asked for.
fn tracked(shop: &State, params: &Params) -> Result<(Page, Vec<Tracked>), Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let among = |name: &str, value: String| params.list(name).is_none_or(|list| list.contains(&value));
    let wanted = |item: &&Item| {
        among("sku:in", item.sku.clone())
            && among("variant_id:in", item.variant_id.to_string())
            && among("product_id:in", item.product_id.to_string())
            && among("location_id:in", LOCATION_ID.to_string())
    };
    let items = shop.catalog.items();
    let tracked = |item: &Item| {
        let units = item.stock?;
        Some(Tracked { item: item.clone(), is_variant: is_variant(&items, item), units })
    };
    Ok((page, items.iter().filter(wanted).filter_map(tracked).collect()))
}

fn identity(item: &Item) -> Value {
    json!({ "sku": item.sku, "variant_id": item.variant_id, "product_id": item.product_id })
}

fn settings() -> Value {
    json!({ "safety_stock": 0, "is_in_stock": true, "warning_level": 0, "bin_picking_number": "" })
}
