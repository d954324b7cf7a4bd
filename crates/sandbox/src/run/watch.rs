//! Watches orders and stock, at the warehouse and behind the shops' counters, and says what happens.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossdock_domain::{OrderId, OrderNumber, StockPush};
use tokio::time::Instant;

use super::Units;
use super::expectation::{self, Facts, Fate};
use super::report::{OrderRow, Report, StockRow};
use super::shop::OpenShop;
use super::verdict::{Expected, Finding, Seen, findings};
use crate::{Draft, OrderState, Warehouse};

/// All orders that were placed, and all that was sold.
pub(super) struct Watch {
    orders: Vec<Watched>,
    /// Places of the orders of which something is still awaited.
    open: BTreeSet<usize>,
    /// Units that should lie in the warehouse once everything that was sold has left.
    to_remain: Units,
    /// Units that wait in the warehouse for somebody to pay.
    unpaid: Units,
    /// What orders took out of a shop's stock that Crossdock leaves alone, by shop and SKU.
    sold_aside: BTreeSet<(usize, String)>,
    /// What each shop showed at the last look.
    shown: BTreeMap<(usize, String), i64>,
    changed_at: Instant,
}

struct Watched {
    shop: usize,
    order_id: String,
    expected: Expected,
    placed: Instant,
    seen: Seen,
    took: Option<Duration>,
}

impl Watch {
    pub(super) fn new(shops: &[OpenShop], shelf: Units, now: Instant) -> Self {
        let shown = tracked(shops).collect();
        let (orders, open, sold_aside) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
        Self { orders, open, to_remain: shelf, unpaid: Units::new(), sold_aside, shown, changed_at: now }
    }

    /// Orders placed so far.
    pub(super) fn placed(&self) -> usize {
        self.orders.len()
    }

    /// When anything at all was last seen to change.
    pub(super) fn changed_at(&self) -> Instant {
        self.changed_at
    }

    /// Places an order and remembers what should become of it.
    pub(super) fn place(&mut self, at: usize, shop: &OpenShop, draft: Draft, now: Instant) {
        let order_id = shop.place(&draft);
        let first = shop.look(&order_id);
        let lines: Vec<String> =
            draft.lines.iter().map(|line| format!("{} × {}", line.quantity, line.sku)).collect();
        tracing::info!("order placed at {}: {order_id} ({})", shop.settings.name, lines.join(", "));
        let facts = Facts {
            placed_at: draft.placed_at,
            statuses: first.statuses.clone(),
            channel: first.channel,
            country_code: draft.country_code,
            skus: draft.lines.iter().map(|line| line.sku.clone()).collect(),
        };
        let fate = expectation::fate(&shop.settings.orders, &facts);
        let waits = expectation::waits_for_payment(&shop.settings.orders, &facts);
        for line in draft.lines {
            let units = i64::from(line.quantity);
            match fate {
                Fate::Released => *self.to_remain.entry(line.sku).or_default() -= units,
                Fate::Filtered | Fate::Test => {
                    if waits {
                        *self.unpaid.entry(line.sku.clone()).or_default() += units;
                    }
                    // A shop that is told what is available is told at once what is kept for those who have not paid.
                    if !waits || shop.settings.stock.push != StockPush::Available {
                        self.sold_aside.insert((at, line.sku));
                    }
                }
            }
        }
        let number = OrderNumber::new(format!("{}{order_id}", shop.settings.orders.prefix));
        let expected = Expected { number, fate, statuses: first.statuses };
        self.open.insert(self.orders.len());
        self.orders.push(Watched {
            shop: at,
            order_id,
            expected,
            placed: now,
            seen: Seen::default(),
            took: None,
        });
        self.changed_at = now;
    }

    /// New goods came to the warehouse.
    pub(super) fn restocked(&mut self, sku: &str, units: i64) {
        *self.to_remain.entry(sku.to_owned()).or_default() += units;
    }

    /// Looks at every order of which something is awaited, and at all stock.
    pub(super) fn look(&mut self, shops: &[OpenShop], warehouse: &Warehouse, now: Instant) {
        let mut open = std::mem::take(&mut self.open);
        open.retain(|&at| self.look_at(at, shops, warehouse, now));
        self.open = open;
        for ((shop, sku), units) in tracked(shops) {
            let before = self.shown.insert((shop, sku.clone()), units);
            if before != Some(units) {
                tracing::info!("stock of {sku} is now {units} at {}", shops[shop].settings.name);
                self.changed_at = now;
            }
        }
    }

