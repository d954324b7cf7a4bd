//! Whether each order and each SKU is at its shop as the model says.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_events::{Event, Source, StockDue};
use crossdock_tests::process::crossdock;
use jiff::Timestamp;
use serde_json::Value;

use super::model::{Fate, Order, SKUS, Shop};
use super::play::Play;
use super::shops::{AWAITING_FULFILLMENT, CANCELLED};

/// BigCommerce's ids of Partially Shipped, Awaiting Payment and Completed.
const PARTIALLY_SHIPPED: i64 = 3;
const AWAITING_PAYMENT: i64 = 7;
const COMPLETED: i64 = 10;

/// Compares the shops with the model.
pub(super) struct Judgement<'p>(pub(super) &'p Play);

/// How the stock of a shop is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stock {
    /// As the shop was told last: by the ledger, and by what it shows but for what it sold since.
    Told,
    /// As the shop shows it.
    Shown,
}

impl Judgement<'_> {
    /// The orders and SKUs that are not as the model says, each with what is wrong.
    pub(super) async fn wrong(&self, stock: Stock) -> Vec<String> {
        let mut wrong = self.orders().await;
        for shop in Shop::BOTH {
            wrong.extend(match stock {
                Stock::Told => self.told(shop).await,
                Stock::Shown => self.shown(shop),
            });
        }
        wrong
    }

    async fn told(&self, shop: Shop) -> Vec<String> {
        let lines = self.0.ledger.stock(&shop.store().parse().unwrap()).await.unwrap();
        let complaint = |sku: &str| {
            let line = lines.iter().find(|line| line.level.sku.as_str() == sku);
            let (model, told) = (&self.0.model, line.and_then(|line| line.pushed));
            let (store, available, count) = (shop.store(), model.available(shop, sku), &model.counts[sku]);
            let Some(told) = told.filter(|told| told.units == available) else {
                let told = told.map(|told| told.units);
                return Some(format!(
                    "{sku}: {store} was told {told:?}, but {available} are available\n    {line:?}\n    {count:?}"
                ));
            };
            let (shown, may_show) = (self.stock(shop, sku), model.may_show(shop, sku, told.at));
            (!shown.is_some_and(|shown| may_show.contains(&shown))).then(|| {
                format!("{sku}: {store} was told {told:?}, and shows {shown:?}, not one of {may_show:?}")
            })
        };
        SKUS.into_iter().filter_map(complaint).collect()
    }

    fn shown(&self, shop: Shop) -> Vec<String> {
        let complaint = |sku: &str| {
            let (shown, store) = (self.stock(shop, sku), shop.store());
            let available = self.0.model.available(shop, sku);
            let wrong = format!("{sku}: {store} shows {shown:?}, but {available} are available");
            (shown != Some(available)).then_some(wrong)
        };
        SKUS.into_iter().filter_map(complaint).collect()
    }

    fn stock(&self, shop: Shop, sku: &str) -> Option<i64> {
        match shop {
            Shop::Bigcommerce => self.0.world.bigcommerce.catalog().stock(sku),
            Shop::Ecwid => self.0.world.ecwid.catalog().stock(sku),
        }
    }

    async fn orders(&self) -> Vec<String> {
        let output = crossdock(&self.0.world.config, &["orders", "list", "--limit", "1000", "--json"]).await;
        let records: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let state = |number: &str| {
            let record = records.iter().find(|record| record["number"] == number)?;
            record["state"].as_str()
        };
        let complaint = |order: &Order| {
            let mut wrong = Wrong::default();
            wrong.unless_equal("state in the ledger", &state(&order.number), &Some(state_of(order)));
            match order.shop {
                Shop::Bigcommerce => self.bigcommerce(order, &mut wrong),
                Shop::Ecwid => self.ecwid(order, &mut wrong),
            }
            (!wrong.0.is_empty()).then(|| format!("{}: {}\n    {order:?}", order.number, wrong.0.join("; ")))
        };
        self.0.model.orders.iter().filter_map(complaint).collect()
    }

    fn bigcommerce(&self, order: &Order, wrong: &mut Wrong) {
        let shop = &self.0.world.bigcommerce;
        let mut stands: Vec<_> = shop.shipments(&order.id).iter().map(|it| self.parcel(it)).collect();
        let mut wanted: Vec<_> = order
            .live()
            .map(|it| {
                (it.label().to_owned(), it.units.iter().map(|(sku, n)| ((*sku).to_owned(), *n)).collect())
            })
            .collect();
        stands.sort();
        wanted.sort();
        wrong.unless_equal("shipments", &stands, &wanted);
        let status = match (order.fate, order.live().count()) {
            (Fate::Unpaid, _) => AWAITING_PAYMENT,
            (Fate::Cancelled, _) => CANCELLED,
            (Fate::Wanted, 0) => AWAITING_FULFILLMENT,
            (Fate::Wanted, _) if order.open().is_empty() => COMPLETED,
            (Fate::Wanted, _) => PARTIALLY_SHIPPED,
        };
        wrong.unless_equal("status", &shop.status(&order.id), &Some(status));
        let far =
            |id: &i64| [AWAITING_FULFILLMENT, PARTIALLY_SHIPPED, COMPLETED].iter().position(|it| it == id);
        wrong.unless_forward(order, &shop.status_changes(&order.id).iter().map(far).collect::<Vec<_>>());
        // A shipment that was made is a mail; one that came back before it was written is none.
        let (live, all) = (order.live().count(), order.consignments.len());
        wrong.unless_among("mails to the buyer", shop.buyer_mails(&order.id), live..=all);
    }

    /// Its number, and its units by SKU.
    fn parcel(&self, shipment: &Value) -> (String, BTreeMap<String, u32>) {
        let catalog = self.0.world.bigcommerce.catalog().items();
        let units = shipment["items"].as_array().unwrap().iter().map(|item| {
            let product =
                catalog.iter().find(|it| Some(it.product_id) == item["product_id"].as_u64()).unwrap();
            (product.sku.clone(), u32::try_from(item["quantity"].as_u64().unwrap()).unwrap())
        });
        (shipment["tracking_number"].as_str().unwrap().to_owned(), units.collect())
    }

    fn ecwid(&self, order: &Order, wrong: &mut Wrong) {
        let shop = &self.0.world.ecwid;
        let stands = shop.order(&order.id)["trackingNumber"].as_str().unwrap_or_default().to_owned();
        let mut numbers: Vec<&str> = stands.split(", ").filter(|number| !number.is_empty()).collect();
        let mut wanted: Vec<&str> = order.live().map(super::model::Consignment::label).collect();
        numbers.sort_unstable();
        wanted.sort_unstable();
        wrong.unless_equal("tracking numbers", &numbers, &wanted);
        let fulfillment = match order.live().count() {
            0 => "AWAITING_PROCESSING",
            _ if order.open().is_empty() => "SHIPPED",
            _ => "PROCESSING",
        };
        let payment = match order.fate {
            Fate::Unpaid => "AWAITING_PAYMENT",
            Fate::Wanted => "PAID",
            Fate::Cancelled => "CANCELLED",
        };
        let status = Some((payment.to_owned(), fulfillment.to_owned()));
        wrong.unless_equal("status", &shop.statuses(&order.id), &status);
        let updates = shop.updates(&order.id);
        let far = |update: &Value| {
            let status = update["fulfillmentStatus"].as_str()?;
            Some(["AWAITING_PROCESSING", "PROCESSING", "SHIPPED"].iter().position(|it| *it == status))
        };
        wrong.unless_forward(order, &updates.iter().filter_map(far).collect::<Vec<_>>());
        wrong.unless_equal("numbers that came twice", &came_twice(&updates), &Vec::new());
        // The number of each label comes and goes once; an order has one text for all.
        let labels: usize = order.consignments.iter().map(|it| it.labels.len()).sum();
        let back = order.consignments.len() - order.live().count();
        wrong.unless_among("updates", updates.len(), order.live().count().min(1)..=labels + back);
        // Each text is a mail, and the status comes with a text: no number is told twice.
        let texts = updates.iter().filter_map(|update| update["trackingNumber"].as_str());
        let told = texts.filter(|text| !text.is_empty()).count();
        wrong.unless_equal("mails to the buyer", &shop.buyer_mails(&order.id), &told);
    }
}

