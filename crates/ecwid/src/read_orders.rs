//! Reads many orders: one by one where somebody waits, else many in one call.

use std::collections::HashMap;

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Halving, Priority, READ_MAX, StorefrontError};
use futures_util::stream::{self, StreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::time::{Instant, timeout_at};

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
    /// A search lags behind a change by seconds, so it serves sweeps alone. What it does not find, or finds malformed, is read by
    /// itself. What a slow shop was not asked for in time fails as that, and is tried again.
    pub(crate) async fn orders_of(
        &self,
        ids: &[OrderId],
        priority: Priority,
    ) -> Vec<Result<ShopOrder, StorefrontError>> {
        self.orders_until(ids, priority, Instant::now() + READ_MAX).await
    }

    async fn orders_until(
        &self,
        ids: &[OrderId],
        priority: Priority,
        deadline: Instant,
    ) -> Vec<Result<ShopOrder, StorefrontError>> {
        let mut read = HashMap::new();
        if priority == Priority::Sweep {
            let (mut lists, mut halving) = (lists(ids), Halving::default());
            while !lists.is_empty() {
                lists = self.searched(lists, &mut halving, &mut read, deadline).await;
            }
        }
        let read = &read;
        let each: Vec<_> = ids.iter().map(|id| self.order_unless(read.get(id), id, priority)).collect();
        let mut each = stream::iter(each).buffered(CALLS_AT_ONCE_MAX);
        let mut orders = Vec::with_capacity(ids.len());
        while let Ok(Some(order)) = timeout_at(deadline, each.next()).await {
            orders.push(order);
        }
        orders.resize_with(ids.len(), || Err(StorefrontError::OutOfTime));
        orders
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

    /// Searches for these lists, notes what need not be read again, and returns what is to be searched for once more.
    async fn searched<'a>(
        &self,
        lists: Vec<Vec<&'a OrderId>>,
        halving: &mut Halving,
        read: &mut HashMap<&'a OrderId, Result<ShopOrder, StorefrontError>>,
        deadline: Instant,
    ) -> Vec<Vec<&'a OrderId>> {
        let searches: Vec<_> = lists.into_iter().map(|list| self.search_list(list)).collect();
        let mut searches = stream::iter(searches).buffer_unordered(CALLS_AT_ONCE_MAX);
        let mut again = Vec::new();
        while let Ok(Some((ids, found))) = timeout_at(deadline, searches.next()).await {
            match found {
                Ok(found) => {
                    halving.answered();
                    read.extend(found.into_iter().map(|(id, order)| (id, Ok(order))));
                }
                // Each is read by itself.
                Err(StorefrontError::Malformed { .. }) => halving.answered(),
                Err(error @ StorefrontError::Unavailable { .. }) => match halving.failed(ids) {
                    // One that is left is read by itself.
                    Ok(halves) => again.extend(halves.into_iter().filter(|half| half.len() > 1)),
                    Err(ids) => read.extend(ids.into_iter().map(|id| (id, Err(error.repeated())))),
                },
                Err(error) => {
                    let error = error.of_whole_call();
                    read.extend(ids.into_iter().map(|id| (id, Err(error.repeated()))));
                }
            }
        }
        again
    }

    /// The list, and those of it that were found whole.
    async fn search_list<'a>(
        &self,
        ids: Vec<&'a OrderId>,
    ) -> (Vec<&'a OrderId>, Result<Vec<(&'a OrderId, ShopOrder)>, StorefrontError>) {
        let priority = Priority::Sweep;
        let found = match self.find(&ids, priority).await {
            Ok(found) => found,
            Err(error) => return (ids, Err(error)),
        };
        let mut orders = Vec::new();
        for row in found.items {
            if let Ok(order) = shape::read::<FetchedOrder>(row.get().as_bytes())
                && let Some(id) = ids.iter().find(|id| order.is_called(id.as_str()))
                && let Ok(order) = self.shop_order(order, priority).await
            {
                orders.push((*id, order));
            }
        }
        (ids, Ok(orders))
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
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::Duration;

    use crossdock_sandbox::{Draft, EcwidOptions, EcwidShop, Fault, Item};
    use crossdock_settings::{EcwidConnection, TrackingSettings};

    use super::*;

    #[tokio::test]
    async fn a_slow_shop_is_read_as_far_as_the_time_goes_and_the_rest_comes_again() {
        let item = Item {
            product_id: 1,
            variant_id: 1,
            sku: "TEE".to_owned(),
            name: "Tee".to_owned(),
            options: BTreeMap::new(),
            price: 10.into(),
            stock: None,
        };
        let options = EcwidOptions { catalog: vec![item], ..EcwidOptions::default() };
        let shop = EcwidShop::start(options).await.unwrap();
        let connection = EcwidConnection {
            store_id: 1003,
            client_secrets: Vec::new(),
            access_token: "secret_sandbox".into(),
            api_url: shop.url(),
        };
        let http = crate::http_client().unwrap();
        let ecwid = Ecwid::new(http, &connection, &TrackingSettings::default(), Arc::default()).unwrap();
        let ids: Vec<OrderId> =
            (0..20).map(|_| OrderId::new(shop.place_order(&Draft::of(&[("TEE", 1)])))).collect();
        let mut read = Vec::new();
        // On a slow machine, the others need longer.
        for secs in [1, 4, 16] {
            for id in &ids[10..14] {
                shop.faults().next("GET", id.as_str(), Fault::Hang(Duration::from_mins(10)));
            }
            let deadline = Instant::now() + Duration::from_secs(secs);
            read = ecwid.orders_until(&ids, Priority::Urgent, deadline).await;
            if read[..10].iter().all(Result::is_ok) {
                break;
            }
        }
        assert!(read[..10].iter().all(Result::is_ok), "{read:?}");
        assert!(read[10..].iter().all(|order| matches!(order, Err(StorefrontError::OutOfTime))), "{read:?}");
    }

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
