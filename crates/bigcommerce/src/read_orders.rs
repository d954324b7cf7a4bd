//! Reads many orders in few calls: as lists of neighbours by id.

use std::collections::{BTreeSet, HashMap};

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Halving, Priority, READ_MAX, StorefrontError};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

use crate::call_size::CallSize;
use crate::client::{About, Client};
use crate::loose;
use crate::order::Order;
use crate::pages::{PAGE_ROWS, V2_PAGE_ROWS_MIN};
use crate::read_order::{WITH_CONSIGNMENTS, whole_order};

/// Most calls at once: "Some resources limit concurrent requests too" (page on rate limits).
const CALLS_AT_ONCE: usize = 4;

/// Orders by number, in ascending order, that one call is to bring: neighbours, or one alone.
type Neighbours = Vec<u64>;

/// What a call has brought.
#[derive(Default)]
struct Brought {
    read: Vec<(u64, Result<ShopOrder, StorefrontError>)>,
    /// To be asked for again, in other company or alone.
    open: Vec<Neighbours>,
    /// A list that the shop failed to answer, and how.
    failed: Option<(Neighbours, StorefrontError)>,
}

/// One reading of many orders.
struct Reading<'c> {
    client: &'c Client,
    priority: Priority,
    deadline: Instant,
    halving: Halving,
    read: HashMap<u64, Result<ShopOrder, StorefrontError>>,
}

/// An order's number, however broken the rest of it is.
#[derive(Deserialize)]
struct Numbered {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
}

/// One result for each id, in the order asked for.
///
/// Of a list only whole, well-formed orders are taken. Every other is read alone, so that it fails alone, and with its own words. So
/// is one for which the shop fails to answer any list. What a slow shop was not asked for in time fails as that, and is tried again.
pub(crate) async fn shop_orders(
    client: &Client,
    size: &CallSize,
    ids: &[OrderId],
    priority: Priority,
) -> Vec<Result<ShopOrder, StorefrontError>> {
    shop_orders_until(client, size, ids, priority, Instant::now() + READ_MAX).await
}

async fn shop_orders_until(
    client: &Client,
    size: &CallSize,
    ids: &[OrderId],
    priority: Priority,
    deadline: Instant,
) -> Vec<Result<ShopOrder, StorefrontError>> {
    let wanted: BTreeSet<u64> = ids.iter().filter_map(number).collect();
    let mut reading =
        Reading { client, priority, deadline, halving: Halving::default(), read: HashMap::new() };
    let mut open = reading.round(neighbours(wanted, size.now()), Some(size)).await;
    while !open.is_empty() {
        open = reading.round(open, None).await;
    }
    let outcome = |id: &OrderId| match (number(id), number(id).and_then(|number| reading.read.get(&number))) {
        (_, Some(Ok(order))) => Ok(order.clone()),
        (_, Some(Err(error))) => Err(error.repeated()),
        (Some(_), None) => Err(StorefrontError::OutOfTime),
        (None, None) => Err(StorefrontError::NotFound { what: format!("order {id}") }),
    };
    ids.iter().map(outcome).collect()
}

impl Reading<'_> {
    /// Asks for all of these, and returns what has to be asked for again. Whole lists teach the size of the next ones, halves do not.
    async fn round(&mut self, open: Vec<Neighbours>, size: Option<&CallSize>) -> Vec<Neighbours> {
        let (client, priority) = (self.client, self.priority);
        let calls: Vec<_> = open.into_iter().map(|orders| bring(client, size, orders, priority)).collect();
        let mut brought = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE);
        let mut again = Vec::new();
        while let Ok(next) = timeout_at(self.deadline, brought.next()).await {
            let Some(Brought { read, open, failed }) = next else { return again };
            self.read.extend(read);
            again.extend(open);
            match failed {
                None => self.halving.answered(),
                Some((orders, error)) => match self.halving.failed(orders) {
                    Ok(halves) => again.extend(halves),
                    Err(orders) => self.read.extend(all_failed(orders, &error)),
                },
            }
        }
        Vec::new()
    }
}

