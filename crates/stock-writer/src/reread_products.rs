//! Keeps the index of a shop's listings up to date when products change there.
//!
//! In       `shop.product.changed`
//! Effects  the products' listings in the ledger; one call for all products of a batch, none for echoes of our own writes
//! Replay   safe: what is read twice is the same

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock_domain::{Platform, Sku, StoreId};
use crossdock_events::ShopProductChanged;
use crossdock_ledger::{Catalogue, Ledger};
use crossdock_queue::Failure;
use crossdock_storefront::{ProductListings, Shop};
use jiff::{SignedDuration, Timestamp};

/// In the names of BigCommerce's webhooks that tell of a quantity alone (`store/product/inventory/updated`): no listing
/// changes with it, and it may be the echo of our own push.
const QUANTITY_ONLY: &str = "/inventory/";

/// How the names of both platforms' webhooks for a changed product end.
const UPDATED: &str = "updated";

/// How long Ecwid may take to tell of our own write, in seconds. An echo that comes later costs a call, and does no harm.
///
/// Ecwid tells of each stock write as `product.updated`, in the words in which it tells of an edit by the merchant. Each of our
/// writes covers one of them within this time. An edit that is taken for an echo is found by the next reading of the
/// catalogue, within a day, and what the echo then costs is one call.
const ECHO_SECS_MAX: i64 = 5 * 60;

pub(crate) struct RereadProducts {
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl RereadProducts {
    /// Reads products that changed. Returns the SKUs of which a listing is new, or another than it was, or was refused and may be taken
    /// now: the shop was not told their quantities.
    pub(crate) async fn handle(
        &self,
        shop: &Shop,
        product_ids: BTreeSet<String>,
    ) -> Result<Vec<Sku>, Failure> {
        if product_ids.is_empty() {
            return Ok(Vec::new());
        }
        let (store, product_ids) = (&shop.settings.id, product_ids.into_iter().collect::<Vec<_>>());
        let mut news = Vec::new();
        // Of a catalogue that nobody began to read, all is going to be read.
        if self.ledger.catalogue(store).await? != Catalogue::default() {
            news = self.reread(shop, &product_ids).await?;
        }
        news.extend(self.ledger.reconsider_refused(store, &product_ids).await?);
        Ok(news)
    }

    /// Whether it is the echo of a write of ours. Each of them has one: what is told here is not to be asked for again.
    pub(crate) async fn is_echo(&self, shop: &Shop, change: &ShopProductChanged) -> Result<bool, Failure> {
        if !echoes(shop) || !change.cause.ends_with(UPDATED) {
            return Ok(false);
        }
        let since = echoed_since(Timestamp::now());
        Ok(self.ledger.is_echo(&shop.settings.id, &change.product_id, since).await?)
    }

    /// Returns the SKUs of listings that are new, or are others than they were. What a product lists that cannot be read stays as it was.
    pub(crate) async fn reread(&self, shop: &Shop, product_ids: &[String]) -> Result<Vec<Sku>, Failure> {
        let (store, read_at) = (&shop.settings.id, Timestamp::now());
        let ProductListings { listings, unread } = shop.storefront.listings_of_products(product_ids).await?;
        let read: Vec<String> = product_ids.iter().filter(|id| !unread.contains(id)).cloned().collect();
        Ok(self.ledger.learn_products(store, &read, &listings, read_at).await?)
    }

    /// The shop says that we changed these products: their echoes are not read.
    pub(crate) async fn wrote(&self, shop: &Shop, product_ids: &[String]) -> Result<(), Failure> {
        let store: &StoreId = &shop.settings.id;
        if echoes(shop) {
            let now = Timestamp::now();
            self.ledger.expect_echoes(store, product_ids, now, echoed_since(now)).await?;
        }
        Ok(())
    }
}

/// What was written before is echoed no more.
fn echoed_since(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_secs(ECHO_SECS_MAX)
}

/// Whether no listing can have changed.
pub(crate) fn is_quantity_only(change: &ShopProductChanged) -> bool {
    change.cause.contains(QUANTITY_ONLY)
}

/// Whether the shop tells of our own stock writes as of changed products. BigCommerce has webhooks of their own for quantities.
fn echoes(shop: &Shop) -> bool {
    shop.settings.platform() == Platform::Ecwid
}
