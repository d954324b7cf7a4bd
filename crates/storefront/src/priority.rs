//! What a call to a shop is for.

/// What a call is for. Where a shop's request budget is scarce, the first of these go first: each leaves a larger part of the budget
/// alone than the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Tracking numbers, orders that somebody waits for, and what a person at the command line asks.
    Urgent,
    /// Orders that are known already and have changed, and a few quantities that have, where others wait in bulk.
    Amendment,
    /// Quantities, and where they are listed.
    Stock,
    /// Looking for what no webhook told.
    Sweep,
}
