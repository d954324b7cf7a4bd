//! Reads orders from a shop for a forecast, with patience for a shop that asks for some.

use std::time::Duration;

use crossdock_domain::{Classify as _, Mend, OrderId, ShopOrder};
use crossdock_storefront::{Priority, Storefront, StorefrontError};

/// Most orders that are each read as the shop has them this moment. More are looked up in lists, which at Ecwid lag by seconds.
const EXACT_MAX: usize = 50;

/// Longest wait for a shop that asks for time, in seconds, over all tries. What it does not answer until then is not known.
const PATIENCE_SECS_MAX: u64 = 60;

type Read = (OrderId, Result<ShopOrder, StorefrontError>);

/// One result for each order, in no particular order.
pub(super) async fn read_orders(storefront: &dyn Storefront, ids: Vec<OrderId>) -> Vec<Read> {
    let priority = if ids.len() <= EXACT_MAX { Priority::Amendment } else { Priority::Sweep };
    let (mut done, mut open, mut waited) = (Vec::with_capacity(ids.len()), ids, Duration::ZERO);
    loop {
        let results = storefront.orders(&open, priority).await;
        let (put_off, ended): (Vec<Read>, Vec<Read>) =
            open.into_iter().zip(results).partition(|(_, order)| asked_wait(order).is_some());
        done.extend(ended);
        let wait = put_off.iter().filter_map(|(_, order)| asked_wait(order)).max();
        let Some(wait) = wait.filter(|wait| waited + *wait <= Duration::from_secs(PATIENCE_SECS_MAX)) else {
            done.extend(put_off);
            return done;
        };
        tokio::time::sleep(wait).await;
        waited += wait;
        open = put_off.into_iter().map(|(id, _)| id).collect();
    }
}

/// How long the shop asks to wait, at least a second: so that the patience ends.
fn asked_wait(order: &Result<ShopOrder, StorefrontError>) -> Option<Duration> {
    match order.as_ref().err()?.mend() {
        Mend::WaitFor(wait) => Some(wait.max(Duration::from_secs(1))),
        Mend::Wait | Mend::Credentials | Mend::Never => None,
    }
}
