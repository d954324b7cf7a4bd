//! Has orders looked at that are open here and were not read for some time: what became of them may have been told to nobody.
//!
//! BigCommerce lists no archived order (OpenAPI file of Orders V2, 2026-04-01): where `store/order/archived` is lost, only a reading tells.

use crossdock_domain::StoreId;
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use jiff::Timestamp;

use crate::notices::{Cause, Notice, Notices};

/// Orders that are told between two looks at the ledger.
const ORDERS_MAX: u32 = 250;

/// Has every open order of the shop looked at whose last reading began before this moment. Returns how many these are, once RabbitMQ
/// has confirmed all of them. `about` tells their notices from those of other occasions.
pub(crate) async fn look_at_unread(
    ledger: &dyn Ledger,
    notices: &Notices,
    store: &StoreId,
    read_before: Timestamp,
    about: &str,
) -> Result<usize, Failure> {
    let (mut after, mut orders) = (None, 0);
    loop {
        let ids = ledger.open_orders(store, read_before, after.as_ref(), ORDERS_MAX).await?;
        let Some(last) = ids.last().cloned() else { return Ok(orders) };
        let told: Vec<Notice> =
            ids.into_iter().map(|order_id| Notice { order_id, about: about.to_owned() }).collect();
        notices.publish(store, Cause::Unread, &told).await?;
        orders += told.len();
        after = Some(last);
    }
}
