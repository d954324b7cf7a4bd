//! A warehouse: takes orders off its queue or over HTTP, packs them, counts its shelf, and tells all of it.

mod book;
mod clock;
mod door;
mod intake;
mod labels;
mod order_state;
mod packing;
mod shelf;
mod tell;

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use crossdock_domain::{OrderNumber, PackedLine, ReleasedOrder, Shipment, ShipmentId, Sku, StockLevel};
use crossdock_queue::{Broker, Consumer, Publisher, WorkQueue};
use crossdock_telemetry::metrics::Metrics;
use fastrand::Rng;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use book::Book;
pub use door::{Door, Post};
use intake::Intake;
use labels::Labels;
pub use order_state::{NotOpen, OrderState};
use shelf::Shelf;
use tell::Outbox;
pub use tell::Tell;

/// Time between two looks at what is due, in milliseconds.
const ROUND_MS: u64 = 50;

/// A warehouse to be.
#[derive(Clone)]
pub struct WarehouseOptions {
    /// Where its orders come from.
    pub broker: Broker,
    /// `crossdock.warehouse.orders`.
    pub orders_queue: WorkQueue,
    /// Where its orders are posted; none: it takes them off its queue.
    pub door: Option<Arc<Door>>,
    /// How it tells what happened.
    pub tell: Tell,
    /// How long it packs; none: it ships only by [`Warehouse::ship`].
    pub ship_after: Option<Duration>,
    /// It counts everything after so many shipments; none: not for that.
    pub count_after_shipments: Option<u32>,
    /// It counts everything this often; none: not for that.
    pub count_every: Option<Duration>,
    /// SKU and units of all that it keeps. An order with another SKU is rejected.
    pub shelf: Vec<(String, i64)>,
    /// Where its consumer's and publisher's metrics go.
    pub metrics: Metrics,
}

/// A running warehouse. It works until it is stopped.
///
/// It keeps its word in one order: what happened first is told first, and again until it is taken.
pub struct Warehouse {
    book: Mutex<Book>,
    outbox: Outbox,
}

impl Warehouse {
    /// Opens the warehouse. To be called within a tokio runtime.
    pub fn start(options: WarehouseOptions, stop: CancellationToken) -> Arc<Self> {
        let publisher = match &options.tell {
            Tell::Publish(publisher) => publisher.clone(),
            Tell::Post { .. } => Publisher::start(options.broker.clone(), &options.metrics, stop.clone()),
        };
        let outbox = Outbox::start(options.tell, stop.clone());
        let mut book = Book::new(Shelf::of(options.shelf), Labels::new(Rng::new()), outbox.clone());
        book.ship_after = options.ship_after;
        book.count_after_shipments = options.count_after_shipments;
        let warehouse = Arc::new(Self { book: Mutex::new(book), outbox });

        if let Some(door) = options.door {
            door.serve(warehouse.clone(), stop.clone());
        } else {
            let intake = Arc::new(Intake(warehouse.clone()));
            let orders = Consumer::new(options.broker, options.orders_queue, publisher, intake);
            tokio::spawn(orders.run(stop.clone()));
        }
        let rounds = warehouse.clone().rounds(options.count_every);
        tokio::spawn(async move { stop.run_until_cancelled(rounds).await });
        warehouse
    }

    /// Every order that arrived, as it is now, in order of arrival.
    pub fn orders(&self) -> Vec<ReleasedOrder> {
        self.book().orders().cloned().collect()
    }

    /// How often an order was released to this warehouse: repetitions count, though they change nothing.
    pub fn received(&self, number: &str) -> usize {
        self.book().received(&OrderNumber::from(number))
    }

    /// How an order stands; none if it has not arrived.
    pub fn state(&self, number: &str) -> Option<OrderState> {
        self.book().state(&OrderNumber::from(number))
    }

    /// Every consignment that left, in order; also those that were voided since.
    pub fn shipments(&self) -> Vec<Shipment> {
        self.book().shipments().to_vec()
    }

