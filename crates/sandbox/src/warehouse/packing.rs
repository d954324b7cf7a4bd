//! What leaves the shelf, and what is counted on it.

use std::time::Duration;

use crossdock_domain::{OrderNumber, PackedLine, Shipment, ShipmentId, Sku, StockLevel};
use crossdock_events::{ShipmentVoided, StockCounted};
use tokio::time::Instant;

use super::book::{Book, event_id};
use super::order_state::{NotOpen, OrderState};

/// Wait before an order that the shelf can't fill is looked at again, in milliseconds.
const BACK_ORDER_MS: u64 = 1000;

impl Book {
    /// Ships all that is due. An order that the shelf can't fill waits until it can.
    pub(super) fn ship_due(&mut self, now: Instant) {
        while let Some(&(due, at)) = self.due.first()
            && due <= now
        {
            self.due.pop_first();
            let entry = &self.entries[at];
            if entry.state != OrderState::Accepted || entry.order.test {
                continue;
            }
            if self.shelf.holds(&entry.open) {
                let number = entry.order.number.clone();
                self.ship(&number, None).expect("an accepted order that is not a test is open");
            } else {
                self.due.insert((now + Duration::from_millis(BACK_ORDER_MS), at));
            }
        }
    }

    pub(super) fn ship(
        &mut self,
        number: &OrderNumber,
        lines: Option<Vec<PackedLine>>,
    ) -> Result<Shipment, NotOpen> {
        let at = self.open(number)?;
        if self.entries[at].order.test {
            return Err(NotOpen::Test(number.clone()));
        }
        let lines = lines.unwrap_or_else(|| self.entries[at].open.clone());
        let open = rest(number, &self.entries[at].open, &lines)?;
        if open.is_empty() {
            self.entries[at].state = OrderState::Shipped;
        }
        self.entries[at].open = open;
        self.shelf.take(&lines);
        let dispatched_at = self.now();
        let shipment = self.labels.print(number, lines, dispatched_at);
        tracing::info!("warehouse shipped {number} by {}", shipment.carrier);
        self.tell_shipment(&shipment);
        self.entries[at].shipped.push(self.shipments.len());
        self.shipments.push(shipment.clone());
        self.shipments_since_count += 1;
        if self.count_after_shipments.is_some_and(|most| self.shipments_since_count >= most) {
            self.count_all();
        }
        Ok(shipment)
    }

    pub(super) fn tell_shipment(&mut self, shipment: &Shipment) {
        let trace = self.entry(&shipment.number).map(|entry| entry.trace);
        self.tell(
            format!("dispatched-{}", shipment.shipment_id),
            shipment.dispatched_at,
            shipment.clone(),
            trace,
        );
    }

    /// Puts another label on a parcel that has left, and tells it under the same id. None if there is no such parcel.
    pub(super) fn relabel(&mut self, id: &ShipmentId) -> Option<Shipment> {
        let at = self.shipments.iter().position(|it| it.shipment_id == *id)?;
        let former = &self.shipments[at];
        let (number, lines) = (former.number.clone(), former.lines.clone());
        let new = self.labels.print(&number, Vec::new(), former.dispatched_at);
        let relabelled = Shipment { shipment_id: id.clone(), lines, ..new };
        self.shipments[at] = relabelled.clone();
        tracing::info!("warehouse relabelled a parcel of {number} for {}", relabelled.carrier);
        let (now, trace) = (self.now(), self.entry(&number).map(|entry| entry.trace));
        self.tell(event_id("relabelled"), now, relabelled.clone(), trace);
        Some(relabelled)
    }

    /// Takes a parcel back that has not left after all, and tells it: its units are on the shelf, and open. None if there is no such
    /// parcel.
    pub(super) fn void(&mut self, id: &ShipmentId) -> Option<()> {
        let at = self.shipments.iter().position(|it| it.shipment_id == *id)?;
        let shipment = self.shipments[at].clone();
        if self.voided.insert(id.clone()) {
            self.reopen(&shipment.number, shipment.lines.as_deref().unwrap_or_default());
        }
        tracing::info!("warehouse voided a parcel of {}", shipment.number);
        let (now, trace) = (self.now(), self.entry(&shipment.number).map(|entry| entry.trace));
        let data = ShipmentVoided { shipment_id: id.clone(), number: shipment.number };
        self.tell(format!("voided-{id}"), now, data, trace);
        Some(())
    }

    pub(super) fn count(&mut self, levels: Vec<StockLevel>) {
        for level in &levels {
            self.shelf.correct(&level.sku, level.on_hand);
        }
        self.tell_count(levels);
    }

    pub(super) fn count_all(&mut self) {
        self.shipments_since_count = 0;
        self.tell_count(self.shelf.levels());
    }

    pub(super) fn put_away(&mut self, sku: &Sku, units: i64) {
        tracing::info!("warehouse put {units} new units of {sku} on the shelf");
        self.shelf.put_away(sku, units);
        self.tell_count(self.shelf.level(sku).into_iter().collect());
    }

    fn tell_count(&mut self, levels: Vec<StockLevel>) {
        let counted_at = self.now();
        self.tell(event_id("counted"), counted_at, StockCounted { counted_at, levels }, None);
    }
}

/// What stays open after these lines have left.
fn rest(number: &OrderNumber, open: &[PackedLine], lines: &[PackedLine]) -> Result<Vec<PackedLine>, NotOpen> {
    let mut open = open.to_vec();
    for line in lines {
        let left = open.iter_mut().find(|left| left.sku == line.sku && left.quantity >= line.quantity);
        let left = left.ok_or_else(|| NotOpen::Lines {
            number: number.clone(),
            sku: line.sku.clone(),
            quantity: line.quantity,
        })?;
        left.quantity -= line.quantity;
    }
    open.retain(|left| left.quantity > 0);
    Ok(open)
}
