//! A request's query, and the pages that it asks for.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::{Value, json};

/// Objects on a page unless the request says otherwise.
const LIMIT_DEFAULT: usize = 50;

/// Query parameters by name; a name that comes twice counts once.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Params(BTreeMap<String, String>);

/// Why a query is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadParam {
    /// It cannot be understood.
    Invalid(String),
    /// More objects than the resource gives at once.
    LimitExceeded,
}

/// One page of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) number: usize,
    pub(super) limit: usize,
}

impl Params {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A value of a type, if it is given.
    pub(super) fn parse<T: FromStr>(&self, name: &str) -> Result<Option<T>, BadParam> {
        self.get(name).map(|text| text.parse().map_err(|_| BadParam::Invalid(name.to_owned()))).transpose()
    }

    /// A comma-separated list, if it is given.
    pub(super) fn list(&self, name: &str) -> Option<Vec<String>> {
        Some(self.get(name)?.split(',').map(|part| part.trim().to_owned()).collect())
    }

    /// The page asked for, of at most so many objects.
    pub(super) fn page(&self, limit_max: usize) -> Result<Page, BadParam> {
        let number = self.parse("page")?.unwrap_or(1);
        let limit = self.parse("limit")?.unwrap_or(LIMIT_DEFAULT);
        if number == 0 || limit == 0 {
            return Err(BadParam::Invalid("page".into()));
        }
        if limit > limit_max {
            return Err(BadParam::LimitExceeded);
        }
        Ok(Page { number, limit })
    }
}

impl Page {
    /// The page that a shop gives that cuts all pages to so many objects.
    pub(super) fn at_most(self, objects: usize) -> Self {
        Self { limit: self.limit.min(objects), ..self }
    }

    pub(super) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip((self.number - 1).saturating_mul(self.limit)).take(self.limit).collect()
    }

    /// A V3 list: the page's objects and `meta.pagination`.
    pub(super) fn v3(self, all: Vec<Value>) -> Value {
        let total = all.len();
        let data = self.cut(all);
        let total_pages = total.div_ceil(self.limit).max(1);
        let link = |number: usize| format!("?page={number}&limit={}", self.limit);
        let mut links = json!({ "current": link(self.number) });
        if self.number > 1 {
            links["previous"] = json!(link(self.number - 1));
        }
        if self.number < total_pages {
            links["next"] = json!(link(self.number + 1));
        }
        let pagination = json!({
            "total": total,
            "count": data.len(),
            "per_page": self.limit,
            "current_page": self.number,
            "total_pages": total_pages,
            "links": links,
        });
        json!({ "data": data, "meta": { "pagination": pagination } })
    }
}