fn all_failed(
    orders: Neighbours,
    error: &StorefrontError,
) -> impl Iterator<Item = (u64, Result<ShopOrder, StorefrontError>)> {
    orders.into_iter().map(|number| (number, Err(error.repeated())))
}

/// BigCommerce's orders have numbers for ids; there is none of another id.
fn number(id: &OrderId) -> Option<u64> {
    id.as_str().parse().ok()
}

/// As few lists of this size as can hold them, if no id in between is missing.
fn neighbours(numbers: impl IntoIterator<Item = u64>, size: u64) -> Vec<Neighbours> {
    let mut lists: Vec<Neighbours> = Vec::new();
    for number in numbers {
        match lists.last_mut() {
            Some(list) if number - list[0] < size => list.push(number),
            _ => lists.push(vec![number]),
        }
    }
    lists
}

async fn bring(client: &Client, size: Option<&CallSize>, orders: Neighbours, priority: Priority) -> Brought {
    if let [number] = *orders {
        return alone(client, number, priority).await;
    }
    let listed = rows(client, &orders, priority).await;
    if let Some(size) = size {
        size.learn(&listed);
    }
    match listed {
        Ok(rows) => sorted_out(orders, &rows),
        // Too long, or broken in the middle: half of it may do.
        Err(StorefrontError::Malformed { .. }) => {
            let (first, second) = orders.split_at(orders.len() / 2);
            Brought { open: vec![first.to_vec(), second.to_vec()], ..Brought::default() }
        }
        Err(error @ StorefrontError::Unavailable { .. }) => {
            Brought { failed: Some((orders, error)), ..Brought::default() }
        }
        Err(error) => {
            Brought { read: all_failed(orders, &error.of_whole_call()).collect(), ..Brought::default() }
        }
    }
}

async fn alone(client: &Client, number: u64, priority: Priority) -> Brought {
    match client.shop_order(&OrderId::new(number.to_string()), priority).await {
        Err(error @ StorefrontError::Unavailable { .. }) => {
            Brought { failed: Some((vec![number], error)), ..Brought::default() }
        }
        read => Brought { read: vec![(number, read)], ..Brought::default() },
    }
}

async fn rows(
    client: &Client,
    orders: &Neighbours,
    priority: Priority,
) -> Result<Vec<Box<RawValue>>, StorefrontError> {
    let bounds = (orders.first().zip(orders.last())).map(|(min, max)| (min.to_string(), max.to_string()));
    let (min, max) = bounds.expect("neighbours are at least one");
    let limit = PAGE_ROWS.to_string();
    let range = [("min_id", min.as_str()), ("max_id", &max), ("limit", &limit), ("sort", "id:asc")];
    let about = About { subject: "list of orders", scope: "read orders", priority };
    let query = [range.as_slice(), &WITH_CONSIGNMENTS].concat();
    client.get("/v2/orders", &query, about).await?.rows()
}

/// What is in the list, and what has to be asked for again: behind the end of a list that the shop cut short, in another list;
/// missing or unusable, alone.
fn sorted_out(orders: Neighbours, rows: &[Box<RawValue>]) -> Brought {
    let mut found: HashMap<u64, Option<ShopOrder>> = HashMap::new();
    let mut end = 0;
    for row in rows {
        if let Ok(Numbered { id }) = serde_json::from_str(row.get()) {
            end = end.max(id);
            found.insert(id, usable(row));
        }
    }
    let cut_short = rows.len() >= V2_PAGE_ROWS_MIN && end >= orders[0];
    let mut brought = Brought::default();
    let mut behind = Vec::new();
    for number in orders {
        match found.remove(&number).flatten() {
            Some(order) => brought.read.push((number, Ok(order))),
            None if cut_short && number > end => behind.push(number),
            None => brought.open.push(vec![number]),
        }
    }
    brought.open.extend(neighbours(behind, PAGE_ROWS as u64));
    brought
}

/// The order, if it is whole. One that was archived is read alone, which says that it is gone.
fn usable(row: &RawValue) -> Option<ShopOrder> {
    let order: Order = serde_json::from_str(row.get()).ok()?;
    if order.status.is_deleted { None } else { whole_order(&order) }
}

#[cfg(test)]
mod tests;
