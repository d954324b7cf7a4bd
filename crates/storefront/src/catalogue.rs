//! All that a shop lists, a page at a time.

use crossdock_domain::Listing;

use crate::Place;

/// A part of a shop's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePage {
    /// In no particular order. May be empty although more pages follow.
    pub listings: Vec<Listing>,
    /// Where the next page begins; none after the last one.
    pub next: Option<Place>,
}
