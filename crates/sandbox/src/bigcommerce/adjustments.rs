//! `/v3/inventory/adjustments/absolute`: overrides what is on hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State as Shop;
use serde_json::{Map, Value, json};

use super::inventory::{LOCATION_ID, sku_id};
use super::refusal::Refusal;
use super::state::State;
use super::webhooks::Event;
use crate::catalog::is_variant;
use crate::{Catalog, Item, Whole};

/// Most items of an adjustment (Inventory V3 reference, 2026-04-01).
const ITEMS_MAX: usize = 2000;

/// Most units at a location (Inventory overview, 2026-04-01).
const QUANTITY_MAX: i64 = 2_147_483_647;

/// The title of an answer to fields that cannot be understood, as the documented example words it.
const INVALID_FIELDS: &str = "Payload contains invalid fields";

/// Units to come at a place in the catalogue.
#[derive(Debug)]
struct Change {
    at: usize,
    /// Whether the count of the whole product is meant, which its variants share.
    whole: bool,
    units: i64,
}

/// Why an item of an adjustment is refused.
#[derive(Debug)]
enum Unfit {
    /// A field of it, and what is wrong with it.
    Field(&'static str, &'static str),
    /// Its product's stock is tracked in another way; the title says so.
    OtherTracking(String),
}

/// Sets all items of the request, or none if one of them cannot be.
///
/// Tells of each quantity that is another then, and of its product: `store/product/updated` is documented to fire on "Inventory Stock"
/// (OpenAPI file of Webhooks V3, 2026-04-01; unsure whether live shops do so for inventory adjustments, and whether once for a product
/// of which several variants changed, as here).
pub(super) async fn absolute(Shop(shop): Shop<Arc<State>>, body: Bytes) -> Result<Json<Value>, Refusal> {
    let body: Value = serde_json::from_slice(&body).map_err(|_| Refusal::of_path("/v3/", 400))?;
    let wanted = body["items"].as_array().filter(|items| !items.is_empty() && items.len() <= ITEMS_MAX);
    let Some(wanted) = wanted else {
        let reason = json!(format!("1 to {ITEMS_MAX} items are expected"));
        return Err(Refusal::unprocessable(INVALID_FIELDS, Map::from_iter([("items".to_owned(), reason)])));
    };
    let (mut events, mut products) = (Vec::new(), BTreeSet::new());
    {
        let mut items = shop.catalog.items();
        for change in changes(&shop.catalog, &items, wanted)? {
            if let Some(event) = apply(&shop.catalog, &mut items, &change) {
                events.push(event);
                products.insert(items[change.at].product_id);
            }
        }
    }
    events.extend(products.into_iter().map(Event::product_updated));
    for event in events {
        shop.announce(&[event]);
    }
    Ok(Json(json!({ "transaction_id": shop.announcer.transaction_id() })))
}

fn changes(catalog: &Catalog, items: &[Item], wanted: &[Value]) -> Result<Vec<Change>, Refusal> {
    let mut errors = Map::new();
    let mut changes = Vec::new();
    for (place, item) in wanted.iter().enumerate() {
        match change(catalog, items, item) {
            Ok(change) => changes.push(change),
            Err(Unfit::OtherTracking(title)) => return Err(Refusal::unprocessable(title, Map::new())),
            Err(Unfit::Field(field, reason)) => {
                errors.insert(format!("items.{place}.{field}"), json!(reason));
            }
        }
    }
    if errors.is_empty() { Ok(changes) } else { Err(Refusal::unprocessable(INVALID_FIELDS, errors)) }
}

fn change(catalog: &Catalog, items: &[Item], wanted: &Value) -> Result<Change, Unfit> {
    if wanted["location_id"].as_u64() != Some(LOCATION_ID) {
        return Err(Unfit::Field("location_id", "there is no such location"));
    }
    let units = wanted["quantity"].as_i64().filter(|units| (0..=QUANTITY_MAX).contains(units));
    let units = units.ok_or(Unfit::Field("quantity", "a number from 0 to 2147483647 is expected"))?;
    let named = ["sku", "variant_id", "product_id"].map(|name| wanted.get(name).map(|value| (name, value)));
    let [(name, value)] = named.into_iter().flatten().collect::<Vec<_>>()[..] else {
        return Err(Unfit::Field("identity", "one of sku, variant_id and product_id is expected"));
    };
    let is = |item: &Item| match name {
        "sku" => {
            value.as_str() == Some(&item.sku) || value.as_str() == Some(&catalog.whole(item.product_id).sku)
        }
        "variant_id" => value.as_u64() == Some(item.variant_id),
        _ => value.as_u64() == Some(item.product_id),
    };
    let at = items.iter().position(is).ok_or(Unfit::Field(name, "there is no such item"))?;
    if catalog.is_fixed(items[at].product_id) {
        return Err(Unfit::Field("quantity", "the stock of this product cannot be set"));
    }
    let whole = catalog.whole(items[at].product_id).stock.is_some();
    let mode = if is_variant(items, &items[at]) && !whole { "variant" } else { "product" };
    let other = if mode == "variant" { "product_id" } else { "variant_id" };
    if name == other && (items[at].stock.is_some() || whole) {
        let title =
            format!("[Item with {name} {value} is tracked by {mode}, please update stock by {mode} id]");
        return Err(Unfit::OtherTracking(title));
    }
    Ok(Change { at, whole, units })
}

/// Sets units where stock is tracked (elsewhere a quantity has no effect), and tells of a change.
fn apply(catalog: &Catalog, items: &mut [Item], change: &Change) -> Option<Event> {
    let is_variant = is_variant(items, &items[change.at]) && !change.whole;
    let item = &mut items[change.at];
    let whole = catalog.whole(item.product_id);
    if whole.stock.or(item.stock)? == change.units {
        return None;
    }
    if change.whole {
        catalog.set_whole(item.product_id, Whole { stock: Some(change.units), ..whole });
    } else {
        item.stock = Some(change.units);
    }
    let mut inventory = json!({ "product_id": item.product_id, "method": "absolute", "value": change.units });
    if !is_variant {
        let data = json!({ "type": "product", "id": item.product_id, "inventory": inventory });
        return Some(Event { scope: "store/product/inventory/updated", data });
    }
    inventory["variant_id"] = json!(item.variant_id);
    let data = json!({ "type": "sku", "id": sku_id(item), "inventory": inventory });
    Some(Event { scope: "store/sku/inventory/updated", data })
}
