//! Forgets where a shop lists what it sells, when a product has changed there.
//!
//! In       `shop.product.changed`
//! Effects  the product's listings are looked up anew at the next push
//! Replay   safe: forgetting twice is forgetting once

use std::sync::Arc;

use crossdock_events::ShopProductChanged;
use crossdock_ledger::{Ledger, LedgerError};
use jiff::{SignedDuration, Timestamp};

/// In the names of BigCommerce's webhooks that tell of a quantity alone (`store/product/inventory/updated`): no listing
/// changes with it, and it may be the echo of our own push.
const QUANTITY_ONLY: &str = "/inventory/";

/// How the names of both platforms' webhooks for a new product or variant end.
const CREATED: &str = "created";

/// How long a SKU that the shop did not list is taken to be missing, whatever product changes meanwhile, in seconds.
///
/// Ecwid tells of our own stock writes as changed products, and each SKU that it lacks costs a call to look up. A new
/// product may list any of them at once.
const NOT_FOUND_SECS_MAX: i64 = 60 * 60;

pub(crate) struct ForgetListings {
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl ForgetListings {
    pub(crate) async fn handle(&self, changed: &ShopProductChanged) -> Result<(), LedgerError> {
        if changed.cause.contains(QUANTITY_ONLY) {
            return Ok(());
        }
        let kept = if changed.cause.ends_with(CREATED) { 0 } else { NOT_FOUND_SECS_MAX };
        let not_found_before = Timestamp::now() - SignedDuration::from_secs(kept);
        self.ledger.forget_product(&changed.store, &changed.product_id, not_found_before).await
    }
}
