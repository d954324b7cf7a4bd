//! What products list.

use std::collections::BTreeSet;

use crossdock_storefront::{Priority, ProductListings, StorefrontError};
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::Ecwid;
use crate::catalogue::{id, listings_of};
use crate::client::{Call, Scope};
use crate::product::FIELDS;
use crate::storefront::CALLS_AT_ONCE_MAX;

/// Products of a search's page, and the most that Ecwid gives.
pub(crate) const PAGE_ROWS: usize = 100;

/// Most products that are read one by one. A search reads 100 in a call, but lags behind by seconds (the official client's tests wait
/// for it): good enough where a merchant changed many at once, as the next reading of the whole catalogue sets right what it missed.
const READ_ALONE_MAX: usize = 8;

/// `GET /products`.
#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<Box<RawValue>>,
}

/// A product's id and its row.
type Row = (String, Box<RawValue>);

impl Ecwid {
    /// What these products list.
    pub(crate) async fn listings_by_product(
        &self,
        ids: &[String],
    ) -> Result<ProductListings, StorefrontError> {
        // What is no number is no product of this platform; in a search it would be refused, and the others with it.
        let ids: BTreeSet<u64> = ids.iter().filter_map(|id| id.trim().parse().ok()).collect();
        let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        let few = ids.len() <= READ_ALONE_MAX;
        let rows = if few { self.rows_one_by_one(&ids).await? } else { self.rows_by_searches(&ids).await? };
        Ok(listings_of(rows.iter().map(|(id, row)| (id.as_str(), &**row))))
    }

    async fn rows_one_by_one(&self, ids: &[String]) -> Result<Vec<Row>, StorefrontError> {
        let reads: Vec<_> = ids.iter().map(|id| self.row(id)).collect();
        let rows: Vec<Option<Row>> = stream::iter(reads).buffered(CALLS_AT_ONCE_MAX).try_collect().await?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// None if it is gone.
    async fn row(&self, id: &str) -> Result<Option<Row>, StorefrontError> {
        let query = &[("responseFields", FIELDS)];
        let call = Call { path: &["products", id], query, ..CATALOGUE };
        match self.client.get(call).await {
            Ok(row) => Ok(Some((id.to_owned(), row))),
            Err(StorefrontError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn rows_by_searches(&self, ids: &[String]) -> Result<Vec<Row>, StorefrontError> {
        let mut rows = Vec::new();
        for ids in ids.chunks(PAGE_ROWS) {
            let page = self.products(("productId", &ids.join(","))).await?;
            rows.extend(page.items.into_iter().map(|row| (id(&row), row)));
        }
        Ok(rows)
    }

    async fn products(&self, filter: (&str, &str)) -> Result<Page, StorefrontError> {
        let (limit, fields) = (PAGE_ROWS.to_string(), format!("items({FIELDS})"));
        let query = &[filter, ("limit", limit.as_str()), ("responseFields", fields.as_str())];
        self.client.get(Call { query, ..CATALOGUE }).await
    }
}

/// A search of the catalogue.
pub(crate) const CATALOGUE: Call<'static> = Call {
    path: &["products"],
    query: &[],
    scope: Scope::ReadCatalog,
    what: "catalogue",
    priority: Priority::Stock,
};
