//! What failed for one reason, together.

use jiff::{SignedDuration, Timestamp};
use sqlx::AssertSqlSafe;

use super::filter::Filter;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetterGroup, DeadLetterId, DeadLettersWanted, LedgerError};

#[derive(sqlx::FromRow)]
struct Row {
    cause_group: String,
    letters: i64,
    first_failed_at: Moment,
    last_failed_at: Moment,
    last_hour: i64,
    hour_before: i64,
    example: i64,
    role: String,
    store: String,
    class: String,
    cause: String,
}

impl Row {
    fn into_group(self) -> Result<DeadLetterGroup, LedgerError> {
        let count = |number: i64| u64::try_from(number).map_err(unreadable("count of a group"));
        Ok(DeadLetterGroup {
            group: self.cause_group,
            role: self.role,
            store: self.store,
            class: self.class,
            cause: self.cause,
            count: count(self.letters)?,
            first_failed_at: self.first_failed_at.try_into()?,
            last_failed_at: self.last_failed_at.try_into()?,
            example: DeadLetterId(self.example),
            last_hour: count(self.last_hour)?,
            hour_before: count(self.hour_before)?,
        })
    }
}

pub(super) async fn wanted(
    tx: &mut Transaction,
    wanted: &DeadLettersWanted,
    now: Timestamp,
) -> Result<Vec<DeadLetterGroup>, LedgerError> {
    let filter = Filter::of(wanted, 3);
    let (condition, limit) = (filter.condition(), filter.limit());
    // What all of a group have in common is read from its example.
    let sql = format!(
        "SELECT wanted.*, example.id AS example, example.role, example.store, example.class, contents.cause
         FROM (SELECT cause_group, COUNT(*) AS letters,
                      MIN(first_failed_at) AS first_failed_at, MAX(last_failed_at) AS last_failed_at,
                      SUM(CASE WHEN last_failed_at > $1 THEN 1 ELSE 0 END) AS last_hour,
                      SUM(CASE WHEN last_failed_at > $2 AND last_failed_at <= $1 THEN 1 ELSE 0 END) AS hour_before
               FROM dead_letters WHERE {condition} GROUP BY cause_group) AS wanted
         JOIN dead_letters AS example ON example.id = (
             SELECT MAX(one.id) FROM dead_letters AS one
             WHERE one.cause_group = wanted.cause_group AND one.last_failed_at = wanted.last_failed_at AND {condition})
         JOIN dead_letter_contents AS contents ON contents.letter = example.id
         ORDER BY wanted.letters DESC, wanted.last_failed_at DESC, wanted.cause_group{limit}"
    );
    let hours_ago =
        |hours| Moment::from(now.saturating_sub(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MIN));
    let query = tx.query(AssertSqlSafe(sql)).bind(hours_ago(1)).bind(hours_ago(2));
    filter.bind(query).all::<Row>().await?.into_iter().map(Row::into_group).collect()
}