/// What is wrong with an order.
#[derive(Default)]
struct Wrong(Vec<String>);

impl Wrong {
    fn unless_equal<T: PartialEq + std::fmt::Debug>(&mut self, what: &str, stands: &T, wanted: &T) {
        if stands != wanted {
            self.0.push(format!("{what}: {stands:?}, but the model says {wanted:?}"));
        }
    }

    fn unless_among(&mut self, what: &str, stands: usize, wanted: std::ops::RangeInclusive<usize>) {
        if !wanted.contains(&stands) {
            self.0.push(format!("{what}: {stands}, but the model says {wanted:?}"));
        }
    }

    /// Each status once, and later ones later; an order of which a parcel came back may go back, but does not stand still.
    fn unless_forward(&mut self, order: &Order, statuses: &[Option<usize>]) {
        let came_back = order.consignments.iter().any(|consignment| consignment.voided);
        let right = |pair: &[Option<usize>]| if came_back { pair[0] != pair[1] } else { pair[0] < pair[1] };
        if statuses.contains(&None) || !statuses.windows(2).all(right) {
            self.0.push(format!("status went {statuses:?}"));
        }
    }
}

/// The numbers that came to stand in an Ecwid order again after they had gone.
fn came_twice(updates: &[Value]) -> Vec<&str> {
    let (mut came, mut stands, mut twice) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for text in updates.iter().filter_map(|update| update["trackingNumber"].as_str()) {
        let numbers: BTreeSet<&str> = text.split(", ").filter(|number| !number.is_empty()).collect();
        twice.extend(numbers.difference(&stands).filter(|number| !came.insert(**number)));
        stands = numbers;
    }
    twice
}

fn state_of(order: &Order) -> &'static str {
    match order.fate {
        Fate::Unpaid => "filtered",
        Fate::Cancelled => "cancelled",
        Fate::Wanted if order.open().is_empty() => "shipped",
        Fate::Wanted => "accepted",
    }
}

impl Play {
    /// Has both shops told the quantities of all SKUs.
    pub(super) async fn push_everything(&mut self) {
        for shop in Shop::BOTH {
            let due = StockDue { store: shop.store().parse().unwrap(), full: true, skus: None };
            let id = self.post.id("DUE");
            self.post.publish(&Event::new(&Source::Role("reconciler"), id, Timestamp::now(), due)).await;
        }
    }

    pub(super) async fn assert_nothing_is_dead(&self) {
        let dead = self.world.vhost.take("crossdock.dead-letters").await;
        let sentence = |header: &str, taken: &crossdock_tests::broker::Taken| {
            taken.headers.get(header).cloned().unwrap_or_default()
        };
        let dead: Vec<String> = dead
            .iter()
            .map(|it| {
                let [subject, class, chain] =
                    ["subject", "class", "chain"].map(|of| sentence(&format!("x-crossdock-{of}"), it));
                let event = it.json();
                format!("{subject}: {class}: {chain}\n    {event}")
            })
            .collect();
        assert!(dead.is_empty(), "dead:\n{}", dead.join("\n"));
    }
}
