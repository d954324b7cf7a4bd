//! What happened to an order, for people.

use jiff::Timestamp;
use serde::Serialize;

/// Something to tell about an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// The same key of the same order is the same happening, told again: the event's id, or the step's name.
    pub key: String,
    /// When, UTC.
    pub at: Timestamp,
    /// Who says so: a role, for example `order-importer`.
    pub role: &'static str,
    /// What, in a sentence without a full stop, for example `released to the warehouse as BG1001`.
    pub what: String,
    /// Why: the event that caused it (`store/order/created`), or the rule.
    pub cause: String,
}

/// One line of an order's timeline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TimelineEntry {
    /// When, UTC.
    pub at: Timestamp,
    /// Who says so.
    pub role: String,
    /// What happened.
    pub what: String,
    /// Why.
    pub cause: String,
}
