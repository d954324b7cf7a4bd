//! Work that one process does at a time, over all processes, until this one is to stop.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use crossdock_ledger::Ledger;
use crossdock_queue::Failure;
use tokio_util::sync::CancellationToken;

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

/// Does the work while this process has the lease of this name (see [`crossdock_ledger::alone`]), unless told to stop.
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
    let work = async {
        tokio::select! {
            result = work => result,
            () = stop.cancelled() => Err(BrokenOff::Stopped.into()),
        }
    };
    crossdock_ledger::alone(ledger, name, BrokenOff::TakenOver.into(), work).await
}
