//! Where a shop sells a SKU.

use crate::Sku;

/// One place where a shop lists a SKU: a product, or a variant of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listing {
    /// What is sold there.
    pub sku: Sku,
    /// The shop's id of the product.
    pub product_id: String,
    /// The shop's id of the variant; none where the product itself is sold.
    pub variant_id: Option<String>,
    /// Whether the shop counts the stock of it. BigCommerce ignores quantities of a listing that is not tracked.
    pub tracked: bool,
}
