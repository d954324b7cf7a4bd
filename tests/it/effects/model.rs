//! What is true, by the warehouse's and the buyers' own account: orders, consignments, counts, and what follows from them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

/// What both shops sell.
pub(super) const SKUS: [&str; 3] = ["TEE-M", "MUG", ALLOCATED];

/// The SKU of which the warehouse tells what it has set aside. No order of it is amended: what of that is set aside, only the next
/// count tells.
pub(super) const ALLOCATED: &str = "Test001";

/// Units by SKU.
pub(super) type Units = BTreeMap<&'static str, u32>;

/// The journey's shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shop {
    Bigcommerce,
    Ecwid,
}

impl Shop {
    pub(super) const BOTH: [Self; 2] = [Self::Bigcommerce, Self::Ecwid];

    /// Its id in the configuration.
    pub(super) fn store(self) -> &'static str {
        match self {
            Self::Bigcommerce => "acme-au",
            Self::Ecwid => "acme-widgets",
        }
    }

    /// Units of each SKU that are not offered.
    pub(super) fn buffer(self) -> i64 {
        match self {
            Self::Bigcommerce => 1,
            Self::Ecwid => 2,
        }
    }
}

/// What the buyer wants by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Unpaid,
    Wanted,
    Cancelled,
}

/// A buyer's order.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) shop: Shop,
    pub(super) id: String,
    pub(super) number: String,
    /// In the order in which the shop lists them.
    pub(super) lines: Vec<(&'static str, u32)>,
    /// What the shop took out of its own stock for it, and by when.
    pub(super) sold: Vec<(&'static str, u32)>,
    pub(super) sold_by: Timestamp,
    pub(super) fate: Fate,
    pub(super) amended: bool,
    /// By the shop's clock.
    pub(super) changed_second: i64,
    pub(super) consignments: Vec<Consignment>,
}

/// A parcel of an order.
#[derive(Debug)]
pub(super) struct Consignment {
    pub(super) id: String,
    pub(super) units: Units,
    /// Whether the warehouse told what is in it.
    pub(super) named: bool,
    pub(super) left_at: Timestamp,
    /// The tracking numbers that it had, the present one at the end.
    pub(super) labels: Vec<String>,
    pub(super) voided: bool,
}

/// What was found on the shelf.
#[derive(Debug, Default)]
pub(super) struct Count {
    pub(super) counted_at: Timestamp,
    pub(super) on_hand: i64,
    /// Set aside, and for which orders.
    pub(super) allocated: Option<(i64, BTreeSet<String>)>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) orders: Vec<Order>,
    /// The newest of each SKU, however late it was told.
    pub(super) counts: BTreeMap<&'static str, Count>,
}

impl Consignment {
    pub(super) fn label(&self) -> &str {
        self.labels.last().expect("a parcel leaves with a label")
    }
}

impl Order {
    pub(super) fn live(&self) -> impl Iterator<Item = &Consignment> {
        self.consignments.iter().filter(|consignment| !consignment.voided)
    }

    /// What has not left.
    pub(super) fn open(&self) -> Units {
        let open = |&(sku, ordered): &(&'static str, u32)| (sku, ordered - self.left(sku, Timestamp::MAX));
        self.lines.iter().map(open).filter(|(_, units)| *units > 0).collect()
    }

    /// Units that have left for good by then.
    fn left(&self, sku: &str, by: Timestamp) -> u32 {
        let gone = self.live().filter(|consignment| consignment.left_at <= by);
        gone.filter_map(|consignment| consignment.units.get(sku)).sum()
    }

    /// Units that the shop may have taken out of its own stock for it since that time, if any.
    fn sold_since(&self, sku: &str, since: Timestamp) -> Option<i64> {
        let (_, units) = self.sold.iter().find(|(of, _)| *of == sku && since < self.sold_by)?;
        Some(i64::from(*units))
    }

    /// Units that lay on the shelf for it at that time, or would have.
    pub(super) fn on_the_shelf(&self, sku: &str, at: Timestamp) -> i64 {
        let ordered = self.lines.iter().find(|(of, _)| *of == sku).map_or(0, |(_, units)| *units);
        if self.fate == Fate::Cancelled { 0 } else { i64::from(ordered - self.left(sku, at)) }
    }
}

impl Model {
    /// What the shop is to offer: on hand when it was counted, less what was promised then or is since, less the buffer.
    pub(super) fn available(&self, shop: Shop, sku: &str) -> i64 {
        let count = &self.counts[sku];
        let (allocated, known) = count.allocated.clone().unwrap_or_default();
        let unknown = self.orders.iter().filter(|order| !known.contains(&order.number));
        let promised: i64 = unknown.map(|order| order.on_the_shelf(sku, count.counted_at)).sum();
        (count.on_hand - allocated - promised - shop.buffer()).max(0)
    }

    /// What the shop may show that was last told, from that moment on, what it is to offer: less what it sold by itself since. Of what it
    /// sold while it was being told, nobody knows which came first.
    pub(super) fn may_show(&self, shop: Shop, sku: &str, told_at: Timestamp) -> BTreeSet<i64> {
        let orders = self.orders.iter().filter(|order| order.shop == shop);
        let sold = orders.filter_map(|order| order.sold_since(sku, told_at));
        sold.fold([self.available(shop, sku)].into(), |shown, units| {
            shown.iter().flat_map(|before| [*before, before - units]).collect()
        })
    }
}
