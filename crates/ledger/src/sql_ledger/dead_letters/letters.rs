//! Dead letters as they stand: one, lists, and how many.

use sqlx::AssertSqlSafe;

use super::filter::Filter;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{DeadLetter, DeadLetterId, DeadLetterState, DeadLettersWanted, LedgerError, WholeDeadLetter};

const COLUMNS: &str = "id, state, role, store, subject, kind, class, chain, cause_group, attempts, failures,
     first_failed_at, last_failed_at, changed_at, edited_body IS NOT NULL AS edited";

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    state: String,
    role: String,
    store: String,
    subject: Option<String>,
    kind: String,
    class: String,
    chain: String,
    cause_group: String,
    attempts: i64,
    failures: i64,
    first_failed_at: Moment,
    last_failed_at: Moment,
    changed_at: Moment,
    edited: bool,
}

impl Row {
    fn into_letter(self) -> Result<DeadLetter, LedgerError> {
        Ok(DeadLetter {
            id: DeadLetterId(self.id),
            state: state(self.state)?,
            role: self.role,
            store: self.store,
            subject: self.subject,
            kind: self.kind,
            class: self.class,
            chain: self.chain,
            group: self.cause_group,
            attempts: u32::try_from(self.attempts).map_err(unreadable("dead letter's attempts"))?,
            failures: u32::try_from(self.failures).map_err(unreadable("dead letter's failures"))?,
            first_failed_at: self.first_failed_at.try_into()?,
            last_failed_at: self.last_failed_at.try_into()?,
            changed_at: self.changed_at.try_into()?,
            edited: self.edited,
        })
    }
}

/// The state of this name.
pub(super) fn state(name: String) -> Result<DeadLetterState, LedgerError> {
    DeadLetterState::named(&name).ok_or(name).map_err(unreadable("dead letter's state"))
}

pub(super) async fn wanted(
    tx: &mut Transaction,
    wanted: &DeadLettersWanted,
) -> Result<Vec<DeadLetter>, LedgerError> {
    let filter = Filter::of(wanted, 1);
    let sql = format!(
        "SELECT {COLUMNS} FROM dead_letters JOIN dead_letter_contents ON letter = id WHERE {}",
        filter.in_list_order()
    );
    let rows = filter.bind(tx.query(AssertSqlSafe(sql))).all::<Row>().await?;
    rows.into_iter().map(Row::into_letter).collect()
}

pub(super) async fn count(tx: &mut Transaction, wanted: &DeadLettersWanted) -> Result<u64, LedgerError> {
    let filter = Filter::of(wanted, 1);
    let sql = format!("SELECT COUNT(*) FROM dead_letters WHERE {}", filter.condition());
    let count = filter.bind(tx.query(AssertSqlSafe(sql))).optional::<(i64,)>().await?;
    count.map_or(Ok(0), |(count,)| u64::try_from(count)).map_err(unreadable("count of dead letters"))
}

#[derive(sqlx::FromRow)]
struct Contents {
    message_id: String,
    content_type: String,
    properties: String,
    body: Vec<u8>,
    edited_body: Option<Vec<u8>>,
}

pub(super) async fn whole(
    tx: &mut Transaction,
    id: DeadLetterId,
) -> Result<Option<WholeDeadLetter>, LedgerError> {
    let ids = DeadLettersWanted { ids: vec![id], ..DeadLettersWanted::default() };
    let Some(letter) = wanted(tx, &ids).await?.pop() else { return Ok(None) };
    let contents = tx
        .query(
            "SELECT message_id, content_type, properties, body, edited_body
             FROM dead_letters JOIN dead_letter_contents ON letter = id WHERE id = $1",
        )
        .bind(id.0)
        .optional::<Contents>()
        .await?;
    // Forgotten between our two looks.
    let Some(contents) = contents else { return Ok(None) };
    Ok(Some(WholeDeadLetter {
        letter,
        message_id: contents.message_id,
        content_type: contents.content_type,
        properties: serde_json::from_str(&contents.properties)
            .map_err(unreadable("dead letter's properties"))?,
        body: contents.body,
        edited_body: contents.edited_body,
    }))
}
