//! The rules by which a shop's kept-out orders were told to be judged.

use jiff::Timestamp;

/// The rules by which a shop's kept-out orders were told to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesTold {
    /// Differs wherever the rules differ.
    pub fingerprint: String,
    /// When they are to be told once more; none: they were.
    pub again_at: Option<Timestamp>,
}
