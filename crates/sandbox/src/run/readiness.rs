//! Waits until the receiver takes webhooks.

use std::time::Duration;

use http::StatusCode;
use tokio::time::Instant;
use url::Url;

use super::SandboxError;

/// How long Crossdock may take to start.
const READY_SECS_MAX: u64 = 60;

/// How long one answer may take.
const ANSWER_SECS_MAX: u64 = 5;

/// Wait between two questions, in milliseconds.
const RETRY_MS: u64 = 250;

pub(super) async fn wait(receiver: &Url) -> Result<(), SandboxError> {
    let http = reqwest::Client::new();
    let url = receiver.join("/readyz").expect("a route fits behind the receiver's address");
    let deadline = Instant::now() + Duration::from_secs(READY_SECS_MAX);
    while Instant::now() < deadline {
        let answer = http.get(url.clone()).timeout(Duration::from_secs(ANSWER_SECS_MAX)).send().await;
        if answer.is_ok_and(|answer| answer.status() == StatusCode::OK) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(RETRY_MS)).await;
    }
    Err(SandboxError::NotReady { url, secs: READY_SECS_MAX })
}
