//! Setting what the shop may sell.

use crossdock_storefront::{Priority, Quantity, StorefrontError};
use serde::{Deserialize, Serialize};

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::tracking::Updated;

/// An absolute quantity. Ecwid's relative endpoint is not used: a delta that is repeated after a doubt counts twice.
#[derive(Debug, Serialize)]
struct StockUpdate {
    quantity: i64,
    /// Without it a quantity does not take effect on an item that the shop does not count.
    unlimited: bool,
}

/// A product's or a variation's stock as it stands.
#[derive(Debug, Deserialize)]
struct Standing {
    quantity: Option<i64>,
}

impl Ecwid {
    /// Sets one listing's quantity.
    pub(crate) async fn set_quantity(&self, quantity: &Quantity) -> Result<(), StorefrontError> {
        let listing = &quantity.listing;
        let mut path = vec!["products", listing.product_id.as_str()];
        let mut what = format!("product {}", listing.product_id);
        if let Some(variant_id) = &listing.variant_id {
            path.extend(["combinations", variant_id]);
            what = format!("variation {variant_id} of {what}");
        }
        let call = Call {
            path: &path,
            query: &[],
            scope: Scope::UpdateCatalog,
            what: &what,
            priority: Priority::Stock,
        };
        let update = StockUpdate { quantity: quantity.units, unlimited: false };
        let updated: Updated = self.client.put(call, &update).await?;
        if updated.happened() {
            return Ok(());
        }
        let read = Call { query: &[("responseFields", "quantity")], scope: Scope::ReadCatalog, ..call };
        let standing: Standing = self.client.get(read).await?;
        if standing.quantity == Some(quantity.units) { Ok(()) } else { Err(Updated::nothing()) }
    }
}
