//! Writing to an order at its shop, one process at a time.

use crossdock_ledger::{Ledger, OrderRecord};
use crossdock_queue::Failure;
use jiff::{SignedDuration, Timestamp};

/// How long an order belongs to the process that writes to it at the shop, in seconds.
///
/// A process that dies leaves it behind for so long: what it sent last may still be on its way, and whoever reads the shop
/// before it has arrived would write it a second time. Longer than a call may take.
pub(crate) const LEASE_SECS: i64 = 120;

/// Does it, unless another process is at this order.
pub(crate) async fn alone(
    ledger: &dyn Ledger,
    order: &OrderRecord,
    work: impl Future<Output = Result<(), Failure>>,
) -> Result<(), Failure> {
    let name = format!("dispatch/{}/{}", order.store, order.order_id);
    let now = Timestamp::now();
    let lease = ledger.lease(&name, now, now + SignedDuration::from_secs(LEASE_SECS)).await?.taken()?;
    let result = work.await;
    ledger.end_lease(&lease).await?;
    result
}
