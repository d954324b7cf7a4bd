//! Waiting for a ledger that does not answer.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use crossdock_domain::{Classify as _, Mend};
use crossdock_ledger::{Ledger, LedgerError};
use crossdock_settings::Settings;
use tokio_util::sync::CancellationToken;

/// Time between two tries, in seconds.
const RETRY_SECS: u64 = 2;

/// Opens the ledger, waiting for a database that is not there yet; none if told to stop meanwhile.
pub(crate) async fn await_ledger(
    settings: &Settings,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Arc<dyn Ledger>>> {
    let opened = await_answer(stop, || crossdock_ledger::open(&settings.ledger.url)).await;
    opened.transpose().context("could not open the ledger")
}

/// Asks the ledger until it answers; none if told to stop meanwhile.
pub(crate) async fn await_answer<T, F>(
    stop: &CancellationToken,
    mut ask: impl FnMut() -> F,
) -> Option<Result<T, LedgerError>>
where
    F: Future<Output = Result<T, LedgerError>>,
{
    loop {
        match ask().await {
            Err(error) if error.mend() == Mend::Wait => {
                let (error, again_secs) = (crossdock_telemetry::chain(&error), RETRY_SECS);
                tracing::warn!(error, again_secs, "the ledger does not answer yet");
            }
            answer => return Some(answer),
        }
        stop.run_until_cancelled(tokio::time::sleep(Duration::from_secs(RETRY_SECS))).await?;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    /// What comes of a ledger that gives these errors first, and how long that took.
    async fn asked(stop: &CancellationToken, errors: Vec<LedgerError>) -> (Option<bool>, u64) {
        let (start, mut errors) = (Instant::now(), errors.into_iter());
        let answer = await_answer(stop, || std::future::ready(errors.next().map_or(Ok(()), Err))).await;
        (answer.map(|answer| answer.is_ok()), start.elapsed().as_secs())
    }

    fn away() -> LedgerError {
        LedgerError::NoSuchOrder("BG1001".into())
    }

    #[tokio::test(start_paused = true)]
    async fn what_waiting_mends_is_waited_for_until_told_to_stop() {
        let stop = CancellationToken::new();
        assert_eq!(asked(&stop, vec![away(), away()]).await, (Some(true), 2 * RETRY_SECS));
        assert_eq!(asked(&stop, vec![LedgerError::Url]).await, (Some(false), 0));
        stop.cancel();
        assert_eq!(asked(&stop, vec![away()]).await, (None, 0));
    }
}
