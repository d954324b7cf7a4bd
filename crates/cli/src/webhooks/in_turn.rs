//! Waiting while a running Crossdock looks after the same shop's webhooks.

use std::time::Duration;

use crossdock_ledger::Busy;
use crossdock_queue::Failure;
use tokio_util::sync::CancellationToken;

/// Times that a command asks while another process is at it.
const TRIES_MAX: u32 = 6;

/// Time between these tries, in seconds.
const AGAIN_SECS: u64 = 5;

/// Does it as soon as no other process is at it; gives up after some tries, or when told to stop.
pub(super) async fn in_turn<T, F>(
    stopping: &CancellationToken,
    mut work: impl FnMut() -> F,
) -> Option<Result<T, Failure>>
where
    F: Future<Output = Option<Result<T, Failure>>>,
{
    let mut tries = 1;
    loop {
        let done = work().await?;
        let busy = done.as_ref().is_err_and(|failure| *failure == Failure::from(Busy));
        if !busy || tries == TRIES_MAX || stopping.is_cancelled() {
            return Some(done);
        }
        tries += 1;
        stopping.run_until_cancelled(tokio::time::sleep(Duration::from_secs(AGAIN_SECS))).await;
    }
}
