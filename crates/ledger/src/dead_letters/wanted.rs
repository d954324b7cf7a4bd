//! Which dead letters are meant, and what they are gathered to.

use jiff::Timestamp;
use serde::Serialize;

use super::{DeadLetterId, DeadLetterState};

/// Which dead letters are meant. What is empty or none narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeadLettersWanted {
    /// Only these.
    pub ids: Vec<DeadLetterId>,
    /// Only of this group.
    pub group: Option<String>,
    /// Only of this role.
    pub role: Option<String>,
    /// Only of this shop or lane.
    pub store: Option<String>,
    /// Only of this class.
    pub class: Option<String>,
    /// Only about this order or SKU. An order is found by the shop's id and by the warehouse's number, whichever of them its role goes by.
    pub subject: Option<String>,
    /// Only those that failed last at this moment or later.
    pub since: Option<Timestamp>,
    /// Only those that failed last before this moment.
    pub until: Option<Timestamp>,
    /// Only those that stand so.
    pub states: Vec<DeadLetterState>,
    /// Only those that stood as they do before this moment.
    pub stood_before: Option<Timestamp>,
    /// Only those after this place in the list, whatever has become since of the one that stood there.
    pub after: Option<DeadLetterPlace>,
    /// At most so many.
    pub limit: Option<u32>,
}

/// A place in the list of dead letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadLetterPlace {
    /// When the one there failed last.
    pub last_failed_at: Timestamp,
    /// Its number.
    pub id: DeadLetterId,
}

/// Dead letters of one role and shop that failed for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeadLetterGroup {
    /// Its short name.
    pub group: String,
    /// Who could not handle them.
    pub role: String,
    /// As [`crate::Fallen::store`].
    pub store: String,
    /// Kind of failure.
    pub class: String,
    /// As [`crate::Fallen::cause`].
    pub cause: String,
    /// How many there are.
    pub count: u64,
    /// When the first of them first failed.
    pub first_failed_at: Timestamp,
    /// When the last of them last failed.
    pub last_failed_at: Timestamp,
    /// The one that failed last.
    pub example: DeadLetterId,
    /// How many failed last in the hour before now.
    pub last_hour: u64,
    /// How many in the hour before that.
    pub hour_before: u64,
}
