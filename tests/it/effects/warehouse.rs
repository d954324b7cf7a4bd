//! What the warehouse does, at random: it sends parcels off, labels them anew, takes them back, and counts.

use std::collections::BTreeSet;

use crossdock_domain::{OrderId, PackedLine, Shipment, Sku, StockLevel};
use crossdock_events::{ShipmentVoided, StockCounted};
use crossdock_sandbox::OrderState;
use jiff::Timestamp;

use super::model::{ALLOCATED, Consignment, Count, Fate, Order, SKUS, Shop, Units};
use super::play::Play;

/// Units that a count finds: always more than is promised, so that an error shows.
const ON_HAND: std::ops::Range<i64> = 200..400;

const CARRIERS: [&str; 3] = ["Australia Post", "DHL Express", "UPS"];

impl Play {
    /// A parcel leaves: with a part of what is open, with all of it, or with all of it and unnamed.
    pub(super) async fn dispatch(&mut self) {
        let mut ready = Vec::new();
        for at in 0..self.model.orders.len() {
            if self.may_leave(&self.model.orders[at]).await {
                ready.push(at);
            }
        }
        let Some(at) = self.dice.choice(ready) else { return };
        let order = &self.model.orders[at];
        let (mut units, all_told) = (order.open(), self.all_is_put_down(order).await);
        let named = !all_told || self.dice.u32(0..3) > 0;
        if named && self.dice.bool() {
            units = part(&mut self.dice, &units);
        }
        let consignment = Consignment {
            id: self.post.id("S"),
            units,
            named,
            left_at: Timestamp::now(),
            labels: vec![self.post.id("TN")],
            voided: false,
        };
        let order = &mut self.model.orders[at];
        let told = shipment(order, &consignment);
        order.consignments.push(consignment);
        self.post.tell(&mut self.dice, told.dispatched_at, told).await;
    }

    /// Whether there is something to pack, and nobody could dispute what. What was amended, the warehouse must have heard; what is to
    /// be packed again must have come back, and a parcel that names nothing is followed by none that could overtake it.
    async fn may_leave(&self, order: &Order) -> bool {
        if order.fate != Fate::Wanted || order.open().is_empty() {
            return false;
        }
        let came_back = order.live().count() < order.consignments.len();
        let unnamed = order.consignments.iter().any(|consignment| !consignment.named);
        (!order.amended || self.is_as_at_the_shop(order))
            && (!(came_back || unnamed) || self.all_is_put_down(order).await)
    }

    fn is_as_at_the_shop(&self, order: &Order) -> bool {
        let there = self.world.warehouse.orders();
        there.iter().any(|it| {
            let lines: Units = order.lines.iter().copied().collect();
            it.number.as_str() == order.number
                && it.lines.len() == lines.len()
                && it.lines.iter().all(|line| lines.get(line.sku.as_str()) == Some(&line.quantity))
        })
    }

    /// Whether Crossdock has heard of all of the order's parcels, and of those that came back.
    async fn all_is_put_down(&self, order: &Order) -> bool {
        let store = order.shop.store().parse().unwrap();
        let records = self.ledger.shipments(&store, &OrderId::from(order.id.as_str())).await.unwrap();
        order.consignments.iter().all(|consignment| {
            let record = records.iter().find(|it| it.shipment.shipment_id.as_str() == consignment.id);
            record.is_some_and(|it| it.state.counts() != consignment.voided)
        })
    }

    /// A parcel gets another number.
    pub(super) async fn relabel(&mut self) {
        let Some((order, parcel)) = self.some_parcel() else { return };
        let label = self.post.id("TN");
        self.model.orders[order].consignments[parcel].labels.push(label);
        let order = &self.model.orders[order];
        let told = shipment(order, &order.consignments[parcel]);
        self.post.tell(&mut self.dice, Timestamp::now(), told).await;
    }

