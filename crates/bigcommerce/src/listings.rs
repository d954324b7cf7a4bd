//! Where the shop lists a SKU.

use std::collections::{BTreeSet, HashMap};

use crossdock_domain::{Listing, Sku};
use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;

use crate::client::{About, Client};
use crate::loose;
use crate::pages;

/// Most SKUs or product ids asked for in one call.
const FILTER_VALUES_MAX: usize = 50;

/// Longest filter, in bytes before percent-encoding, which may triple it: the whole address stays well under 8 KB.
const FILTER_BYTES_MAX: usize = 2000;

const ABOUT: About<'static> =
    About { subject: "catalogue", scope: "read products", priority: Priority::Stock };

/// A variant. A product without options has one too, its base variant.
#[derive(Debug, Deserialize)]
struct Variant {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
    #[serde(deserialize_with = "loose::id")]
    product_id: u64,
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    /// "Will be empty if the variant is the product's base variant" (OpenAPI file of the product variants).
    #[serde(default)]
    option_values: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct Product {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
    inventory_tracking: InventoryTracking,
}

/// Where a product's stock is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum InventoryTracking {
    None,
    Product,
    Variant,
}

/// Every listing of these SKUs; case and spaces count, although the shop's filter may be laxer.
pub(crate) async fn listings(client: &Client, skus: &[Sku]) -> Result<Vec<Listing>, StorefrontError> {
    let wanted: BTreeSet<&str> = skus.iter().map(Sku::as_str).filter(|sku| !sku.is_empty()).collect();
    // A comma separates the filter's values; a SKU with one is asked for alone.
    let (alone, together): (Vec<&str>, Vec<&str>) = wanted.iter().partition(|sku| sku.contains(','));
    let mut variants: Vec<Variant> = Vec::new();
    for filter in filters(together) {
        variants.extend(variants_by(client, ("sku:in", &filter)).await?);
    }
    for sku in alone {
        variants.extend(variants_by(client, ("sku", sku)).await?);
    }
    variants.retain(|variant| wanted.contains(variant.sku.as_str()));
    let tracking = tracking_of(client, variants.iter().map(|variant| variant.product_id).collect()).await?;
    Ok(variants.into_iter().map(|variant| listing(variant, &tracking)).collect())
}

async fn variants_by(client: &Client, filter: (&str, &str)) -> Result<Vec<Variant>, StorefrontError> {
    pages::v3_rows(client, "/v3/catalog/variants", &[filter], ABOUT).await
}

async fn tracking_of(
    client: &Client,
    products: BTreeSet<u64>,
) -> Result<HashMap<u64, InventoryTracking>, StorefrontError> {
    let mut tracking = HashMap::new();
    for ids in filters(products.into_iter().map(|id| id.to_string())) {
        let filter = [("id:in", ids.as_str()), ("include_fields", "inventory_tracking")];
        let rows: Vec<Product> = pages::v3_rows(client, "/v3/catalog/products", &filter, ABOUT).await?;
        tracking.extend(rows.into_iter().map(|product| (product.id, product.inventory_tracking)));
    }
    Ok(tracking)
}

/// What stock is written to.
///
/// A product that counts its own stock refuses a quantity by variant ("tracked by product, please update stock by product id",
/// OpenAPI file of the inventory), so its base variant is listed as the product itself. One of several variants that share
/// their product's count has none of its own: the count of one SKU must not overwrite what all share.
fn listing(variant: Variant, tracking: &HashMap<u64, InventoryTracking>) -> Listing {
    let tracking = tracking.get(&variant.product_id).copied().unwrap_or(InventoryTracking::None);
    let is_base = variant.option_values.is_empty();
    let by_product = tracking == InventoryTracking::Product && is_base;
    Listing {
        sku: Sku::new(variant.sku),
        product_id: variant.product_id.to_string(),
        variant_id: (!by_product).then(|| variant.id.to_string()),
        tracked: by_product || tracking == InventoryTracking::Variant,
    }
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
