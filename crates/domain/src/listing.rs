//! Where a shop sells a SKU.

use std::fmt;
use std::str::FromStr;

use crate::Sku;

/// One place where a shop lists a SKU: a product, or a variant of one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Listing {
    /// What is sold there.
    pub sku: Sku,
    /// The shop's id of the product.
    pub product_id: String,
    /// The shop's id of the variant; none where the product itself is sold.
    pub variant_id: Option<String>,
    /// How the shop keeps the stock of it.
    pub stock: ListingStock,
}

/// How a shop keeps the stock of a listing. Only a counted one is told quantities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ListingStock {
    /// The shop counts it by itself.
    Counted,
    /// The merchant sells it without counting. BigCommerce would ignore a quantity; Ecwid would begin to count.
    Uncounted,
    /// It draws on a count that other variants of its product draw on too. The count of one SKU must not overwrite what all share.
    Shared,
    /// It is put together from other listings, and those are counted.
    Composite,
}

/// No word for how stock is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected counted, uncounted, shared or composite")]
pub struct UnknownListingStock;

impl Listing {
    /// Whether the shop is told a quantity for it.
    pub fn takes_quantity(&self) -> bool {
        self.stock == ListingStock::Counted
    }
}

impl ListingStock {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Counted, Self::Uncounted, Self::Shared, Self::Composite];

    /// One word, as the ledger keeps it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Uncounted => "uncounted",
            Self::Shared => "shared",
            Self::Composite => "composite",
        }
    }
}

impl fmt::Display for ListingStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ListingStock {
    type Err = UnknownListingStock;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|stock| stock.as_str() == word).ok_or(UnknownListingStock)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_word() {
        for stock in ListingStock::ALL {
            assert_eq!(stock.to_string().parse(), Ok(stock));
        }
        assert_eq!("true".parse::<ListingStock>(), Err(UnknownListingStock));
    }
}
