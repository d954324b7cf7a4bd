//! Reads the whole old catalogue, a page at a time: the products first, then all their SKUs.
//!
//! Pages go by id, which no change moves.

use crossdock_domain::Listing;
use crossdock_storefront::{CataloguePage, Place, ProductListings, StorefrontError};
use serde::de::DeserializeOwned;

use super::ABOUT;
use super::listings::of_options;
use super::product::{OptionSku, PRODUCTS, Product, SKUS, SUMMARY};
use crate::answer::malformed;
use crate::client::Client;
use crate::pages::{PAGE_ROWS, V2_PAGE_ROWS_MIN};

/// A place that another kind of account made.
#[derive(Debug, thiserror::Error)]
#[error("the place in the catalogue is none of a legacy account")]
struct Misplaced;

/// A list in which something could be missed.
#[derive(Debug, thiserror::Error)]
#[error("{list} does not begin at the id that it was asked to, or is not sorted by id")]
struct Unsorted {
    list: &'static str,
}

/// A list of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Products,
    Skus,
}

/// The first page, or the one at that place.
pub(crate) async fn page(client: &Client, from: Option<&Place>) -> Result<CataloguePage, StorefrontError> {
    let (part, begin) = match from {
        Some(place) => read_place(place).ok_or_else(|| malformed(Misplaced.into()))?,
        None => (Part::Products, 1),
    };
    match part {
        Part::Products => {
            let (rows, next) =
                rows_from(client, PRODUCTS, &[SUMMARY], begin, |product: &Product| product.id).await?;
            let next = next.map_or((Part::Skus, 1), |id| (part, id));
            let listings = rows.iter().filter_map(Product::listing).collect();
            Ok(CataloguePage { products: all_read(listings), next: Some(place(next)) })
        }
        Part::Skus => {
            let (rows, next) = rows_from(client, SKUS, &[], begin, |option: &OptionSku| option.id).await?;
            let next = next.map(|id| place((part, id)));
            Ok(CataloguePage { products: all_read(of_options(client, &rows).await?), next })
        }
    }
}

fn all_read(listings: Vec<Listing>) -> ProductListings {
    ProductListings { listings, unread: Vec::new() }
}

/// The rows from this id on, as many as a page has, and the id that the next page begins at; none after the last.
async fn rows_from<T: DeserializeOwned>(
    client: &Client,
    list: &'static str,
    filter: &[(&str, &str)],
    begin: u64,
    id: fn(&T) -> u64,
) -> Result<(Vec<T>, Option<u64>), StorefrontError> {
    let (min_id, limit) = (begin.to_string(), PAGE_ROWS.to_string());
    let query = [filter, &[("min_id", min_id.as_str()), ("limit", limit.as_str())]].concat();
    let rows: Vec<T> = client.get(list, &query, ABOUT).await?.rows()?;
    if rows.first().is_some_and(|row| id(row) < begin) || !rows.is_sorted_by_key(id) {
        return Err(malformed(Unsorted { list }.into()));
    }
    let end = rows.last().filter(|_| rows.len() >= V2_PAGE_ROWS_MIN).map(id);
    Ok((rows, end.map(|end| end.saturating_add(1))))
}

fn place((part, id): (Part, u64)) -> Place {
    Place::new(match part {
        Part::Products => format!("products:{id}"),
        Part::Skus => format!("skus:{id}"),
    })
}

fn read_place(place: &Place) -> Option<(Part, u64)> {
    let (part, id) = place.as_str().split_once(':')?;
    let part = match part {
        "products" => Part::Products,
        "skus" => Part::Skus,
        _ => return None,
    };
    Some((part, id.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_and_another_catalogues_is_refused() {
        for at in [(Part::Products, 1), (Part::Skus, u64::MAX)] {
            assert_eq!(read_place(&place(at)), Some(at));
        }
        for other in ["", "251", "products:", "skus:x", "variants:1"] {
            assert_eq!(read_place(&Place::new(other)), None, "{other}");
        }
    }
}
