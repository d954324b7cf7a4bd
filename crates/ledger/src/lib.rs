//! What Crossdock knows and did: orders, shipments, stock, and a timeline of everything. SQLite or PostgreSQL.

mod alone;
mod database;
mod dead_letters;
mod delivery;
mod due;
mod error;
mod lease;
mod moment;
mod open_lines;
mod order;
mod pause;
mod postgres;
mod rules_told;
mod shipment;
mod sql_ledger;
mod sqlite;
mod stock;
mod stock_ledger;
mod swept;
mod timeline;
mod webhook_watch;

use std::sync::Arc;

use async_trait::async_trait;
use crossdock_domain::{OrderId, OrderNumber, ShipmentId, Sku, StockPush, StoreId};
use jiff::Timestamp;
use jiff::civil::Date;
use secrecy::{ExposeSecret, SecretString};

pub use alone::alone;
pub use dead_letters::{
    Act, ActId, ActKind, Acting, DeadLetter, DeadLetterGroup, DeadLetterId, DeadLetterPlace, DeadLetterState,
    DeadLetters, DeadLettersWanted, Fallen, MessageKey, Missing, Paused, Progress, ReplayKey, ToSend,
    WholeDeadLetter,
};
pub use delivery::Delivered;
pub use due::DueOrder;
pub use error::LedgerError;
pub use lease::{Busy, Lease, LeaseAnswer};
pub use order::{
    Answer, Judged, KnownOrder, News, NextStep, OrderRecord, OrderState, OrdersWanted, RELEASE_SECS_MAX,
    Telling, Verdict,
};
pub use pause::{Pause, PauseCause};
pub use rules_told::RulesTold;
pub use shipment::{ShipmentRecord, ShipmentState};
pub use stock::{Catalogue, ProductTold, PromisedTo, Pushed, Reading, Refused, StockLine};
pub use stock_ledger::StockLedger;
pub use swept::Swept;
pub use timeline::{Happening, TimelineEntry};
pub use webhook_watch::WebhookWatch;

/// Everything that is kept. Each method is one transaction: it happens whole or not at all, and may be repeated.
#[async_trait]
pub trait Ledger: DeadLetters + StockLedger + Send + Sync {
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
    /// happening's time on, which is the caller's clock. Until then all others wait; after it, the first that comes takes it over, and at
    /// once where that clock must have been ten minutes ahead.
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
        stock_push: StockPush,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError>;

    /// A person wants an order that the warehouse refused released again. Nothing, if it is not `rejected`.
    async fn retry(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        happening: &Happening,
    ) -> Result<NextStep, LedgerError>;

    /// The warehouse knows a SKU since this moment.
    async fn sku_known(&self, sku: &Sku, since: Timestamp) -> Result<(), LedgerError>;

    /// Orders that stand refused for this SKU although the warehouse has come to know, since, everything that they were refused for. The
    /// oldest first.
    ///
    /// Each is to be read anew: [`Ledger::judge`] then releases it again if its verdict still lets it. To be asked after
    /// [`Ledger::sku_known`], and [`Ledger::is_outdated_refusal`] after each refusal: of the two that happen at once, one then sees both.
    async fn outdated_refusals(&self, sku: &Sku) -> Result<Vec<(StoreId, OrderId)>, LedgerError>;

    /// The same of one order.
    async fn is_outdated_refusal(&self, store: &StoreId, order_id: &OrderId) -> Result<bool, LedgerError>;

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

    /// The warehouse has said that it has taken the order or refused it. One that has shipped or was cancelled stays as it is; the timeline tells it
    /// nonetheless.
    /// An answer that is older than the one that stands, by the happening's time, is told and changes nothing. Neither does one
    /// whose `key` was told already, nor a refusal that comes while a later release is still to be posted: it is of an earlier one.
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

    /// How many there are. What `wanted` says of a limit is passed over.
    async fn count_orders(&self, wanted: &OrdersWanted) -> Result<u64, LedgerError>;

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

    /// When something happened to an order that was told under this key ([`Happening::key`]), as it was told first; none if it never was.
    async fn told_at(
        &self,
        store: &StoreId,
        order_id: &OrderId,
        key: &str,
    ) -> Result<Option<Timestamp>, LedgerError>;

    // ---- deliveries, where the warehouse takes its orders over HTTP

    /// The warehouse's orders are posted to it, and nobody else takes them, from this moment on; or since an earlier one, if that was
    /// said before and [`Ledger::end_posting`] was not.
    async fn begin_posting(&self, at: Timestamp) -> Result<(), LedgerError>;

