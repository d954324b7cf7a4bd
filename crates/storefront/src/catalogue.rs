//! What a shop lists: all of it, a page at a time, or what some products do.

use crossdock_domain::Listing;

use crate::Place;

/// What some products list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProductListings {
    /// In no particular order. A product that is gone has none.
    pub listings: Vec<Listing>,
    /// Products that are there and are not as documented: nobody knows what they list now.
    pub unread: Vec<String>,
}

/// A part of a shop's catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CataloguePage {
    /// What its products list. May be nothing although more pages follow.
    pub products: ProductListings,
    /// Where the next page begins; none after the last one.
    pub next: Option<Place>,
}
