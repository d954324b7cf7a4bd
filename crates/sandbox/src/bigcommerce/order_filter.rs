//! Which orders a list asks for, and in what order.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::book::Order;
use super::params::{BadParam, Params};

/// The filters of `GET /v2/orders`, bounds included in what they bound.
#[derive(Debug)]
pub(super) struct OrderFilter {
    ids: (Option<u64>, Option<u64>),
    created: (Option<Timestamp>, Option<Timestamp>),
    modified: (Option<Timestamp>, Option<Timestamp>),
    totals: (Option<f64>, Option<f64>),
    /// Fields that must be as given: numbers and texts compared as text.
    equal: Vec<(&'static str, String)>,
    email: Option<String>,
    sort: (String, bool),
}

/// Parameters that want a field of the same name to be equal.
const EQUAL: [&str; 6] =
    ["status_id", "channel_id", "customer_id", "cart_id", "payment_method", "external_order_id"];

/// Fields that a list can be sorted by.
const SORTABLE: [&str; 7] =
    ["id", "customer_id", "date_created", "date_modified", "status_id", "channel_id", "external_id"];

impl OrderFilter {
    pub(super) fn of(params: &Params) -> Result<Self, BadParam> {
        for name in ["status_id", "channel_id", "customer_id"] {
            params.parse::<i64>(name)?;
        }
        let equal = |name: &&'static str| Some((*name, params.get(name)?.to_owned()));
        Ok(Self {
            ids: (params.parse("min_id")?, params.parse("max_id")?),
            created: (date(params, "min_date_created")?, date(params, "max_date_created")?),
            modified: (date(params, "min_date_modified")?, date(params, "max_date_modified")?),
            totals: (params.parse("min_total")?, params.parse("max_total")?),
            equal: EQUAL.iter().filter_map(equal).collect(),
            email: params.get("email").map(str::to_owned),
            sort: sort(params.get("sort").unwrap_or("id"))?,
        })
    }

    pub(super) fn lets_through(&self, order: &Order) -> bool {
        let text = |name: &str| match &order.fields[name] {
            serde_json::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let total = text("total_inc_tax").parse().unwrap_or_default();
        !order.is_archived()
            && within(self.ids, order.id)
            && within(self.created, whole_seconds(order.created))
            && within(self.modified, whole_seconds(order.modified))
            && within(self.totals, total)
            && self.equal.iter().all(|(name, wanted)| text(name) == *wanted)
            && self.email.as_deref().is_none_or(|email| order.fields["billing_address"]["email"] == email)
    }

    pub(super) fn sort(&self, orders: &mut [&Order]) {
        let (field, descending) = &self.sort;
        orders.sort_by(|a, b| {
            let by_field = match field.as_str() {
                "date_created" => a.created.cmp(&b.created),
                "date_modified" => a.modified.cmp(&b.modified),
                "id" => Ordering::Equal,
                other => a.fields[other].as_i64().cmp(&b.fields[other].as_i64()),
            };
            let order = by_field.then(a.id.cmp(&b.id));
            if *descending { order.reverse() } else { order }
        });
    }
}

fn within<T: PartialOrd + Copy>((min, max): (Option<T>, Option<T>), value: T) -> bool {
    min.is_none_or(|min| value >= min) && max.is_none_or(|max| value <= max)
}

/// The shop's clock ticks in seconds.
fn whole_seconds(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).expect("a moment without its fraction is a moment")
}

/// A date in RFC 2822 or ISO 8601.
fn date(params: &Params, name: &str) -> Result<Option<Timestamp>, BadParam> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let parsed = rfc2822::parse(text).map(|date| date.timestamp()).or_else(|_| text.parse::<Timestamp>());
    parsed.map(Some).map_err(|_| BadParam::Invalid(name.to_owned()))
}

/// `field` or `field:asc|desc`; whether descending.
fn sort(text: &str) -> Result<(String, bool), BadParam> {
    let (field, direction) = text.split_once(':').unwrap_or((text, "asc"));
    if !SORTABLE.contains(&field) || !["asc", "desc"].contains(&direction) {
        return Err(BadParam::Invalid("sort".into()));
    }
    Ok((field.to_owned(), direction == "desc"))
}
