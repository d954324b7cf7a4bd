//! Why a request is not answered with 200, and how the sender is told: problem details by RFC 9457.

use std::borrow::Cow;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use crossdock_queue::PublishError;
use crossdock_telemetry::chain;
use serde::Serialize;

use crate::limits::FAILURES_RETRY_SECS;
use crate::outcome::Outcome;
use crate::spool::SpoolError;
use crate::verified::VerifyError;
use crate::warehouse::BadEvent;

/// Content type of a problem.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// When to come back while RabbitMQ is away, in seconds.
const BROKER_RETRY_SECS: u64 = 10;

/// When to come back to a receiver that is full, in seconds: a confirm takes milliseconds.
const OVERLOAD_RETRY_SECS: u64 = 1;

/// Why a request is not answered with 200.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// Nobody is shown to have sent it.
    #[error("the request is not verified")]
    Unverified(#[from] VerifyError),
    /// Its signature was seen with another event: somebody has put other words to it.
    #[error("the event's id was seen before, with another body")]
    Altered,
    /// From an address with too many failed verifications; nothing of it was read.
    #[error("too many requests of this address were not verified")]
    TooManyFailures {
        /// Whether it came over a proxy's connection, which is not to be closed for it.
        forwarded: bool,
    },
    /// Too much is held of others' bodies.
    #[error("there is no room for the body now")]
    NoRoom,
    /// Neither the route nor the body names a shop that is configured.
    #[error("no such shop")]
    NoSuchShop,
    /// A path that is not served.
    #[error("no such route")]
    NoSuchRoute,
    /// A path that is served, by other methods.
    #[error("the route does not take this method")]
    Method,
    /// A body over the limit.
    #[error("the body is over {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: usize,
    },
    /// A body that did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// A body that broke off: nobody is left to read the answer.
    #[error("the body broke off")]
    BrokenOff,
    /// Verified, but of a content type that is not taken.
    #[error("the content type is not taken")]
    MediaType,
    /// A verified callback of another shape than the documented one.
    #[error("the callback is not of the documented shape")]
    Callback(#[from] CallbackError),
    /// A verified body of the warehouse that holds something else than its events.
    #[error("the body holds no events of the warehouse")]
    Event(#[source] BadEvent),
    /// More requests wait for RabbitMQ than may.
    #[error("too many requests wait for RabbitMQ")]
    Overloaded,
    /// RabbitMQ has not confirmed it.
    #[error("the events could not be published")]
    Unpublished(#[source] PublishError),
    /// RabbitMQ does not take it now, and the spool cannot.
    #[error("the events could be neither published nor spooled")]
    Unspooled(#[source] SpoolError),
    /// A defect of ours.
    #[error("the handler panicked")]
    Panicked,
}

/// What is known of a sender by how his request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// He holds a secret.
    Verified,
    /// He has shown none: that counts against his address.
    Failed,
    /// It did not come to that.
    Unknown,
}

/// What the platforms' crates say of a callback that they cannot read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallbackError {
    /// From BigCommerce.
    #[error(transparent)]
    Bigcommerce(#[from] crossdock_bigcommerce::InvalidCallback),
    /// From Ecwid.
    #[error(transparent)]
    Ecwid(#[from] crossdock_ecwid::InvalidCallback),
}

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
    /// What metrics call it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Unverified(_) => Outcome::Unverified,
            Self::Altered => Outcome::Altered,
            Self::TooManyFailures { .. } => Outcome::Refused,
            Self::NoRoom => Outcome::NoRoom,
            Self::NoSuchShop => Outcome::NoSuchShop,
            Self::NoSuchRoute => Outcome::NoSuchRoute,
            Self::Method => Outcome::Method,
            Self::TooLarge { .. } => Outcome::TooLarge,
            Self::TooSlow => Outcome::TooSlow,
            Self::BrokenOff => Outcome::BrokenOff,
            Self::MediaType => Outcome::MediaType,
            Self::Callback(_) => Outcome::Callback,
            Self::Event(_) => Outcome::Event,
            Self::Overloaded => Outcome::Overloaded,
            Self::Unpublished(_) => Outcome::Unpublished,
            Self::Unspooled(_) => Outcome::Unspooled,
            Self::Panicked => Outcome::Internal,
        }
    }

    /// A stable word, the problem's code. An altered event is told no more than a forged one.
    pub(crate) fn code(&self) -> &'static str {
        match self.outcome() {
            Outcome::Altered => Outcome::Unverified.name(),
            other => other.name(),
        }
    }

    /// What it shows of the sender.
    pub(crate) fn sender(&self) -> Sender {
        match self {
            // Ecwid does not sign the whole body: one that makes no sense may be anybody's, under a captured signature.
            Self::Unverified(_)
            | Self::Altered
            | Self::Callback(CallbackError::Ecwid(_))
            | Self::NoSuchShop
            | Self::TooLarge { .. }
            | Self::TooSlow
            | Self::BrokenOff => Sender::Failed,
            Self::MediaType
            | Self::Callback(CallbackError::Bigcommerce(_))
            | Self::Event(_)
            | Self::Overloaded
            | Self::Unpublished(_)
            | Self::Unspooled(_) => Sender::Verified,
            Self::TooManyFailures { .. }
            | Self::NoRoom
            | Self::NoSuchRoute
            | Self::Method
            | Self::Panicked => Sender::Unknown,
        }
    }

    /// The answer's status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Unverified(_) | Self::Altered => StatusCode::UNAUTHORIZED,
            Self::TooManyFailures { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::NoSuchShop | Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenOff | Self::Callback(_) | Self::Event(_) => StatusCode::BAD_REQUEST,
            Self::NoRoom | Self::Overloaded | Self::Unpublished(_) | Self::Unspooled(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Unverified(_) | Self::Altered => {
                "The signature is missing, wrong, or outside the time window."
            }
            Self::TooManyFailures { .. } => "Too many requests of this address were not verified.",
            Self::NoSuchShop => "No shop is configured that this callback could be of.",
            Self::NoSuchRoute => "Nothing is served at this path.",
            Self::Method => "This path does not take this method.",
            Self::TooLarge { bytes_max } => return format!("The body may have {bytes_max} bytes.").into(),
            Self::TooSlow => "The body did not arrive in time.",
            Self::BrokenOff => "The body broke off.",
            Self::MediaType => "Send application/cloudevents+json or application/cloudevents-batch+json.",
            Self::Callback(_) => "The callback is signed, but not of the documented shape.",
            // The sender has shown who it is, and what is quoted is its own.
            Self::Event(bad) => return chain(bad).into(),
            Self::NoRoom | Self::Overloaded => "Too much is being taken at once. Send it again.",
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
            Self::NoRoom | Self::Overloaded => Some(Duration::from_secs(OVERLOAD_RETRY_SECS)),
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
