//! What fell and never came to the desk.

use jiff::Timestamp;

use super::super::storable::{key, storable};
use super::{bury, fallen};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Fallen, LedgerError, MessageKey, Missing};

/// Most that are told of at once.
const AT_ONCE_MAX: i64 = 1_000;

#[derive(sqlx::FromRow)]
struct Row {
    role: String,
    message_id: String,
    subject: String,
    at: Moment,
}

pub(super) async fn before(tx: &mut Transaction, before: Timestamp) -> Result<Vec<Missing>, LedgerError> {
    let rows = tx
        .query(
            "SELECT role, message_id, subject, at FROM fallen
             WHERE lies AND NOT came AND at < $1
               AND NOT EXISTS (
                   SELECT 1 FROM dead_letters AS known
                   WHERE known.role = fallen.role AND known.message_id = fallen.message_id
                     AND known.state NOT IN ('done', 'discarded'))
             ORDER BY id LIMIT $2",
        )
        .bind(Moment::from(before))
        .bind(AT_ONCE_MAX)
        .all::<Row>()
        .await?;
    let missing = |row: Row| {
        Ok(Missing {
            message: MessageKey { role: row.role, message_id: row.message_id },
            subject: row.subject,
            fell_at: row.at.try_into()?,
        })
    };
    rows.into_iter().map(missing).collect()
}

pub(super) async fn bury(tx: &mut Transaction, missing: &[Fallen], at: Timestamp) -> Result<(), LedgerError> {
    for fallen in missing {
        if is_missing(tx, &fallen.message).await? && bury::note_missing(tx, fallen, at).await? {
            fallen::came(tx, &fallen.message, true).await?;
        }
    }
    Ok(())
}

/// What stands for a message is over: it was handled without ever coming here. One that is on its way in a replay is answered by that.
pub(super) async fn is_done(
    tx: &mut Transaction,
    message: &MessageKey,
    at: Timestamp,
) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE dead_letters SET state = 'done', changed_at = $3
         WHERE role = $1 AND message_id = $2 AND (failures = 0 OR class = 'never-came') AND state = 'dead'",
    )
    .bind(key(&message.role).as_ref())
    .bind(storable(&message.message_id).as_ref())
    .bind(Moment::from(at))
    .execute()
    .await?;
    Ok(())
}

async fn is_missing(tx: &mut Transaction, message: &MessageKey) -> Result<bool, LedgerError> {
    let row = tx
        .query("SELECT id FROM fallen WHERE role = $1 AND message_id = $2 AND lies AND NOT came")
        .bind(key(&message.role).as_ref())
        .bind(storable(&message.message_id).as_ref())
        .optional::<(i64,)>()
        .await?;
    Ok(row.is_some())
}
