//! Why something was not delivered, by what is done about it.

use std::error::Error;
use std::time::Duration;

use crossdock_domain::{Classify, Mend, OrderNumber};
use crossdock_events::InvalidEvent;
use crossdock_ledger::{Busy, LedgerError};

use super::problem::Problem;
use crate::refused::NotBuried;

/// Wait of what was not tried because the warehouse does not answer, in seconds.
const NOT_TRIED_SECS: u64 = 5;

/// Something that the warehouse has not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// The warehouse understood and said no.
    #[error("the warehouse refused it with {status}: {}", problem.reason)]
    Refused { status: u16, problem: Problem },
    /// Too many requests, or closed for a while: it said for how long.
    #[error("the warehouse asks us to wait {} s", wait.as_secs())]
    Throttled { wait: Duration },
    /// Our signature does not hold there.
    #[error(
        "the warehouse refused our credentials with {status}; have it verify with the first of warehouse.signing_secrets"
    )]
    CredentialsRefused { status: u16 },
    /// No answer that the warehouse's own software would give.
    #[error(
        "the answer was {status}, which tells of no order; check warehouse.url, and what stands before the warehouse"
    )]
    NoEndpoint { status: u16 },
    /// It could not do it now.
    #[error("the warehouse answered {status}")]
    NotNow { status: u16 },
    /// Something is in the way there: this request under way a second time, or the state of the order.
    #[error("the warehouse answered 409, a conflict{}", said(problem.as_ref()))]
    Conflict { problem: Option<Problem> },
    /// No answer.
    #[error("the warehouse did not answer")]
    Unreachable(#[source] Box<dyn Error + Send + Sync>),
    /// Not posted, because of the trouble of one before it.
    #[error("not tried, because the warehouse did not take what came before it")]
    NotTried { wait: Duration },
    /// A change of an order that the warehouse does not have yet.
    #[error("it waits for the order's release, which the warehouse has not taken yet")]
    BehindRelease { wait: Duration },
    /// As above, for too long.
    #[error(
        "the warehouse has not taken the order's release for a day; have that delivered, then replay this"
    )]
    ReleaseMissing,
    /// An event that does not come from the order-importer.
    #[error("the event's id '{id}' is none of order {number}'s; only crossdock publishes these events")]
    ForeignId { id: String, number: OrderNumber },
    #[error(transparent)]
    Invalid(#[from] InvalidEvent),
    #[error(transparent)]
    Busy(#[from] Busy),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    NotBuried(#[from] NotBuried),
}

fn said(problem: Option<&Problem>) -> String {
    problem.map(|problem| format!(": {}", problem.reason)).unwrap_or_default()
}

impl Trouble {
    /// If it is the warehouse's as a whole: how long others had better wait too.
    pub(super) fn of_all(&self) -> Option<Duration> {
        match self {
            Self::Throttled { wait } | Self::NotTried { wait } => Some(*wait),
            Self::CredentialsRefused { .. } | Self::NoEndpoint { .. } | Self::Unreachable(_) => {
                Some(Duration::from_secs(NOT_TRIED_SECS))
            }
            Self::NotNow { status } => (*status == 503).then_some(Duration::from_secs(NOT_TRIED_SECS)),
            Self::Refused { .. }
            | Self::Conflict { .. }
            | Self::BehindRelease { .. }
            | Self::ReleaseMissing
            | Self::ForeignId { .. }
            | Self::Invalid(_)
            | Self::Busy(_)
            | Self::Ledger(_)
            | Self::NotBuried(_) => None,
        }
    }
}

impl Classify for Trouble {
    fn mend(&self) -> Mend {
        match self {
            Self::Refused { .. } | Self::ReleaseMissing | Self::ForeignId { .. } => Mend::Never,
            Self::Throttled { wait } | Self::NotTried { wait } | Self::BehindRelease { wait } => {
                Mend::WaitFor(*wait)
            }
            Self::CredentialsRefused { .. } => Mend::Credentials,
            Self::NoEndpoint { .. } | Self::NotNow { .. } | Self::Conflict { .. } | Self::Unreachable(_) => {
                Mend::Wait
            }
            Self::Invalid(error) => error.mend(),
            Self::Busy(error) => error.mend(),
            Self::Ledger(error) => error.mend(),
            Self::NotBuried(error) => error.mend(),
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "warehouse-refused",
            Self::Throttled { .. } => "warehouse-throttled",
            Self::CredentialsRefused { .. } => "warehouse-credentials",
            Self::NoEndpoint { .. } => "warehouse-endpoint",
            Self::NotNow { .. } | Self::Unreachable(_) => "warehouse-unavailable",
            Self::Conflict { .. } => "warehouse-conflict",
            Self::NotTried { .. } => "warehouse-not-tried",
            Self::BehindRelease { .. } => "behind-release",
            Self::ReleaseMissing => "release-missing",
            Self::ForeignId { .. } => "event-foreign",
            Self::Invalid(error) => error.class(),
            Self::Busy(error) => error.class(),
            Self::Ledger(error) => error.class(),
            Self::NotBuried(error) => error.class(),
        }
    }
}
