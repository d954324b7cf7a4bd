//! Waiting for a condition instead of for a guessed time.

use std::time::Duration;

use tokio::time::Instant;

/// How long a condition may take to come true: generous, because it is only ever used up by a failure.
const WAIT_SECS_MAX: u64 = 180;

/// Time between two looks.
const LOOK_MS: u64 = 50;

/// Waits until `look` finds something, and returns it.
///
/// # Panics
/// With `claim` if it finds nothing for three minutes.
pub async fn eventually<T, F>(claim: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let deadline = Instant::now() + Duration::from_secs(WAIT_SECS_MAX);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "within {WAIT_SECS_MAX} s: {claim}");
        tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
    }
}
