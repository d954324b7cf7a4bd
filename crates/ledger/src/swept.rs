//! How far a shop's changes were compared with the orders here.

use jiff::Timestamp;

/// The time over which a shop's changes were compared with the orders here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// From when on, without a gap; none if a version put it down that did not know.
    pub from: Option<Timestamp>,
    /// Up to when, by the clock of the process that swept.
    pub to: Timestamp,
}
