//! `/v3/catalog`: products and variants, for reading.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State as Shop};
use rust_decimal::prelude::ToPrimitive;
use serde_json::{Map, Value, json};

use super::inventory::sku_id;
use super::params::{BadParam, Params};
use super::refusal::Refusal;
use super::state::State;
use crate::Item;
use crate::catalog::has_variants;

/// Most objects on a page (`limit` of the Products V3 reference, 2026-04-01).
const LIMIT_MAX: usize = 250;

/// V3's answer to a query that cannot be understood.
pub(super) fn bad_param(bad: BadParam) -> Refusal {
    match bad {
        BadParam::Invalid(name) => {
            let errors = Map::from_iter([(name, json!("the value is not of the documented form"))]);
            Refusal::unprocessable("The filter(s) are not valid.", errors)
        }
        BadParam::LimitExceeded => Refusal::of_path("/v3/", 413),
    }
}

/// Every variant, the base variant of a simple product too.
pub(super) async fn variants(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let among = |name: &str, value: String| params.list(name).is_none_or(|list| list.contains(&value));
    let wanted = |item: &Item| {
        among("id", item.variant_id.to_string())
            && among("product_id:in", item.product_id.to_string())
            && among("sku:in", item.sku.clone())
            && params.get("sku").is_none_or(|sku| sku == item.sku)
    };
    let products = shop.catalog.products();
    let all = products.iter().flat_map(|items| items.iter().map(|item| (item, has_variants(items))));
    let found = all.filter(|(item, _)| wanted(item)).map(|(item, complex)| {
        let mut document = variant(item, complex);
        keep_fields(&mut document, &params);
        document
    });
    Ok(Json(page.v3(found.collect())))
}

/// Products; `sku` and `sku:in` mean the product's own SKU, which a product with variants does not have here.
pub(super) async fn products(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let include = params.list("include").unwrap_or_default();
    let among =
        |name: &str, value: &str| params.list(name).is_none_or(|list| list.iter().any(|of| of == value));
    let mut found = Vec::new();
    for items in shop.catalog.products() {
        let mut document = product(&items);
        let id = document["id"].to_string();
        let sku = document["sku"].as_str().unwrap_or_default().to_owned();
        if among("id", &id) && among("id:in", &id) && among("sku", &sku) && among("sku:in", &sku) {
            keep_fields(&mut document, &params);
            included(&mut document, &items, &include);
            found.push(document);
        }
    }
    Ok(Json(page.v3(found)))
}

/// `none`, `product` or `variant`.
fn tracking(items: &[Item]) -> &'static str {
    match (items.iter().any(|item| item.stock.is_some()), has_variants(items)) {
        (false, _) => "none",
        (true, true) => "variant",
        (true, false) => "product",
    }
}

fn product(items: &[Item]) -> Value {
    let first = &items[0];
    let complex = has_variants(items);
    json!({
        "id": first.product_id,
        "name": first.name,
        "type": "physical",
        "sku": if complex { "" } else { first.sku.as_str() },
        "description": "",
        "weight": 0,
        "price": first.price.to_f64(),
        "calculated_price": first.price.to_f64(),
        "categories": [],
        "brand_id": 0,
        "inventory_level": items.iter().filter_map(|item| item.stock).sum::<i64>(),
        "inventory_warning_level": 0,
        "inventory_tracking": tracking(items),
        "is_visible": true,
        "is_featured": false,
        "availability": "available",
        "condition": "New",
        "upc": "",
        "mpn": "",
        "gtin": "",
        "total_sold": 0,
        "base_variant_id": if complex { None } else { Some(first.variant_id) },
    })
}

fn variant(item: &Item, complex: bool) -> Value {
    let option = |(place, (name, value)): (usize, (&String, &String))| {
        json!({
            "id": item.variant_id * 10 + place as u64,
            "label": value,
            "option_id": item.product_id * 10 + place as u64,
            "option_display_name": name,
        })
    };
    let options: Vec<Value> = item.options.iter().enumerate().map(option).collect();
    json!({
        "id": item.variant_id,
        "product_id": item.product_id,
        "sku": item.sku,
        "sku_id": complex.then(|| sku_id(item)),
        "price": complex.then(|| item.price.to_f64()),
        "calculated_price": item.price.to_f64(),
        "sale_price": null,
        "retail_price": null,
        "cost_price": 0,
        "weight": null,
        "width": null,
        "height": null,
        "depth": null,
        "is_free_shipping": false,
        "fixed_cost_shipping_price": null,
        "purchasing_disabled": false,
        "purchasing_disabled_message": "",
        "upc": "",
        "inventory_level": item.stock.unwrap_or_default(),
        "inventory_warning_level": 0,
        "bin_picking_number": "",
        "option_values": options,
    })
}

/// Applies `include_fields` and `exclude_fields`; the id always stays.
fn keep_fields(document: &mut Value, params: &Params) {
    let (kept, left_out) = (params.list("include_fields"), params.list("exclude_fields").unwrap_or_default());
    if let Some(fields) = document.as_object_mut() {
        fields.retain(|name, _| {
            name == "id" || (kept.as_ref().is_none_or(|kept| kept.contains(name)) && !left_out.contains(name))
        });
    }
}

/// Adds the sub-resources asked for. Of them, only variants are more than an empty list here.
fn included(document: &mut Value, items: &[Item], include: &[String]) {
    for name in include {
        document[name] = match name.as_str() {
            "variants" => items.iter().map(|item| variant(item, has_variants(items))).collect(),
            _ => json!([]),
        };
    }
}
