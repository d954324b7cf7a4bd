//! What can go wrong between us and a shop, by what a caller does about it.

use std::error::Error;
use std::time::Duration;

use crossdock_domain::{Classify, Mend};

/// Time until what a slow shop was not asked for is tried again, in seconds.
const OUT_OF_TIME_SECS: u64 = 5;

/// A shop's refusal or silence.
#[derive(Debug, thiserror::Error)]
pub enum StorefrontError {
    /// The shop has no such thing (404).
    #[error("the shop has no {what}")]
    NotFound {
        /// For example `order 1001`.
        what: String,
    },
    /// The token is wrong, revoked or expired. Put the new one into the shop's settings; the work resumes by itself.
    #[error("the shop refused our credentials ({answer})")]
    CredentialsRefused {
        /// Status and the shop's own words.
        answer: String,
    },
    /// The token may not do this. Give the API account the scope.
    #[error("the shop's token lacks the scope to {scope} ({answer})")]
    MissingScope {
        /// What was tried, in the platform's words for its scopes, for example `modify orders`.
        scope: String,
        /// Status and the shop's own words.
        answer: String,
    },
    /// Too many requests: the shop said how long to wait.
    #[error("the shop asks us to wait {} s", wait.as_secs())]
    Throttled {
        /// How long.
        wait: Duration,
    },
    /// No answer, half an answer, or a 5xx.
    #[error("the shop did not answer as it should")]
    Unavailable {
        /// What happened.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The same after something was sent to be written: it may stand there, and may come to stand there yet.
    #[error("the shop did not say whether it has done it")]
    InDoubt {
        /// What happened.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// Nothing went wrong, but the shop was too slow for it to be asked in time.
    #[error("the shop was too slow to be asked for it in time")]
    OutOfTime,
    /// The shop understood and said no (4xx).
    #[error("the shop refused it with {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The shop's own words, shortened.
        message: String,
    },
    /// The same of one step of several: a person can do it there.
    #[error("the shop refuses to {step}")]
    StepRefused {
        /// What is to be done, and where, for example `delete shipment 7 of order 1001`.
        step: String,
        /// In the shop's own words.
        #[source]
        cause: Box<StorefrontError>,
    },
    /// An answer of another shape than the platform documents.
    #[error("the shop's answer is not of the documented shape")]
    Malformed {
        /// Which field.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The consignment does not fit the shop's order: an unknown SKU, or more units than are open.
    #[error("the shipment does not fit the shop's order: {reason}")]
    Misfit {
        /// What does not fit, and what to do.
        reason: String,
    },
}

impl StorefrontError {
    /// The class of what is in doubt: who would read the shop at once might not see yet what stands there in a moment.
    pub const IN_DOUBT: &'static str = "shop-in-doubt";

    /// The same of something that was sent to be written.
    #[must_use]
    pub fn of_a_write(self) -> Self {
        match self {
            Self::Unavailable { cause } => Self::InDoubt { cause },
            other => other,
        }
    }

    /// The same of this step, if the shop refused it.
    #[must_use]
    pub fn of_step(self, step: impl FnOnce() -> String) -> Self {
        match self {
            refused @ Self::Refused { .. } => Self::StepRefused { step: step(), cause: Box::new(refused) },
            other => other,
        }
    }

    /// What it means for each of several things that a call was about: a call that was refused as a whole says nothing of any of them.
    #[must_use]
    pub fn of_whole_call(self) -> Self {
        match self {
            Self::NotFound { .. } | Self::Refused { .. } => Self::Unavailable { cause: Box::new(self) },
            other => other,
        }
    }

    /// What it means for what was to be sent after it: nothing of that was, so nothing of that is in doubt.
    #[must_use]
    pub fn of_what_was_kept_back(&self) -> Self {
        match self.repeated() {
            Self::InDoubt { cause } => Self::Unavailable { cause },
            other => other,
        }
    }

    /// The same once more, for each of the things that one call was about.
    #[must_use]
    pub fn repeated(&self) -> Self {
        match self {
            Self::NotFound { what } => Self::NotFound { what: what.clone() },
            Self::CredentialsRefused { answer } => Self::CredentialsRefused { answer: answer.clone() },
            Self::MissingScope { scope, answer } => {
                Self::MissingScope { scope: scope.clone(), answer: answer.clone() }
            }
            Self::Throttled { wait } => Self::Throttled { wait: *wait },
            Self::OutOfTime => Self::OutOfTime,
            Self::Unavailable { cause } => Self::Unavailable { cause: chain(cause.as_ref()).into() },
            Self::InDoubt { cause } => Self::InDoubt { cause: chain(cause.as_ref()).into() },
            Self::Refused { status, message } => Self::Refused { status: *status, message: message.clone() },
            Self::StepRefused { step, cause } => {
                Self::StepRefused { step: step.clone(), cause: Box::new(cause.repeated()) }
            }
            Self::Malformed { cause } => Self::Malformed { cause: chain(cause.as_ref()).into() },
            Self::Misfit { reason } => Self::Misfit { reason: reason.clone() },
        }
    }
}

fn chain(error: &(dyn Error + Send + Sync)) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        told = format!("{told}: {cause}");
        next = cause.source();
    }
    told
}

impl Classify for StorefrontError {
    fn mend(&self) -> Mend {
        match self {
            Self::Throttled { wait } => Mend::WaitFor(*wait),
            Self::OutOfTime => Mend::WaitFor(Duration::from_secs(OUT_OF_TIME_SECS)),
            Self::Unavailable { .. } | Self::InDoubt { .. } => Mend::Wait,
            Self::CredentialsRefused { .. } | Self::MissingScope { .. } => Mend::Credentials,
            Self::NotFound { .. }
            | Self::Refused { .. }
            | Self::StepRefused { .. }
            | Self::Malformed { .. }
            | Self::Misfit { .. } => Mend::Never,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "shop-not-found",
            Self::CredentialsRefused { .. } => "shop-credentials-refused",
            Self::MissingScope { .. } => "shop-scope-missing",
            Self::Throttled { .. } => "shop-throttled",
            Self::OutOfTime => "shop-slow",
            Self::Unavailable { .. } => "shop-unavailable",
            Self::InDoubt { .. } => Self::IN_DOUBT,
            Self::Refused { .. } | Self::StepRefused { .. } => "shop-refused",
            Self::Malformed { .. } => "shop-malformed",
            Self::Misfit { .. } => "shipment-misfit",
        }
    }
}
