//! Whether quantities stand at a shop that says it updated nothing.
//!
//! Whether Ecwid answers `updateCount` 0 for a quantity that stands already is not documented. If it does, a daily push is answered so
//! nearly throughout: what was read product by product would cost as much again as the push, and more than the budget has left after it.

use std::collections::{BTreeSet, HashMap};

use crossdock_storefront::{Priority, StorefrontError, Taken};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Target;
use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::listing::{CATALOGUE, PAGE_ROWS};
use crate::scalar::Scalar;
use crate::shape;
use crate::tracking::Updated;

/// Most quantities of a batch that are read one by one. A search reads 100 products in a call, but lags behind by seconds (the official
/// client's tests wait for it): what it does not find standing is not refused before it was read by itself.
const READ_ALONE_MAX: usize = 8;

/// `GET /products`.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
}

/// A product's stock as it stands, and that of its variations. What the shop does not count has no quantity.
#[derive(Debug, Deserialize)]
struct Product {
    id: Scalar,
    quantity: Option<i64>,
    #[serde(default)]
    combinations: Vec<Variation>,
}

#[derive(Debug, Deserialize)]
struct Variation {
    id: Scalar,
    quantity: Option<i64>,
}

/// The answer to a read of one product or variation.
#[derive(Debug, Deserialize)]
struct Standing {
    quantity: Option<i64>,
}

/// What a search found, by product.
#[derive(Debug, Default)]
struct Found(HashMap<String, Product>);

impl Found {
    fn add(&mut self, page: &Page) {
        // One that is not as documented is read by itself.
        let products = page.items.iter().filter_map(|row| shape::read::<Product>(row.get().as_bytes()).ok());
        self.0.extend(products.map(|product| (product.id.0.clone(), product)));
    }

    fn stands(&self, target: &Target<'_>) -> bool {
        let product = self.0.get(&target.listing.product_id);
        let quantity = product.and_then(|product| match &target.listing.variant_id {
            None => product.quantity,
            Some(id) => product.combinations.iter().find(|one| one.id.0 == *id)?.quantity,
        });
        quantity == Some(target.update.quantity)
    }
}

impl Ecwid {
    /// Whether each of these quantities stands there, although nothing was updated: a few are read one by one, more by searches.
    ///
    /// If a search still has not got many of them, only the first of these are read. The others are
    /// [`StorefrontError::OutOfTime`]: they are told again in a moment, when it has.
    pub(super) async fn all_stand(&self, targets: &[&Target<'_>]) -> Vec<Result<Taken, StorefrontError>> {
        let found = match self.found(targets).await {
            Ok(found) => found,
            Err(error) => {
                let error = error.of_whole_call();
                return targets.iter().map(|_| Err(error.repeated())).collect();
            }
        };
        let (mut results, mut alone) = (Vec::with_capacity(targets.len()), 0);
        for target in targets {
            let result = if found.stands(target) {
                Ok(Taken::Stands)
            } else if alone < READ_ALONE_MAX {
                alone += 1;
                self.stands(target).await
            } else {
                Err(StorefrontError::OutOfTime)
            };
            results.push(result);
        }
        results
    }

    /// Whether the quantity stands there, although nothing was updated.
    pub(super) async fn stands(&self, target: &Target<'_>) -> Result<Taken, StorefrontError> {
        let query = &[("responseFields", "quantity")];
        let read = Call { query, scope: Scope::ReadCatalog, ..target.call() };
        let standing: Standing = self.client.get(read).await?;
        if standing.quantity == Some(target.update.quantity) {
            Ok(Taken::Stands)
        } else {
            Err(Updated::nothing())
        }
    }

    /// What searches tell of these; nothing of a few.
    async fn found(&self, targets: &[&Target<'_>]) -> Result<Found, StorefrontError> {
        let mut found = Found::default();
        if targets.len() <= READ_ALONE_MAX {
            return Ok(found);
        }
        let ids: BTreeSet<&str> = targets.iter().map(|target| target.listing.product_id.as_str()).collect();
        let (ids, limit) = (ids.into_iter().collect::<Vec<_>>(), PAGE_ROWS.to_string());
        for ids in ids.chunks(PAGE_ROWS) {
            let ids = ids.join(",");
            let query = &[
                ("productId", ids.as_str()),
                ("limit", limit.as_str()),
                ("responseFields", "items(id,quantity,combinations(id,quantity))"),
            ];
            found.add(&self.client.get(Call { query, priority: Priority::Amendment, ..CATALOGUE }).await?);
        }
        Ok(found)
    }
}
