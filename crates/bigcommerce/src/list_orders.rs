//! Lists orders with their dates, and nothing else of them.
//!
//! Pages go by id, not by number or date: an order keeps its id when it is changed, so what moves in time does not move in the list.

use crossdock_domain::OrderId;
use crossdock_storefront::{ListedOrder, Page, Place, Priority, StorefrontError, Window};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::malformed;
use crate::client::{About, Client};
use crate::loose;
use crate::pages::{PAGE_ROWS, V2_PAGE_ROWS_MIN};

const ABOUT: About<'static> =
    About { subject: "list of orders", scope: "read orders", priority: Priority::Sweep };

/// An order in the list. Whatever its dates look like, it is listed.
#[derive(Deserialize)]
struct Row {
    #[serde(deserialize_with = "loose::id")]
    id: u64,
    #[serde(default)]
    date_created: Value,
    #[serde(default)]
    date_modified: Value,
    #[serde(default)]
    is_deleted: Value,
}

/// A page without a single order that has an id: there is no telling where the next one begins.
#[derive(Debug, thiserror::Error)]
#[error("no order in the list has an id")]
struct Nameless;

/// A place that another storefront made.
#[derive(Debug, thiserror::Error)]
#[error("the place in the list is no order's id")]
struct Misplaced;

/// A list in which an order could be missed.
#[derive(Debug, thiserror::Error)]
#[error("the list does not begin where it was asked to, or is not sorted by id as it was asked to be")]
struct Unsorted;

/// The first page, or the one at that place.
pub(crate) async fn list(
    client: &Client,
    window: &Window,
    from: Option<&Place>,
) -> Result<Page, StorefrontError> {
    let min_id = from.map(|place| place.as_str().parse::<u64>()).transpose();
    let begin = min_id.map_err(|_| malformed(Misplaced.into()))?;
    let min_id = begin.map(|id| id.to_string());
    let (limit, bounds) = (PAGE_ROWS.to_string(), bounds(window));
    let mut query = vec![("limit", limit.as_str()), ("sort", "id:asc")];
    query.extend(bounds.iter().map(|(name, date)| (*name, date.as_str())));
    query.extend(min_id.as_deref().map(|id| ("min_id", id)));
    let rows: Vec<Box<RawValue>> = client.get("/v2/orders", &query, ABOUT).await?.rows()?;
    let orders: Vec<Row> = rows.iter().filter_map(|row| read(row)).collect();
    let before_begin = orders.first().is_some_and(|row| row.id < begin.unwrap_or_default());
    if before_begin || !orders.is_sorted_by_key(|row| row.id) {
        return Err(malformed(Unsorted.into()));
    }
    let next = if rows.len() < V2_PAGE_ROWS_MIN {
        None
    } else {
        let last = orders.iter().map(|row| row.id).max().ok_or_else(|| malformed(Nameless.into()))?;
        Some(Place::new(last.saturating_add(1).to_string()))
    };
    let orders = orders.into_iter().filter(|row| row.is_in(window)).map(Row::listed).collect();
    Ok(Page { orders, next })
}

fn read(row: &RawValue) -> Option<Row> {
    let read = serde_json::from_str(row.get());
    if read.is_err() {
        tracing::warn!("an order in the shop's list has no id that can be read; it is left out");
    }
    read.ok()
}

/// Whether a bound is in what it bounds is not documented, and dates have whole seconds: a second more on each side is asked for.
fn bounds(window: &Window) -> Vec<(&'static str, String)> {
    match window {
        Window::ModifiedSince(since) => vec![("min_date_modified", date(*since, -1))],
        Window::Placed { from, until } => {
            vec![("min_date_created", date(*from, -1)), ("max_date_created", date(*until, 1))]
        }
    }
}

/// ISO 8601 with an offset, as the OpenAPI file of the orders shows it.
fn date(at: Timestamp, seconds: i64) -> String {
    let at = at.saturating_add(SignedDuration::from_secs(seconds)).unwrap_or(at);
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

impl Row {
    fn placed_at(&self) -> Option<Timestamp> {
        self.date_created.as_str().and_then(loose::moment)
    }

    /// An archived order counts as a change, but not as an order that the shop has.
    fn is_in(&self, window: &Window) -> bool {
        match window {
            Window::ModifiedSince(_) => true,
            Window::Placed { from, until } => {
                self.is_deleted != Value::Bool(true)
                    && self.placed_at().is_none_or(|at| (*from..*until).contains(&at))
            }
        }
    }

    fn listed(self) -> ListedOrder {
        ListedOrder {
            order_id: OrderId::new(self.id.to_string()),
            placed_at: self.placed_at(),
            modified_at: self.date_modified.as_str().and_then(loose::moment),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Option<Row> {
        read(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn an_order_is_listed_whatever_its_dates_look_like() {
        let odd = row(r#"{"id": "12", "date_created": "yesterday", "date_modified": {}}"#).unwrap().listed();
        let none = ListedOrder { order_id: OrderId::from("12"), placed_at: None, modified_at: None };
        assert_eq!(odd, none);
        let fine = r#"{"id": 12, "date_created": "Tue, 05 Mar 2019 21:40:11 +0000", "date_modified": ""}"#;
        let placed_at = Some("2019-03-05T21:40:11Z".parse().unwrap());
        assert_eq!(row(fine).unwrap().listed(), ListedOrder { placed_at, ..none });
        assert!(row(r#"{"id": "twelve"}"#).is_none());
    }

    #[test]
    fn a_span_of_placing_has_its_first_moment_and_not_its_last() {
        let window = Window::Placed {
            from: "2019-03-05T21:40:11Z".parse().unwrap(),
            until: "2019-03-05T21:40:13Z".parse().unwrap(),
        };
        let is_in = |second: u32| {
            let json = format!(r#"{{"id": 1, "date_created": "2019-03-05T21:40:{second}Z"}}"#);
            row(&json).unwrap().is_in(&window)
        };
        assert_eq!([10, 11, 12, 13].map(is_in), [false, true, true, false]);
        assert!(row(r#"{"id": 1}"#).unwrap().is_in(&window));
        assert_eq!(bounds(&window)[1], ("max_date_created", "2019-03-05T21:40:14+00:00".to_owned()));
    }
}
