//! Work that one process does at a time, over all processes, however long it takes.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::{Busy, Lease, Ledger, LedgerError};

/// How long the lease of a process that died keeps the others out, in seconds.
const LEASE_SECS: i64 = 30;

/// Time between two renewals of the lease, in seconds. One or two of them may fail.
const RENEW_SECS: u64 = 10;

/// Does the work while this process has the lease of this name; the lease is renewed for as long as the work goes on.
///
/// # Errors
/// Those of the work; [`Busy`] if another process is at it; `taken_over` if the work was broken off, because the lease could not be kept.
pub async fn alone<T, E: From<LedgerError> + From<Busy>>(
    ledger: &dyn Ledger,
    name: &str,
    taken_over: E,
    work: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    let now = Timestamp::now();
    let mut lease = ledger.lease(name, now, until(now)).await?.taken()?;
    let result = tokio::select! {
        result = work => result,
        () = keep(ledger, &mut lease) => Err(taken_over),
    };
    if let Err(error) = ledger.end_lease(&lease).await {
        tracing::debug!(lease = name, "a lease could not be given back; it expires by itself: {error}");
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
