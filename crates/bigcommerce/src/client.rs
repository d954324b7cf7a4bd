//! One shop's REST API over HTTP: credentials, time and size limits, quota, and what each status means.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_storefront::{Admitted, Budget, Priority, StorefrontError, Told};
use http::header::{ACCEPT, HeaderMap};
use http::{Method, StatusCode};
use reqwest::{RequestBuilder, Response};
use serde::Serialize;

use crate::account::Account;
use crate::answer::{Answer, malformed, refusal};

/// Longest time to reach the shop, in seconds.
const CONNECT_SECS_MAX: u64 = 5;

/// Longest time for a whole call with its answer, in seconds; a bulk stock write is the slowest.
const CALL_SECS_MAX: u64 = 60;

/// Largest answer taken, in bytes, after decompression. A page of 250 variants is under 1 MB.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Wait after a 429 that names none, in seconds: BigCommerce's window, which its page on rate limits gives as 30 s.
const THROTTLED_SECS_DEFAULT: u64 = 30;

/// Requests in a window that does not say how many it has: the smallest plan's (page on rate limits).
const QUOTA_DEFAULT: u32 = 150;

/// Shortest wait after a 429, whatever the shop says: nobody knocks.
const THROTTLED_MIN: Duration = Duration::from_secs(1);

/// Longest wait believed, in seconds: a wrong header must not park a shop for good.
const THROTTLED_SECS_MAX: u64 = 15 * 60;

const QUOTA_WHOLE_HEADER: &str = "x-rate-limit-requests-quota";
const QUOTA_LEFT_HEADER: &str = "x-rate-limit-requests-left";
const QUOTA_RESET_HEADER: &str = "x-rate-limit-time-reset-ms";

/// Seconds to wait after a 429: all that V2 tells a legacy account (BigCommerce's reference of REST headers, read 2026-11-21).
const RETRY_AFTER_HEADERS: [&str; 2] = ["x-retry-after", "retry-after"];

/// Connections to shops, shared by all of them.
pub use reqwest::Client as HttpClient;

/// The HTTP client that shops are called with: one for all of them, with time limits and without redirects.
///
/// # Errors
/// If the machine's certificates or TLS provider cannot be loaded: repair the machine.
pub fn http_client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("crossdock/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(Duration::from_secs(CONNECT_SECS_MAX))
        .timeout(Duration::from_secs(CALL_SECS_MAX))
        .redirect(reqwest::redirect::Policy::none())
        .build()
}

/// The access token holds a character that no HTTP header can carry: copy it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the access token holds a character that no HTTP header can carry; copy it again")]
pub struct InvalidAccessToken;

/// What a call is about, for its errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// For a 404: `order 1001`.
    pub(crate) subject: &'a str,
    /// For a 403, in BigCommerce's words for its scopes: `modify orders`.
    pub(crate) scope: &'static str,
    /// What it is for.
    pub(crate) priority: Priority,
}

/// One shop.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    account: Account,
    budget: Arc<Budget>,
}

impl Client {
    pub(crate) fn new(http: reqwest::Client, account: Account, budget: Arc<Budget>) -> Self {
        Self { http, account, budget }
    }

    /// Reads. `path` begins with `/v2/` or `/v3/`.
    pub(crate) async fn get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        about: About<'_>,
    ) -> Result<Answer, StorefrontError> {
        self.call(path, self.http.get(self.address(path, about)?).query(query), about).await
    }

    /// Writes.
    pub(crate) async fn write(
        &self,
        method: Method,
        path: &str,
        body: &(impl Serialize + Sync),
        about: About<'_>,
    ) -> Result<Answer, StorefrontError> {
        self.call(path, self.http.request(method, self.address(path, about)?).json(body), about).await
    }

    /// Deletes.
    pub(crate) async fn delete(&self, path: &str, about: About<'_>) -> Result<Answer, StorefrontError> {
        self.call(path, self.http.delete(self.address(path, about)?), about).await
    }

    fn address(&self, path: &str, about: About<'_>) -> Result<String, StorefrontError> {
        self.account.address(path).ok_or_else(|| StorefrontError::MissingScope {
            scope: about.scope.to_owned(),
            answer: "nobody was asked: a legacy account has no V3".to_owned(),
        })
    }

    async fn call(
        &self,
        path: &str,
        request: RequestBuilder,
        about: About<'_>,
    ) -> Result<Answer, StorefrontError> {
        let mut admitted = self.budget.admit(about.priority, about.scope).await?;
        let answer = self.send(path, request, about, &mut admitted).await;
        admitted.heard(&answer).await;
        answer
    }

    async fn send(
        &self,
        path: &str,
        request: RequestBuilder,
        about: About<'_>,
        admitted: &mut Admitted<'_>,
    ) -> Result<Answer, StorefrontError> {
        let start = Instant::now();
        let (name, credentials) = self.account.credentials();
        let request = request.header(name, credentials).header(ACCEPT, "application/json");
        let response = request.send().await.map_err(unavailable)?;
        let status = response.status();
        tracing::debug!(
            http.path = path,
            http.status = status.as_u16(),
            took_ms = start.elapsed().as_millis(),
            "shop answered"
        );
        let quota = Quota::read(response.headers());
        if status == StatusCode::TOO_MANY_REQUESTS {
            let wait = quota.wait.unwrap_or(Duration::from_secs(THROTTLED_SECS_DEFAULT)).max(THROTTLED_MIN);
            return Err(StorefrontError::Throttled { wait });
        }
        admitted.told(quota.told());
        let body = bounded_body(response).await?;
        if status.is_success() {
            Ok(Answer(body))
        } else {
            Err(refusal(status, &self.account.masked(&body), about))
        }
    }
}

/// What the shop says of its quota.
struct Quota {
    left: Option<u32>,
    whole: Option<u32>,
    reset: Option<Duration>,
    /// Until the shop may be asked again, after a 429.
    wait: Option<Duration>,
}

impl Quota {
    fn read(headers: &HeaderMap) -> Self {
        let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
        let count = |name| number(name).map(|count| u32::try_from(count).unwrap_or(u32::MAX));
        let wait_max = Duration::from_secs(THROTTLED_SECS_MAX);
        let reset = number(QUOTA_RESET_HEADER).map(|ms| Duration::from_millis(ms).min(wait_max));
        let retry_after = || RETRY_AFTER_HEADERS.into_iter().find_map(number).map(Duration::from_secs);
        let wait = reset.or_else(|| Some(retry_after()?.min(wait_max)));
        Self { left: count(QUOTA_LEFT_HEADER), whole: count(QUOTA_WHOLE_HEADER), reset, wait }
    }

    fn told(&self) -> Option<Told> {
        let (left, reset) = (self.left?, self.reset?);
        // A shop that allows nothing at all could never be asked again: that is no quota.
        let quota = self.whole.unwrap_or(QUOTA_DEFAULT).max(left);
        (quota > 0).then_some(Told { left, quota, reset })
    }
}

/// More than [`BODY_BYTES_MAX`].
#[derive(Debug, thiserror::Error)]
#[error("the answer is longer than {BODY_BYTES_MAX} bytes")]
pub(crate) struct TooLong;

async fn bounded_body(mut response: Response) -> Result<Vec<u8>, StorefrontError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unavailable)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(malformed(TooLong.into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn unavailable(error: reqwest::Error) -> StorefrontError {
    // Without the address: it may hold a page of SKUs.
    StorefrontError::Unavailable { cause: error.without_url().into() }
}
