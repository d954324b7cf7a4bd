//! Forgets where a shop lists what it sells, when a product has changed there.
//!
//! In       `shop.product.changed`
//! Effects  the product's listings are looked up anew at the next push
//! Replay   safe: forgetting twice is forgetting once

use std::sync::Arc;

use crossdock_events::ShopProductChanged;
use crossdock_ledger::{Ledger, LedgerError};

/// In the names of BigCommerce's webhooks that tell of a quantity alone (`store/product/inventory/updated`): no listing
/// changes with it, and it may be the echo of our own push.
const QUANTITY_ONLY: &str = "/inventory/";

pub(crate) struct ForgetListings {
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl ForgetListings {
    pub(crate) async fn handle(&self, changed: &ShopProductChanged) -> Result<(), LedgerError> {
        if changed.cause.contains(QUANTITY_ONLY) {
            return Ok(());
        }
        self.ledger.forget_product(&changed.store, &changed.product_id).await
    }
}
