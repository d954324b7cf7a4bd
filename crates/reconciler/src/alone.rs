//! Work that one process does at a time, over all processes.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use crossdock_ledger::{Lease, Ledger};
use crossdock_queue::Failure;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long the lease of a process that died keeps the others out, in seconds.
const LEASE_SECS: i64 = 30;

/// Time between two renewals of the lease, in seconds. One or two of them may fail.
const RENEW_SECS: u64 = 10;

/// Time until work that was broken off is begun again, in seconds.
const AGAIN_SECS: u64 = 5;

/// Work that was broken off. What it has published stands, and is published again the next time, with the same ids.
#[derive(Debug, thiserror::Error)]
enum BrokenOff {
    #[error("told to stop")]
    Stopped,
    #[error("another process has taken the work over")]
    TakenOver,
}

impl Classify for BrokenOff {
    fn mend(&self) -> Mend {
        match self {
            Self::Stopped | Self::TakenOver => Mend::WaitFor(Duration::from_secs(AGAIN_SECS)),
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::TakenOver => "taken-over",
        }
    }
}

/// Does the work while this process has the lease of this name; the lease is renewed for as long as the work goes on.
///
/// # Errors
/// Those of the work; [`crossdock_ledger::Busy`] if another process is at it; one that says so if the work was broken off, because
/// this process is to stop or could not keep the lease.
pub(crate) async fn alone<T>(
    ledger: &dyn Ledger,
    name: &str,
    stop: &CancellationToken,
    work: impl Future<Output = Result<T, Failure>> + Send,
) -> Result<T, Failure> {
    let now = Timestamp::now();
    let mut lease = ledger.lease(name, now, until(now)).await?.taken()?;
    let result = tokio::select! {
        result = work => result,
        () = stop.cancelled() => Err(BrokenOff::Stopped.into()),
        () = keep(ledger, &mut lease) => Err(BrokenOff::TakenOver.into()),
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
