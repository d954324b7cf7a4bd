//! Lists that come in pages.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crossdock_storefront::StorefrontError;

use crate::answer::malformed;
use crate::client::{About, Client};

/// Rows asked for in a page. The OpenAPI files name no maximum for V2; 250 is the one that V3's catalogue documents.
pub(crate) const PAGE_ROWS: usize = 250;

/// A V2 page with fewer rows than this is the last: the documented default, so no shop caps its pages lower.
pub(crate) const V2_PAGE_ROWS_MIN: usize = 50;

/// Most pages read of one list: 5,000 rows of one order, or of some dozens of SKUs, is a fault.
const PAGES_MAX: usize = 20;

/// More than [`PAGES_MAX`].
#[derive(Debug, thiserror::Error)]
#[error("the list does not end within {PAGES_MAX} pages")]
struct Endless;

/// A page of a V3 list.
#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub(crate) struct V3Page<T> {
    pub(crate) data: Vec<T>,
    #[serde(default)]
    meta: V3Meta,
}

#[derive(Deserialize, Default)]
struct V3Meta {
    #[serde(default)]
    pagination: V3Pagination,
}

#[derive(Deserialize, Default)]
struct V3Pagination {
    #[serde(default)]
    total_pages: usize,
}

impl<T> V3Page<T> {
    /// Whether no page follows this one, which is the `number`th and was to have so many rows at most.
    pub(crate) fn is_last(&self, number: usize, rows_max: usize) -> bool {
        match self.meta.pagination.total_pages {
            // Not told.
            0 => self.data.len() < rows_max,
            total => number >= total,
        }
    }
}

/// Every row of a V2 list.
pub(crate) async fn v2_rows<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    about: About<'_>,
) -> Result<Vec<T>, StorefrontError> {
    v2_rows_where(client, path, &[], about).await
}

/// Every row of a V2 list that the filter lets through.
pub(crate) async fn v2_rows_where<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    filter: &[(&str, &str)],
    about: About<'_>,
) -> Result<Vec<T>, StorefrontError> {
    let limit = PAGE_ROWS.to_string();
    let mut rows = Vec::new();
    for page in 1..=PAGES_MAX {
        let number = page.to_string();
        let query = [filter, &[("page", number.as_str()), ("limit", limit.as_str())]].concat();
        let more: Vec<T> = client.get(path, &query, about).await?.rows()?;
        let last = more.len() < V2_PAGE_ROWS_MIN;
        rows.extend(more);
        if last {
            return Ok(rows);
        }
    }
    Err(malformed(Endless.into()))
}

/// Every row of a V3 list.
pub(crate) async fn v3_rows<T: DeserializeOwned>(
    client: &Client,
    path: &str,
    filter: &[(&str, &str)],
    about: About<'_>,
) -> Result<Vec<T>, StorefrontError> {
    let limit = PAGE_ROWS.to_string();
    let mut rows = Vec::new();
    for page in 1..=PAGES_MAX {
        let number = page.to_string();
        let query = [filter, &[("page", number.as_str()), ("limit", limit.as_str())]].concat();
        let answer: V3Page<T> = client.get(path, &query, about).await?.read()?;
        let last = answer.is_last(page, PAGE_ROWS);
        rows.extend(answer.data);
        if last {
            return Ok(rows);
        }
    }
    Err(malformed(Endless.into()))
}
