//! A request's query: pages, lists, times, and the fields wanted of the answer.

use std::collections::BTreeMap;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::response_fields::ResponseFields;

/// Objects on a page at most, and unless the request says otherwise.
const LIMIT_MAX: usize = 100;

/// Query parameters by name.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    /// A parameter that is given and not empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn parse<T: FromStr>(&self, name: &str) -> Result<Option<T>, Refusal> {
        self.get(name).map(|text| text.parse().map_err(|_| Refusal::wrong_parameter(name))).transpose()
    }

    /// A comma-separated list.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        Some(self.get(name)?.split(',').map(str::trim).collect())
    }

    /// A moment in UNIX seconds: `1725434529`, `2023-01-15 19:27:50 +0000`, `2023-01-15 19:27:50` or `2023-01-15`, UTC.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        moment(text).map(Some).ok_or_else(|| Refusal::wrong_parameter(name))
    }

    /// The whole value, or of it what `responseFields` names.
    pub(super) fn projected(&self, value: Value) -> Value {
        match self.get("responseFields") {
            Some(fields) => ResponseFields::parse(fields).apply(value),
            None => value,
        }
    }

    /// `{total, count, offset, limit, items}`. A limit over the maximum is the maximum.
    pub(super) fn page(&self, all: Vec<Value>) -> Result<Value, Refusal> {
        let offset: usize = self.parse("offset")?.unwrap_or(0);
        let limit = self.parse("limit")?.unwrap_or(LIMIT_MAX).min(LIMIT_MAX);
        let total = all.len();
        let items: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        let page =
            json!({ "total": total, "count": items.len(), "offset": offset, "limit": limit, "items": items });
        Ok(self.projected(page))
    }
}

fn moment(text: &str) -> Option<i64> {
    let utc = |local: DateTime| local.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let zoned = || strtime::parse("%Y-%m-%d %H:%M:%S %z", text).ok()?.to_timestamp().ok();
    let local = || DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok().and_then(utc);
    let day = || Date::strptime("%Y-%m-%d", text).ok().and_then(|day| utc(day.at(0, 0, 0, 0)));
    let seconds = text.parse().ok();
    seconds.or_else(|| zoned().or_else(local).or_else(day).map(Timestamp::as_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_form_of_a_moment_is_read() {
        for text in
            ["1673810870", "2023-01-15 19:27:50 +0000", "2023-01-15 23:27:50 +0400", "2023-01-15 19:27:50"]
        {
            assert_eq!(moment(text), Some(1_673_810_870), "{text}");
        }
        assert_eq!(moment("2023-01-15"), Some(1_673_740_800));
        assert_eq!(moment("yesterday"), None);
    }
}
