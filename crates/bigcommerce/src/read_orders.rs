//! Reads many orders in few calls: as lists of neighbours by id.

use std::collections::{BTreeSet, HashMap};

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Priority, StorefrontError};
use futures_util::{StreamExt as _, stream};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::client::{About, Client};
use crate::list_size::ListSize;
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
}

/// An order's number, however broken the rest of it is.
#[derive(Deserialize)]
struct Numbered {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
}

/// One result for each id, in the order asked for.
///
/// Of a list only whole, well-formed orders are taken. Every other is read alone, so that it fails alone, and with its own words.
pub(crate) async fn shop_orders(
    client: &Client,
    size: &ListSize,
    ids: &[OrderId],
    priority: Priority,
) -> Vec<Result<ShopOrder, StorefrontError>> {
    let wanted: BTreeSet<u64> = ids.iter().filter_map(number).collect();
    let mut open = neighbours(wanted, size.now());
    let mut read: HashMap<u64, Result<ShopOrder, StorefrontError>> = HashMap::new();
    while !open.is_empty() {
        let calls: Vec<_> = open.drain(..).map(|orders| bring(client, size, orders, priority)).collect();
        let brought: Vec<Brought> = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).collect().await;
        for brought in brought {
            read.extend(brought.read);
            open.extend(brought.open);
        }
    }
    let outcome = |id: &OrderId| match number(id).and_then(|number| read.get(&number)) {
        Some(Ok(order)) => Ok(order.clone()),
        Some(Err(error)) => Err(error.repeated()),
        None => Err(StorefrontError::NotFound { what: format!("order {id}") }),
    };
    ids.iter().map(outcome).collect()
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

async fn bring(client: &Client, size: &ListSize, orders: Neighbours, priority: Priority) -> Brought {
    if let [number] = *orders {
        let read = client.shop_order(&OrderId::new(number.to_string()), priority).await;
        return Brought { read: vec![(number, read)], open: Vec::new() };
    }
    let listed = rows(client, &orders, priority).await;
    size.learn(&listed);
    match listed {
        Ok(rows) => sorted_out(orders, &rows),
        // Too long, or broken in the middle: half of it may do.
        Err(StorefrontError::Malformed { .. }) => {
            let (first, second) = orders.split_at(orders.len() / 2);
            Brought { read: Vec::new(), open: vec![first.to_vec(), second.to_vec()] }
        }
        Err(error) => {
            let read = orders.into_iter().map(|number| (number, Err(error.repeated()))).collect();
            Brought { read, open: Vec::new() }
        }
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
mod tests {
    use super::*;

    #[test]
    fn neighbours_fit_on_a_page_even_if_all_between_them_exist() {
        assert_eq!(neighbours([], 250), Vec::<Neighbours>::new());
        assert_eq!(neighbours([1, 250, 251, 900], 250), [vec![1, 250], vec![251], vec![900]]);
        assert_eq!(neighbours(1..=1000, 250).iter().map(Vec::len).collect::<Vec<_>>(), [250; 4]);
        assert_eq!(neighbours([u64::MAX - 1, u64::MAX], 250), [vec![u64::MAX - 1, u64::MAX]]);
    }

    #[test]
    fn a_list_that_was_cut_short_goes_on_behind_its_end() {
        let rows: Vec<Box<RawValue>> =
            (1..=50).map(|id| RawValue::from_string(format!(r#"{{"id": {id}}}"#)).unwrap()).collect();
        let brought = sorted_out(vec![10, 60, 70], &rows);
        assert_eq!(brought.open, [vec![10], vec![60, 70]]);
        let brought = sorted_out(vec![10, 60, 70], &rows[..49]);
        assert_eq!(brought.open, [vec![10], vec![60], vec![70]], "what the last page lacks is missing");
        let brought = sorted_out(vec![60, 70], &rows);
        assert_eq!(
            brought.open,
            [vec![60], vec![70]],
            "a shop that ignores the bounds is not asked for ever"
        );
    }
}
