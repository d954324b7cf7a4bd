//! What a shop is told of its stock.

use crossdock_domain::Listing;

/// A quantity to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// Where.
    pub listing: Listing,
    /// Units that the shop may sell.
    pub units: i64,
}