    /// The consignments of one order, in order.
    pub fn shipments_of(&self, number: &str) -> Vec<Shipment> {
        self.book().shipments_of(&OrderNumber::from(number)).cloned().collect()
    }

    /// Units of a SKU on the shelf; none for a SKU that is not kept here.
    pub fn on_hand(&self, sku: &str) -> Option<i64> {
        self.level(sku).map(|level| level.on_hand)
    }

    /// On hand and allocated of a SKU; none for a SKU that is not kept here.
    pub fn level(&self, sku: &str) -> Option<StockLevel> {
        self.book().level(&Sku::from(sku))
    }

    /// On hand and allocated of every SKU.
    pub fn levels(&self) -> Vec<StockLevel> {
        self.book().levels()
    }

    /// Events that Crossdock has not taken yet.
    pub fn untold(&self) -> usize {
        self.outbox.waiting()
    }

    /// Ships these lines of an order, or all that is open, and tells it. The shelf is not asked whether it holds them.
    pub fn ship(&self, number: &str, lines: Option<Vec<PackedLine>>) -> Result<Shipment, NotOpen> {
        self.book().ship(&OrderNumber::from(number), lines)
    }

    /// Tells a shipment, once more under the same event id. Nothing leaves the shelf for it.
    pub fn tell_again(&self, shipment: &Shipment) {
        self.book().tell_shipment(shipment);
    }

    /// Puts another label on a parcel that has left, and tells it under the same id. None if there is no such parcel.
    pub fn relabel(&self, id: &ShipmentId) -> Option<Shipment> {
        self.book().relabel(id)
    }

    /// A parcel has not left after all: it is on the shelf again, and told as voided. None if there is no such parcel.
    pub fn void(&self, id: &ShipmentId) -> Option<()> {
        self.book().void(id)
    }

    /// Refuses an order that it had accepted, and tells why.
    pub fn reject(&self, number: &str, reason: &str) -> Result<(), NotOpen> {
        self.book().reject(&OrderNumber::from(number), reason)
    }

    /// Gives a SKU a place on the shelf with so many units, and tells that it is known from now on.
    pub fn list(&self, sku: &str, units: i64) {
        self.book().list(&Sku::from(sku), units);
    }

    /// Counts these SKUs anew: from now on so much is on hand. Tells the levels just as they are given.
    pub fn count(&self, levels: Vec<StockLevel>) {
        self.book().count(levels);
    }

    /// Counts everything, and tells on hand and allocated of every SKU.
    pub fn count_all(&self) {
        self.book().count_all();
    }

    /// Puts goods that came in on the shelf, and tells the SKU's new level.
    pub fn put_away(&self, sku: &str, units: i64) {
        self.book().put_away(&Sku::from(sku), units);
    }

    /// Ships what is due, and counts when it is time.
    async fn rounds(self: Arc<Self>, count_every: Option<Duration>) {
        let mut rounds = tokio::time::interval(Duration::from_millis(ROUND_MS));
        let mut counted = Instant::now();
        loop {
            let now = rounds.tick().await;
            self.book().ship_due(now);
            if count_every.is_some_and(|every| now.duration_since(counted) >= every) {
                counted = now;
                self.count_all();
            }
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the book")
    }
}

#[cfg(test)]
impl Warehouse {
    /// A warehouse without a broker, whose events nobody hears.
    pub(crate) fn alone(shelf: Vec<(String, i64)>) -> Self {
        let (outbox, _) = Outbox::new();
        let book = Book::new(Shelf::of(shelf), Labels::new(Rng::with_seed(1)), outbox.clone());
        Self { book: Mutex::new(book), outbox }
    }

    /// Takes an order over as if it had come by the queue.
    pub(crate) fn release(&self, order: ReleasedOrder) {
        self.book().release(order, None, Instant::now());
    }
}