    /// A parcel has not left after all. While one that names nothing is on its way, none comes back: it might be in that one then.
    /// Neither does one of which Crossdock has heard no label yet, though it has several: of these, the first to be told would come late
    /// and the second not.
    pub(super) async fn void(&mut self) {
        let Some((order, parcel)) = self.some_parcel() else { return };
        let of = &self.model.orders[order];
        let relabelled = of.consignments[parcel].labels.len() > 1;
        let unnamed = of.consignments.iter().enumerate().any(|(at, other)| at != parcel && !other.named);
        if (relabelled || unnamed) && !self.all_is_put_down(of).await {
            return;
        }
        let order = &mut self.model.orders[order];
        order.consignments[parcel].voided = true;
        let voided = ShipmentVoided {
            shipment_id: order.consignments[parcel].id.as_str().into(),
            number: order.number.as_str().into(),
        };
        self.post.tell(&mut self.dice, Timestamp::now(), voided).await;
    }

    /// The places of an order and of a parcel of it that is on its way.
    fn some_parcel(&mut self) -> Option<(usize, usize)> {
        let mut live = Vec::new();
        for (order, of) in self.model.orders.iter().enumerate() {
            let parcels = of.consignments.iter().enumerate().filter(|(_, parcel)| !parcel.voided);
            live.extend(parcels.map(|(parcel, _)| (order, parcel)));
        }
        self.dice.choice(live)
    }

    /// Some SKUs are counted.
    pub(super) async fn count(&mut self, skus: &[&'static str]) {
        let (counted_at, accepted) = self.accepted();
        let mut levels = Vec::new();
        for sku in skus {
            let on_hand = self.dice.i64(ON_HAND);
            let allocated = (*sku == ALLOCATED).then(|| {
                let orders = self.model.orders.iter().filter(|order| accepted.contains(&order.number));
                let units = orders.map(|order| order.on_the_shelf(sku, counted_at)).sum();
                (units, accepted.clone())
            });
            let sku_told = Sku::from(*sku);
            levels.push(StockLevel { sku: sku_told, on_hand, allocated: allocated.as_ref().map(|it| it.0) });
            self.model.counts.insert(*sku, Count { counted_at, on_hand, allocated });
        }
        self.post.tell(&mut self.dice, counted_at, StockCounted { counted_at, levels }).await;
    }

    /// This moment, and the orders that the warehouse had accepted by then.
    fn accepted(&self) -> (Timestamp, BTreeSet<String>) {
        let look = || -> BTreeSet<String> {
            let there =
                |order: &&Order| self.world.warehouse.state(&order.number) == Some(OrderState::Accepted);
            self.model.orders.iter().filter(there).map(|order| order.number.clone()).collect()
        };
        loop {
            let (before, now, after) = (look(), Timestamp::now(), look());
            if before == after {
                return (now, before);
            }
        }
    }

    /// A SKU or two.
    pub(super) fn some_skus(&mut self) -> Vec<&'static str> {
        let count = self.dice.usize(1..=2);
        self.dice.choose_multiple(SKUS, count)
    }
}

/// At least a unit of what is open, and perhaps less than all.
fn part(dice: &mut fastrand::Rng, open: &Units) -> Units {
    let (only, most) = dice.choice(open).expect("something is open");
    [(*only, dice.u32(1..=*most))].into()
}

fn shipment(order: &Order, consignment: &Consignment) -> Shipment {
    let line = |(sku, quantity): (&&'static str, &u32)| PackedLine {
        sku: Sku::from(*sku),
        quantity: *quantity,
        line_id: None,
    };
    let label = consignment.label();
    // A link for some, none for others.
    let tracking_url =
        (order.shop == Shop::Ecwid || label.ends_with('7')).then(|| format!("https://track.example/{label}"));
    Shipment {
        shipment_id: consignment.id.as_str().into(),
        number: order.number.as_str().into(),
        carrier: CARRIERS[label.len() % CARRIERS.len()].to_owned(),
        service: None,
        tracking_number: label.to_owned(),
        tracking_url,
        dispatched_at: consignment.left_at,
        lines: consignment.named.then(|| consignment.units.iter().map(line).collect()),
    }
}
