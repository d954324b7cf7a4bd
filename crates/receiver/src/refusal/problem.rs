//! How a sender is told why: problem details by RFC 9457.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use crossdock_telemetry::chain;
use serde::Serialize;

use super::Refusal;
use crate::limits::FAILURES_RETRY_SECS;

/// Content type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// When to come back while RabbitMQ is away, in seconds.
const BROKER_RETRY_SECS: u64 = 10;

/// When to come back to a receiver that is full, in seconds: a confirm takes milliseconds.
const OVERLOAD_RETRY_SECS: u64 = 1;

/// The body of every answer but 200 (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the code below tells more.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status.
    status: u16,
    /// What is wrong, a stable word for programs.
    code: &'static str,
    /// What is wrong, for people.
    detail: Cow<'static, str>,
    /// Which event of the warehouse's batch it is about, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl Refusal {
    fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Unverified(_) | Self::Altered => {
                "The signature is missing, wrong, or outside the time window."
            }
            Self::TooManyFailures { .. } => "Too many requests of this address were not verified.",
            Self::NoSuchShop | Self::OtherShop => "No shop is configured that this callback could be of.",
            Self::NoSuchRoute => "Nothing is served at this path.",
            Self::Method => "This path does not take this method.",
            Self::TooLarge { bytes_max } => return format!("The body may have {bytes_max} bytes.").into(),
            Self::TooSlow => "The body did not arrive in time.",
            Self::BrokenOff => "The body broke off.",
            Self::MediaType => "Send application/cloudevents+json or application/cloudevents-batch+json.",
            Self::Callback(_) => "The callback is signed, but not of the documented shape.",
            // The sender has shown who it is, and what is quoted is its own.
            Self::Event(bad) => return chain(bad).into(),
            Self::NoRoom | Self::GaveWay | Self::Overloaded => {
                "Too much is being taken at once. Send it again."
            }
            Self::Unpublished(_) | Self::Unspooled(_) => {
                "The events could not be stored. Send them again, with the same ids."
            }
            Self::Panicked => "Something went wrong here. Send it again.",
        })
    }

    /// The answer's body.
    pub(crate) fn problem(&self) -> Problem {
        let status = self.status();
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            code: self.code(),
            detail: self.detail(),
            index: if let Self::Event(bad) = &self { bad.index } else { None },
        }
    }

    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unpublished(_) | Self::Unspooled(_) => Some(Duration::from_secs(BROKER_RETRY_SECS)),
            Self::NoRoom | Self::GaveWay | Self::Overloaded => Some(Duration::from_secs(OVERLOAD_RETRY_SECS)),
            Self::TooManyFailures { .. } => Some(Duration::from_secs(FAILURES_RETRY_SECS)),
            _ => None,
        }
    }
}

impl IntoResponse for &Refusal {
    fn into_response(self) -> Response {
        let (status, problem) = (self.status(), self.problem());
        let mut response = (status, axum::Json(problem)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(wait) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, wait.as_secs().into());
        }
        if let Refusal::TooManyFailures { forwarded: false } = self {
            response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (&self).into_response()
    }
}
