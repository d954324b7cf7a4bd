//! The warehouse's address: what is sent there, and what its answers mean.

use std::time::Duration;

use bytes::Bytes;
use crossdock_events::CONTENT_TYPE;
use crossdock_events::standard_webhooks::{self, Key, key_from_whsec};
use crossdock_ledger::Busy;
use crossdock_telemetry::TraceParent;
use http::header::{CONTENT_TYPE as CONTENT_TYPE_HEADER, HeaderMap, RETRY_AFTER};
use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::problem::Problem;
use super::trouble::Trouble;

/// Longest time to reach the warehouse, in seconds.
const CONNECT_SECS_MAX: u64 = 5;

/// Longest time for a request with its answer, in seconds. What takes longer is in doubt, and sent again with the same id.
const CALL_SECS_MAX: u64 = 15;

/// Most of an answer's body that is read, in bytes. A longer one gives no reason.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Wait after a 429 that names none, in seconds.
const THROTTLED_SECS_DEFAULT: u64 = 30;

/// Longest wait believed, in seconds: a wrong header must not keep orders back for good.
const THROTTLED_SECS_MAX: u64 = 60 * 60;

/// Names the event once more, for gateways that know nothing of Standard Webhooks: the same key is the same request, sent again.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Where the warehouse takes its orders.
pub struct Endpoint {
    http: reqwest::Client,
    url: Url,
    key: Key,
}

/// Requests to the warehouse cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The machine's certificates or TLS provider cannot be loaded: repair the machine.
    #[error("the system's TLS certificates cannot be used")]
    Tls(#[source] reqwest::Error),
    /// The secret is none.
    #[error("warehouse.signing_secrets: the first one is no 'whsec_' and base64")]
    Secret,
}

impl Endpoint {
    /// This address; requests are signed with this `whsec_…` secret.
    ///
    /// # Errors
    /// Nothing can be sent: correct what the error names, and start again.
    pub fn new(url: Url, signing_secret: &SecretString) -> Result<Self, EndpointError> {
        let key = key_from_whsec(signing_secret.expose_secret()).ok_or(EndpointError::Secret)?;
        let http = reqwest::Client::builder()
            .user_agent(concat!("crossdock/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(CONNECT_SECS_MAX))
            .timeout(Duration::from_secs(CALL_SECS_MAX))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(EndpointError::Tls)?;
        Ok(Self { http, url, key })
    }

    /// Posts an event while its order is ours, until this moment: not if the answer may come after it. The same id is the same event.
    pub(super) async fn post(
        &self,
        id: &str,
        body: &Bytes,
        trace: TraceParent,
        ours_until: Timestamp,
    ) -> Result<(), Trouble> {
        let now = Timestamp::now();
        if ours_until.duration_since(now) < SignedDuration::from_secs(CALL_SECS_MAX.cast_signed()) {
            return Err(Busy.into());
        }
        let sent = now.as_second();
        let request = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE_HEADER, CONTENT_TYPE)
            .header(standard_webhooks::ID_HEADER, id)
            .header(standard_webhooks::TIMESTAMP_HEADER, sent)
            .header(standard_webhooks::SIGNATURE_HEADER, standard_webhooks::sign(&self.key, id, sent, body))
            .header(IDEMPOTENCY_KEY, id)
            .header("traceparent", trace.to_string())
            .body(body.clone());
        let answer = request.send().await.map_err(unreachable)?;
        let (status, wait) = (answer.status().as_u16(), retry_after(answer.headers(), Timestamp::now()));
        match status {
            200..=299 => Ok(()),
            _ => Err(refusal(status, wait, &bounded_body(answer).await)),
        }
    }
}

/// What an answer other than 2xx means.
///
/// A refusal is believed only with a reason: a proxy's 400 or 404 must not reject orders. A 409 is neither taken nor refused: by
/// RFC 9110 (15.5.10) the warehouse's own state is in the way, and by draft-ietf-httpapi-idempotency-key-header-07 (October 2025) a
/// request with the same key is still under way. Either may pass. What it has taken before, a warehouse answers as it did then.
fn refusal(status: u16, wait: Option<Duration>, body: &[u8]) -> Trouble {
    let problem = || Problem::read(body);
    match (status, wait) {
        (429, wait) => {
            Trouble::Throttled { wait: wait.unwrap_or(Duration::from_secs(THROTTLED_SECS_DEFAULT)) }
        }
        (503, Some(wait)) => Trouble::Throttled { wait },
        (408 | 500.., _) => Trouble::NotNow { status },
        (409, _) => Trouble::Conflict { problem: problem() },
        (401 | 403, _) => Trouble::CredentialsRefused { status },
        (400 | 422, _) => match problem() {
            Some(problem) => Trouble::Refused { status, problem },
            None => Trouble::NoEndpoint { status },
        },
        _ => Trouble::NoEndpoint { status },
    }
}

/// The wait that an answer names, in seconds or as a date.
///
/// Source: RFC 9110, section 10.2.3.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = if let Ok(secs) = text.parse::<u64>() {
        Duration::from_secs(secs)
    } else {
        let at = rfc2822::parse(text).ok()?.timestamp();
        Duration::try_from(at.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(Duration::from_secs(THROTTLED_SECS_MAX)))
}

