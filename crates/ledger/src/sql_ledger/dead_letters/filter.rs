//! Which dead letters are meant, as a condition over their table.

use std::fmt::Write;

use super::super::storable::{key, storable};
use crate::database::Query;
use crate::moment::Moment;
use crate::{DeadLetterPlace, DeadLetterState, DeadLettersWanted};

/// A condition, and the values of its parameters.
///
/// It holds only what is asked for: with `$1 IS NULL OR store = $1`, neither engine uses the index that fits.
pub(super) struct Filter {
    condition: String,
    values: Vec<Value>,
    next_parameter: usize,
    limit: Option<u32>,
}

/// About an order by either of its names: some roles know it by the shop's id, others by the warehouse's number.
const ABOUT: &str =
    "(subject = ? OR (store, subject) IN (SELECT store, order_id FROM orders WHERE number = ?)
     OR subject IN (SELECT number FROM orders WHERE order_id = ?))";

enum Value {
    Text(String),
    Moment(Moment),
}

impl Filter {
    /// What is wanted, its parameters numbered on from `first`.
    pub(super) fn of(wanted: &DeadLettersWanted, first: usize) -> Self {
        let mut filter = Self {
            condition: "TRUE".to_owned(),
            values: Vec::new(),
            next_parameter: first,
            limit: wanted.limit,
        };
        let texts = [
            ("cause_group = ?", wanted.group.as_deref().map(storable)),
            ("role = ?", wanted.role.as_deref().map(key)),
            ("store = ?", wanted.store.as_deref().map(key)),
            ("class = ?", wanted.class.as_deref().map(storable)),
            (ABOUT, wanted.subject.as_deref().map(key)),
        ];
        for (condition, text) in texts {
            if let Some(text) = text {
                filter.and(condition, Value::Text(text.into_owned()));
            }
        }
        if let Some(since) = wanted.since {
            filter.and("last_failed_at >= ?", Value::Moment(since.into()));
        }
        if let Some(until) = wanted.until {
            filter.and("last_failed_at < ?", Value::Moment(until.into()));
        }
        if let Some(stood_before) = wanted.stood_before {
            filter.and("changed_at < ?", Value::Moment(stood_before.into()));
        }
        let ids: Vec<String> = wanted.ids.iter().map(ToString::to_string).collect();
        filter.and_in("id", &ids);
        let states: Vec<String> = wanted.states.iter().map(|state| quoted(*state)).collect();
        filter.and_in("state", &states);
        if let Some(DeadLetterPlace { last_failed_at, id }) = wanted.after {
            filter.and(&format!("(last_failed_at, id) < (?, {id})"), Value::Moment(last_failed_at.into()));
        }
        filter
    }

    /// Each `?` is the value.
    fn and(&mut self, condition: &str, value: Value) {
        let parameter = format!("${}", self.next_parameter);
        self.push(&format!(" AND {}", condition.replace('?', &parameter)));
        self.next_parameter += 1;
        self.values.push(value);
    }

    /// Numbers and names of our own, which need no parameters: there may be more of them than a statement takes.
    fn and_in(&mut self, column: &str, literals: &[String]) {
        if !literals.is_empty() {
            self.push(&format!(" AND {column} IN ({})", literals.join(", ")));
        }
    }

    fn push(&mut self, text: &str) {
        self.condition.write_str(text).expect("a String takes all that is written");
    }

    /// Without the limit.
    pub(super) fn condition(&self) -> &str {
        &self.condition
    }

    /// With the order of the list, and the limit.
    pub(super) fn in_list_order(&self) -> String {
        format!("{} ORDER BY last_failed_at DESC, id DESC{}", self.condition, self.limit())
    }

    /// With the order of the list only if the limit needs it.
    pub(super) fn unordered(&self) -> String {
        if self.limit.is_some() { self.in_list_order() } else { self.condition.clone() }
    }

    /// A clause, or nothing.
    pub(super) fn limit(&self) -> String {
        self.limit.map_or_else(String::new, |limit| format!(" LIMIT {limit}"))
    }

    /// Gives the next parameters their values.
    pub(super) fn bind<'c>(&self, query: Query<'c>) -> Query<'c> {
        self.values.iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Moment(moment) => query.bind(*moment),
        })
    }
}

/// As a literal: so SQLite sees that an index of some states fits.
fn quoted(state: DeadLetterState) -> String {
    format!("'{state}'")
}
