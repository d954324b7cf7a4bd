//! What a sandbox shop sells.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

use rust_decimal::Decimal;

use crate::DraftLine;

/// One thing that a shop sells: a variant of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Id of the product; several items may share it.
    pub product_id: u64,
    /// Id of the variant.
    pub variant_id: u64,
    /// Stock keeping unit.
    pub sku: String,
    /// Name as the buyer sees it.
    pub name: String,
    /// Options by display name, for example `Size: M`; empty for a product without options.
    pub options: BTreeMap<String, String>,
    /// Price of a unit, tax included.
    pub price: Decimal,
    /// Units that the shop believes to have; none: not tracked (BigCommerce), unlimited (Ecwid).
    pub stock: Option<i64>,
}

/// All that a shop sells, shared between its API and its owner.
#[derive(Debug, Default)]
pub struct Catalog {
    items: Mutex<Vec<Item>>,
    /// By SKU: the variants that an item is put together from, with the units of each.
    composites: Mutex<BTreeMap<String, Vec<(u64, u32)>>>,
    /// By product: what one with variants has besides them.
    wholes: Mutex<BTreeMap<u64, Whole>>,
    /// Products whose stock nobody may set.
    fixed: Mutex<BTreeSet<u64>>,
}

/// What a product with variants has of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Whole {
    /// Its SKU. Variants whose own is empty are sold by it.
    pub sku: String,
    /// Units of it, which its variants share; none: each variant has its own (or, as the platform says, none of them is counted).
    pub stock: Option<i64>,
}

/// Whether an item is a variant to choose from, and not all there is of its product.
pub(crate) fn is_variant(items: &[Item], item: &Item) -> bool {
    let other = |of: &Item| of.product_id == item.product_id && of.variant_id != item.variant_id;
    !item.options.is_empty() || items.iter().any(other)
}

/// Whether the items of one product are variants to choose from.
pub(crate) fn has_variants(product: &[Item]) -> bool {
    product.iter().any(|item| is_variant(product, item))
}

impl Catalog {
    /// A catalogue of these items.
    pub fn new(items: Vec<Item>) -> Self {
        Self { items: Mutex::new(items), ..Self::default() }
    }

    /// Every item, locked for reading and changing.
    pub fn items(&self) -> MutexGuard<'_, Vec<Item>> {
        self.items.lock().expect("nobody panics while holding the catalogue")
    }

    /// Makes an item a composite (Ecwid only): orders name it alone, with its components by product and variation. An empty
    /// list makes it a plain one again; orders keep what it was when they were placed.
    ///
    /// # Panics
    /// If a component is not listed: a merchant cannot choose it.
    pub fn compose(&self, sku: &str, components: &[(&str, u32)]) {
        let items = self.items();
        let listed = |(sku, units): &(&str, u32)| {
            let item = items.iter().find(|item| item.sku == *sku);
            let item = item.unwrap_or_else(|| panic!("the sandbox shop does not sell '{sku}'"));
            (item.variant_id, *units)
        };
        let components = components.iter().map(listed).collect();
        self.composites_locked().insert(sku.to_owned(), components);
    }

    /// What an item is put together from, with the units in one of it; nothing for most.
    pub(crate) fn components(&self, sku: &str) -> Vec<(Item, u32)> {
        let components = self.composites_locked().get(sku).cloned().unwrap_or_default();
        let items = self.items();
        let item = |variant_id: u64| items.iter().find(|item| item.variant_id == variant_id).cloned();
        components.into_iter().filter_map(|(variant_id, units)| Some((item(variant_id)?, units))).collect()
    }

    fn composites_locked(&self) -> MutexGuard<'_, BTreeMap<String, Vec<(u64, u32)>>> {
        self.composites.lock().expect("nobody panics while holding the composites")
    }

    /// Gives a product with variants a SKU of its own, and perhaps a count that its variants share.
    pub fn set_whole(&self, product_id: u64, whole: Whole) {
        self.wholes_locked().insert(product_id, whole);
    }

    /// What a product with variants has of its own; nothing for most.
    pub fn whole(&self, product_id: u64) -> Whole {
        self.wholes_locked().get(&product_id).cloned().unwrap_or_default()
    }

    fn wholes_locked(&self) -> MutexGuard<'_, BTreeMap<u64, Whole>> {
        self.wholes.lock().expect("nobody panics while holding the wholes")
    }

    /// From now on the shop refuses whatever quantity a product is given over its API, or takes it again.
    pub fn fix(&self, product_id: u64, fixed: bool) {
        let mut all = self.fixed.lock().expect("nobody panics while holding the products");
        if fixed {
            all.insert(product_id)
        } else {
            all.remove(&product_id)
        };
    }

    /// Whether it refuses quantities of the product.
    pub(crate) fn is_fixed(&self, product_id: u64) -> bool {
        self.fixed.lock().expect("nobody panics while holding the products").contains(&product_id)
    }

    /// What the shop believes to have of a SKU; none if it is not listed or not tracked.
    pub fn stock(&self, sku: &str) -> Option<i64> {
        self.items().iter().find(|item| item.sku == sku)?.stock
    }

    /// Takes what is bought out of stock, down to nothing at most, and answers the items with their quantities.
    ///
    /// # Panics
    /// If a SKU is not listed: a buyer cannot choose it.
    pub(crate) fn sell(&self, lines: &[DraftLine]) -> Vec<(Item, u32)> {
        let mut items = self.items();
        let mut take = |line: &DraftLine| {
            let item = items.iter_mut().find(|item| item.sku == line.sku);
            let item = item.unwrap_or_else(|| panic!("the sandbox shop does not sell '{}'", line.sku));
            item.stock = item.stock.map(|stock| (stock - i64::from(line.quantity)).max(0));
            (item.clone(), line.quantity)
        };
        lines.iter().map(&mut take).collect()
    }

    /// Puts units back in stock. What is not tracked, or not listed any more, stays as it is.
    pub(crate) fn take_back(&self, units: &[(String, i64)]) {
        let mut items = self.items();
        for (sku, units) in units {
            if let Some(stock) =
                items.iter_mut().find(|item| item.sku == *sku).and_then(|it| it.stock.as_mut())
            {
                *stock += units;
            }
        }
    }

    /// The items by product, in the order of the products' ids.
    pub(crate) fn products(&self) -> Vec<Vec<Item>> {
        let mut products: BTreeMap<u64, Vec<Item>> = BTreeMap::new();
        for item in self.items().iter() {
            products.entry(item.product_id).or_default().push(item.clone());
        }
        products.into_values().collect()
    }

    /// The items of one product; none if nothing is sold under this id.
    pub(crate) fn product(&self, id: &str) -> Option<Vec<Item>> {
        let id: u64 = id.parse().ok()?;
        let items: Vec<Item> = self.items().iter().filter(|item| item.product_id == id).cloned().collect();
        (!items.is_empty()).then_some(items)
    }
}
