//! Why a shop is left alone for a while.

use jiff::Timestamp;

use crate::LedgerError;
use crate::error::unreadable;

/// Longest that a pause lasts, in seconds. One that claims to last longer was begun by a clock that was ahead, and its time has come.
pub(crate) const PAUSE_SECS_MAX: i64 = 60 * 60;

/// What keeps requests to a shop from being made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PauseCause {
    /// The shop answered 429, and said for how long.
    Throttled,
    /// The shop refused the credentials: for any request.
    Credentials,
    /// The credentials lack this scope: for requests that need it. In the platform's words, for example `modify orders`.
    Scope(String),
}

/// Requests that are not made for now, by nobody who uses these credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub cause: PauseCause,
    /// When it began, UTC.
    pub since: Timestamp,
    /// Nobody asks before. Then a throttled shop is open again; one that has refused is tried by one process, once.
    pub until: Timestamp,
    /// The shop's own words.
    pub answer: String,
}

const SCOPE: &str = "scope:";

impl PauseCause {
    pub(crate) fn key(&self) -> String {
        match self {
            Self::Throttled => "throttled".to_owned(),
            Self::Credentials => "credentials".to_owned(),
            Self::Scope(scope) => format!("{SCOPE}{scope}"),
        }
    }

    pub(crate) fn of_key(key: &str) -> Result<Self, LedgerError> {
        match key {
            "throttled" => Ok(Self::Throttled),
            "credentials" => Ok(Self::Credentials),
            key => match key.strip_prefix(SCOPE) {
                Some(scope) => Ok(Self::Scope(scope.to_owned())),
                None => Err(unreadable("cause of a pause")(key.to_owned())),
            },
        }
    }
}
