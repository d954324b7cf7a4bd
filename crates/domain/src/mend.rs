//! Whether waiting mends an error. Every error that reaches a consumer says so, and nobody else decides.

use std::time::Duration;

/// What would mend a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Trying again later may help: a timeout, a 5xx, a database that is away. Counts as an attempt.
    Wait,
    /// The other side said how long to wait (429). Does not count as an attempt.
    WaitFor(Duration),
    /// New credentials would help. Does not count as an attempt: the work resumes by itself once they are in.
    Credentials,
    /// Nothing that we do again helps; a person has to look.
    Never,
}

/// An error that knows what would mend it. Implementations match every variant, without a `_` arm.
pub trait Classify {
    /// What would mend it.
    fn mend(&self) -> Mend;

    /// A short, stable word for the kind of failure, for dead letters and metrics, for example `shop-not-found`.
    fn class(&self) -> &'static str;
}