    /// Whether nothing is awaited of any order any more.
    pub(super) fn orders_settled(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether every shop that is told of changes shows the right stock of all that Crossdock saw being sold.
    pub(super) fn changes_pushed(&self, shops: &[OpenShop]) -> bool {
        let by_changes = |row: &(usize, StockRow)| {
            shops[row.0].settings.stock.on_change && !self.sold_aside.contains(&(row.0, row.1.sku.clone()))
        };
        self.stock(shops).filter(by_changes).all(|(_, row)| row.shop_has == Some(row.expected))
    }

    /// Whether every shop that is told of stock shows the right one.
    pub(super) fn stock_right(&self, shops: &[OpenShop]) -> bool {
        self.stock(shops).all(|(_, row)| row.shop_has == Some(row.expected))
    }

    /// Everything that was seen, and what of it is not as expected. Stock is judged only when no order is awaited any more.
    pub(super) fn report(&mut self, shops: &[OpenShop], warehouse: &Warehouse, limit: Option<u32>) -> Report {
        let mut report = Report::default();
        for order in &mut self.orders {
            let shop = &shops[order.shop];
            order.seen = see(&order.expected.number, &order.order_id, shop, warehouse);
            let findings = findings(&order.expected, &shop.settings, &order.seen);
            report.missing.extend(findings.into_iter().map(Finding::sentence));
            report.orders.push(order.row(shop));
        }
        if let Some(limit) = limit.filter(|&limit| self.orders.len() < limit as usize) {
            report.missing.push(format!("only {} of {limit} orders were placed", self.orders.len()));
        }
        report.stock = self.stock(shops).map(|(_, row)| row).collect();
        if self.orders_settled() {
            report.missing.extend(report.stock.iter().filter_map(StockRow::missing));
            report.missing.extend(self.left_at(warehouse));
        }
        report
    }

    /// Looks at one order; whether something is still awaited of it.
    fn look_at(&mut self, at: usize, shops: &[OpenShop], warehouse: &Warehouse, now: Instant) -> bool {
        let order = &mut self.orders[at];
        let shop = &shops[order.shop];
        let seen = see(&order.expected.number, &order.order_id, shop, warehouse);
        if seen != order.seen {
            order.say(&seen, shop);
            order.seen = seen;
            self.changed_at = now;
        }
        let findings = findings(&order.expected, &shop.settings, &order.seen);
        let awaited = findings.iter().any(|finding| matches!(finding, Finding::Awaited(_)));
        if findings.is_empty() && order.expected.fate != Fate::Filtered {
            order.took = Some(now.duration_since(order.placed));
        }
        awaited
    }

    /// What each shop shows, and should show, of every SKU that it is told of.
    fn stock(&self, shops: &[OpenShop]) -> impl Iterator<Item = (usize, StockRow)> {
        self.shown.keys().filter_map(|(at, sku)| {
            let shop = &shops[*at];
            let units = |of: &Units| of.get(sku).copied().unwrap_or_default();
            let expected =
                expectation::stock(&shop.settings.stock, units(&self.to_remain), units(&self.unpaid))?;
            let shop_has = shop.catalog().stock(sku);
            Some((*at, StockRow { store: shop.settings.id.clone(), sku: sku.clone(), expected, shop_has }))
        })
    }

    /// What the warehouse has too much or too little of: something left twice, or not at all.
    fn left_at(&self, warehouse: &Warehouse) -> Vec<String> {
        let wrong = self.to_remain.iter().filter_map(|(sku, &units)| {
            let on_hand = warehouse.on_hand(sku).unwrap_or_default();
            (on_hand != units)
                .then(|| format!("the warehouse has {on_hand} units of {sku}, expected {units}"))
        });
        wrong.collect()
    }
}

impl Watched {
    fn say(&self, seen: &Seen, shop: &OpenShop) {
        let (name, number) = (&shop.settings.name, &self.expected.number);
        for tracking in &seen.shop.tracking_numbers {
            if !self.seen.shop.tracking_numbers.contains(tracking) {
                tracing::info!("{name} shows tracking {tracking} for {number}");
            }
        }
    }

    fn row(&self, shop: &OpenShop) -> OrderRow {
        let tracking = &self.seen.shop.tracking_numbers;
        OrderRow {
            store: shop.settings.id.clone(),
            order_id: OrderId::new(&self.order_id),
            number: self.expected.number.clone(),
            expected: self.expected.fate,
            received: self.seen.received,
            tracking_number: (!tracking.is_empty()).then(|| tracking.join(", ")),
            shop_status: self.seen.shop.statuses.join("/"),
            took_ms: self.took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

fn see(number: &OrderNumber, order_id: &str, shop: &OpenShop, warehouse: &Warehouse) -> Seen {
    let number = number.as_str();
    Seen {
        received: warehouse.received(number),
        accepted: matches!(warehouse.state(number), Some(OrderState::Accepted | OrderState::Shipped)),
        shipments: warehouse.shipments_of(number),
        shop: shop.look(order_id),
    }
}

/// Every SKU whose stock a shop counts, and what it shows.
fn tracked(shops: &[OpenShop]) -> impl Iterator<Item = ((usize, String), i64)> {
    shops.iter().enumerate().flat_map(|(at, shop)| {
        let items = shop.catalog().items();
        let shown: Vec<_> =
            items.iter().filter_map(|item| Some(((at, item.sku.clone()), item.stock?))).collect();
        shown
    })
}

#[cfg(test)]
mod tests;
