//! Calls to a shop within a long list: its short troubles are waited out, so that the list need not begin anew.

use std::time::Duration;

use crossdock_domain::{Classify as _, Mend};
use crossdock_storefront::StorefrontError;

/// Times that a call is tried while the shop does not answer as it should.
const TRIES_MAX: u32 = 3;

/// Time between two of these tries, in seconds.
const RETRY_SECS: u64 = 2;

/// Longest wait that a shop may ask for, in seconds, and the longest of all waits of one call together: beyond that, the list is
/// left and begun anew later.
const WAIT_SECS_MAX: u64 = 5 * 60;

/// Calls the shop, waiting as long as it asks to be waited for.
///
/// # Errors
/// The shop's, if waiting does not mend it soon.
pub(crate) async fn patiently<T, F>(mut call: impl FnMut() -> F) -> Result<T, StorefrontError>
where
    F: Future<Output = Result<T, StorefrontError>>,
{
    let (mut failures, mut waited) = (0, Duration::ZERO);
    loop {
        let error = match call().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let wait = match error.mend() {
            Mend::WaitFor(wait) => wait,
            Mend::Wait if failures + 1 < TRIES_MAX => {
                failures += 1;
                Duration::from_secs(RETRY_SECS)
            }
            Mend::Wait | Mend::Credentials | Mend::Never => return Err(error),
        };
        waited += wait;
        if waited > Duration::from_secs(WAIT_SECS_MAX) {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    fn throttled(secs: u64) -> StorefrontError {
        StorefrontError::Throttled { wait: Duration::from_secs(secs) }
    }

    fn unavailable() -> StorefrontError {
        StorefrontError::Unavailable { cause: "half an answer".into() }
    }

    /// What comes of a call whose first answers are these errors, how often it was made, and how long that took.
    async fn called(errors: Vec<StorefrontError>) -> (bool, usize, u64) {
        let (start, mut calls, mut errors) = (Instant::now(), 0, errors.into_iter());
        let result = patiently(|| {
            calls += 1;
            let error = errors.next();
            async { error.map_or(Ok(()), Err) }
        });
        (result.await.is_ok(), calls, start.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn short_troubles_are_waited_out() {
        assert_eq!(called(vec![]).await, (true, 1, 0));
        assert_eq!(called(vec![throttled(30), unavailable(), throttled(10)]).await, (true, 4, 42));
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_that_lasts_ends_the_list() {
        let lasting = (0..9).map(|_| unavailable()).collect();
        assert_eq!(called(lasting).await, (false, 3, 4));
        assert_eq!(called(vec![throttled(301)]).await, (false, 1, 0));
        assert_eq!(called((0..99).map(|_| throttled(30)).collect()).await, (false, 11, 300));
        let refused = StorefrontError::CredentialsRefused { answer: "401".to_owned() };
        assert_eq!(called(vec![refused]).await, (false, 1, 0));
    }
}