/// The body, or nothing of one that is too long or breaks off.
async fn bounded_body(mut answer: reqwest::Response) -> Vec<u8> {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Vec::new();
        }
        body.extend_from_slice(&chunk);
    }
    body
}

fn unreachable(error: reqwest::Error) -> Trouble {
    // Without the address: it may hold a token.
    Trouble::Unreachable(error.without_url().into())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;
    use crossdock_domain::{Classify as _, Mend};

    const REASON: &[u8] = br#"{"detail": "too heavy"}"#;

    fn mend(status: u16, wait: Option<u64>, body: &[u8]) -> (Mend, &'static str) {
        let trouble = refusal(status, wait.map(Duration::from_secs), body);
        (trouble.mend(), trouble.class())
    }

    #[test]
    fn each_status_says_what_mends_it() {
        let wait = |secs| Mend::WaitFor(Duration::from_secs(secs));
        for (status, named, body, expected) in [
            (422, None, REASON, (Mend::Never, "warehouse-refused")),
            (400, None, REASON, (Mend::Never, "warehouse-refused")),
            (422, None, b"<html>".as_slice(), (Mend::Wait, "warehouse-endpoint")),
            (429, Some(7), REASON, (wait(7), "warehouse-throttled")),
            (429, None, REASON, (wait(30), "warehouse-throttled")),
            (503, Some(7), REASON, (wait(7), "warehouse-throttled")),
            (503, None, REASON, (Mend::Wait, "warehouse-unavailable")),
            (500, None, REASON, (Mend::Wait, "warehouse-unavailable")),
            (408, None, REASON, (Mend::Wait, "warehouse-unavailable")),
            (409, None, REASON, (Mend::Wait, "warehouse-conflict")),
            (409, None, b"", (Mend::Wait, "warehouse-conflict")),
            (401, None, REASON, (Mend::Credentials, "warehouse-credentials")),
            (403, None, REASON, (Mend::Credentials, "warehouse-credentials")),
            (404, None, REASON, (Mend::Wait, "warehouse-endpoint")),
            (302, None, b"", (Mend::Wait, "warehouse-endpoint")),
        ] {
            assert_eq!(mend(status, named, body), expected, "{status}");
        }
    }

    #[tokio::test]
    async fn nothing_is_posted_whose_answer_may_come_after_the_order_is_ours() {
        // Nobody listens on a port that was just free.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://{closed}/")).unwrap();
        let endpoint = Endpoint::new(url, &"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".into()).unwrap();
        let post = async |secs| {
            let until = Timestamp::now() + SignedDuration::from_secs(secs);
            endpoint.post("BG1001", &Bytes::new(), TraceParent::start(), until).await.unwrap_err().class()
        };
        assert_eq!(post(14).await, "busy-elsewhere");
        assert_eq!(post(25).await, "warehouse-unavailable");
    }

    #[test]
    fn a_page_of_whoever_answered_is_told_to_nobody() {
        const PAGE: &[u8] = b"<html><body>upstream 10.0.0.7 is down</body></html>";
        let quoted =
            serde_json::to_vec(&serde_json::json!({ "detail": String::from_utf8_lossy(PAGE) })).unwrap();
        for status in [302, 400, 401, 404, 408, 409, 422, 429, 500, 502, 503, 504] {
            for body in [PAGE, &quoted] {
                let told = crossdock_telemetry::chain(&refusal(status, None, body));
                assert!(!told.contains('<') && !told.contains("upstream"), "{status}: {told}");
            }
        }
    }

    #[test]
    fn a_conflict_is_told_in_the_warehouses_words_if_it_has_any() {
        let told = |body| refusal(409, None, body).to_string();
        assert_eq!(told(REASON), "the warehouse answered 409, a conflict: too heavy");
        assert_eq!(told(b""), "the warehouse answered 409, a conflict");
    }

    #[test]
    fn a_wait_is_in_seconds_or_until_a_date_and_no_longer_than_an_hour() {
        let now: Timestamp = "2026-11-21T12:00:00Z".parse().unwrap();
        let wait = |text: &'static str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static(text))]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait("Sat, 21 Nov 2026 12:00:40 GMT"), Some(40));
        assert_eq!(wait("Sat, 21 Nov 2026 11:00:00 GMT"), Some(0));
        assert_eq!(wait("999999999999"), Some(3_600));
        assert_eq!(wait("soon"), None);
    }
}
