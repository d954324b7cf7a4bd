//! Tells a shop how much it may sell, where that differs from what it was last told.
//!
//! In       `stock.due`
//! Effects  quantities in the shop; what was told, in the ledger
//! Replay   safe: quantities are absolute, computed anew from the ledger each time, by one process at a time for each shop

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crossdock_domain::{Listing, Sku, StoreId, sellable};
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use crossdock_storefront::{Quantity, Shop, Shops, StorefrontError};
use jiff::{SignedDuration, Timestamp};

/// How long a shop's stock belongs to the process that pushes it, in seconds: as long as the queue lets a batch run.
///
/// Between two processes, the older of two computed quantities could reach the shop last, and stand there as if it were new.
const LEASE_SECS: i64 = 10 * 60;

/// SKUs that are looked up at the shop before what was found is put down: a shop that stops answering costs at most so many.
const LOOKUP_SKUS_MAX: usize = 50;

pub(crate) struct PushStock {
    pub(crate) shops: Shops,
    pub(crate) ledger: Arc<dyn Ledger>,
}

impl PushStock {
    pub(crate) async fn handle(&self, store: &StoreId, full: bool) -> Result<(), Failure> {
        let shop = self.shops.get(store)?;
        let now = Timestamp::now();
        let until = now + SignedDuration::from_secs(LEASE_SECS);
        let lease = self.ledger.lease(&format!("stock/{store}"), now, until).await?.taken()?;
        let result = self.push(&shop, full).await;
        self.ledger.end_lease(&lease).await?;
        result
    }

    async fn push(&self, shop: &Shop, full: bool) -> Result<(), Failure> {
        let due = self.due(shop, full).await?;
        if due.is_empty() {
            return Ok(());
        }
        let listings = self.listings(shop, due.keys().cloned().collect()).await?;
        // The shop ignores a quantity for what it does not track.
        let quantities: Vec<Quantity> = listings
            .into_iter()
            .filter(|listing| listing.tracked)
            .filter_map(|listing| Some(Quantity { units: *due.get(&listing.sku)?, listing }))
            .collect();
        if quantities.is_empty() {
            return Ok(());
        }
        let results = shop.storefront.set_stock(&quantities).await;
        self.record(&shop.settings.id, &quantities, results).await
    }

    /// The units to tell, per SKU: all of them for a full push, else those that differ from what the shop was told.
    async fn due(&self, shop: &Shop, full: bool) -> Result<HashMap<Sku, i64>, Failure> {
        let stock = &shop.settings.stock;
        let lines = self.ledger.stock(&shop.settings.id).await?;
        let due = lines.into_iter().filter_map(|line| {
            let units = sellable(stock.push, &line.level, line.promised, stock.buffer)?;
            (full || line.pushed != Some(units)).then_some((line.level.sku, units))
        });
        Ok(due.collect())
    }

    /// Where the shop lists these SKUs: from the ledger, and for those that it does not know, from the shop.
    async fn listings(&self, shop: &Shop, skus: Vec<Sku>) -> Result<Vec<Listing>, Failure> {
        let store = &shop.settings.id;
        let known = self.ledger.listings(store, &skus).await?;
        let looked_up: HashSet<&Sku> = known.iter().map(|(sku, _)| sku).collect();
        let unknown: Vec<Sku> = skus.iter().filter(|sku| !looked_up.contains(sku)).cloned().collect();
        let mut all: Vec<Listing> = known.iter().flat_map(|(_, listings)| listings).cloned().collect();
        for skus in unknown.chunks(LOOKUP_SKUS_MAX) {
            let found = shop.storefront.listings(skus).await?;
            let of = |sku: &Sku| found.iter().filter(|listing| listing.sku == *sku).cloned().collect();
            let by_sku: Vec<(Sku, Vec<Listing>)> = skus.iter().map(|sku| (sku.clone(), of(sku))).collect();
            self.ledger.learn_listings(store, &by_sku, Timestamp::now()).await?;
            all.extend(found);
        }
        Ok(all)
    }

    /// A SKU counts as told once every listing of it has taken the quantity. A listing that the shop refuses may be gone: it is
    /// looked up again the next time.
    async fn record(
        &self,
        store: &StoreId,
        quantities: &[Quantity],
        results: Vec<Result<(), StorefrontError>>,
    ) -> Result<(), Failure> {
        let mut told: HashMap<&Sku, i64> = HashMap::new();
        let mut failed: HashSet<&Sku> = HashSet::new();
        let mut refused: Vec<Sku> = Vec::new();
        let mut first_failure = None;
        for (Quantity { listing, units }, result) in quantities.iter().zip(results) {
            told.insert(&listing.sku, *units);
            if let Err(error) = result {
                failed.insert(&listing.sku);
                if matches!(error, StorefrontError::NotFound { .. } | StorefrontError::Refused { .. }) {
                    refused.push(listing.sku.clone());
                }
                first_failure.get_or_insert_with(|| Failure::from(error));
            }
        }
        told.retain(|sku, _| !failed.contains(sku));
        if !refused.is_empty() {
            self.ledger.forget_listings(store, &refused).await?;
        }
        let told: Vec<(Sku, i64)> = told.into_iter().map(|(sku, units)| (sku.clone(), units)).collect();
        self.ledger.pushed(store, &told, Timestamp::now()).await?;
        tracing::info!(store.id = %store, skus = told.len(), "told the shop its stock");
        first_failure.map_or(Ok(()), Err)
    }
}
