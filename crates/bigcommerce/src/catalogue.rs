//! Reads the whole catalogue, a page at a time.
//!
//! Pages go by the products' ids, which no change moves: a product that is in the shop throughout is in one of them.

use crossdock_storefront::{CataloguePage, Place, StorefrontError};
use serde_json::value::RawValue;

use crate::answer::malformed;
use crate::call_size::CallSize;
use crate::client::{Client, TooLong};
use crate::listings::ABOUT;
use crate::pages::V3Page;
use crate::product::{FIELDS, id_of, listings_of};

/// A place that another storefront made.
#[derive(Debug, thiserror::Error)]
#[error("the place in the catalogue is no product's id")]
struct Misplaced;

/// A list in which a product could be missed.
#[derive(Debug, thiserror::Error)]
#[error("the catalogue does not begin where it was asked to, or is not sorted by id as it was asked to be")]
struct Unsorted;

/// A page without a single product that has an id: there is no telling where the next one begins.
#[derive(Debug, thiserror::Error)]
#[error("no product in the catalogue has an id, and there are more")]
struct Nameless;

/// The first page, or the one at that place.
///
/// Variants come with their products, all of them (the OpenAPI file limits pages only for options and modifiers), so that a page is
/// as large as its products have variants: one that is too large to be read, or that the shop is too slow for, makes the next smaller.
pub(crate) async fn page(
    client: &Client,
    size: &CallSize,
    from: Option<&Place>,
) -> Result<CataloguePage, StorefrontError> {
    let begin = from.map(|place| place.as_str().parse::<u64>()).transpose();
    let begin = begin.map_err(|_| malformed(Misplaced.into()))?.unwrap_or_default();
    loop {
        let products = size.now();
        let page = read(client, begin, products).await;
        let too_long = matches!(&page, Err(StorefrontError::Malformed { cause }) if cause.is::<TooLong>());
        if !too_long {
            size.learn(&page);
            return page;
        }
        size.learn(&Err::<(), _>(StorefrontError::Unavailable { cause: TooLong.into() }));
        if size.now() >= products {
            return page;
        }
    }
}

async fn read(client: &Client, begin: u64, products: u64) -> Result<CataloguePage, StorefrontError> {
    let (begins, limit) = (begin.to_string(), products.to_string());
    let query = [
        ("id:min", begins.as_str()),
        ("sort", "id"),
        ("direction", "asc"),
        ("limit", limit.as_str()),
        ("include", "variants"),
        ("include_fields", FIELDS),
    ];
    let answer = client.get("/v3/catalog/products", &query, ABOUT).await?;
    let page: V3Page<Box<RawValue>> = answer.read()?;
    let ids: Vec<u64> = page.data.iter().filter_map(|row| id_of(row)).collect();
    if ids.first().is_some_and(|first| *first < begin) || !ids.is_sorted() {
        return Err(malformed(Unsorted.into()));
    }
    let next = match ids.last() {
        _ if page.is_last(1, usize::try_from(products).unwrap_or(usize::MAX)) => None,
        Some(last) => Some(Place::new(last.saturating_add(1).to_string())),
        None => return Err(malformed(Nameless.into())),
    };
    Ok(CataloguePage { products: listings_of(&page.data), next })
}
