//! What is kept of stock: counts, what is promised of them, what shops were told, and where they list it.

use async_trait::async_trait;
use crossdock_domain::{Listing, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::{Catalogue, LedgerError, ProductTold, PromisedTo, Pushed, StockLine};

/// The part of the [`crate::Ledger`] that knows of stock, under the same promise.
#[async_trait]
pub trait StockLedger: Send + Sync {
    /// Takes a count: for each SKU only if it is newer than what stands, or as old and of fewer units that are not set aside. Returns the SKUs whose count it replaced or began.
    async fn counted(&self, counted_at: Timestamp, levels: &[StockLevel]) -> Result<Vec<Sku>, LedgerError>;

    /// Every counted SKU, with what is promised of it over all shops, and what this shop was last told.
    async fn stock(&self, store: &StoreId) -> Result<Vec<StockLine>, LedgerError>;

    /// The same of these SKUs alone. One that was never counted has no line.
    async fn stock_of(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<StockLine>, LedgerError>;

    /// To which orders these SKUs are promised, by SKU and number.
    async fn promised_to(&self, skus: &[Sku]) -> Result<Vec<PromisedTo>, LedgerError>;

    /// The shop is about to be told the quantities of these listings anew, from this moment on: what it was told of their SKUs before
    /// counts no more, nor that it refused these listings. Until [`StockLedger::pushed`] or [`StockLedger::not_pushed`] says so, nobody
    /// knows what of it stands there.
    ///
    /// A push that began at `settled` or before and was left open has reached the shop by now, or never will. Returns what the shop was
    /// told before.
    async fn begin_push(
        &self,
        store: &StoreId,
        listings: &[Listing],
        at: Timestamp,
        settled: Timestamp,
    ) -> Result<Vec<(Sku, Pushed)>, LedgerError>;

    /// The push that began at this moment is over for these SKUs: they were not all taken, and none of it is on its way any more. What the
    /// shop was told before counts again where it is named here. Older pushes stay in doubt.
    async fn not_pushed(
        &self,
        store: &StoreId,
        skus: &[(Sku, Option<Pushed>)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The shop has taken these quantities from the push that began at this moment, at each listing that it was told.
    async fn pushed(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// As [`StockLedger::pushed`], but the shop was sent these quantities twice, and the first time may reach it yet: that push stays in
    /// doubt.
    async fn pushed_at_second_try(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The shop refuses the quantities of these listings for good, in these words. It is told them no more until one of the SKU's changes
    /// there, the catalogue was read anew, or [`StockLedger::begin_push`] says otherwise.
    async fn stock_refused(
        &self,
        store: &StoreId,
        refusals: &[(Listing, String)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// These products have changed at the shop: what it refused of them it may take now. Returns the SKUs that it is to be told again.
    async fn reconsider_refused(
        &self,
        store: &StoreId,
        product_ids: &[String],
    ) -> Result<Vec<Sku>, LedgerError>;

    /// The last of the shop's days whose full push was asked for; none before the first.
    async fn stock_day(&self, store: &StoreId) -> Result<Option<Date>, LedgerError>;

    /// The full push of this day was asked for. Replaces what stands, also by less: what a clock put down that was ahead must not stay.
    async fn keep_stock_day(&self, store: &StoreId, day: Date) -> Result<(), LedgerError>;

    /// Where the shop lists these SKUs, as far as its catalogue was read.
    async fn listings(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<Listing>, LedgerError>;

    /// How far the reading of the shop's catalogue has come.
    async fn catalogue(&self, store: &StoreId) -> Result<Catalogue, LedgerError>;

    /// Takes a page of the reading that began at this moment, and where it goes on. After the last page, listings that were not seen
    /// since then are gone.
    ///
    /// A listing that is new, or is another than it was, was not told its quantity: what the shop was told of its SKU is forgotten.
    async fn learn_page(
        &self,
        store: &StoreId,
        began_at: Timestamp,
        page: &[Listing],
        next: Option<&str>,
    ) -> Result<(), LedgerError>;

    /// The reading that began at this moment has seen these products, and nobody can tell what they list now: what is known of them stands.
    /// Before their page is taken.
    async fn keep_products(
        &self,
        store: &StoreId,
        began_at: Timestamp,
        product_ids: &[String],
    ) -> Result<(), LedgerError>;

    /// Replaces what is known of these products by what was read at this moment. Returns the SKUs of listings that are new, or are others
    /// than they were, as in [`StockLedger::learn_page`].
    async fn learn_products(
        &self,
        store: &StoreId,
        product_ids: &[String],
        listings: &[Listing],
        read_at: Timestamp,
    ) -> Result<Vec<Sku>, LedgerError>;

    /// The shop's products may have changed until this moment, and nobody told us: its catalogue is read anew before the next push, also by
    /// a reading that is under way.
    async fn doubt_catalogue(&self, store: &StoreId, at: Timestamp) -> Result<(), LedgerError>;

    /// The reading that is under way cannot go on: the next one begins anew. What the last whole one found stands.
    async fn drop_reading(&self, store: &StoreId) -> Result<(), LedgerError>;

    /// We wrote to these products, one that stands twice twice: the shop will tell of it. What was written before `since` is echoed no
    /// more.
    async fn expect_echoes(
        &self,
        store: &StoreId,
        product_ids: &[String],
        at: Timestamp,
        since: Timestamp,
    ) -> Result<(), LedgerError>;

    /// What the shop tells of products: whether each is the echo of a write of ours since this moment. Each write has one event that is
    /// its echo, however often that event comes.
    async fn are_echoes(
        &self,
        store: &StoreId,
        told: &[ProductTold],
        since: Timestamp,
    ) -> Result<Vec<bool>, LedgerError>;
}
