//! What Crossdock knows and did: orders, shipments, stock, and a timeline of everything. SQLite or PostgreSQL.

mod database;
mod delivery;
mod due;
mod error;
mod lease;
mod moment;
mod open_lines;
mod order;
mod postgres;
mod rules_told;
mod shipment;
mod sql_ledger;
mod sqlite;
mod stock;
mod timeline;
mod webhook_watch;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, OrderNumber, ShipmentId, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};

pub use delivery::Delivered;
pub use due::DueOrder;
pub use error::LedgerError;
pub use lease::{Busy, Lease, LeaseAnswer};
pub use order::{
    Answer, Judged, KnownOrder, News, NextStep, OrderRecord, OrderState, OrdersWanted, RELEASE_SECS_MAX,
    Telling, Verdict,
};
pub use rules_told::RulesTold;
pub use shipment::{IntendedShipment, ShipmentState};
pub use stock::StockLine;
pub use timeline::{Happening, TimelineEntry};
pub use webhook_watch::WebhookWatch;

/// Everything that is kept. Each method is one transaction: it happens whole or not at all, and may be repeated.
#[async_trait]
pub trait Ledger: Send + Sync {
    // ---- orders

    /// Puts down what was decided about an order, and says what is to be done now.
    ///
    /// A new order gets its record. One that the warehouse does not have is judged anew if the shop's `modified_at` is not older than
    /// what stands, and of the same `modified_at` only if it was not read before that (a late reading never overwrites newer truth).
    /// The same decision again changes nothing and adds nothing to the timeline.
    ///
    /// Of an order that the warehouse has, only what matters to it counts, and only until all of it has shipped: another shape is
    /// amended (or, if the warehouse had refused the order, released again), a cancellation is told. One that was told cancelled stays so.
    ///
    /// One process at a time is told to tell the warehouse something of an order: who is told first has [`RELEASE_SECS_MAX`] from the
    /// happening's time on, which is the caller's clock. Until then all others wait; after it, the first that comes takes it over.
    ///
    /// # Errors
    /// [`LedgerError::NumberTaken`] if another order has this number already.
    async fn judge(&self, judged: &Judged) -> Result<NextStep, LedgerError>;

