//! A time as the tables keep it.

use jiff::Timestamp;

use crate::LedgerError;
use crate::error::unreadable;

/// Microseconds since 1970, UTC: one whole number in both engines. The shops' clocks are no finer than a second.
#[derive(Debug, Clone, Copy, sqlx::Type)]
#[sqlx(transparent)]
pub(crate) struct Moment(i64);

impl From<Timestamp> for Moment {
    fn from(at: Timestamp) -> Self {
        Self(at.as_microsecond())
    }
}

impl TryFrom<Moment> for Timestamp {
    type Error = LedgerError;

    fn try_from(moment: Moment) -> Result<Self, Self::Error> {
        Self::from_microsecond(moment.0).map_err(unreadable("time"))
    }
}
