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

/// How a shop took a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It says that it changed something: where it tells of changed products, it will tell of this.
    Changed,
    /// It took the quantity, and does not say whether that was another before: if so, it will tell of this.
    MayHaveChanged,
    /// It took the quantity when it was sent once more, as the first time brought no good answer. That first one may reach it yet, and
    /// stand there in place of what it is told meanwhile. Else as [`Self::MayHaveChanged`].
    SentAgain,
    /// The quantity stands, and the shop tells nobody. Nothing had to be changed for it, or it does not say.
    Stands,
}
