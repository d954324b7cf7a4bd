//! Reads the whole catalogue, a page at a time.
//!
//! Sorted by when products were made (`sortBy=ADDED_TIME_ASC`, docs.ecwid.com, "Search products"; the official client's tests prove the
//! order), a change moves none and a new one comes last. Only a deletion moves others: each page begins with the last product of the page
//! before, and where it does not, the walk goes back.

use std::fmt;
use std::str::FromStr;

use crossdock_storefront::{CataloguePage, Place, ProductListings, StorefrontError};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Ecwid;
use crate::client::Call;
use crate::listing::{CATALOGUE, PAGE_ROWS};
use crate::product::{FIELDS, Product};
use crate::scalar::Scalar;
use crate::shape::{self, ShapeError};

/// `GET /products`, of which one that is not as documented must not hide the others.
#[derive(Deserialize)]
struct Page {
    total: usize,
    items: Vec<Box<RawValue>>,
}

/// A row of the list, as far as paging needs it.
#[derive(Deserialize)]
struct Numbered {
    id: Scalar,
}

/// Where a page begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Begin {
    offset: usize,
    /// The product that stood there, and how many there were in all; none at the beginning and after going back.
    anchor: Option<(String, usize)>,
}

impl Ecwid {
    /// The first page, or the one at that place.
    pub(crate) async fn catalogue_page(
        &self,
        from: Option<&Place>,
    ) -> Result<CataloguePage, StorefrontError> {
        let begin = from.map(|place| place.as_str().parse()).transpose().map_err(malformed)?;
        let begin: Begin = begin.unwrap_or_default();
        let (limit, offset) = (PAGE_ROWS.to_string(), begin.offset.to_string());
        let fields = format!("total,items({FIELDS})");
        let query = &[
            ("sortBy", "ADDED_TIME_ASC"),
            ("limit", limit.as_str()),
            ("offset", &offset),
            ("responseFields", &fields),
        ];
        let page: Page = self.client.get(Call { query, ..CATALOGUE }).await?;
        let ids: Vec<String> = page.items.iter().map(|row| id(row)).collect();
        let next = begin.next(&ids, page.total).map_err(malformed)?;
        let products = listings_of(ids.iter().zip(&page.items).map(|(id, row)| (id.as_str(), &**row)));
        Ok(CataloguePage { products, next: next.map(|begin| Place::new(begin.to_string())) })
    }
}

impl Begin {
    /// Where the page after one of these products begins; none after the last.
    fn next(&self, ids: &[String], total: usize) -> Result<Option<Self>, ShapeError> {
        if let Some((anchor, before)) = &self.anchor
            && ids.first() != Some(anchor)
        {
            let gone = before.saturating_sub(total).max(PAGE_ROWS);
            return Ok(Some(Self { offset: self.offset.saturating_sub(gone), anchor: None }));
        }
        let end = self.offset + ids.len();
        match ids.last() {
            _ if end >= total => Ok(None),
            // Else the next page would begin no later than this one.
            Some(last) if ids.len() > 1 => {
                Ok(Some(Self { offset: end - 1, anchor: Some((last.clone(), total)) }))
            }
            _ => Err(ShapeError::new("items", "expected some, as total says that there are more")),
        }
    }
}

/// Empty for a product that has none.
pub(crate) fn id(row: &RawValue) -> String {
    shape::read::<Numbered>(row.get().as_bytes()).map(|row| row.id.0).unwrap_or_default()
}

/// What these products list, each with its id.
pub(crate) fn listings_of<'r>(rows: impl Iterator<Item = (&'r str, &'r RawValue)>) -> ProductListings {
    let mut found = ProductListings::default();
    for (id, row) in rows {
        match read(id, row) {
            Some(product) => found.listings.extend(product.listings()),
            None => found.unread.push(id.to_owned()),
        }
    }
    found
}

/// None, and a line in the log, if it is not as documented: it must not hide others, nor keep back what has nothing to do with it.
pub(crate) fn read(id: &str, row: &RawValue) -> Option<Product> {
    let read = shape::read(row.get().as_bytes());
    if let Err(fault) = &read {
        tracing::warn!(product.id = id, %fault, "a product in the shop's catalogue is not as documented; it is left out");
    }
    read.ok()
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.anchor {
            Some((id, total)) => write!(f, "{}/{total}/{id}", self.offset),
            None => write!(f, "{}", self.offset),
        }
    }
}

impl FromStr for Begin {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let read = || {
            let mut parts = text.splitn(3, '/');
            let offset = parts.next()?.parse().ok()?;
            let Some(total) = parts.next() else { return Some(Self { offset, anchor: None }) };
            Some(Self { offset, anchor: Some((parts.next()?.to_owned(), total.parse().ok()?)) })
        };
        read().ok_or_else(|| ShapeError::new("place", "expected one of an Ecwid catalogue"))
    }
}

fn malformed(fault: ShapeError) -> StorefrontError {
    StorefrontError::Malformed { cause: Box::new(fault) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(numbers: impl IntoIterator<Item = u32>) -> Vec<String> {
        numbers.into_iter().map(|number| number.to_string()).collect()
    }

    #[test]
    fn a_still_catalogue_is_walked_once() {
        let first = Begin::default().next(&ids(0..100), 150).unwrap().unwrap();
        assert_eq!((first.offset, first.to_string().as_str()), (99, "99/150/99"));
        assert_eq!(first.to_string().parse::<Begin>().unwrap(), first);
        assert_eq!(first.next(&ids(99..150), 150).unwrap(), None);
        assert_eq!(Begin::default().next(&[], 0).unwrap(), None);
    }

    #[test]
    fn a_catalogue_that_gives_nothing_is_not_asked_for_ever() {
        assert!(Begin::default().next(&[], 7).is_err());
        assert!(Begin::default().next(&ids([1]), 7).is_err());
        for text in ["", "x", "1/", "1/2", "1/x/3"] {
            assert!(text.parse::<Begin>().is_err(), "{text}");
        }
    }

    proptest! {
        /// Between two pages as many products are made as go, so that the total tells nothing.
        #[test]
        fn what_stays_in_the_catalogue_is_seen(gone in prop::collection::vec(any::<u16>(), 0..40)) {
            let mut products: Vec<u32> = (0..350).collect();
            let mut made = 350..;
            let (mut seen, mut begin) = (Vec::new(), Some(Begin::default()));
            let mut gone = gone.into_iter();
            while let Some(at) = begin {
                let page: Vec<u32> = products.iter().skip(at.offset).take(PAGE_ROWS).copied().collect();
                begin = at.next(&ids(page.iter().copied()), products.len()).unwrap();
                seen.extend(page);
                for one in gone.by_ref().take(3) {
                    products.remove(usize::from(one) % products.len());
                    products.extend(made.next());
                }
            }
            prop_assert!((0..350).filter(|one| products.contains(one)).all(|one| seen.contains(&one)));
        }
    }
}
