//! Doing something at a shop, one process at a time.

use std::time::Duration;

use crossdock_domain::{Classify, Mend};
use jiff::Timestamp;

/// The right to do what the name says, for a while. It has one holder at a time, over all processes on this ledger.
///
/// It keeps two processes from the same effect at a shop that cannot be made twice without harm: whoever has the lease looks
/// whether the effect stands, and only then causes it. A holder that dies gives nothing back: its lease expires, and is taken over.
/// So `until` must lie further ahead than the effect may take, and the processes' clocks must agree much better than that.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "give it back with end_lease, or others wait until it expires"]
pub struct Lease {
    /// What it is for, for example a shop and one of its orders.
    pub name: String,
    /// When it expires.
    pub until: Timestamp,
}

/// Longest that a lease lasts, in seconds. One that claims to last longer was taken by a clock that was ahead, and is free.
pub(crate) const LEASE_SECS_MAX: i64 = 60 * 60;

/// Another process is at it. There is nothing wrong: come back a little later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another process is at it")]
pub struct Busy;

/// Time until what another process is at is looked at again, in seconds.
const BUSY_SECS: u64 = 5;

impl Classify for Busy {
    fn mend(&self) -> Mend {
        Mend::WaitFor(Duration::from_secs(BUSY_SECS))
    }

    fn class(&self) -> &'static str {
        "busy-elsewhere"
    }
}

impl LeaseAnswer {
    /// The lease, if it is the caller's.
    pub fn taken(self) -> Result<Lease, Busy> {
        match self {
            Self::Taken(lease) => Ok(lease),
            Self::Busy { .. } => Err(Busy),
        }
    }
}

/// Who has a lease now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseAnswer {
    /// The caller. To be given back with [`crate::Ledger::end_lease`].
    Taken(Lease),
    /// Another one.
    Busy {
        /// When it expires, if it is not given back before: time to ask again.
        until: Timestamp,
    },
}
