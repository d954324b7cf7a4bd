//! What products list.

use std::collections::BTreeSet;

use crossdock_domain::Listing;
use crossdock_storefront::StorefrontError;

use super::ABOUT;
use super::product::{OptionSku, PRODUCTS, products};
use crate::client::Client;
use crate::pages;

/// Every listing of these products.
pub(crate) async fn of_products(client: &Client, ids: &[String]) -> Result<Vec<Listing>, StorefrontError> {
    let ids: BTreeSet<u64> = ids.iter().filter_map(|id| id.parse().ok()).collect();
    let mut listings = Vec::new();
    for (id, product) in products(client, &ids).await? {
        let path = format!("{PRODUCTS}/{id}/skus");
        let options: Vec<OptionSku> = pages::v2_rows(client, &path, ABOUT).await?;
        listings.extend(product.listing());
        listings.extend(options.iter().filter_map(|option| product.listing_of_option(option)));
    }
    Ok(listings)
}

/// The listings of these SKUs, of which their products tell how they are counted.
pub(super) async fn of_options(
    client: &Client,
    options: &[OptionSku],
) -> Result<Vec<Listing>, StorefrontError> {
    let products = products(client, &options.iter().map(|option| option.product_id).collect()).await?;
    let listing = |option: &OptionSku| products.get(&option.product_id)?.listing_of_option(option);
    Ok(options.iter().filter_map(listing).collect())
}
