//! Work at a shop that one process does at a time, over all processes.

use std::time::Duration;

use crossdock_ledger::{Busy, Lease, Ledger};
use crossdock_queue::Failure;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// How long the lease of a process that died keeps the others out, in seconds.
///
/// Between two processes, the older of two computed quantities could reach the shop last, and stand there as if it were new.
const LEASE_SECS: i64 = 30;

/// Time between two renewals of the lease, in seconds. One or two of them may fail.
const RENEW_SECS: u64 = 10;

/// Does the work while this process has the lease of this name; the lease is renewed for as long as the work goes on.
///
/// # Errors
/// Those of the work; [`Busy`] if another process is at it, or has taken it over because the lease could not be kept.
pub(crate) async fn alone<T>(
    ledger: &dyn Ledger,
    name: &str,
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, Failure> {
    let now = Timestamp::now();
    let mut lease = ledger.lease(name, now, until(now)).await?.taken()?;
    let result = tokio::select! {
        result = work => result,
        () = keep(ledger, &mut lease) => Err(Busy.into()),
    };
    if let Err(error) = ledger.end_lease(&lease).await {
        let error = crossdock_telemetry::chain(&error);
        tracing::debug!(lease = name, error, "a lease could not be given back; it expires by itself");
    }
    result
}

/// Renews the lease until that fails for good.
async fn keep(ledger: &dyn Ledger, lease: &mut Lease) {
    let lasts = Duration::from_secs(LEASE_SECS.unsigned_abs());
    let mut expires = Instant::now() + lasts;
    loop {
        tokio::time::sleep(Duration::from_secs(RENEW_SECS)).await;
        let began = Instant::now();
        let renewing = ledger.renew_lease(lease, until(Timestamp::now()));
        match tokio::time::timeout_at(expires, renewing).await {
            Ok(Ok(Some(renewed))) => {
                expires = began + lasts;
                *lease = renewed;
            }
            Ok(Err(_)) if Instant::now() < expires => {}
            Ok(_) | Err(_) => return,
        }
    }
}

fn until(now: Timestamp) -> Timestamp {
    now + SignedDuration::from_secs(LEASE_SECS)
}
