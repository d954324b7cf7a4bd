//! A product of the catalogue, and where stock is written to for each SKU of it.

use crossdock_domain::{Listing, ListingStock, Sku};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::scalar::Scalar;

/// What is asked for of a product.
pub(crate) const FIELDS: &str =
    "id,sku,unlimited,compositeComponents(productId),combinations(id,sku,unlimited)";

/// A product with all of its variations.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Product {
    id: Scalar,
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    unlimited: bool,
    #[serde(default)]
    combinations: Vec<Variation>,
    composite_components: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Deserialize)]
struct Variation {
    id: Scalar,
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    unlimited: bool,
}

impl Product {
    /// Its listings. What has no SKU is not listed.
    ///
    /// A variation without a SKU of its own, or with its product's, is sold as the product and not listed beside it: the shop keeps no
    /// stock for the one ("SKU for combination is not set"), and wants the same for the other as for the product
    /// (`DIFFERENT_COMBINATION_STOCK`, docs.ecwid.com, error codes, 2026-01-14). Where several products have one SKU, each is listed.
    pub(crate) fn listings(self) -> Vec<Listing> {
        let is_composite = self.composite_components.is_some_and(|parts| !parts.is_empty());
        let listing = |sku: &Scalar, variant_id: Option<&Scalar>, unlimited: bool| Listing {
            sku: Sku::from(sku.0.as_str()),
            product_id: self.id.0.clone(),
            variant_id: variant_id.map(|id| id.0.clone()),
            stock: match (is_composite, unlimited) {
                (true, _) => ListingStock::Composite,
                (false, true) => ListingStock::Uncounted,
                (false, false) => ListingStock::Counted,
            },
        };
        let itself = self.sku.filled().map(|_| listing(&self.sku, None, self.unlimited));
        let own_sku = |one: &&Variation| one.sku.filled().is_some() && one.sku != self.sku;
        let variations = self.combinations.iter().filter(own_sku);
        let variations = variations.map(|one| listing(&one.sku, Some(&one.id), one.unlimited));
        itself.into_iter().chain(variations).collect()
    }
}

#[cfg(test)]
mod tests {
    use ListingStock::{Composite, Counted, Uncounted};

    use super::*;
    use crate::shape;

    fn listings(json: &str) -> Vec<(String, Option<String>, ListingStock)> {
        let listings = shape::read::<Product>(json.as_bytes()).unwrap().listings();
        assert!(listings.iter().all(|listing| listing.product_id == "7"));
        listings.into_iter().map(|it| (it.sku.to_string(), it.variant_id, it.stock)).collect()
    }

    fn row(
        sku: &str,
        variation: Option<&str>,
        stock: ListingStock,
    ) -> (String, Option<String>, ListingStock) {
        (sku.to_owned(), variation.map(str::to_owned), stock)
    }

    #[test]
    fn a_variation_without_a_sku_of_its_own_is_sold_as_its_product() {
        let tee = r#"{"id": 7, "sku": "TEE", "quantity": 3, "combinations": [
            {"id": 70, "sku": "TEE-S"}, {"id": 71, "quantity": 2}, {"id": 72, "sku": "TEE"}, {"id": 73, "sku": "TEE-L", "unlimited": true}]}"#;
        let expected = [
            row("TEE", None, Counted),
            row("TEE-S", Some("70"), Counted),
            row("TEE-L", Some("73"), Uncounted),
        ];
        assert_eq!(listings(tee), expected);
    }

    #[test]
    fn a_composite_is_told_no_quantity_and_one_without_parts_is_none() {
        let set = |parts: &str| {
            format!(
                r#"{{"id": "7", "sku": "SET", "compositeComponents": {parts}, "combinations": [{{"id": 70, "sku": "SET-S"}}]}}"#
            )
        };
        let parts = set(r#"[{"productId": 3}, {"productId": 4}]"#);
        assert_eq!(listings(&parts), [row("SET", None, Composite), row("SET-S", Some("70"), Composite)]);
        for none in ["[]", "null"] {
            assert_eq!(listings(&set(none)), [row("SET", None, Counted), row("SET-S", Some("70"), Counted)]);
        }
    }

    #[test]
    fn what_has_no_sku_is_not_listed() {
        assert_eq!(listings(r#"{"id": 7, "sku": " ", "combinations": [{"id": 70, "sku": null}]}"#), []);
    }
}
