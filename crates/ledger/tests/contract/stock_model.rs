//! Random courses of orders, counts, parcels and repetitions, against a model of what is promised. The same dice each time, by their seed.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_domain::{OrderId, OrderNumber, ReleasedOrder, Sku, StockPush, sellable};
use crossdock_ledger::{Answer, Judged, Ledger, NextStep, Verdict};
use fastrand::Rng;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    au, filter, happening, judged, level, minute, rejected, released_order, shipment, store,
};

const SKUS: [&str; 2] = ["TEE", "MUG"];

/// Units that the shelf begins with: less than is ordered, so that more may be promised than there is.
const SHELF: i64 = 20;

const STEPS: i64 = 150;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Held,
    Released,
    Cancelled,
}

#[derive(Debug, Clone)]
struct Order {
    id: String,
    test: bool,
    /// Whether the warehouse has heard of it.
    released: bool,
    fate: Fate,
    wants: BTreeMap<&'static str, i64>,
    /// Id, minute, and what is in it. None is taken back.
    parcels: Vec<(String, i64, BTreeMap<&'static str, i64>)>,
}

impl Order {
    fn left(&self, sku: &str, until: i64) -> i64 {
        let parcels = self.parcels.iter().filter(|(_, at, _)| *at <= until);
        parcels.map(|(_, _, units)| units.get(sku).copied().unwrap_or(0)).sum()
    }

    fn open(&self, sku: &str) -> i64 {
        (self.wants.get(sku).copied().unwrap_or(0) - self.left(sku, i64::MAX)).max(0)
    }

    /// What a count of that minute saw of it on the shelf, and has left since or is still to be sent.
    fn promised(&self, sku: &str, counted_at: i64) -> i64 {
        let open = if self.fate == Fate::Cancelled { 0 } else { self.open(sku) };
        if self.test { 0 } else { self.left(sku, i64::MAX) - self.left(sku, counted_at) + open }
    }

    fn shape(&self) -> ReleasedOrder {
        let lines: Vec<(&str, u32)> =
            self.wants.iter().map(|(sku, units)| (*sku, u32::try_from(*units).unwrap())).collect();
        // Orders of two shops.
        let shop = if self.id.ends_with(['0', '2', '4', '6', '8']) { "acme-au" } else { "acme-nz" };
        ReleasedOrder {
            store: store(shop),
            number: OrderNumber::new(format!("{shop}-{}", self.id)),
            test: self.test,
            ..released_order(&self.id, &lines)
        }
    }
}

struct Course {
    ledger: Arc<dyn Ledger>,
    dice: Rng,
    now: i64,
    orders: Vec<Order>,
    /// The newest count of each SKU: when, and how many.
    counts: BTreeMap<&'static str, (i64, i64)>,
    /// How often something could be sold, and how often more was promised than there was.
    sellable: u32,
    oversold: u32,
}

impl Course {
    async fn step(&mut self) {
        self.now += 1;
        match self.dice.u32(0..100) {
            0..20 => self.place().await,
            20..35 => self.change().await,
            35..50 => self.answer().await,
            50..70 => self.dispatch().await,
            70..78 => self.take_back().await,
            _ => self.count().await,
        }
    }

    fn some(&mut self, fates: &[Fate]) -> Option<usize> {
        let some: Vec<usize> =
            (0..self.orders.len()).filter(|it| fates.contains(&self.orders[*it].fate)).collect();
        self.dice.choice(&some).copied()
    }

    fn wants(&mut self) -> BTreeMap<&'static str, i64> {
        let mut wants = BTreeMap::from([(SKUS[self.dice.usize(..2)], self.dice.i64(1..6))]);
        if self.dice.bool() {
            wants.insert(SKUS[0], self.dice.i64(1..6));
        }
        wants
    }

    async fn place(&mut self) {
        let id = (1001 + self.orders.len()).to_string();
        let fate = if self.dice.u32(..4) == 0 { Fate::Held } else { Fate::Released };
        let (test, wants) = (self.dice.u32(..10) == 0, self.wants());
        let released = fate == Fate::Released;
        self.orders.push(Order { id, test, released, fate, wants, parcels: Vec::new() });
        self.judge(self.orders.len() - 1).await;
    }

