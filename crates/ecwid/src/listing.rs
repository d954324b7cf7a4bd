//! Where the shop sells a SKU.

use crossdock_domain::{Listing, Sku};
use crossdock_storefront::{Priority, StorefrontError};
use serde::Deserialize;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::scalar::Scalar;

/// Most products looked at for one SKU: Ecwid's largest page. A shop may allow a SKU to stand at several products.
const PRODUCTS_PER_SKU_MAX: usize = 100;

/// `GET /products?sku=…`: the products with the SKU, or with a variation that has it.
#[derive(Debug, Deserialize)]
struct Page {
    #[serde(default)]
    total: usize,
    items: Vec<Product>,
}

#[derive(Debug, Deserialize)]
struct Product {
    id: Scalar,
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    unlimited: bool,
    #[serde(default)]
    combinations: Vec<Variation>,
}

/// A variation without a SKU of its own inherits the product's: it is sold as the product, and not listed beside it.
#[derive(Debug, Deserialize)]
struct Variation {
    id: Scalar,
    #[serde(default)]
    sku: Scalar,
    #[serde(default)]
    unlimited: bool,
}

impl Ecwid {
    /// Every product and variation with exactly this SKU. One that the merchant sells without counting is not tracked.
    pub(crate) async fn listings_of(&self, sku: &Sku) -> Result<Vec<Listing>, StorefrontError> {
        if sku.as_str().trim().is_empty() {
            return Ok(Vec::new());
        }
        let limit = PRODUCTS_PER_SKU_MAX.to_string();
        let fields = "total,items(id,sku,unlimited,combinations(id,sku,unlimited))";
        let call = Call {
            path: &["products"],
            query: &[("sku", sku.as_str()), ("limit", &limit), ("responseFields", fields)],
            scope: Scope::ReadCatalog,
            what: "catalogue",
            priority: Priority::Stock,
        };
        let page: Page = self.client.get(call).await?;
        if page.total > PRODUCTS_PER_SKU_MAX {
            tracing::warn!(sku = %sku, products = page.total, "more products share a SKU than are looked at");
        }
        Ok(page.items.into_iter().flat_map(|product| product.listings(sku)).collect())
    }
}

impl Product {
    fn listings(self, sku: &Sku) -> Vec<Listing> {
        let listing = |variant_id, unlimited: bool| Listing {
            sku: sku.clone(),
            product_id: self.id.0.clone(),
            variant_id,
            tracked: !unlimited,
        };
        let whole = (self.sku.0 == sku.as_str()).then(|| listing(None, self.unlimited));
        let variations = self.combinations.into_iter().filter(|variation| variation.sku.0 == sku.as_str());
        whole.into_iter().chain(variations.map(|one| listing(Some(one.id.0), one.unlimited))).collect()
    }
}
