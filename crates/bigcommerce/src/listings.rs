//! What products list.

use std::collections::BTreeSet;

use crossdock_storefront::{Priority, ProductListings, StorefrontError};
use serde_json::value::RawValue;

use crate::client::{About, Client};
use crate::pages;
use crate::product::{FIELDS, listings_of};

/// Most product ids asked for in one call.
const FILTER_VALUES_MAX: usize = 50;

pub(crate) const ABOUT: About<'static> =
    About { subject: "catalogue", scope: "read products", priority: Priority::Stock };

/// Every listing of these products.
pub(crate) async fn of_products(client: &Client, ids: &[String]) -> Result<ProductListings, StorefrontError> {
    // What is no number is no product of this platform; as a filter it would be refused, and the others with it.
    let ids: BTreeSet<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
    let mut found = ProductListings::default();
    for ids in ids.chunks(FILTER_VALUES_MAX) {
        let ids = ids.join(",");
        let query = [("id:in", ids.as_str()), ("include", "variants"), ("include_fields", FIELDS)];
        let rows: Vec<Box<RawValue>> = pages::v3_rows(client, "/v3/catalog/products", &query, ABOUT).await?;
        let of_these = listings_of(&rows);
        found.listings.extend(of_these.listings);
        found.unread.extend(of_these.unread);
    }
    Ok(found)
}
