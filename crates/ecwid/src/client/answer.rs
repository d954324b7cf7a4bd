//! What an answer means: its body within bounds, and every status that is not a success as an error to act on.

use std::time::Duration;

use crossdock_storefront::StorefrontError;
use http::StatusCode;
use http::header::RETRY_AFTER;
use reqwest::Response;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::Call;
use crate::shape::{self, ShapeError};

/// Largest answer read, in bytes: a page of 100 products with 200 variations each stays below it.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Most of the shop's own words kept, in characters.
const WORDS_CHARS_MAX: usize = 300;

/// Wait after a 429 that names none, in seconds, as Ecwid's own client has it.
const RETRY_AFTER_SECS_DEFAULT: u64 = 10;

/// Shortest wait after a 429, in seconds, whatever the shop says: nobody knocks.
const RETRY_AFTER_SECS_MIN: u64 = 1;

/// Longest wait that is taken at its word, in seconds: a quarter of an hour.
///
/// The cooldown is for the requests of a minute. How long Ecwid may ask for is not documented, and its own client gives up over 60 s
/// (`RateLimitedHttpClientWrapper.kt`, 2026-07-14): a wrong header must not park a shop for good, and one request in so long is no
/// knocking.
const RETRY_AFTER_SECS_MAX: u64 = 15 * 60;

/// Ecwid's codes for what the shop's plan does not have (docs.ecwid.com, REST API error codes, 2026-01-14).
const NOT_IN_PLAN: &str = "NOT_AVAILABLE_ON_CURRENT_PLAN";
const OVER_PLAN: &str = "MAX_PRODUCTS_FOR_API_REQUEST_LIMIT_EXCEEDED";

/// An answer that is none.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error("status {status}: {words}")]
    Status { status: u16, words: String },
    #[error("status {status} points elsewhere; is api_url right?")]
    Redirect { status: u16 },
}

/// An answer larger than any that Ecwid documents.
#[derive(Debug, thiserror::Error)]
#[error("the answer is larger than {BODY_BYTES_MAX} bytes")]
struct TooLarge;

/// Ecwid's error body. Both fields may be missing, and so may the body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ErrorBody {
    #[serde(alias = "error_message")]
    error_message: Option<String>,
    error_code: Option<String>,
}

/// An answer that is not a success.
pub(crate) struct Refused {
    status: StatusCode,
    retry_after: Option<u64>,
    code: Option<String>,
    words: String,
    /// The body is no document of Ecwid's: a proxy's page.
    foreign: bool,
}

/// A request that got no answer.
pub(crate) fn unsent(error: reqwest::Error) -> StorefrontError {
    if error.is_builder() {
        return StorefrontError::CredentialsRefused {
            answer: "the token cannot stand in a header".to_owned(),
        };
    }
    StorefrontError::Unavailable { cause: Box::new(error.without_url()) }
}

/// A success whose body is not what was asked for: half of it, or something else.
pub(crate) fn misshapen(error: ShapeError) -> StorefrontError {
    if error.is_half() {
        return StorefrontError::Unavailable { cause: Box::new(error) };
    }
    StorefrontError::Malformed { cause: Box::new(error) }
}

/// The whole body.
pub(crate) async fn body(mut response: Response) -> Result<Vec<u8>, StorefrontError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(unsent)? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return Err(StorefrontError::Malformed { cause: Box::new(TooLarge) });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl Refused {
    /// Reads what the shop says. A body that breaks off changes nothing: the status stands.
    pub(crate) async fn read(response: Response, token: &SecretString) -> Self {
        let status = response.status();
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.trim().parse().ok());
        let body = body(response).await.unwrap_or_default();
        Self::of(status, retry_after, &body, token)
    }

    /// What such an answer says.
    pub(crate) fn of(
        status: StatusCode,
        retry_after: Option<u64>,
        body: &[u8],
        token: &SecretString,
    ) -> Self {
        let said = shape::read::<ErrorBody>(body);
        let foreign = !body.is_empty() && said.is_err();
        let said = said.unwrap_or_default();
        let words = words(status, &said, token);
        Self { status, retry_after, code: said.error_code, words, foreign }
    }

    /// What a caller does about it.
    ///
    /// 402 (suspension), 401 and 403 pause the shop: only its owner mends them, and then the work resumes by itself.
    /// So does a store that Ecwid does not know: then the settings are wrong, not the order. What the shop's plan does not have is
    /// like a missing scope: other requests go on. Variations need a larger plan than products do (ecwid-api-docs,
    /// `_combinations.md`, 2019-12): one of them is refused alone.
    pub(crate) fn into_error(self, call: Call<'_>) -> StorefrontError {
        let status = self.status.as_u16();
        let answer = format!("{status} {}", self.words);
        let code = self.code.as_deref().unwrap_or_default();
        match (status, code) {
            (300..=399, _) => StorefrontError::Unavailable { cause: Box::new(NoAnswer::Redirect { status }) },
            (402, NOT_IN_PLAN) if call.is_of_variation() => {
                StorefrontError::Refused { status, message: self.words }
            }
            (403, "INSUFFICIENT_APP_SCOPE") | (402, NOT_IN_PLAN | OVER_PLAN) => {
                StorefrontError::MissingScope { scope: call.scope.as_str().to_owned(), answer }
            }
            (401..=403, _) | (404, "STORE_NOT_FOUND") => StorefrontError::CredentialsRefused { answer },
            (404, _) if !self.foreign => StorefrontError::NotFound { what: call.what.to_owned() },
            (429, _) => StorefrontError::Throttled { wait: self.wait() },
            // A 404 of another server: no order counts as deleted for it.
            (404 | 408 | 500.., _) => StorefrontError::Unavailable {
                cause: Box::new(NoAnswer::Status { status, words: self.words }),
            },
            _ => StorefrontError::Refused { status, message: self.words },
        }
    }

    fn wait(&self) -> Duration {
        let asked = self.retry_after.unwrap_or(RETRY_AFTER_SECS_DEFAULT);
        Duration::from_secs(asked.clamp(RETRY_AFTER_SECS_MIN, RETRY_AFTER_SECS_MAX))
    }
}

/// The shop's words, shortened, without the token should the shop repeat it; the status' own words where it says nothing.
fn words(status: StatusCode, said: &ErrorBody, token: &SecretString) -> String {
    let parts: Vec<&str> =
        [&said.error_code, &said.error_message].into_iter().flatten().map(String::as_str).collect();
    if parts.is_empty() {
        return status.canonical_reason().unwrap_or("no reason given").to_owned();
    }
    let text = parts.join(": ").replace(token.expose_secret(), "***");
    text.chars().take(WORDS_CHARS_MAX).collect()
}