    /// The warehouse takes its orders off the queue itself.
    async fn end_posting(&self) -> Result<(), LedgerError>;

    /// How far the things told of an order have come.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of this number was released.
    async fn delivered(&self, number: &OrderNumber) -> Result<Delivered, LedgerError>;

    /// This round is about to be posted: from now on the warehouse may have it.
    async fn note_posting(&self, number: &OrderNumber, round: u32) -> Result<(), LedgerError>;

    /// This round need not be posted any more: the warehouse has replied to it, or it is left out. Never goes back.
    ///
    /// `answer` is what the reply to a release implies. It counts only as long as that release is the newest and unanswered: what the
    /// warehouse says by an event ([`Ledger::answered`]) stands against it, before and after, whatever the clocks say.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of this number was released.
    async fn replied(
        &self,
        number: &OrderNumber,
        round: u32,
        answer: Option<&Answer>,
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    // ---- shipments

    /// Puts a consignment down before anything is written to the shop, and says what is in it.
    ///
    /// Lines that the warehouse did not name are all that is open of the order at that moment; if that is nothing, nothing is put down.
    /// The same id again with another label replaces the label, if it was told later (by the happening's time): it is to be written
    /// again. Otherwise what stands is returned. One that was voided before it was told is put down as voided.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchOrder`] if no order of its number was released.
    /// [`LedgerError::ShipmentIdReused`] if the id stands with another order: the warehouse has to give this one its own.
    /// [`LedgerError::ShipmentVoided`] if it is told once more after it was voided, and
    /// [`LedgerError::ShipmentLinesDiffer`] if with other lines: a new id is needed.
    async fn intend_shipment(
        &self,
        shipment: &crossdock_domain::Shipment,
        happening: &Happening,
    ) -> Result<ShipmentRecord, LedgerError>;

    /// The consignment stands at the shop as it was `written`. Once that is so for every unit that was released, the order is `shipped`.
    /// One that was told otherwise or voided meanwhile is not done; the shop's ids are noted in any case.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchShipment`] if it was never put down.
    async fn shipment_done(
        &self,
        written: &crossdock_domain::Shipment,
        shop_shipments: &[String],
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    /// A consignment was put down that does not fit, and nobody began to write it: it is as if it had not been told, so that it can be told
    /// with other lines. One that was relabelled or voided, or that the shop may know, stays.
    async fn withdraw_shipment(&self, number: &OrderNumber, id: &ShipmentId) -> Result<(), LedgerError>;

    /// Other lines are wanted of an order than before. If all of them have left, and none of its consignments has brought it to its end at
    /// the shop: returns the one with which that is to be done. One that is still to be written there ends it when it is written, unless a
    /// person has discarded its dead letter: then the last that stands there does, and none if nothing stands there.
    async fn shipment_to_complete(&self, number: &OrderNumber)
    -> Result<Option<ShipmentRecord>, LedgerError>;

    /// With this consignment, which stands at the shop, the order was brought to its end there.
    async fn shipment_completed(
        &self,
        shipment: &crossdock_domain::Shipment,
        happening: &Happening,
    ) -> Result<(), LedgerError>;

    /// A consignment has not left after all: its units are open again, at once and for good. One that is still to be undone at the shop
    /// is `voiding`. None if it was never told: when it is, it is put down as voided.
    ///
    /// # Errors
    /// As for [`Ledger::intend_shipment`], the first two.
    async fn void_shipment(
        &self,
        number: &OrderNumber,
        id: &ShipmentId,
        happening: &Happening,
    ) -> Result<Option<ShipmentRecord>, LedgerError>;

    /// Nothing of a voided consignment stands at the shop any more.
    ///
    /// # Errors
    /// [`LedgerError::NoSuchShipment`] if it was never put down.
    async fn shipment_voided(&self, id: &ShipmentId, happening: &Happening) -> Result<(), LedgerError>;

    /// All consignments of an order, in the order in which they left.
    async fn shipments(
        &self,
        store: &StoreId,
        order_id: &OrderId,
    ) -> Result<Vec<ShipmentRecord>, LedgerError>;

    // ---- sweeps

    /// Over which time the shop's changes were compared with the orders here; none before the first time.
    async fn swept(&self, store: &StoreId) -> Result<Option<Swept>, LedgerError>;

    /// All that the shop changed in this time was compared, and what was missing is on its way. Replaces what stands, also by less:
    /// what a clock put down that was ahead must not stay, and what is compared twice does no harm.
    async fn keep_swept(&self, store: &StoreId, swept: Swept) -> Result<(), LedgerError>;

    /// The shop's orders of which anything may still come there (held, at the warehouse and not shipped, or kept out while something is
    /// kept for them), by id, from after this one: those whose last reading began before this moment; of what is kept out, six days before.
    async fn open_orders(
        &self,
        store: &StoreId,
        read_before: Timestamp,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;

    /// The rules by which the shop's kept-out orders were last told to be judged; none before the first time.
    async fn rules(&self, store: &StoreId) -> Result<Option<RulesTold>, LedgerError>;

    /// All kept-out orders of the shop are on their way to be judged by these rules.
    async fn keep_rules(&self, store: &StoreId, rules: &RulesTold) -> Result<(), LedgerError>;

    /// The shop's filtered and held orders by id, from after this one; also refused ones that somebody wants to go again.
    async fn kept_out(
        &self,
        store: &StoreId,
        after: Option<&OrderId>,
        limit: u32,
    ) -> Result<Vec<OrderId>, LedgerError>;

    /// The last of the shop's days, in its time zone, of which it is known that all orders are accounted for; none before the first time.
    async fn proved_day(&self, store: &StoreId) -> Result<Option<Date>, LedgerError>;

    /// All orders of this day are accounted for, or on their way. Replaces what stands, as [`Ledger::keep_swept`] does.
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
    /// that were counted after `since` within `most`. Returns how many. What was counted until `since` is forgotten,
    /// and what a clock counted that was more than ten minutes ahead of `at`.
    async fn take_calls(
        &self,
        store: &StoreId,
        at: Timestamp,
        since: Timestamp,
        wanted: u32,
        most: u32,
    ) -> Result<u32, LedgerError>;

    /// What keeps requests to the shop with these credentials from being made, as of `now`. `account` is a fingerprint of them: no
    /// secret. One that claims to last for more than an hour was begun by a clock that was ahead: its time has come. One that nobody
    /// has tried to end for an hour since its time came is told no more: nobody needs what it keeps back.
    async fn pauses(&self, store: &StoreId, account: &str, now: Timestamp)
    -> Result<Vec<Pause>, LedgerError>;

    /// Begins a pause, or prolongs the one that stands for this cause: since when it has lasted stays. Returns whether it is new.
    async fn begin_pause(&self, store: &StoreId, account: &str, pause: &Pause) -> Result<bool, LedgerError>;

    /// Lets one caller try whether a pause is over, once its time has come: the others wait until `until`. Whether it is this caller.
    async fn probe_pause(
        &self,
        store: &StoreId,
        account: &str,
        cause: &PauseCause,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// It is over. Returns whether it stood.
    async fn end_pause(
        &self,
        store: &StoreId,
        account: &str,
        cause: &PauseCause,
    ) -> Result<bool, LedgerError>;

    // ---- health

    /// Proves that the database answers.
    async fn ping(&self) -> Result<(), LedgerError>;
}

/// Opens the ledger that the URL names (`sqlite://FILE`, `postgres://…`), and brings its tables up to date. A file that is
/// missing is made.
///
/// # Errors
/// [`LedgerError::Url`] for another kind of URL; [`LedgerError::File`] if a file cannot be opened or made,
/// [`LedgerError::FileForeign`] if it is no database; [`LedgerError::Unreachable`] if the server gives no connection.
pub async fn open(url: &SecretString) -> Result<Arc<dyn Ledger>, LedgerError> {
    let database = database::Database::open(url.expose_secret(), Opening::ToRun).await?;
    Ok(Arc::new(sql_ledger::SqlLedger::new(database)))
}

/// Opens a ledger as it stands: makes no file, as a mistyped name shall not look like an empty ledger, and changes no table, as
/// processes of another version may be at work on them.
///
/// # Errors
/// As for [`open`]; [`LedgerError::FileMissing`] if there is no such file yet; [`LedgerError::Outdated`] if [`open`] would change its
/// tables.
pub async fn open_existing(url: &SecretString) -> Result<Arc<dyn Ledger>, LedgerError> {
    let database = database::Database::open(url.expose_secret(), Opening::AsItStands).await?;
    Ok(Arc::new(sql_ledger::SqlLedger::new(database)))
}

/// What an opening may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opening {
    /// A file that is missing is made, and tables are brought up to date.
    ToRun,
    /// Nothing.
    AsItStands,
}
