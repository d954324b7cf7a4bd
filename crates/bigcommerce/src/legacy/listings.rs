//! Where the shop lists a SKU, or what a product lists.

use std::collections::BTreeSet;

use crossdock_domain::{Listing, Sku};
use crossdock_storefront::StorefrontError;

use super::product::{OptionSku, PRODUCTS, Product, SKUS, SUMMARY, products};
use super::{ABOUT, catalogue};
use crate::client::Client;
use crate::pages;

/// Most SKUs that are asked for one by one, which costs two calls each: for more, the whole catalogue is read, at hundreds a call.
const ASKED_ALONE_MAX: usize = 50;

/// Every listing of these SKUs; case and spaces count, although the shop's filter may be laxer.
pub(crate) async fn of_skus(client: &Client, skus: &[Sku]) -> Result<Vec<Listing>, StorefrontError> {
    let wanted: BTreeSet<&str> = skus.iter().map(Sku::as_str).filter(|sku| !sku.trim().is_empty()).collect();
    let mut listings = if wanted.len() > ASKED_ALONE_MAX {
        catalogue::whole(client).await?
    } else {
        asked_alone(client, &wanted).await?
    };
    listings.retain(|listing| wanted.contains(listing.sku.as_str()));
    Ok(listings)
}

async fn asked_alone(client: &Client, skus: &BTreeSet<&str>) -> Result<Vec<Listing>, StorefrontError> {
    let mut listings: Vec<Listing> = Vec::new();
    let mut options: Vec<OptionSku> = Vec::new();
    for sku in skus {
        let found: Vec<Product> =
            pages::v2_rows_where(client, PRODUCTS, &[("sku", *sku), SUMMARY], ABOUT).await?;
        listings.extend(found.iter().filter_map(Product::listing));
        options.extend(pages::v2_rows_where::<OptionSku>(client, SKUS, &[("sku", *sku)], ABOUT).await?);
    }
    listings.extend(of_options(client, &options).await?);
    Ok(listings)
}

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
