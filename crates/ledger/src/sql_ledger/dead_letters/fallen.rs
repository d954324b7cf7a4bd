//! In which order messages about one subject fell.

use jiff::Timestamp;

use super::super::storable::{key, storable};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{LedgerError, MessageKey};

pub(super) async fn falls(
    tx: &mut Transaction,
    message: &MessageKey,
    subject: &str,
    at: Timestamp,
) -> Result<(), LedgerError> {
    // One that was discarded and falls anew falls behind all that have fallen since.
    tx.query("DELETE FROM fallen WHERE role = $1 AND message_id = $2 AND NOT lies")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .execute()
        .await?;
    tx.query(
        "INSERT INTO fallen (role, message_id, subject, at, lies, came) VALUES ($1, $2, $3, $4, TRUE, FALSE)
         ON CONFLICT (role, message_id) DO UPDATE SET at = excluded.at, lies = TRUE, came = FALSE",
    )
    .bind(key(&message.role).as_ref())
    .bind(storable(&message.message_id).as_ref())
    .bind(key(subject).as_ref())
    .bind(Moment::from(at))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn behind(
    tx: &mut Transaction,
    message: &MessageKey,
    subject: &str,
) -> Result<Option<String>, LedgerError> {
    let first = tx
        .query(
            "SELECT first.message_id FROM fallen AS first
             WHERE first.role = $1 AND first.subject = $2 AND first.lies AND first.message_id <> $3
               AND NOT EXISTS (SELECT 1 FROM fallen AS own
                               WHERE own.role = $1 AND own.message_id = $3 AND own.lies AND own.id < first.id)
             ORDER BY first.id LIMIT 1",
        )
        .bind(key(&message.role).as_ref())
        .bind(key(subject).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .optional::<(String,)>()
        .await?;
    Ok(first.map(|(message_id,)| message_id))
}

pub(super) async fn about(
    tx: &mut Transaction,
    role: &str,
    subject: &str,
) -> Result<Vec<String>, LedgerError> {
    let rows = tx
        .query("SELECT message_id FROM fallen WHERE role = $1 AND subject = $2 AND lies ORDER BY id")
        .bind(key(role).as_ref())
        .bind(key(subject).as_ref())
        .all::<(String,)>()
        .await?;
    Ok(rows.into_iter().map(|(message_id,)| message_id).collect())
}

/// What a message fell for has come to the desk. From now on it lies as long as its dead letter is not over.
pub(super) async fn came(tx: &mut Transaction, message: &MessageKey, lies: bool) -> Result<(), LedgerError> {
    tx.query("UPDATE fallen SET came = TRUE, lies = $3 WHERE role = $1 AND message_id = $2")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .bind(lies)
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn is_known(tx: &mut Transaction, message: &MessageKey) -> Result<bool, LedgerError> {
    let row = tx
        .query("SELECT id FROM fallen WHERE role = $1 AND message_id = $2")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .optional::<(i64,)>()
        .await?;
    Ok(row.is_some())
}

/// It is as far from being missing as if it fell now, and stays where it is among the others.
pub(super) async fn is_tried_again(
    tx: &mut Transaction,
    message: &MessageKey,
    at: Timestamp,
) -> Result<(), LedgerError> {
    tx.query("UPDATE fallen SET at = $3 WHERE role = $1 AND message_id = $2 AND lies AND NOT came")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .bind(Moment::from(at))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn rises(tx: &mut Transaction, message: &MessageKey) -> Result<(), LedgerError> {
    tx.query("DELETE FROM fallen WHERE role = $1 AND message_id = $2")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .execute()
        .await?;
    Ok(())
}