    /// Released after a hold, other lines, or cancelled. What has left stays in the order.
    async fn change(&mut self) {
        let Some(which) = self.some(&[Fate::Held, Fate::Released]) else { return };
        match self.dice.u32(..3) {
            0 => (self.orders[which].fate, self.orders[which].released) = (Fate::Released, true),
            1 => self.orders[which].wants = self.wants(),
            _ => self.orders[which].fate = Fate::Cancelled,
        }
        self.judge(which).await;
    }

    /// As often as the dice say: the same decision again changes nothing.
    async fn judge(&mut self, which: usize) {
        let order = &self.orders[which];
        let shape = Box::new(order.shape());
        let verdict = match order.fate {
            Fate::Held if !order.test && self.dice.bool() => filter("status: awaiting_payment"),
            Fate::Held => {
                Verdict::Hold { reason: "waits".into(), until: self.dice.bool().then(|| minute(9_999)) }
            }
            Fate::Released => Verdict::Release(shape.clone()),
            Fate::Cancelled => Verdict::Cancel { reason: "by the buyer".into() },
        };
        let judged = Judged {
            store: shape.store.clone(),
            number: shape.number.clone(),
            shape: Ok(shape),
            kept: match order.fate {
                Fate::Held => order
                    .wants
                    .iter()
                    .map(|(sku, units)| ((*sku).into(), u32::try_from(*units).unwrap()))
                    .collect(),
                Fate::Released | Fate::Cancelled => Vec::new(),
            },
            ..judged(&order.id, self.now, verdict)
        };
        for _ in 0..self.dice.u32(1..4) {
            if let NextStep::Tell(telling) = self.ledger.judge(&judged).await.unwrap() {
                let order_id = OrderId::from(self.orders[which].id.as_str());
                self.ledger.told(&judged.store, &order_id, telling.round, minute(self.now)).await.unwrap();
            }
        }
    }

    async fn answer(&mut self) {
        let Some(which) = self.some(&[Fate::Released]) else { return };
        let answer = if self.dice.u32(..3) > 0 { Answer::Accepted } else { rejected("unknown SKU") };
        let happening = happening(&format!("answer {}", self.now), minute(self.now));
        let number = self.orders[which].shape().number;
        for _ in 0..self.dice.u32(1..3) {
            self.ledger.answered(&number, &answer, &happening).await.unwrap();
        }
    }

    /// Some of what is open, and now and then something else, leaves even of a cancelled order, and is told now or a while later.
    async fn dispatch(&mut self) {
        let Some(which) = self.some(&[Fate::Released, Fate::Cancelled]) else { return };
        if !self.orders[which].released {
            return;
        }
        let mut units = BTreeMap::new();
        for sku in SKUS {
            let most = self.orders[which].open(sku) + i64::from(self.dice.u32(..6) == 0);
            if most > 0 && self.dice.u32(..3) > 0 {
                units.insert(sku, self.dice.i64(1..=most));
            }
        }
        if units.is_empty() {
            return;
        }
        let (id, at) = (format!("S{}", self.now), self.now - self.dice.i64(0..5));
        let lines: Vec<(&str, u32)> =
            units.iter().map(|(sku, units)| (*sku, u32::try_from(*units).unwrap())).collect();
        let mut parcel = shipment(&id, at, Some(&lines));
        parcel.number = self.orders[which].shape().number;
        for _ in 0..self.dice.u32(1..3) {
            self.ledger.intend_shipment(&parcel, &happening(&id, minute(self.now))).await.unwrap();
        }
        self.orders[which].parcels.push((id, at, units));
    }

    async fn take_back(&mut self) {
        let with_parcels: Vec<usize> =
            (0..self.orders.len()).filter(|it| !self.orders[*it].parcels.is_empty()).collect();
        let Some(which) = self.dice.choice(&with_parcels).copied() else { return };
        let parcel = self.dice.usize(..self.orders[which].parcels.len());
        let (id, ..) = self.orders[which].parcels.remove(parcel);
        let number = self.orders[which].shape().number;
        let happening = happening(&format!("void {id}"), minute(self.now));
        for _ in 0..self.dice.u32(1..3) {
            self.ledger.void_shipment(&number, &id.as_str().into(), &happening).await.unwrap();
        }
    }

