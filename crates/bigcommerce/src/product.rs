//! A product of the catalogue, and where stock is written to for each SKU of it.
//!
//! Source: the OpenAPI files of products and product variants (public repository bigcommerce/docs at 24f580ca, 2026-04-01). SKUs are
//! unique in a shop, "regardless of the letter case for both products and variants".
//!
//! A bundle is a product like any other: the platform has no kind of its own for it, and itself lowers the stock of what an option
//! picks. It is told what the warehouse counts of its SKU, and nothing where the warehouse counts none.

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_storefront::ProductListings;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::loose;

/// What is asked for of a product, besides its variants.
pub(crate) const FIELDS: &str = "sku,inventory_tracking";

/// A product with all of its variants. One without options has one variant, its base variant.
#[derive(Debug, Deserialize)]
pub(crate) struct Product {
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    inventory_tracking: InventoryTracking,
    variants: Vec<Variant>,
}

#[derive(Debug, Deserialize)]
struct Variant {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
    #[serde(default, deserialize_with = "loose::text")]
    sku: String,
    /// "Will be empty if the variant is the product's base variant" (OpenAPI file of the product variants).
    #[serde(default)]
    option_values: Vec<IgnoredAny>,
}

/// Where a product's stock is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum InventoryTracking {
    None,
    Product,
    Variant,
}

/// A row of a list, as far as it is needed to name it.
#[derive(Deserialize)]
struct Numbered {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
}

/// None for a row that has none.
pub(crate) fn id_of(row: &RawValue) -> Option<u64> {
    serde_json::from_str::<Numbered>(row.get()).ok().map(|row| row.id)
}

/// What the products of these rows list.
pub(crate) fn listings_of(rows: &[Box<RawValue>]) -> ProductListings {
    let mut found = ProductListings::default();
    for row in rows {
        match Product::read(row) {
            Some(product) => found.listings.extend(product.listings()),
            None => found.unread.extend(id_of(row).map(|id| id.to_string())),
        }
    }
    found
}

impl Product {
    /// A product of a list; none, and a line in the log, for one that is not as documented: it must not hide all others.
    pub(crate) fn read(row: &RawValue) -> Option<Self> {
        match serde_json::from_str(row.get()) {
            Ok(product) => Some(product),
            Err(error) => {
                let id = id_of(row);
                tracing::warn!(product.id = id, %error, "a product in the shop's catalogue is not as documented; it is left out");
                None
            }
        }
    }

    /// Its listings. What has no SKU is not listed.
    ///
    /// A product that counts its own stock refuses a quantity by variant ("tracked by product, please update stock by product id",
    /// OpenAPI file of the inventory), so it is listed as itself, by its own SKU. A variant without a SKU is sold by its product's.
    pub(crate) fn listings(self) -> Vec<Listing> {
        let (product_sku, product_id) = (self.sku.as_str(), self.id.to_string());
        let listing = |sku: &str, variant: Option<&Variant>, stock| Listing {
            sku: Sku::from(sku),
            product_id: product_id.clone(),
            variant_id: variant.map(|variant| variant.id.to_string()),
            stock,
        };
        let by_product = self.inventory_tracking == InventoryTracking::Product;
        let own_count =
            (by_product && is_filled(product_sku)).then(|| listing(product_sku, None, ListingStock::Counted));
        let of_variant = |variant: &Variant| {
            let sku = if is_filled(&variant.sku) { variant.sku.as_str() } else { product_sku };
            let itself = (!variant.is_base()).then_some(variant);
            match self.inventory_tracking {
                _ if !is_filled(sku) => None,
                InventoryTracking::None => Some(listing(sku, itself, ListingStock::Uncounted)),
                InventoryTracking::Variant => Some(listing(sku, Some(variant), ListingStock::Counted)),
                InventoryTracking::Product if sku == product_sku => None,
                InventoryTracking::Product if variant.is_base() => {
                    Some(listing(sku, None, ListingStock::Counted))
                }
                InventoryTracking::Product => Some(listing(sku, itself, ListingStock::Shared)),
            }
        };
        own_count.into_iter().chain(self.variants.iter().filter_map(of_variant)).collect()
    }
}

impl Variant {
    fn is_base(&self) -> bool {
        self.option_values.is_empty()
    }
}

fn is_filled(sku: &str) -> bool {
    !sku.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn listings(product: &Value) -> Vec<(String, Option<String>, ListingStock)> {
        let row = RawValue::from_string(product.to_string()).unwrap();
        let listings = Product::read(&row).unwrap().listings();
        assert!(listings.iter().all(|listing| listing.product_id == "10"));
        listings.into_iter().map(|it| (it.sku.to_string(), it.variant_id, it.stock)).collect()
    }

    fn simple(tracking: &str) -> Value {
        json!({ "id": 10, "sku": "MUG", "inventory_tracking": tracking,
            "variants": [{ "id": 1, "sku": "MUG", "option_values": [] }] })
    }

    /// Two sizes: one has a SKU of its own, one has not.
    fn sizes(tracking: &str) -> Value {
        json!({ "id": 10, "sku": "TEE", "inventory_tracking": tracking, "variants": [
            { "id": 1, "sku": "TEE-S", "option_values": [{ "id": 7, "label": "S" }] },
            { "id": 2, "sku": null, "option_values": [{ "id": 8, "label": "M" }] },
        ] })
    }

    fn row(sku: &str, variant: Option<&str>, stock: ListingStock) -> (String, Option<String>, ListingStock) {
        (sku.to_owned(), variant.map(str::to_owned), stock)
    }

    #[test]
    fn a_product_without_options_is_told_where_it_counts_its_stock() {
        use ListingStock::{Counted, Uncounted};
        assert_eq!(listings(&simple("product")), [row("MUG", None, Counted)]);
        assert_eq!(listings(&simple("variant")), [row("MUG", Some("1"), Counted)]);
        assert_eq!(listings(&simple("none")), [row("MUG", None, Uncounted)]);
    }

    #[test]
    fn a_variant_without_a_sku_is_sold_by_its_products() {
        use ListingStock::{Counted, Uncounted};
        assert_eq!(
            listings(&sizes("variant")),
            [row("TEE-S", Some("1"), Counted), row("TEE", Some("2"), Counted)]
        );
        assert_eq!(
            listings(&sizes("none")),
            [row("TEE-S", Some("1"), Uncounted), row("TEE", Some("2"), Uncounted)]
        );
    }

    #[test]
    fn variants_that_share_their_products_count_are_not_told_apart() {
        use ListingStock::{Counted, Shared};
        assert_eq!(listings(&sizes("product")), [row("TEE", None, Counted), row("TEE-S", Some("1"), Shared)]);
    }

    #[test]
    fn what_has_no_sku_is_not_listed() {
        for tracking in ["none", "product", "variant"] {
            let nameless = json!({ "id": 10, "sku": " ", "inventory_tracking": tracking,
                "variants": [{ "id": 1, "sku": "", "option_values": [] }] });
            assert_eq!(listings(&nameless), [], "{tracking}");
        }
    }

    #[test]
    fn a_product_of_another_shape_is_left_out() {
        for odd in [json!({ "id": 10, "inventory_tracking": "by hand", "variants": [] }), json!({ "id": {} })]
        {
            assert!(Product::read(&RawValue::from_string(odd.to_string()).unwrap()).is_none());
        }
    }
}
