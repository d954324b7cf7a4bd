//! A product of the old catalogue, a SKU of one, and where stock is written to for each.

use std::collections::{BTreeSet, HashMap};

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_storefront::StorefrontError;
use serde::Deserialize;

use super::ABOUT;
use crate::client::Client;
use crate::loose;
use crate::pages::{self, PAGE_ROWS};

pub(super) const PRODUCTS: &str = "/v2/products";
pub(super) const SKUS: &str = "/v2/products/skus";

/// Of a product, its name, SKU, levels and the like, without its description.
pub(super) const SUMMARY: (&str, &str) = ("include", "@summary");

/// Begins a listing's variant id, behind which the SKU's id stands. Ids of SKUs (V2) and of variants (V3) are different numbers of the
/// same thing: should the shop be given another account, one that was remembered is not taken for the other.
const SKU_ID_BEGINS: &str = "sku:";

/// A product. Its own SKU is that of all its options together.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Product {
    #[serde(deserialize_with = "loose::id")]
    pub(super) id: u64,
    #[serde(deserialize_with = "loose::text")]
    sku: String,
    inventory_tracking: InventoryTracking,
}

/// A SKU of some of a product's options.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct OptionSku {
    #[serde(deserialize_with = "loose::id")]
    pub(super) id: u64,
    #[serde(deserialize_with = "loose::id")]
    pub(super) product_id: u64,
    #[serde(deserialize_with = "loose::text")]
    sku: String,
}

/// Where a product's stock is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum InventoryTracking {
    None,
    /// By the product.
    Simple,
    /// By each SKU.
    Sku,
}

impl Product {
    /// Where its own SKU is sold, if it has one. A product that its SKUs count for has no count of its own: "Simple inventory tracking
    /// must be enabled" for its level to take effect.
    pub(super) fn listing(&self) -> Option<Listing> {
        let stock = match self.inventory_tracking {
            InventoryTracking::Simple => ListingStock::Counted,
            InventoryTracking::None | InventoryTracking::Sku => ListingStock::Uncounted,
        };
        self.listing_of(&self.sku, None, stock)
    }

    /// Where a SKU of it is sold.
    pub(super) fn listing_of_option(&self, option: &OptionSku) -> Option<Listing> {
        let stock = match self.inventory_tracking {
            InventoryTracking::None => ListingStock::Uncounted,
            InventoryTracking::Simple => ListingStock::Shared,
            InventoryTracking::Sku => ListingStock::Counted,
        };
        self.listing_of(&option.sku, Some(format!("{SKU_ID_BEGINS}{}", option.id)), stock)
    }

    fn listing_of(&self, sku: &str, variant_id: Option<String>, stock: ListingStock) -> Option<Listing> {
        let product_id = self.id.to_string();
        (!sku.trim().is_empty()).then(|| Listing { sku: Sku::from(sku), product_id, variant_id, stock })
    }
}

/// The resource whose `inventory_level` a listing's quantity is; none for a listing that another kind of account found.
pub(super) fn path_of(listing: &Listing) -> Option<String> {
    let product: u64 = listing.product_id.parse().ok()?;
    let Some(variant) = &listing.variant_id else { return Some(format!("{PRODUCTS}/{product}")) };
    let sku: u64 = variant.strip_prefix(SKU_ID_BEGINS)?.parse().ok()?;
    Some(format!("{PRODUCTS}/{product}/skus/{sku}"))
}

/// These products, by id. One that is gone is missing.
pub(super) async fn products(
    client: &Client,
    ids: &BTreeSet<u64>,
) -> Result<HashMap<u64, Product>, StorefrontError> {
    let mut found = HashMap::new();
    for (min, max) in spans(ids) {
        let (min, max) = (min.to_string(), max.to_string());
        let filter = [("min_id", min.as_str()), ("max_id", max.as_str()), SUMMARY];
        let products: Vec<Product> = pages::v2_rows_where(client, PRODUCTS, &filter, ABOUT).await?;
        found.extend(products.into_iter().map(|product| (product.id, product)));
    }
    found.retain(|id, _| ids.contains(id));
    Ok(found)
}

/// As few spans of ids as hold them all, each no longer than a page has rows.
fn spans(ids: &BTreeSet<u64>) -> Vec<(u64, u64)> {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for id in ids {
        match spans.last_mut() {
            Some((min, max)) if id - *min < PAGE_ROWS as u64 => *max = *id,
            _ => spans.push((*id, *id)),
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stocks(tracking: &str) -> Vec<Option<(String, ListingStock)>> {
        let product: Product =
            serde_json::from_value(json!({ "id": 7, "sku": "TEE", "inventory_tracking": tracking })).unwrap();
        let option: OptionSku =
            serde_json::from_value(json!({ "id": 5, "product_id": 7, "sku": "TEE-S" })).unwrap();
        let nameless = OptionSku { sku: " ".to_owned(), ..option.clone() };
        let listings =
            [product.listing(), product.listing_of_option(&option), product.listing_of_option(&nameless)];
        listings.map(|listing| listing.map(|it| (path_of(&it).unwrap(), it.stock))).to_vec()
    }

    #[test]
    fn stock_is_written_where_the_product_counts_it() {
        use ListingStock::{Counted, Shared, Uncounted};
        let rows = |own, option| {
            let product = "/v2/products/7".to_owned();
            vec![Some((product.clone(), own)), Some((format!("{product}/skus/5"), option)), None]
        };
        assert_eq!(stocks("none"), rows(Uncounted, Uncounted));
        assert_eq!(stocks("simple"), rows(Counted, Shared));
        assert_eq!(stocks("sku"), rows(Uncounted, Counted));
    }

    #[test]
    fn a_variant_of_the_newer_catalogue_is_not_taken_for_a_sku() {
        let of_v3 = Listing {
            sku: Sku::from("TEE-S"),
            product_id: "7".to_owned(),
            variant_id: Some("5".to_owned()),
            stock: ListingStock::Counted,
        };
        assert_eq!(path_of(&of_v3), None);
    }

    #[test]
    fn spans_hold_no_more_ids_than_a_page_has_rows() {
        let of = |ids: &[u64]| spans(&ids.iter().copied().collect());
        assert_eq!(of(&[]), []);
        assert_eq!(of(&[7, 256, 257, 9000]), [(7, 256), (257, 257), (9000, 9000)]);
    }
}
