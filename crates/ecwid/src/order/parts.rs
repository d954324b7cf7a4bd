//! The parts of a composite line: Ecwid names them by product and variation, and their SKUs stand in the catalogue.

use std::collections::BTreeMap;

use crossdock_domain::Sku;
use crossdock_storefront::{Priority, StorefrontError};

use super::wire::{Component, Item};
use crate::Ecwid;
use crate::components::{Goods, Product};

/// Deepest composite within composites that is taken apart. Whether Ecwid allows any is documented nowhere; without a bound,
/// two that hold each other would never end.
const NESTING_MAX: usize = 3;

/// One kind of thing in a composite line.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// Its product, or product and variation: the same however often the order is read, and no other part's in the line.
    pub(crate) id: String,
    /// In one unit of the line, at least one.
    pub(crate) units: u32,
    pub(crate) goods: Goods,
}

/// A component that is still to be looked up.
struct Open {
    component: Component,
    /// Units of what it is in, in one unit of the line.
    times: u32,
    nesting: usize,
}

impl Ecwid {
    /// What one unit of the line is packed as; nothing for a line that is no composite.
    ///
    /// A part whose SKU cannot be told is there all the same, with a name that says why and without a SKU: the order is then
    /// held for a person, and never leaves without that part.
    pub(super) async fn parts(&self, item: &Item, priority: Priority) -> Result<Vec<Part>, StorefrontError> {
        let mut parts: BTreeMap<String, Part> = BTreeMap::new();
        let opened =
            |component: &Component, times, nesting| Open { component: component.clone(), times, nesting };
        let mut open: Vec<Open> = item.components().iter().map(|one| opened(one, 1, 1)).collect();
        while let Some(Open { component, times, nesting }) = open.pop() {
            let product = self.product_of(&component, priority).await?;
            let inner = product.as_ref().map(|product| product.components()).unwrap_or_default();
            let units = times.saturating_mul(component.quantity);
            if units > 0 && nesting < NESTING_MAX && !inner.is_empty() {
                open.extend(inner.iter().map(|one| opened(one, units, nesting + 1)));
                continue;
            }
            let goods =
                goods(&component, product.as_deref()).unwrap_or_else(|why| unclear(&component, item, why));
            let id = id(&component);
            let part = Part { id: id.clone(), units: 0, goods: goods.clone() };
            let part = parts.entry(id).or_insert(part);
            part.units = part.units.saturating_add(units.max(1));
            // Of a component that is listed twice, what cannot be told of one holds for both.
            if goods.sku.as_str().trim().is_empty() {
                part.goods = goods;
            }
        }
        Ok(parts.into_values().collect())
    }
}

/// The component as it is packed, or why that cannot be told.
fn goods(component: &Component, product: Option<&Product>) -> Result<Goods, &'static str> {
    let product = product.ok_or("gone from the catalogue")?;
    if component.quantity == 0 {
        return Err("none of it in the composite");
    }
    if !product.components().is_empty() {
        return Err("a composite itself");
    }
    product.goods(component).ok_or("its variation is gone from the catalogue")
}

fn unclear(component: &Component, item: &Item, why: &str) -> Goods {
    let name = format!("product {} in {} ({why})", id(component), item.name.0);
    Goods { sku: Sku::from(""), name, options: BTreeMap::new(), shippable: true }
}

fn id(component: &Component) -> String {
    let product_id = &component.product_id.0;
    match component.variation() {
        Some(variation) => format!("{product_id}-{variation}"),
        None => product_id.clone(),
    }
}
