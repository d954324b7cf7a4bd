//! A product and its combinations as the API gives them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::order_document::number;
use crate::catalog::{has_variants, is_variant};
use crate::{Catalog, Item};

/// A product of these items: one item, or one combination for each.
///
/// A product with combinations has an automatic SKU and unlimited stock of its own, unless it was given others; what counts stands in
/// the combinations.
pub(super) fn product(catalog: &Catalog, items: &[Item]) -> Value {
    let first = &items[0];
    let complex = has_variants(items);
    let whole = catalog.whole(first.product_id);
    let own_stock = if complex { whole.stock } else { first.stock };
    let own_sku = match (complex, whole.sku.is_empty()) {
        (true, true) => format!("{:05}", first.product_id),
        (true, false) => whole.sku,
        (false, _) => first.sku.clone(),
    };
    let mut document = json!({
        "id": first.product_id,
        "sku": own_sku,
        "name": first.name,
        "price": number(first.price),
        "priceInProductList": number(first.price),
        "defaultDisplayedPrice": number(first.price),
        "unlimited": own_stock.is_none(),
        "inStock": items.iter().any(|item| item.stock.is_none_or(|units| units > 0)),
        "isShippingRequired": true,
        "productClassId": 0,
        "enabled": true,
        "options": options(items),
        "combinations": if complex { combinations(items) } else { json!([]) },
        "defaultCombinationId": if complex { first.variant_id } else { 0 },
        "categoryIds": [],
        "galleryImages": [],
        "attributes": [],
        "files": [],
        "isGiftCard": false,
        "isSampleProduct": false,
        "outOfStockVisibilityBehaviour": "SHOW",
    });
    if let Some(units) = own_stock {
        document["quantity"] = json!(units);
    }
    let components = components(catalog, &first.sku);
    if !components.is_empty() {
        document["compositeComponents"] = json!(components);
    }
    document
}

/// What a composite is put together from, by product and combination, without SKUs; nothing for an item that is none.
///
/// Source: docs.ecwid.com, changelog of 2025-10-16.
pub(super) fn components(catalog: &Catalog, sku: &str) -> Vec<Value> {
    let composed = catalog.components(sku);
    if composed.is_empty() {
        return Vec::new();
    }
    let items = catalog.items().clone();
    let component = |(item, units): &(Item, u32)| {
        let combination = is_variant(&items, item).then_some(item.variant_id);
        json!({ "productId": item.product_id, "combinationId": combination, "quantity": units })
    };
    composed.iter().map(component).collect()
}

/// The combinations as a bare list; an unlimited one has no quantity.
pub(super) fn combinations(items: &[Item]) -> Value {
    if !has_variants(items) {
        return json!([]);
    }
    let combination = |(place, item): (usize, &Item)| {
        let options: Vec<Value> =
            item.options.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
        let mut document = json!({
            "id": item.variant_id,
            "combinationNumber": place + 1,
            "options": options,
            "sku": item.sku,
            "price": number(item.price),
            "defaultDisplayedPrice": number(item.price),
            "unlimited": item.stock.is_none(),
            "inStock": item.stock.is_none_or(|units| units > 0),
            "attributes": [],
            "outOfStockVisibilityBehaviour": "SHOW",
        });
        if let Some(units) = item.stock {
            document["quantity"] = json!(units);
        }
        document
    };
    items.iter().enumerate().map(combination).collect()
}

/// The choices of a product, each option with the values that its items have.
fn options(items: &[Item]) -> Vec<Value> {
    let mut choices: BTreeMap<&String, BTreeSet<&String>> = BTreeMap::new();
    for (name, value) in items.iter().flat_map(|item| &item.options) {
        choices.entry(name).or_default().insert(value);
    }
    let choice =
        |text: &&String| json!({ "text": text, "priceModifier": 0, "priceModifierType": "ABSOLUTE" });
    let option = |(name, values): (&String, BTreeSet<&String>)| {
        let choices: Vec<Value> = values.iter().map(choice).collect();
        json!({ "type": "SELECT", "name": name, "choices": choices, "defaultChoice": 0, "required": false })
    };
    choices.into_iter().map(|(name, values)| option((name, values))).collect()
}
