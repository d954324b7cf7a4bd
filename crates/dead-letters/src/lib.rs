//! Takes dead letters into the ledger; groups, previews, replays, discards them.

/// The role's name, in settings, logs and acts.
pub const ROLE: &str = "dead-letters";
