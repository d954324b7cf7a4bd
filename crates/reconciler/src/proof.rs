//! Compares the orders that a shop has of a day with those that the ledger has decided about.
//!
//! An order that was begun and not placed yet (`incomplete` at BigCommerce) counts as well, as far as the shop lists it: its status filters
//! it, as soon as anything told of it. Ecwid's unfinished orders are not asked for.

mod rounds;
mod schedule;

use std::collections::{BTreeMap, HashSet};

use crossdock_domain::{OrderId, StoreId};
use crossdock_ledger::{Ledger, OrderState};
use crossdock_queue::Failure;
use crossdock_settings::start_of_day;
use crossdock_storefront::{ListedOrder, Shop, Window};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};

use crate::patience::patiently;
use crate::sweep::{PAGES_MAX, endless};

pub(crate) use rounds::ProofRounds;

/// Where the orders of a shop's day are. Their sum is what the shop has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The configured shop.
    pub store: StoreId,
    /// In the shop's time zone.
    pub day: Date,
    /// How many the ledger has decided about, by what was decided.
    pub accounted: BTreeMap<Account, usize>,
    /// Those that the ledger knows nothing of, though no rule keeps them out.
    pub missing: Vec<ListedOrder>,
}

/// What was decided about an order, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Account {
    /// To the warehouse, whatever became of it there.
    Released,
    /// It waits.
    Held,
    /// A rule keeps it out; also one from before the start date that nobody ever told of.
    Filtered,
    /// The shop does not want it packed.
    Cancelled,
}

impl Account {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Released, Self::Held, Self::Filtered, Self::Cancelled];

    /// The name in metrics and listings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Held => "held",
            Self::Filtered => "filtered",
            Self::Cancelled => "cancelled",
        }
    }
}

impl From<OrderState> for Account {
    fn from(state: OrderState) -> Self {
        match state {
            OrderState::Filtered => Self::Filtered,
            OrderState::Held => Self::Held,
            OrderState::Cancelled => Self::Cancelled,
            OrderState::Releasing
            | OrderState::Released
            | OrderState::Accepted
            | OrderState::Rejected
            | OrderState::Shipped => Self::Released,
        }
    }
}

impl Proof {
    /// How many orders of the day the shop has.
    pub fn orders(&self) -> usize {
        self.accounted.values().sum::<usize>() + self.missing.len()
    }

    /// How many of them are accounted for like this.
    pub fn count(&self, account: Account) -> usize {
        self.accounted.get(&account).copied().unwrap_or_default()
    }
}

/// Looks where the orders are that were placed on a day in the shop's time zone. Changes nothing.
///
/// # Errors
/// The shop's and the ledger's.
pub async fn prove(ledger: &dyn Ledger, shop: &Shop, day: Date) -> Result<Proof, Failure> {
    let (store, time_zone) = (&shop.settings.id, &shop.settings.time_zone);
    let (from, until) = (start_of_day(day, time_zone), start_of_day(day.saturating_add(1.day()), time_zone));
    let listed = placed_orders(shop, from, until).await?;
    let ids: Vec<OrderId> = listed.iter().map(|order| order.order_id.clone()).collect();
    let known = ledger.known(store, &ids).await?;
    let known = known.into_iter().map(|order| (order.order_id, order.state)).collect();
    Ok(compare(store, day, listed, &known, shop.settings.orders.placed_from))
}

fn compare(
    store: &StoreId,
    day: Date,
    listed: Vec<ListedOrder>,
    known: &BTreeMap<OrderId, OrderState>,
    start: Option<Timestamp>,
) -> Proof {
    let mut proof = Proof { store: store.clone(), day, accounted: BTreeMap::new(), missing: Vec::new() };
    for order in listed {
        let before_start = order.placed_at.zip(start).is_some_and(|(placed_at, start)| placed_at < start);
        match known.get(&order.order_id) {
            Some(state) => *proof.accounted.entry(Account::from(*state)).or_default() += 1,
            None if before_start => *proof.accounted.entry(Account::Filtered).or_default() += 1,
            None => proof.missing.push(order),
        }
    }
    proof
}

/// All orders that the shop says were placed in this span of time, each once.
///
/// # Errors
/// The shop's; its short troubles are waited out.
pub async fn placed_orders(
    shop: &Shop,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<ListedOrder>, Failure> {
    let (window, mut place) = (Window::Placed { from, until }, None);
    let (mut orders, mut seen) = (Vec::new(), HashSet::new());
    for _ in 0..PAGES_MAX {
        let page = patiently(|| shop.storefront.list(&window, place.as_ref())).await?;
        orders.extend(page.orders.into_iter().filter(|order| seen.insert(order.order_id.clone())));
        match page.next {
            Some(next) => place = Some(next),
            None => return Ok(orders),
        }
    }
    Err(endless())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn listed(order_id: &str, placed_at: Option<&str>) -> ListedOrder {
        let placed_at = placed_at.map(|text| text.parse().unwrap());
        ListedOrder { order_id: OrderId::from(order_id), placed_at, modified_at: None }
    }

    #[test]
    fn every_listed_order_is_counted_once_and_what_nobody_decided_is_named() {
        let (early, late) = (Some("2026-11-20T08:00:00Z"), Some("2026-11-20T09:00:00Z"));
        let orders: Vec<_> = (1..=9).map(|id| listed(&id.to_string(), late)).collect();
        let states = OrderState::ALL.into_iter().zip(1..);
        let known = states.map(|(state, id)| (OrderId::new(id.to_string()), state)).collect();
        let others = [listed("10", early), listed("11", None)];
        let start = Some("2026-11-20T08:30:00Z".parse().unwrap());
        let listed = orders.into_iter().chain(others).collect();
        let proof = compare(&"acme-au".parse().unwrap(), date(2026, 11, 20), listed, &known, start);
        let counts = Account::ALL.map(|account| proof.count(account));
        assert_eq!(counts, [5, 1, 2, 1], "one of the filtered is from before the start date");
        let missing: Vec<&str> = proof.missing.iter().map(|order| order.order_id.as_str()).collect();
        assert_eq!(missing, ["9", "11"]);
        assert_eq!(proof.orders(), 11);
    }
}
