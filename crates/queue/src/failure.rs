//! Why a message could not be handled, as the runner and the dead letters need it.

use std::error::Error;

use crossdock_domain::{Classify, Mend};
use crossdock_telemetry::chain;

/// A failure, taken down from an error that knows what would mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Kind of failure, a stable word.
    pub class: &'static str,
    /// The error and all its causes in one line.
    pub chain: String,
    /// What would mend it.
    pub mend: Mend,
}

impl<E: Classify + Error + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self { class: error.class(), chain: chain(&error), mend: error.mend() }
    }
}
