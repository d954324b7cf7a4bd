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
use crate::catalog::has_variants;
use crate::{Item, Whole};

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

/// Products; `sku` and `sku:in` mean the product's own SKU, which a product with variants has only if it was given one.
pub(super) async fn products(
    Shop(shop): Shop<Arc<State>>,
    Query(params): Query<Params>,
) -> Result<Json<Value>, Refusal> {
    let page = params.page(LIMIT_MAX).map_err(bad_param)?;
    let include = params.list("include").unwrap_or_default();
    let among =
        |name: &str, value: &str| params.list(name).is_none_or(|list| list.iter().any(|of| of == value));
    let (span, mut products) = (IdSpan::of(&params)?, shop.catalog.products());
    sort(&mut products, &params)?;
    let mut found = Vec::new();
    for items in products {
        let whole = shop.catalog.whole(items[0].product_id);
        let mut document = product(&items, &whole);
        let id = document["id"].to_string();
        let sku = document["sku"].as_str().unwrap_or_default().to_owned();
        let listed = among("id", &id) && among("id:in", &id) && span.has(items[0].product_id);
        if listed && among("sku", &sku) && among("sku:in", &sku) {
            keep_fields(&mut document, &params);
            included(&mut document, &items, &include);
            found.push(document);
        }
    }
    Ok(Json(page.v3(found)))
}

/// `id:min` and its kin.
struct IdSpan {
    from: Option<u64>,
    to: Option<u64>,
    over: Option<u64>,
    under: Option<u64>,
}

impl IdSpan {
    fn of(params: &Params) -> Result<Self, Refusal> {
        let id = |name| params.parse(name).map_err(bad_param);
        let (from, to) = (id("id:min")?, id("id:max")?);
        Ok(Self { from, to, over: id("id:greater")?, under: id("id:less")? })
    }

    fn has(&self, id: u64) -> bool {
        self.from.is_none_or(|from| id >= from)
            && self.to.is_none_or(|to| id <= to)
            && self.over.is_none_or(|over| id > over)
            && self.under.is_none_or(|under| id < under)
    }
}

/// Applies `sort` and `direction`, as far as the documented fields differ here. What the order is without them is not documented.
fn sort(products: &mut [Vec<Item>], params: &Params) -> Result<(), Refusal> {
    match params.get("sort") {
        None | Some("id") => products.sort_by_key(|items| items[0].product_id),
        Some("name") => products.sort_by(|one, other| one[0].name.cmp(&other[0].name)),
        Some("price") => products.sort_by_key(|items| items[0].price),
        Some(_) => return Err(bad_param(BadParam::Invalid("sort".to_owned()))),
    }
    match params.get("direction") {
        None | Some("asc") => {}
        Some("desc") => products.reverse(),
        Some(_) => return Err(bad_param(BadParam::Invalid("direction".to_owned()))),
    }
    Ok(())
}

/// `none`, `product` or `variant`.
fn tracking(items: &[Item], whole: &Whole) -> &'static str {
    if whole.stock.is_some() {
        return "product";
    }
    match (items.iter().any(|item| item.stock.is_some()), has_variants(items)) {
        (false, _) => "none",
        (true, true) => "variant",
        (true, false) => "product",
    }
}

fn product(items: &[Item], whole: &Whole) -> Value {
    let first = &items[0];
    let complex = has_variants(items);
    json!({
        "id": first.product_id,
        "name": first.name,
        "type": "physical",
        "sku": if complex { whole.sku.as_str() } else { first.sku.as_str() },
        "description": "",
        "weight": 0,
        "price": first.price.to_f64(),
        "calculated_price": first.price.to_f64(),
        "categories": [],
        "brand_id": 0,
        "inventory_level": whole.stock.unwrap_or_else(|| items.iter().filter_map(|item| item.stock).sum()),
        "inventory_warning_level": 0,
        "inventory_tracking": tracking(items, whole),
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