    /// The shelf as it was a while ago, or is: told late, or twice.
    async fn count(&mut self) {
        let at = self.now - self.dice.i64(0..8);
        for sku in SKUS.into_iter().filter(|_| self.dice.bool()).collect::<Vec<_>>() {
            self.count_at(sku, at).await;
        }
    }

    async fn count_at(&mut self, sku: &'static str, at: i64) {
        let left: i64 = self.orders.iter().map(|order| order.left(sku, at)).sum();
        let on_hand = (SHELF - left).max(0);
        for _ in 0..self.dice.u32(1..3) {
            self.ledger.counted(minute(at), &[level(sku, on_hand)]).await.unwrap();
        }
        // Of the same moment, the lower one.
        if self.counts.get(sku).is_none_or(|(newest, found)| (*newest, on_hand) < (at, *found)) {
            self.counts.insert(sku, (at, on_hand));
        }
    }

    /// What each shop may sell is the same by the ledger and by the model.
    async fn compare(&mut self) {
        for (sku, (at, on_hand)) in &self.counts {
            let promised: i64 = self.orders.iter().map(|order| order.promised(sku, *at)).sum();
            self.sellable += u32::from(*on_hand > promised);
            self.oversold += u32::from(*on_hand < promised);
            let lines = self.ledger.stock_of(&au(), &[Sku::from(*sku)]).await.unwrap();
            let available = sellable(StockPush::Available, &lines[0].level, lines[0].promised, 0);
            assert_eq!(
                available,
                Some((on_hand - promised).max(0)),
                "{sku} at {}: {:?}",
                self.now,
                self.orders
            );
            let told = self.ledger.promised_to(&[Sku::from(*sku)]).await.unwrap();
            assert_eq!(told.iter().map(|it| it.units).sum::<i64>(), promised, "{sku} is promised to orders");
        }
    }

    /// All leaves, all is counted: what is left is what the shelf has.
    async fn end(&mut self) {
        self.now += 10;
        for which in 0..self.orders.len() {
            let order = &self.orders[which];
            let units: BTreeMap<&'static str, i64> =
                SKUS.into_iter().map(|sku| (sku, order.open(sku))).filter(|(_, open)| *open > 0).collect();
            if order.fate == Fate::Released && !units.is_empty() {
                let mut parcel = shipment(&format!("last of {}", order.id), self.now, None);
                parcel.number = order.shape().number;
                let id = parcel.shipment_id.to_string();
                self.ledger.intend_shipment(&parcel, &happening(&id, minute(self.now))).await.unwrap();
                self.orders[which].parcels.push((id, self.now, units));
            }
        }
        for sku in SKUS {
            self.count_at(sku, self.now).await;
        }
    }
}

#[rstest]
#[tokio::test]
async fn what_may_be_sold_is_what_a_simple_model_says_whatever_happens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(1, 2, 3)] seed: u64,
) {
    let (ledger, _database) = fresh(engine).await;
    let (dice, counts) = (Rng::with_seed(seed), BTreeMap::new());
    let orders = Vec::new();
    let mut course = Course { ledger, dice, now: 10, orders, counts, sellable: 0, oversold: 0 };
    for _ in 0..STEPS {
        course.step().await;
        course.compare().await;
    }
    assert!(course.orders.len() > 10 && course.counts.len() == SKUS.len(), "the dice did something");
    assert!(course.sellable > 10 && course.oversold > 10, "{} and {}", course.sellable, course.oversold);
    course.end().await;
    course.compare().await;
    let held = course.orders.iter().filter(|order| order.fate == Fate::Held && !order.test);
    let held: i64 = held.flat_map(|order| order.wants.values()).sum();
    let promised = course.ledger.promised_to(&SKUS.map(Sku::from)).await.unwrap();
    assert_eq!(promised.iter().map(|it| it.units).sum::<i64>(), held, "only what is held is still promised");
}
