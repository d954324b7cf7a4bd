//! The warehouse's book: its orders and how they stand. Whoever writes into it also puts into the outbox what is told of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use crossdock_domain::{OrderNumber, PackedLine, ReleasedOrder, Shipment, ShipmentId, Sku, StockLevel};
use crossdock_events::{
    Event, EventData, Source, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_telemetry::TraceParent;
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::clock::Clock;
use super::labels::Labels;
use super::order_state::{NotOpen, OrderState};
use super::shelf::Shelf;
use super::tell::Outbox;

/// All that the warehouse knows.
pub(super) struct Book {
    pub(super) ship_after: Option<Duration>,
    pub(super) count_after_shipments: Option<u32>,
    pub(super) shelf: Shelf,
    pub(super) labels: Labels,
    pub(super) entries: Vec<Entry>,
    pub(super) shipments: Vec<Shipment>,
    /// Consignments that have not left after all.
    pub(super) voided: HashSet<ShipmentId>,
    pub(super) shipments_since_count: u32,
    /// When which entry is to be shipped.
    pub(super) due: BTreeSet<(Instant, usize)>,
    places: HashMap<OrderNumber, usize>,
    /// Orders that were cancelled before they came.
    cancelled_unseen: HashSet<OrderNumber>,
    clock: Clock,
    outbox: Outbox,
}

/// One order.
pub(super) struct Entry {
    pub(super) order: ReleasedOrder,
    pub(super) state: OrderState,
    /// What has not left yet, one line for each SKU.
    pub(super) open: Vec<PackedLine>,
    pub(super) trace: TraceParent,
    /// Places of its consignments among all.
    pub(super) shipped: Vec<usize>,
    received: usize,
}

impl Entry {
    fn new(order: ReleasedOrder, trace: Option<&str>, received: usize) -> Self {
        let open = units(&order);
        Self {
            order,
            state: OrderState::Accepted,
            open,
            trace: TraceParent::follow(trace),
            shipped: Vec::new(),
            received,
        }
    }

    /// Whether units are set aside for it.
    fn holds_units(&self) -> bool {
        self.state == OrderState::Accepted && !self.order.test
    }
}

impl Book {
    pub(super) fn new(shelf: Shelf, labels: Labels, outbox: Outbox) -> Self {
        Self {
            ship_after: None,
            count_after_shipments: None,
            shelf,
            labels,
            entries: Vec::new(),
            shipments: Vec::new(),
            voided: HashSet::new(),
            shipments_since_count: 0,
            due: BTreeSet::new(),
            places: HashMap::new(),
            cancelled_unseen: HashSet::new(),
            clock: Clock::default(),
            outbox,
        }
    }

    pub(super) fn orders(&self) -> impl Iterator<Item = &ReleasedOrder> {
        self.entries.iter().map(|entry| &entry.order)
    }

    pub(super) fn received(&self, number: &OrderNumber) -> usize {
        self.entry(number).map_or(0, |entry| entry.received)
    }

    pub(super) fn state(&self, number: &OrderNumber) -> Option<OrderState> {
        self.entry(number).map(|entry| entry.state)
    }

    pub(super) fn shipments(&self) -> &[Shipment] {
        &self.shipments
    }

    pub(super) fn shipments_of(&self, number: &OrderNumber) -> impl Iterator<Item = &Shipment> {
        self.entry(number).into_iter().flat_map(|entry| entry.shipped.iter().map(|&at| &self.shipments[at]))
    }

    pub(super) fn level(&self, sku: &Sku) -> Option<StockLevel> {
        self.shelf.level(sku)
    }

    pub(super) fn levels(&self) -> Vec<StockLevel> {
        self.shelf.levels()
    }

    /// Takes an order over. One that is known is only counted; one that was refused is looked at again.
    pub(super) fn release(&mut self, order: ReleasedOrder, trace: Option<&str>, now: Instant) {
        if let Some(&at) = self.places.get(&order.number) {
            let entry = &mut self.entries[at];
            entry.received += 1;
            if entry.state == OrderState::Rejected {
                self.replace(at, order, trace, now);
            }
            return;
        }
        tracing::info!("warehouse received {}", order.number);
        self.enter(Entry::new(order, trace, 1), now);
    }

    /// The order is another one by now. It names everything that is wanted, whatever has left under its number before.
    fn replace(&mut self, at: usize, order: ReleasedOrder, trace: Option<&str>, now: Instant) {
        let entry = &mut self.entries[at];
        let shipped = std::mem::take(&mut entry.shipped);
        *entry = Entry { shipped, ..Entry::new(order, trace, entry.received) };
        self.leave_out_what_has_left(at);
        self.judge(at, now);
    }

    fn leave_out_what_has_left(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        let stand = entry.shipped.iter().map(|&shipment| &self.shipments[shipment]);
        let left = stand.filter(|shipment| !self.voided.contains(&shipment.shipment_id));
        for gone in left.flat_map(|shipment| shipment.lines.iter().flatten()) {
            if let Some(line) = entry.open.iter_mut().find(|line| line.sku == gone.sku) {
                line.quantity = line.quantity.saturating_sub(gone.quantity);
            }
        }
        entry.open.retain(|line| line.quantity > 0);
    }

    /// Replaces an order of which not everything has left. An amendment that came before its order stands for it.
    pub(super) fn amend(&mut self, order: ReleasedOrder, trace: Option<&str>, now: Instant) {
        let Some(&at) = self.places.get(&order.number) else {
            return self.enter(Entry::new(order, trace, 0), now);
        };
        let entry = &mut self.entries[at];
        let is_done = matches!(entry.state, OrderState::Shipped | OrderState::Cancelled);
        if is_done || entry.order == order {
            return;
        }
        tracing::info!("warehouse amended {}", order.number);
        if entry.holds_units() {
            self.shelf.unallocate(&entry.open);
        }
        self.replace(at, order, trace, now);
    }

    /// Ships nothing more of an order. One that has not come yet is turned away when it comes.
    pub(super) fn cancel(&mut self, number: &OrderNumber) {
        if !self.places.contains_key(number) {
            self.cancelled_unseen.insert(number.clone());
        } else if self.close(number, OrderState::Cancelled).is_ok() {
            tracing::info!("warehouse cancelled {number}");
        }
    }

    pub(super) fn reject(&mut self, number: &OrderNumber, reason: &str) -> Result<(), NotOpen> {
        let at = self.close(number, OrderState::Rejected)?;
        self.tell_rejected(at, reason.to_owned(), Vec::new());
        Ok(())
    }

    /// The place of an order that is still to be shipped.
    pub(super) fn open(&self, number: &OrderNumber) -> Result<usize, NotOpen> {
        let at = *self.places.get(number).ok_or_else(|| NotOpen::Unknown(number.clone()))?;
        match self.entries[at].state {
            OrderState::Accepted => Ok(at),
            state => Err(NotOpen::Closed { number: number.clone(), state }),
        }
    }

    /// A moment later than all before.
    pub(super) fn now(&mut self) -> Timestamp {
        self.clock.next(Timestamp::now())
    }

    pub(super) fn tell<T: EventData>(
        &mut self,
        id: String,
        at: Timestamp,
        data: T,
        trace: Option<TraceParent>,
    ) {
        let trace = trace.map(|trace| trace.step().to_string());
        self.outbox.put(&Event::new(&Source::Warehouse, id, at, data).traced(trace));
    }

    pub(super) fn entry(&self, number: &OrderNumber) -> Option<&Entry> {
        self.places.get(number).map(|&at| &self.entries[at])
    }

    /// From now on the SKU has a place on the shelf: orders that were refused for it may come again.
    pub(super) fn list(&mut self, sku: &Sku, units: i64) {
        self.shelf.put_away(sku, units);
        let at = self.now();
        self.tell(event_id("known"), at, WarehouseSkuKnown { sku: sku.clone() }, None);
    }

    fn enter(&mut self, mut entry: Entry, now: Instant) {
        let at = self.entries.len();
        self.places.insert(entry.order.number.clone(), at);
        if self.cancelled_unseen.remove(&entry.order.number) {
            entry.state = OrderState::Cancelled;
            self.entries.push(entry);
            return;
        }
        self.entries.push(entry);
        self.judge(at, now);
    }

    /// Accepts or rejects. If everything has left already, nothing is packed.
    fn judge(&mut self, at: usize, now: Instant) {
        let entry = &mut self.entries[at];
        let unknown: Vec<Sku> = entry
            .open
            .iter()
            .filter(|line| !self.shelf.knows(&line.sku))
            .map(|line| line.sku.clone())
            .collect();
        if let Some(sku) = unknown.first() {
            let reason =
                format!("the warehouse does not keep '{sku}'; change the order's line or list the SKU");
            entry.state = OrderState::Rejected;
            return self.tell_rejected(at, reason, unknown);
        }
        if entry.open.is_empty() {
            entry.state = OrderState::Shipped;
        }
        if entry.holds_units() {
            self.shelf.allocate(&entry.open);
            self.due.extend(self.ship_after.map(|wait| (now + wait, at)));
        }
        let (number, trace) = (entry.order.number.clone(), entry.trace);
        let accepted_at = self.now();
        self.tell(event_id("accepted"), accepted_at, WarehouseOrderAccepted { number }, Some(trace));
    }

    fn close(&mut self, number: &OrderNumber, state: OrderState) -> Result<usize, NotOpen> {
        let at = self.open(number)?;
        let entry = &mut self.entries[at];
        if entry.holds_units() {
            self.shelf.unallocate(&entry.open);
        }
        entry.state = state;
        Ok(at)
    }

    /// Units of an order are on the shelf again, set aside for it.
    pub(super) fn reopen(&mut self, number: &OrderNumber, lines: &[PackedLine]) {
        for line in lines {
            self.shelf.put_away(&line.sku, i64::from(line.quantity));
        }
        let Some(&at) = self.places.get(number) else { return };
        let entry = &mut self.entries[at];
        for line in lines {
            match entry.open.iter_mut().find(|open| open.sku == line.sku) {
                Some(open) => open.quantity += line.quantity,
                None => entry.open.push(PackedLine { line_id: None, ..line.clone() }),
            }
        }
        if entry.state == OrderState::Shipped {
            entry.state = OrderState::Accepted;
        }
        if entry.holds_units() {
            self.shelf.allocate(lines);
        }
    }

    fn tell_rejected(&mut self, at: usize, reason: String, unknown_skus: Vec<Sku>) {
        let entry = &self.entries[at];
        let (number, trace) = (entry.order.number.clone(), entry.trace);
        tracing::info!("warehouse rejected {number}: {reason}");
        let rejected_at = self.now();
        let data = WarehouseOrderRejected { number, reason, unknown_skus };
        self.tell(event_id("rejected"), rejected_at, data, Some(trace));
    }
}

/// An id for something that happens once. It is told again under the same id only out of the outbox.
pub(super) fn event_id(what: &str) -> String {
    format!("{what}-{}", Uuid::now_v7().simple())
}

/// What an order wants, one line for each SKU.
fn units(order: &ReleasedOrder) -> Vec<PackedLine> {
    let mut units: Vec<PackedLine> = Vec::new();
    for line in &order.lines {
        match units.iter_mut().find(|known| known.sku == line.sku) {
            Some(known) => known.quantity += line.quantity,
            None => units.push(PackedLine { sku: line.sku.clone(), quantity: line.quantity, line_id: None }),
        }
    }
    units
}

#[cfg(test)]
mod tests;
