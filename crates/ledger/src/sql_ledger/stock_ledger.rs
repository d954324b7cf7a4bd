//! What is kept of stock, over a database.

use async_trait::async_trait;
use crossdock_domain::{Listing, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{SqlLedger, begun_pushes, catalogues, counts, echoes, listings, promises, pushed, refused};
use crate::{Catalogue, LedgerError, ProductTold, PromisedTo, Pushed, StockLedger, StockLine};

#[async_trait]
impl StockLedger for SqlLedger {
    async fn counted(&self, counted_at: Timestamp, levels: &[StockLevel]) -> Result<Vec<Sku>, LedgerError> {
        let mut tx = self.database.write().await?;
        let replaced = counts::counted(&mut tx, counted_at, levels).await?;
        tx.commit().await?;
        Ok(replaced)
    }

    async fn stock(&self, store: &StoreId) -> Result<Vec<StockLine>, LedgerError> {
        let mut tx = self.database.read().await?;
        let lines = promises::stock(&mut tx, store, None).await?;
        tx.commit().await?;
        Ok(lines)
    }

    async fn stock_of(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<StockLine>, LedgerError> {
        let mut tx = self.database.read().await?;
        let lines = promises::stock(&mut tx, store, Some(skus)).await?;
        tx.commit().await?;
        Ok(lines)
    }

    async fn promised_to(&self, skus: &[Sku]) -> Result<Vec<PromisedTo>, LedgerError> {
        let mut tx = self.database.read().await?;
        let promised = promises::promised_to(&mut tx, skus).await?;
        tx.commit().await?;
        Ok(promised)
    }

    async fn begin_push(
        &self,
        store: &StoreId,
        listings: &[Listing],
        at: Timestamp,
        settled: Timestamp,
    ) -> Result<Vec<(Sku, Pushed)>, LedgerError> {
        let mut tx = self.database.write().await?;
        let told_before = begun_pushes::begin(&mut tx, store, listings, at, settled).await?;
        tx.commit().await?;
        Ok(told_before)
    }

    async fn not_pushed(
        &self,
        store: &StoreId,
        skus: &[(Sku, Option<Pushed>)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        pushed::not_pushed(&mut tx, store, skus, at).await?;
        tx.commit().await
    }

    async fn pushed(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        pushed::pushed(&mut tx, store, quantities, at).await?;
        tx.commit().await
    }

    async fn pushed_at_second_try(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        pushed::pushed_at_second_try(&mut tx, store, quantities, at).await?;
        tx.commit().await
    }

    async fn stock_refused(
        &self,
        store: &StoreId,
        refusals: &[(Listing, String)],
        at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        refused::refuse(&mut tx, store, refusals, at).await?;
        tx.commit().await
    }

    async fn reconsider_refused(
        &self,
        store: &StoreId,
        product_ids: &[String],
    ) -> Result<Vec<Sku>, LedgerError> {
        let mut tx = self.database.write().await?;
        let skus = refused::reconsider(&mut tx, store, product_ids).await?;
        tx.commit().await?;
        Ok(skus)
    }

    async fn stock_day(&self, store: &StoreId) -> Result<Option<Date>, LedgerError> {
        let mut tx = self.database.read().await?;
        let day = pushed::stock_day(&mut tx, store).await?;
        tx.commit().await?;
        Ok(day)
    }

    async fn keep_stock_day(&self, store: &StoreId, day: Date) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        pushed::keep_stock_day(&mut tx, store, day).await?;
        tx.commit().await
    }

    async fn listings(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<Listing>, LedgerError> {
        let mut tx = self.database.read().await?;
        let listings = listings::of_skus(&mut tx, store, skus).await?;
        tx.commit().await?;
        Ok(listings)
    }

    async fn catalogue(&self, store: &StoreId) -> Result<Catalogue, LedgerError> {
        let mut tx = self.database.read().await?;
        let catalogue = catalogues::catalogue(&mut tx, store).await?;
        tx.commit().await?;
        Ok(catalogue)
    }

    async fn learn_page(
        &self,
        store: &StoreId,
        began_at: Timestamp,
        page: &[Listing],
        next: Option<&str>,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        catalogues::learn_page(&mut tx, store, began_at, page, next).await?;
        tx.commit().await
    }

    async fn keep_products(
        &self,
        store: &StoreId,
        began_at: Timestamp,
        product_ids: &[String],
    ) -> Result<(), LedgerError> {
        if product_ids.is_empty() {
            return Ok(());
        }
        let mut tx = self.database.write().await?;
        listings::keep_products(&mut tx, store, product_ids, began_at).await?;
        tx.commit().await
    }

    async fn learn_products(
        &self,
        store: &StoreId,
        product_ids: &[String],
        listings: &[Listing],
        read_at: Timestamp,
    ) -> Result<Vec<Sku>, LedgerError> {
        let mut tx = self.database.write().await?;
        let news = listings::learn_products(&mut tx, store, product_ids, listings, read_at).await?;
        tx.commit().await?;
        Ok(news)
    }

    async fn doubt_catalogue(&self, store: &StoreId, at: Timestamp) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        catalogues::doubt(&mut tx, store, at).await?;
        tx.commit().await
    }

    async fn drop_reading(&self, store: &StoreId) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        catalogues::drop_reading(&mut tx, store).await?;
        tx.commit().await
    }

    async fn expect_echoes(
        &self,
        store: &StoreId,
        product_ids: &[String],
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut tx = self.database.write().await?;
        echoes::expect(&mut tx, store, product_ids, at, since).await?;
        tx.commit().await
    }

    async fn are_echoes(
        &self,
        store: &StoreId,
        told: &[ProductTold],
        since: Timestamp,
    ) -> Result<Vec<bool>, LedgerError> {
        let mut tx = self.database.write().await?;
        let heard = echoes::heard(&mut tx, store, told, since).await?;
        tx.commit().await?;
        Ok(heard)
    }
}
