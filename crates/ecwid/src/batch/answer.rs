//! How far a batch is, and what became of each request of it.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::scalar::Scalar;

/// How the shop says that it did not come to a request.
const NOT_EXECUTED: &str = "NOT_EXECUTED";

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Answered 200, with this body if it was told.
    Done(Option<String>),
    /// Answered with another status.
    Refused(StatusCode, String),
    /// The shop did not come to it, and will not.
    NotDone,
    /// Nobody knows: it may be carried out yet.
    Open,
}

/// `GET /batch`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Progress {
    status: String,
    #[serde(default)]
    total_requests: Scalar,
    #[serde(default)]
    completed_requests: Scalar,
    #[serde(default)]
    responses: Vec<Answer>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    #[serde(default)]
    id: Scalar,
    status: String,
    escaped_http_body: Option<String>,
    http_body: Option<Value>,
    /// One page of the documentation names it `httpCode`.
    #[serde(default, alias = "httpCode")]
    http_status_code: Scalar,
}

impl Progress {
    pub(super) fn is_over(&self) -> bool {
        self.status == "COMPLETED"
    }

    /// What became of each request of which that is settled: as long as a batch goes on, what was not carried out may be yet.
    pub(super) fn settled(self, cancelled: bool) -> Vec<Answer> {
        let stopped = cancelled || self.is_over();
        self.responses.into_iter().filter(|answer| stopped || answer.status != NOT_EXECUTED).collect()
    }

    /// Until it will be over at the pace so far; none while nothing is done.
    pub(super) fn remaining(&self, elapsed: Duration) -> Option<Duration> {
        let count = |scalar: &Scalar| scalar.filled()?.parse::<u32>().ok();
        let (total, done) = (count(&self.total_requests)?, count(&self.completed_requests)?);
        (done > 0).then(|| elapsed * total.saturating_sub(done) / done)
    }
}

impl Answer {
    /// By the request's id.
    pub(super) fn outcome(self) -> (String, Outcome) {
        let text = |body: Value| match body {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let body = self.escaped_http_body.or_else(|| self.http_body.map(text));
        let status =
            self.http_status_code.filled().and_then(|code| StatusCode::from_bytes(code.as_bytes()).ok());
        let outcome = match (self.status.as_str(), status) {
            ("COMPLETED", _) => Outcome::Done(body),
            ("FAILED", Some(status)) => Outcome::Refused(status, body.unwrap_or_default()),
            (NOT_EXECUTED, _) => Outcome::NotDone,
            _ => Outcome::Open,
        };
        (self.id.0, outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape;

    fn remaining(done: &str) -> Option<Duration> {
        let json =
            format!(r#"{{"status": "IN_PROGRESS", "totalRequests": 400, "completedRequests": {done}}}"#);
        shape::read::<Progress>(json.as_bytes()).unwrap().remaining(Duration::from_secs(2))
    }

    #[test]
    fn a_batch_lasts_as_long_as_its_pace_so_far_tells() {
        assert_eq!(remaining("100"), Some(Duration::from_secs(6)));
        assert_eq!(remaining("\"400\""), Some(Duration::ZERO));
        assert_eq!(remaining("500"), Some(Duration::ZERO));
        assert_eq!(remaining("0"), None);
    }

    #[test]
    fn answers_are_read_in_both_documented_shapes() {
        let read = |json: &str| shape::read::<Answer>(json.as_bytes()).unwrap().outcome();
        let escaped = r#"{"id": "0", "status": "COMPLETED", "escapedHttpBody": "{\"updateCount\":1}", "httpStatusCode": 200}"#;
        assert_eq!(read(escaped), ("0".to_owned(), Outcome::Done(Some(r#"{"updateCount":1}"#.to_owned()))));
        let plain = r#"{"id": 1, "status": "FAILED", "httpBody": {"errorCode": "X"}, "httpCode": "409"}"#;
        let refused = Outcome::Refused(StatusCode::CONFLICT, r#"{"errorCode":"X"}"#.to_owned());
        assert_eq!(read(plain), ("1".to_owned(), refused));
        assert_eq!(read(r#"{"status": "NOT_EXECUTED"}"#).1, Outcome::NotDone);
        assert_eq!(
            read(r#"{"status": "FAILED"}"#).1,
            Outcome::Open,
            "it met no answer: it may have been carried out"
        );
    }

    #[test]
    fn what_a_batch_has_not_done_is_settled_once_it_is_over_or_cancelled() {
        let settled = |status: &str, cancelled| {
            let json = format!(
                r#"{{"status": "{status}", "responses": [{{"status": "COMPLETED"}}, {{"status": "NOT_EXECUTED"}}]}}"#
            );
            shape::read::<Progress>(json.as_bytes()).unwrap().settled(cancelled).len()
        };
        assert_eq!(settled("IN_PROGRESS", false), 1);
        assert_eq!(settled("IN_PROGRESS", true), 2);
        assert_eq!(settled("COMPLETED", false), 2);
    }
}
