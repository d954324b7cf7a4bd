//! Where an order stands, or would, in two words.

use std::fmt;

use crossdock_ledger::OrderRecord;
use crossdock_order_importer::Imported;
use serde::Serialize;

/// A state and its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Fate {
    /// An order's state, `failed` or `left`.
    pub(super) state: &'static str,
    /// Empty where the state needs none.
    pub(super) reason: String,
}

impl Fate {
    /// Nothing was done about it, because of Ctrl-C.
    pub(super) fn left() -> Self {
        Self { state: LEFT, reason: "stopped; run it again to go on".to_owned() }
    }

    /// Whether it could not be imported.
    pub(super) fn is_failure(&self) -> bool {
        self.state == FAILED
    }
}

const FAILED: &str = "failed";

const LEFT: &str = "left";

impl From<Imported> for Fate {
    fn from(imported: Imported) -> Self {
        let (state, reason) = match imported {
            Imported::Released => ("released", String::new()),
            Imported::AlreadyThere(state) => (state.as_str(), String::new()),
            Imported::Held { reason } => ("held", reason),
            Imported::Filtered { reason } => ("filtered", reason),
            Imported::Cancelled { reason } => ("cancelled", reason),
            Imported::Failed(failure) => (FAILED, failure.chain),
        };
        Self { state, reason }
    }
}

impl From<&OrderRecord> for Fate {
    fn from(order: &OrderRecord) -> Self {
        Self { state: order.state.as_str(), reason: order.reason.clone() }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason.as_str() {
            "" => f.write_str(self.state),
            reason => write!(f, "{}: {reason}", self.state),
        }
    }
}
