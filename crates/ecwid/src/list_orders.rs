//! Lists orders with their dates, and nothing else of them.

use std::fmt;
use std::str::FromStr;

use crossdock_domain::{ECWID_PAYMENT_STATUSES, OrderId};
use crossdock_storefront::{ListedOrder, Page, Place, Priority, StorefrontError, Window};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::Ecwid;
use crate::client::{Call, Scope};
use crate::offsets;
use crate::order::first_of;
use crate::scalar::Scalar;
use crate::shape::{self, ShapeError};

/// Orders asked for in a page, and the most that Ecwid gives.
const PAGE_ROWS: usize = 100;

/// Payment status of a cart that nobody has ordered yet. It becomes an order, and so changed, when it is ordered.
const UNFINISHED: &str = "INCOMPLETE";

/// The fields of a listed order.
const FIELDS: &str = "total,items(id,vendorOrderNumber,orderNumber,internalId,createTimestamp,createDate,updateTimestamp,updateDate)";

/// `GET /orders`, cut down to [`FIELDS`].
#[derive(Deserialize)]
struct Listing {
    total: usize,
    items: Vec<Box<RawValue>>,
}

/// An order in the list. Whatever its dates look like, it is listed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(default)]
    id: Scalar,
    #[serde(default)]
    vendor_order_number: Scalar,
    #[serde(default)]
    order_number: Scalar,
    #[serde(default)]
    internal_id: Scalar,
    #[serde(default, deserialize_with = "readable")]
    create_timestamp: Scalar,
    #[serde(default, deserialize_with = "readable")]
    create_date: Scalar,
    #[serde(default, deserialize_with = "readable")]
    update_timestamp: Scalar,
    #[serde(default, deserialize_with = "readable")]
    update_date: Scalar,
}

/// Where a page begins, in a list whose end is fixed when its first page is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Begin {
    /// UNIX seconds.
    until: i64,
    offset: usize,
    /// Of the page before.
    total: Option<usize>,
}

impl Ecwid {
    /// The first page, or the one at that place.
    pub(crate) async fn listed_orders(
        &self,
        window: &Window,
        from: Option<&Place>,
    ) -> Result<Page, StorefrontError> {
        let begin = match from {
            Some(place) => place.as_str().parse().map_err(malformed)?,
            None => Begin::of(window, Timestamp::now()),
        };
        // Whether unfinished orders come without this is not documented.
        let statuses: Vec<&str> =
            ECWID_PAYMENT_STATUSES.into_iter().filter(|status| *status != UNFINISHED).collect();
        let (statuses, limit, offset) = (statuses.join(","), PAGE_ROWS.to_string(), begin.offset.to_string());
        let [from, until] = begin.bounds(window);
        let query = &[
            (from.0, from.1.as_str()),
            (until.0, &until.1),
            ("paymentStatus", &statuses),
            ("limit", &limit),
            ("offset", &offset),
            ("responseFields", FIELDS),
        ];
        let call = Call {
            path: &["orders"],
            query,
            scope: Scope::ReadOrders,
            what: "list of orders",
            priority: Priority::Sweep,
        };
        let listing: Listing = self.client.get(call).await?;
        if listing.items.is_empty() && begin.offset < listing.total {
            return Err(malformed(ShapeError::new(
                "items",
                "expected some, as total says that there are more",
            )));
        }
        let next = offsets::next(begin.offset, listing.items.len(), begin.total, listing.total);
        let next = next.map(|offset| Begin { offset, total: Some(listing.total), ..begin });
        let orders = listing.items.iter().filter_map(|row| read(row)).filter(|order| is_in(order, window));
        Ok(Page { orders: orders.collect(), next: next.map(|begin| Place::new(begin.to_string())) })
    }
}

impl Begin {
    fn of(window: &Window, now: Timestamp) -> Self {
        let until = match window {
            Window::ModifiedSince(_) => now,
            Window::Placed { until, .. } => *until,
        };
        Self { until: until.as_second() + 1, offset: 0, total: None }
    }

    /// Whether a bound is in what it bounds is not documented: a second more on each side is asked for.
    fn bounds(&self, window: &Window) -> [(&'static str, String); 2] {
        let until = self.until.to_string();
        match window {
            Window::ModifiedSince(since) => {
                [("updatedFrom", (since.as_second() - 1).to_string()), ("updatedTo", until)]
            }
            Window::Placed { from, .. } => {
                [("createdFrom", (from.as_second() - 1).to_string()), ("createdTo", until)]
            }
        }
    }
}

impl fmt::Display for Begin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.until, self.offset, self.total.unwrap_or_default())
    }
}

impl FromStr for Begin {
    type Err = ShapeError;

    fn from_str(text: &str) -> Result<Self, ShapeError> {
        let read = || {
            let mut parts = text.splitn(3, '/');
            let until = parts.next()?.parse().ok()?;
            let offset = parts.next()?.parse().ok()?;
            Some(Self { until, offset, total: Some(parts.next()?.parse().ok()?) })
        };
        read().ok_or_else(|| ShapeError::new("place", "expected one of an Ecwid list"))
    }
}

fn malformed(fault: ShapeError) -> StorefrontError {
    StorefrontError::Malformed { cause: Box::new(fault) }
}

/// The value if it is a text or a number; else nothing.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Scalar, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

fn read(row: &RawValue) -> Option<ListedOrder> {
    let listed = shape::read::<Row>(row.get().as_bytes()).ok().and_then(|row| row.listed());
    if listed.is_none() {
        tracing::warn!("an order in the shop's list has no id that can be read; it is left out");
    }
    listed
}

fn is_in(order: &ListedOrder, window: &Window) -> bool {
    match window {
        Window::ModifiedSince(_) => true,
        Window::Placed { from, until } => order.placed_at.is_none_or(|at| (*from..*until).contains(&at)),
    }
}

impl Row {
    /// By the same id as when the order itself is read.
    fn listed(&self) -> Option<ListedOrder> {
        let ids = [&self.id, &self.vendor_order_number, &self.order_number, &self.internal_id];
        let order_id = OrderId::new(ids.into_iter().find_map(Scalar::filled)?);
        let placed_at = first_of(&[&self.create_timestamp, &self.create_date]);
        let modified_at = first_of(&[&self.update_timestamp, &self.update_date]);
        Some(ListedOrder { order_id, placed_at, modified_at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(json: &str) -> Option<ListedOrder> {
        read(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn an_order_is_listed_whatever_its_dates_look_like() {
        let none = ListedOrder { order_id: OrderId::from("K8XTQ"), placed_at: None, modified_at: None };
        let odd = r#"{"id": "K8XTQ", "createDate": "yesterday", "updateTimestamp": {}, "updateDate": true}"#;
        assert_eq!(row(odd).unwrap(), none);
        let old = r#"{"vendorOrderNumber": "K8XTQ", "orderNumber": 7, "createTimestamp": 1725434529}"#;
        let placed_at = Some("2024-09-04T07:22:09Z".parse().unwrap());
        assert_eq!(row(old).unwrap(), ListedOrder { placed_at, ..none });
        assert_eq!(row(r#"{"id": " ", "internalId": null}"#), None);
        assert_eq!(row(r#"{"id": {}}"#), None);
    }

    #[test]
    fn a_place_leads_back_to_its_page() {
        let begin = Begin { until: 1_725_434_529, offset: 200, total: Some(341) };
        assert_eq!(begin.to_string().parse::<Begin>().unwrap(), begin);
        for text in ["", "17", "1/2", "1/2/x", "1/2/3/4"] {
            assert!(text.parse::<Begin>().is_err(), "{text}");
        }
    }
}
