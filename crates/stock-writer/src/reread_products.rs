//! Keeps the index of a shop's listings up to date when products change there.
//!
//! In       `shop.product.changed`
//! Effects  the products' listings in the ledger; one call for all products of a batch, none for echoes of our own writes
//! Replay   safe: what is read twice is the same

use std::collections::BTreeSet;
use std::sync::Arc;

use crossdock_domain::Sku;
use crossdock_events::{Event, ShopProductChanged};
use crossdock_ledger::{Catalogue, Ledger, ProductTold};
use crossdock_queue::Failure;
use crossdock_storefront::{ProductListings, Shop};
use jiff::{SignedDuration, Timestamp};

/// In the names of BigCommerce's webhooks that tell of a quantity alone (`store/product/inventory/updated`): no listing
/// changes with it, and it may be the echo of our own push.
const QUANTITY_ONLY: &str = "/inventory/";

/// The webhooks by which Ecwid and BigCommerce tell of a stock write, in the words in which they tell of an edit by the merchant.
///
/// BigCommerce's is documented to tell of changes of "Inventory Stock" (OpenAPI file of Webhooks V3 in bigcommerce/docs at 24f580ca,
/// 2026-04-01); unsure whether live shops do so for inventory adjustments. An edit of a variant's SKU is told as `store/sku/updated`
/// besides, which is no echo.
const ECHOES: [&str; 2] = ["product.updated", "store/product/updated"];

/// How long a shop may take to tell of our own write, in seconds. An echo that comes later costs a call, and does no harm.
///
/// Each of our writes that may have changed something covers one event within this time, however often it is told, also where it has
/// changed nothing: BigCommerce does not say, and may have lowered the quantity for a sale before. Unsure whether BigCommerce's events of
/// one product within a second can be told from each other: by its samples, the hash is that of the product. An edit that is taken for an
/// echo is found by the next reading of the catalogue, within a day, and what the echo then costs is one call.
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

    /// The places of those changes that are echoes of writes of ours. Each write has one, which may be told several times.
    pub(crate) async fn echoes(
        &self,
        shop: &Shop,
        changes: &[(usize, &Event<ShopProductChanged>)],
    ) -> Result<BTreeSet<usize>, Failure> {
        let may_be = |(place, event): &(usize, &Event<ShopProductChanged>)| {
            let told =
                || ProductTold { product_id: event.data.product_id.clone(), event_id: event.id.clone() };
            ECHOES.contains(&event.data.cause.as_str()).then(|| (*place, told()))
        };
        let (places, told): (Vec<usize>, Vec<ProductTold>) = changes.iter().filter_map(may_be).unzip();
        if places.is_empty() {
            return Ok(BTreeSet::new());
        }
        let since = echoed_since(Timestamp::now());
        let are_echoes = self.ledger.are_echoes(&shop.settings.id, &told, since).await?;
        let echoes =
            places.into_iter().zip(are_echoes).filter_map(|(place, is_echo)| is_echo.then_some(place));
        Ok(echoes.collect())
    }

    /// Returns the SKUs of listings that are new, or are others than they were. What a product lists that cannot be read stays as it was.
    pub(crate) async fn reread(&self, shop: &Shop, product_ids: &[String]) -> Result<Vec<Sku>, Failure> {
        let (store, read_at) = (&shop.settings.id, Timestamp::now());
        let ProductListings { listings, unread } = shop.storefront.listings_of_products(product_ids).await?;
        let read: Vec<String> = product_ids.iter().filter(|id| !unread.contains(id)).cloned().collect();
        Ok(self.ledger.learn_products(store, &read, &listings, read_at).await?)
    }

    /// The shop is going to tell that we changed these products: their echoes are not read.
    pub(crate) async fn wrote(&self, shop: &Shop, product_ids: &[String]) -> Result<(), Failure> {
        if product_ids.is_empty() {
            return Ok(());
        }
        let (store, now) = (&shop.settings.id, Timestamp::now());
        Ok(self.ledger.expect_echoes(store, product_ids, now, echoed_since(now)).await?)
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
