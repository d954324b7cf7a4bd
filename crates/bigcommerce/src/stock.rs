//! Writes quantities to the shop's inventory, absolutely.

use crossdock_storefront::{Priority, Quantity, StorefrontError};
use http::Method;
use serde::Serialize;

use crate::client::{About, Client};

/// Most items in one adjustment. Source: `docs/store-operations/catalog/inventory-adjustments.mdx` of bigcommerce/docs.
const ITEMS_MAX: usize = 2000;

/// The shop's only location, unless it has the multi-location feature; then its default one.
const LOCATION_ID: u64 = 1;

const ABOUT: About<'static> =
    About { subject: "inventory location 1", scope: "modify store inventory", priority: Priority::Stock };

#[derive(Serialize)]
struct Adjustment<'a> {
    reason: &'static str,
    items: Vec<Item<'a>>,
}

#[derive(Serialize)]
struct Item<'a> {
    location_id: u64,
    #[serde(flatten)]
    identity: Identity<'a>,
    quantity: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Identity<'a> {
    VariantId(u64),
    ProductId(u64),
    Sku(&'a str),
}

impl<'a> Item<'a> {
    fn new(quantity: &'a Quantity) -> Self {
        let listing = &quantity.listing;
        let identity = match &listing.variant_id {
            Some(variant) => variant.parse().map(Identity::VariantId),
            None => listing.product_id.parse().map(Identity::ProductId),
        };
        let identity = identity.unwrap_or(Identity::Sku(listing.sku.as_str()));
        Self { location_id: LOCATION_ID, identity, quantity: quantity.units }
    }
}

/// Sets them, one adjustment after the other: "Wait to send new requests until the current request returns".
///
/// A refusal befalls all items of its adjustment, and the next adjustment is tried. What would befall every adjustment (no
/// answer, no credentials, no quota) is not tried again for the rest.
pub(crate) async fn set_stock(client: &Client, quantities: &[Quantity]) -> Vec<Result<(), StorefrontError>> {
    let mut results: Vec<Result<(), StorefrontError>> = Vec::with_capacity(quantities.len());
    for chunk in quantities.chunks(ITEMS_MAX) {
        if let Some(Err(error)) = results.last()
            && !matches!(error, StorefrontError::Refused { .. })
        {
            let error = error.repeated();
            results.extend(chunk.iter().map(|_| Err(error.repeated())));
            continue;
        }
        let adjustment = Adjustment { reason: "crossdock", items: chunk.iter().map(Item::new).collect() };
        let path = "/v3/inventory/adjustments/absolute";
        match client.write(Method::PUT, path, &adjustment, ABOUT).await {
            Ok(_) => results.extend(chunk.iter().map(|_| Ok(()))),
            Err(error) => results.extend(chunk.iter().map(|_| Err(error.repeated()))),
        }
    }
    results
}
