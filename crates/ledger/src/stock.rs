//! What is known of a SKU.

use crossdock_domain::{Promised, StockLevel};
use jiff::Timestamp;

/// A counted SKU, as one shop's push needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockLine {
    /// The newest count.
    pub level: StockLevel,
    /// When it was made.
    pub counted_at: Timestamp,
    /// What was sold and still on the shelf when it was counted, over all shops, test orders left out.
    pub promised: Promised,
    /// What this shop was last told.
    pub pushed: Option<i64>,
}
