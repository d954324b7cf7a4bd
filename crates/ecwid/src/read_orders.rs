//! Reads many orders: one by one where somebody waits, else many in one call.

use std::collections::HashMap;

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Priority, StorefrontError};
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::order::FetchedOrder;
use crate::shape;
use crate::storefront::CALLS_AT_ONCE_MAX;

/// Most orders in one call, and the most that Ecwid gives.
const IDS_MAX: usize = 100;

/// Longest list of ids, in bytes before percent-encoding, which may triple it: the whole address stays under 6 KB.
const IDS_BYTES_MAX: usize = 1700;

/// `GET /orders?ids=…`
#[derive(Deserialize)]
struct Found {
    items: Vec<Box<RawValue>>,
}

impl Ecwid {
    /// One result for each id, in the order asked for.
    ///
    /// A search lags behind a change by seconds, so it serves sweeps alone. What it does not find, or finds malformed, is read by itself.
    pub(crate) async fn orders_of(
        &self,
        ids: &[OrderId],
        priority: Priority,
    ) -> Vec<Result<ShopOrder, StorefrontError>> {
        let mut read = HashMap::new();
        if priority == Priority::Sweep {
            let searches: Vec<_> = lists(ids).into_iter().map(|list| self.search(list, priority)).collect();
            let mut found = stream::iter(searches).buffer_unordered(CALLS_AT_ONCE_MAX);
            while let Some(found) = found.next().await {
                read.extend(found);
            }
        }
        let read = &read;
        let each: Vec<_> = ids.iter().map(|id| self.order_unless(read.get(id), id, priority)).collect();
        stream::iter(each).buffered(CALLS_AT_ONCE_MAX).collect().await
    }

    async fn order_unless(
        &self,
        read: Option<&Result<ShopOrder, StorefrontError>>,
        id: &OrderId,
        priority: Priority,
    ) -> Result<ShopOrder, StorefrontError> {
        match read {
            Some(Ok(order)) => Ok(order.clone()),
            Some(Err(error)) => Err(error.repeated()),
            None => self.order(id, priority).await,
        }
    }

    /// What became of those that need not be read again.
    async fn search<'a>(
        &self,
        ids: Vec<&'a OrderId>,
        priority: Priority,
    ) -> Vec<(&'a OrderId, Result<ShopOrder, StorefrontError>)> {
        match self.find(&ids, priority).await {
            Ok(found) => {
                let mut orders = Vec::new();
                for row in found.items {
                    if let Ok(order) = shape::read::<FetchedOrder>(row.get().as_bytes())
                        && let Some(id) = ids.iter().find(|id| order.is_called(id.as_str()))
                        && let Ok(order) = self.shop_order(order, priority).await
                    {
                        orders.push((*id, Ok(order)));
                    }
                }
                orders
            }
            Err(StorefrontError::Malformed { .. }) => Vec::new(),
            Err(error) => ids.into_iter().map(|id| (id, Err(error.repeated()))).collect(),
        }
    }

    async fn find(&self, ids: &[&OrderId], priority: Priority) -> Result<Found, StorefrontError> {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let (ids, limit) = (ids.join(","), IDS_MAX.to_string());
        let query = &[("ids", ids.as_str()), ("limit", &limit)];
        let what = "list of orders";
        self.client.get(Call { path: &["orders"], query, scope: Scope::ReadOrders, what, priority }).await
    }
}

/// As few lists as the bounds allow. What would be alone in its list, or has a comma, is read by itself.
fn lists(ids: &[OrderId]) -> Vec<Vec<&OrderId>> {
    let mut lists: Vec<(usize, Vec<&OrderId>)> = Vec::new();
    for id in ids.iter().filter(|id| !id.as_str().trim().is_empty() && !id.as_str().contains(',')) {
        let bytes = id.as_str().len() + 1;
        match lists.last_mut() {
            Some((sum, list)) if list.len() < IDS_MAX && *sum + bytes <= IDS_BYTES_MAX => {
                *sum += bytes;
                list.push(id);
            }
            _ => lists.push((bytes, vec![id])),
        }
    }
    lists.into_iter().map(|(_, list)| list).filter(|list| list.len() > 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(ids: impl IntoIterator<Item = String>) -> Vec<usize> {
        let ids: Vec<OrderId> = ids.into_iter().map(OrderId::new).collect();
        lists(&ids).iter().map(Vec::len).collect()
    }

    #[test]
    fn lists_are_bounded_in_number_and_in_length() {
        assert_eq!(sizes((0..201).map(|n| n.to_string())), [100, 100]);
        assert_eq!(sizes((0..5).map(|_| "x".repeat(800))), [2, 2]);
        assert_eq!(sizes(["A,B", "", " ", "C", "D"].map(str::to_owned)), [2]);
    }
}
