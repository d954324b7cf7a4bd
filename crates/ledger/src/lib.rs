//! What Crossdock knows and did: orders, shipments, stock, and a timeline of everything. SQLite or PostgreSQL.

mod database;
mod error;
mod lease;
mod moment;
mod open_lines;
mod order;
mod postgres;
mod shipment;
mod sql_ledger;
mod sqlite;
mod stock;
mod timeline;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{Listing, OrderId, OrderNumber, ShipmentId, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

pub use error::LedgerError;
pub use lease::{Busy, Lease, LeaseAnswer};
pub use order::{Answer, Judged, NextStep, OrderRecord, OrderState, OrdersWanted, RELEASE_SECS_MAX, Verdict};
pub use shipment::{IntendedShipment, ShipmentState};
pub use stock::StockLine;
pub use timeline::{Happening, TimelineEntry};

/// Everything that is kept. Each method is one transaction: it happens whole or not at all, and may be repeated.
#[async_trait]
pub trait Ledger: Send + Sync {
    // ---- orders

    /// Puts down what was decided about an order, and says what is to be done now.
    ///
    /// A new order gets its record. A filtered or held one is judged anew if the shop's `modified_at` is not older than what stands
    /// (a late notice never overwrites newer truth). One that is being released, or is further, stays as it is.
    /// The same decision again changes nothing and adds nothing to the timeline.
    ///
    /// One process at a time is told to release an order: who is told first has [`RELEASE_SECS_MAX`] from the happening's time on,
    /// which is the caller's clock. Until then all others wait; after it, the first that comes takes the release over.
    ///
    /// # Errors
    /// [`LedgerError::NumberTaken`] if another order has this number already.
    async fn judge(&self, judged: &Judged) -> Result<NextStep, LedgerError>;

    /// The order's release is confirmed by the broker: `releasing` becomes `released`, and the timeline tells it, once.
    /// An order that is further (the warehouse's answer overtook this) keeps its state; that it was released is told nonetheless.
    async fn released(&self, store: &StoreId, order_id: &OrderId, at: Timestamp) -> Result<(), LedgerError>;

    /// The warehouse has taken the order or refused it. One that has shipped stays as it is; the timeline tells it nonetheless.
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

    // ---- leases

    /// Takes the lease of this name until a moment, if nobody has it: over all processes, it has one holder at a time.
    /// One that has expired by `now` is taken over.
    async fn lease(&self, name: &str, now: Timestamp, until: Timestamp) -> Result<LeaseAnswer, LedgerError>;

    /// Gives the lease back. One that has expired, and that another has taken over since, stays with the other.
    async fn end_lease(&self, lease: &Lease) -> Result<(), LedgerError>;

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
