//! Where the shop lists a SKU.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crossdock_domain::{Listing, Sku};
use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{About, Client};
use crate::loose;
use crate::pages;
use crate::product::{FIELDS, Product};

/// Most SKUs or product ids asked for in one call.
const FILTER_VALUES_MAX: usize = 50;

/// Longest filter, in bytes before percent-encoding, which may triple it: the whole address stays well under 8 KB.
const FILTER_BYTES_MAX: usize = 2000;

pub(crate) const ABOUT: About<'static> =
    About { subject: "catalogue", scope: "read products", priority: Priority::Stock };

/// A variant, as far as it tells whose it is.
#[derive(Debug, Deserialize)]
struct Variant {
    #[serde(deserialize_with = "loose::id")]
    product_id: u64,
}

/// Every listing of these SKUs; case and spaces count, although the shop's filter may be laxer.
///
/// The list of products knows their main SKUs only; whose variant has one of the others, the list of variants tells.
pub(crate) async fn of_skus(client: &Client, skus: &[Sku]) -> Result<Vec<Listing>, StorefrontError> {
    let wanted: BTreeSet<&str> = skus.iter().map(Sku::as_str).filter(|sku| !sku.trim().is_empty()).collect();
    let mut found: BTreeMap<u64, Vec<Listing>> = BTreeMap::new();
    for filter in sku_filters(&wanted) {
        found.extend(products(client, filter.as_query()).await?);
    }
    let listed: HashSet<&str> = found.values().flatten().map(|listing| listing.sku.as_str()).collect();
    let missing: BTreeSet<&str> = wanted.iter().copied().filter(|sku| !listed.contains(sku)).collect();
    let mut others = BTreeSet::new();
    for filter in sku_filters(&missing) {
        let query = [filter.as_query(), ("include_fields", "product_id,sku")];
        let variants: Vec<Variant> = pages::v3_rows(client, "/v3/catalog/variants", &query, ABOUT).await?;
        others.extend(variants.into_iter().map(|variant| variant.product_id));
    }
    others.retain(|product| !found.contains_key(product));
    found.extend(by_id(client, others.into_iter().map(|id| id.to_string())).await?);
    Ok(found.into_values().flatten().filter(|listing| wanted.contains(listing.sku.as_str())).collect())
}

/// Every listing of these products.
pub(crate) async fn of_products(client: &Client, ids: &[String]) -> Result<Vec<Listing>, StorefrontError> {
    // What is no number is no product of this platform; as a filter it would be refused, and the others with it.
    let ids: BTreeSet<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let found = by_id(client, ids.into_iter().map(|id| id.to_string())).await?;
    Ok(found.into_values().flatten().collect())
}

async fn by_id(
    client: &Client,
    ids: impl Iterator<Item = String>,
) -> Result<BTreeMap<u64, Vec<Listing>>, StorefrontError> {
    let mut found = BTreeMap::new();
    for ids in filters(ids) {
        found.extend(products(client, ("id:in", &ids)).await?);
    }
    Ok(found)
}

/// The listings of all products that this filter lets through, by product.
async fn products(
    client: &Client,
    filter: (&str, &str),
) -> Result<BTreeMap<u64, Vec<Listing>>, StorefrontError> {
    let query = [filter, ("include", "variants"), ("include_fields", FIELDS)];
    let rows: Vec<Box<RawValue>> = pages::v3_rows(client, "/v3/catalog/products", &query, ABOUT).await?;
    let products = rows.iter().filter_map(|row| Product::read(row));
    Ok(products.map(|product| (product.id, product.listings())).collect())
}

/// A filter by SKU, of products or of variants.
struct SkuFilter {
    name: &'static str,
    value: String,
}

impl SkuFilter {
    fn as_query(&self) -> (&str, &str) {
        (self.name, &self.value)
    }
}

/// A comma separates a filter's values; a SKU with one is asked for alone.
fn sku_filters(skus: &BTreeSet<&str>) -> Vec<SkuFilter> {
    let (alone, together): (Vec<&str>, Vec<&str>) = skus.iter().partition(|sku| sku.contains(','));
    let together = filters(together).into_iter().map(|value| SkuFilter { name: "sku:in", value });
    let alone = alone.into_iter().map(|sku| SkuFilter { name: "sku", value: sku.to_owned() });
    together.chain(alone).collect()
}

/// The values joined by commas, in as many filters as the bounds need.
fn filters(values: impl IntoIterator<Item = impl AsRef<str>>) -> Vec<String> {
    let mut filters: Vec<String> = Vec::new();
    let mut count = 0;
    for value in values {
        let value = value.as_ref();
        match filters.last_mut() {
            Some(last) if count < FILTER_VALUES_MAX && last.len() + 1 + value.len() <= FILTER_BYTES_MAX => {
                last.push(',');
                last.push_str(value);
                count += 1;
            }
            _ => {
                filters.push(value.to_owned());
                count = 1;
            }
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_bounded_in_number_and_in_length() {
        assert_eq!(filters(["A", "B"]), ["A,B"]);
        assert_eq!(filters(Vec::<String>::new()), Vec::<String>::new());
        let many = filters((0..101).map(|n| n.to_string()));
        assert_eq!(many.iter().map(|filter| filter.split(',').count()).collect::<Vec<_>>(), [50, 50, 1]);
        let long = filters(["x".repeat(1500), "y".repeat(1500), "z".repeat(400)]);
        assert_eq!(long.iter().map(String::len).collect::<Vec<_>>(), [1500, 1901]);
    }
}
