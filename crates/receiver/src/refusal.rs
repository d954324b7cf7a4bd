//! Why a request is not answered with 200.

mod problem;

use axum::http::StatusCode;
use crossdock_queue::PublishError;

use crate::outcome::Outcome;
use crate::spool::SpoolError;
use crate::verified::VerifyError;
use crate::warehouse::BadEvent;
pub(crate) use problem::{PROBLEM_JSON, Problem};

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
    /// Others' bodies needed its room, while it was still arriving.
    #[error("the body arrived slowly, and gave way to others")]
    GaveWay,
    /// Neither the route nor the body names a shop that is configured.
    #[error("no such shop")]
    NoSuchShop,
    /// A verified callback that names another shop than the one whose secret it was signed with.
    #[error("the callback names another shop than that of its signature")]
    OtherShop,
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
    /// All connections are at work, so that there is no place for another one.
    #[error("all places for connections are taken")]
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

impl Refusal {
    /// What metrics call it.
    pub(crate) fn outcome(&self) -> Outcome {
        match self {
            Self::Unverified(error) if error.is_stale() => Outcome::Stale,
            Self::Unverified(_) => Outcome::Unverified,
            Self::Altered => Outcome::Altered,
            Self::TooManyFailures { .. } => Outcome::Refused,
            Self::NoRoom => Outcome::NoRoom,
            Self::GaveWay => Outcome::GaveWay,
            Self::NoSuchShop | Self::OtherShop => Outcome::NoSuchShop,
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

    /// A stable word, the problem's code. An altered or a late event is told no more than a forged one.
    pub(crate) fn code(&self) -> &'static str {
        match self.outcome() {
            Outcome::Altered | Outcome::Stale => Outcome::Unverified.name(),
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
            | Self::GaveWay
            | Self::BrokenOff => Sender::Failed,
            Self::OtherShop
            | Self::MediaType
            | Self::Callback(CallbackError::Bigcommerce(_))
            | Self::Event(_)
            | Self::Unpublished(_)
            | Self::Unspooled(_) => Sender::Verified,
            Self::TooManyFailures { .. }
            | Self::NoRoom
            | Self::Overloaded
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
            Self::NoSuchShop | Self::OtherShop | Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenOff | Self::Callback(_) | Self::Event(_) => StatusCode::BAD_REQUEST,
            Self::NoRoom | Self::GaveWay | Self::Overloaded | Self::Unpublished(_) | Self::Unspooled(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}
