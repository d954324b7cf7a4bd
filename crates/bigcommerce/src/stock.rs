//! Writes quantities to the shop's inventory, absolutely.
//!
//! All of them go to location 1, the default one; what other locations of a shop hold is left alone. The shop carries them out in its own
//! time ("asynchronous", guide to inventory adjustments), so a read right after may be old: nothing here reads. Nor does the answer say
//! which quantities were others before: it is a transaction's id. A quantity over the platform's 2,147,483,647 is left to the shop to
//! refuse, like any other bad one.

mod culprits;

use std::collections::BTreeSet;

use crossdock_storefront::{Priority, Quantity, StorefrontError, Taken};
use http::Method;
use serde::Serialize;

use crate::client::{About, Client};
use culprits::culprits;

/// Most items in one adjustment. Source: `docs/store-operations/catalog/inventory-adjustments.mdx` of bigcommerce/docs.
const ITEMS_MAX: usize = 2000;

/// Most further calls to find out which items the shop refuses: some 20 for one in 2,000 that it does not name. It leaves half of the
/// smallest plan's window to others.
const SEARCH_CALLS_MAX: usize = 60;

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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Identity<'a> {
    VariantId(u64),
    ProductId(u64),
    Sku(&'a str),
}

impl<'a> Identity<'a> {
    fn of(quantity: &'a Quantity) -> Self {
        let listing = &quantity.listing;
        let identity = match &listing.variant_id {
            Some(variant) => variant.parse().map(Identity::VariantId),
            None => listing.product_id.parse().map(Identity::ProductId),
        };
        identity.unwrap_or(Identity::Sku(listing.sku.as_str()))
    }
}

/// So many items were refused that they were not all found.
#[derive(Debug, thiserror::Error)]
#[error("the shop refuses more of the quantities than are looked for at once; the rest comes later")]
struct ManyRefused;

impl From<ManyRefused> for StorefrontError {
    fn from(many: ManyRefused) -> Self {
        Self::Unavailable { cause: many.into() }
    }
}

/// Sets them, one adjustment after the other: "Wait to send new requests until the current request returns".
///
/// The shop sets all items of an adjustment or none. Of a refused one, the items that the shop names fail alone, and the rest is sent
/// again; where it names none, each half is. What would befall every adjustment (no answer, no credentials, no quota, a refusal that is
/// not of items) fails all that are left.
pub(crate) async fn set_stock(
    client: &Client,
    quantities: &[Quantity],
) -> Vec<Result<Taken, StorefrontError>> {
    let places: Vec<usize> = (0..quantities.len()).collect();
    // The next one is at the end: of a refused one, the parts come before the others, so that a search ends with something found.
    let mut groups: Vec<Vec<usize>> = places.chunks(ITEMS_MAX).rev().map(<[usize]>::to_vec).collect();
    let (mut calls_left, mut takes_some) = (groups.len() + SEARCH_CALLS_MAX, false);
    let mut named = BTreeSet::new();
    let mut results: Vec<Result<Taken, StorefrontError>> =
        quantities.iter().map(|_| Ok(Taken::MayHaveChanged)).collect();
    while let Some(group) = groups.pop() {
        let outcome = match calls_left.checked_sub(1) {
            Some(left) => {
                calls_left = left;
                adjust(client, quantities, &group).await
            }
            // A shop that takes nothing at all hardly means the quantities that were tried alone. It does mean those that it named.
            None if !takes_some => return only_named(results, &named),
            None => Err(ManyRefused.into()),
        };
        match outcome {
            Ok(()) => takes_some = true,
            Err(StorefrontError::Refused { status: status @ (400 | 409 | 422), message }) => {
                let refused = culprits(&message, &identities(quantities, &group));
                let rest = rest_of(&group, |place| refused.contains_key(&place));
                for (place, words) in refused {
                    if group.len() > 1 {
                        named.insert(group[place]);
                    }
                    results[group[place]] = Err(StorefrontError::Refused { status, message: words });
                }
                groups.extend(rest);
            }
            Err(error) => {
                let error = error.of_whole_call();
                for place in group {
                    results[place] = Err(error.repeated());
                }
                for place in groups.drain(..).flatten() {
                    results[place] = Err(error.of_what_was_kept_back());
                }
            }
        }
    }
    results
}

/// The refusals of those that the shop named among others; nobody knows of the rest.
fn only_named(
    results: Vec<Result<Taken, StorefrontError>>,
    named: &BTreeSet<usize>,
) -> Vec<Result<Taken, StorefrontError>> {
    let known = |(place, result)| if named.contains(&place) { result } else { Err(ManyRefused.into()) };
    results.into_iter().enumerate().map(known).collect()
}

/// What is sent again of a refused group, the next one at the end: all but the culprits, or where none is known, each half.
fn rest_of(group: &[usize], is_culprit: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
    let rest: Vec<usize> =
        group.iter().enumerate().filter(|(place, _)| !is_culprit(*place)).map(|(_, at)| *at).collect();
    if rest.len() < group.len() {
        return [rest].into_iter().filter(|rest| !rest.is_empty()).collect();
    }
    let (first, second) = rest.split_at(rest.len() / 2);
    vec![second.to_vec(), first.to_vec()]
}

fn identities<'a>(quantities: &'a [Quantity], group: &[usize]) -> Vec<Identity<'a>> {
    group.iter().map(|at| Identity::of(&quantities[*at])).collect()
}

async fn adjust(client: &Client, quantities: &[Quantity], group: &[usize]) -> Result<(), StorefrontError> {
    let item = |at: &usize| Item {
        location_id: LOCATION_ID,
        identity: Identity::of(&quantities[*at]),
        quantity: quantities[*at].units,
    };
    let adjustment = Adjustment { reason: "crossdock", items: group.iter().map(item).collect() };
    let path = "/v3/inventory/adjustments/absolute";
    client.write(Method::PUT, path, &adjustment, ABOUT).await.map(drop).map_err(StorefrontError::of_a_write)
}