    /// The shop did not have the order any more when it was asked at `read_at`: cancelled, as by [`Ledger::judge`]. Nothing, if it has
    /// no record, or was read since.
    async fn gone(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        reason: &str,
        read_at: Timestamp,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError>;

    /// A person wants an order that the warehouse refused released again. Nothing, if it is not `rejected`.
    async fn retry(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError>;

    /// The warehouse knows a SKU from now on: orders that it refused for that alone are to be released again. Returns these, and
    /// those of this SKU whose release is not confirmed, each to be given to [`Ledger::take_up`].
    async fn sku_known(
        &self,
        sku: &Sku,
        happening: &Happening,
    ) -> Result<Vec<(StoreId, OrderId)>, LedgerError>;

    /// What the warehouse is still to be told of an order, as of `now`.
    async fn take_up(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        now: Timestamp,
    ) -> Result<NextStep, LedgerError>;

    /// The broker has confirmed what the warehouse was told in this round: `releasing` becomes `released`, and the timeline tells it,
    /// once. An order that is further (the warehouse's answer overtook this) keeps its state.
    async fn told(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        round: u32,
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// The telling of this round failed: whoever comes next may repeat it at once, or tell what has taken its place.
    async fn not_told(&self, store: &StoreId, order_id: &OrderId, round: u32) -> Result<(), LedgerError>;

    /// The warehouse has taken the order or refused it. One that has shipped or was cancelled stays as it is; the timeline tells it
    /// nonetheless.
    /// An answer that is older than the one that stands, by the happening's time, is told and changes nothing. Neither does one
    /// whose `key` was told already.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of this number was released.
    async fn answered(
        &self,
        number: &OrderNumber,
        answer: &Answer,
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    /// Those of these orders that have a record, in no particular order.
    async fn known(&self, store: &StoreId, ids: &[OrderId]) -> Result<Vec<KnownOrder>, LedgerError>;

    /// The records of these orders, of those that have one, in no particular order.
    async fn records(&self, store: &StoreId, ids: &[OrderId]) -> Result<Vec<OrderRecord>, LedgerError>;

    /// The order of this number.
    async fn order_by_number(&self, number: &OrderNumber) -> Result<Option<OrderRecord>, LedgerError>;

    /// Orders whose number or shop's id is this text: one, or several where shops share ids.
    async fn orders_named(&self, text: &str) -> Result<Vec<OrderRecord>, LedgerError>;

    /// Orders of this shop's id that the timeline tells of and that have no record: their import has failed so far.
    async fn unrecorded_named(&self, order_id: &str) -> Result<Vec<(StoreId, OrderId)>, LedgerError>;

    /// Orders, the latest placed first.
    async fn orders(&self, wanted: &OrdersWanted) -> Result<Vec<OrderRecord>, LedgerError>;

    // ---- timeline

    /// Tells something about an order. The same `key` of the same order again is silent; an order that has no record yet may be told of.
    async fn tell(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    /// All that happened to an order, oldest first.
    async fn timeline(&self, store: &StoreId, order_id: &OrderId) -> Result<Vec<TimelineEntry>, LedgerError>;

    // ---- deliveries, where the warehouse takes its orders over HTTP

    /// How far the things told of an order have come.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of this number was released.
    async fn delivered(&self, number: &OrderNumber) -> Result<Delivered, LedgerError>;

    /// The warehouse has taken what it was told in this round. Never goes back.
    async fn note_delivered(&self, number: &OrderNumber, round: u32) -> Result<(), LedgerError>;

    // ---- shipments

    /// Puts a consignment down before anything is written to the shop, and says what is in it.
    ///
    /// Lines that the warehouse did not name are all that is open of the order at that moment. The same id again returns what stands.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of its number was released.
    /// [`LedgerError::ShipmentIdReused`] if the id stands with another order: the warehouse has to give this one its own.
    async fn intend_shipment(
        &self,
        shipment: &crossdock_domain::Shipment,
        happening: &Happening,
    ) -> Result<IntendedShipment, LedgerError>;

    /// The consignment stands at the shop. Once that is so for every unit that was released, the order is `shipped`.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchShipment`] if it was never put down.
    async fn shipment_done(
        &self,
        id: &ShipmentId,
        shop_shipments: &[String],
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    // ---- stock

    /// Takes a count: for each SKU only if it is newer than what stands. Returns the SKUs whose count it replaced or began.
    async fn counted(&self, counted_at: Timestamp, levels: &[StockLevel]) -> Result<Vec<Sku>, LedgerError>;

    /// Every counted SKU, with what is promised of it over all shops, and what this shop was last told.
    async fn stock(&self, store: &StoreId) -> Result<Vec<StockLine>, LedgerError>;

    /// The shop has taken these quantities.
    async fn pushed(
        &self,
        store: &StoreId,
        quantities: &[(Sku, i64)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Where the shop lists these SKUs, as far as it was looked up. A SKU that was looked up and not found has an empty list;
    /// one that was never looked up, or whose product changed since, is absent.
    async fn listings(&self, store: &StoreId, skus: &[Sku]) -> Result<Vec<(Sku, Vec<Listing>)>, LedgerError>;

    /// Replaces what is known of these SKUs' listings.
    async fn learn_listings(
        &self,
        store: &StoreId,
        found: &[(Sku, Vec<Listing>)],
        at: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Forgets what is known of a product's listings: they are looked up again. So are SKUs that were not found when they were looked
    /// up before this moment: the product may list one of them now.
    ///
    /// What the shop was last told of them is kept: our own push comes back as a changed product, and must not cause another.
    async fn forget_product(
        &self,
        store: &StoreId,
        product_id: &str,
        not_found_before: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Forgets what is known of these SKUs' listings: they are looked up again. For when the shop says that a listing is gone.
    async fn forget_listings(&self, store: &StoreId, skus: &[Sku]) -> Result<(), LedgerError>;

    // ---- sweeps

    /// Up to when the shop's changes were compared with the orders here; none before the first time.
    async fn swept_to(&self, store: &StoreId) -> Result<Option<Timestamp>, LedgerError>;

    /// All that the shop changed before this moment was compared, and what was missing is on its way. Never goes back.
    async fn swept(&self, store: &StoreId, to: Timestamp) -> Result<(), LedgerError>;

    /// The rules by which the shop's kept-out orders were last told to be judged; none before the first time.
    async fn rules(&self, store: &StoreId) -> Result<Option<RulesTold>, LedgerError>;

    /// All kept-out orders of the shop are on their way to be judged by these rules.
    async fn keep_rules(&self, store: &StoreId, rules: &RulesTold) -> Result<(), LedgerError>;

    /// The shop's filtered and held orders by id, from after this one.
    async fn kept_out(
        &self,
        store: &StoreId,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;

    /// The last of the shop's days, in its time zone, of which it is known that all orders are accounted for; none before the first time.
    async fn proved_day(&self, store: &StoreId) -> Result<Option<Date>, LedgerError>;

    /// All orders of this day are accounted for, or on their way. Never goes back.
    async fn keep_proved_day(&self, store: &StoreId, day: Date) -> Result<(), LedgerError>;

    /// Held orders of all shops whose time has come, and orders whose telling was abandoned, those first that have waited longest: each until [`Ledger::told_due`], and
    /// again if it stays held after that, a minute later at first and ever more seldom then, down to once an hour.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DueOrder>, LedgerError>;

    /// It was told, at this moment, that these are to be judged.
    async fn told_due(&self, orders: &[DueOrder], at: Timestamp) -> Result<(), LedgerError>;

    // ---- webhooks

    /// What is known of the shop's webhooks; nothing before the first time.
    async fn webhook_watch(&self, store: &StoreId) -> Result<WebhookWatch, LedgerError>;

    /// Replaces what is known of the shop's webhooks.
    async fn keep_webhook_watch(&self, store: &StoreId, watch: &WebhookWatch) -> Result<(), LedgerError>;

    // ---- leases

    /// Takes the lease of this name until a moment, if nobody has it: over all processes, it has one holder at a time.
    /// One that has expired by `now` is taken over.
    async fn lease(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<LeaseAnswer, LedgerError>;

    /// Gives the lease back. One that has expired, and that another has taken over since, stays with the other.
    async fn end_lease(&self, lease: &Lease) -> Result<(), LedgerError>;

    /// Makes a lease last longer, if it is the caller's still. None: it has expired and was cleared away, or is another's now.
    async fn renew_lease(&self, lease: &Lease, until: Timestamp) -> Result<Option<Lease>, LedgerError>;

    // ---- requests to shops

    /// Counts requests to a shop that are about to be made, for all processes together: as many of those wanted as keep the sum of all
    /// that were counted after `since` within `most`. Returns how many. What was counted until `since` is forgotten.
    async fn take_calls(
        &self,
        store: &StoreId,
        at: Timestamp,
        since: Timestamp,
        wanted: u32,
        most: u32,
    ) -> Result<u32, LedgerError>;

    // ---- health

    /// Proves that the database answers.
    async fn ping(&self) -> Result<(), LedgerError>;
}

/// Opens the ledger that the URL names (`sqlite://FILE`, `postgres://…`), and brings its tables up to date. A file that is
/// missing is made.
///
/// # Errors
/// [`LedgerError::Url`] for another kind of URL; [`LedgerError::File`] if a file cannot be opened or made;
/// [`LedgerError::Unavailable`] if the server cannot be reached.
pub async fn open(url: &SecretString) -> Result<Arc<dyn Ledger>, LedgerError> {
    let database = database::Database::open(url.expose_secret(), Missing::Make).await?;
    Ok(Arc::new(sql_ledger::SqlLedger::new(database)))
}

/// Opens a ledger as [`open`] does, but makes no file: a mistyped name shall not look like an empty ledger.
///
/// # Errors
/// As for [`open`]; [`LedgerError::File`] if there is no such file.
pub async fn open_existing(url: &SecretString) -> Result<Arc<dyn Ledger>, LedgerError> {
    let database = database::Database::open(url.expose_secret(), Missing::Refuse).await?;
    Ok(Arc::new(sql_ledger::SqlLedger::new(database)))
}

/// What is done about a SQLite file that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Missing {
    Make,
    Refuse,
}
