//! Replays that were handled for good.

use jiff::Timestamp;

use super::bury;
use super::outcomes::{self, Outcome};
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{DeadLetterId, LedgerError, ReplayKey};

pub(super) async fn revive(
    tx: &mut Transaction,
    replays: &[ReplayKey],
    at: Timestamp,
) -> Result<(), LedgerError> {
    for replay in replays {
        let Some(stands) = bury::of_id(tx, replay.id).await? else { continue };
        if stands.is_answered_by(*replay) {
            done(tx, stands.id, at).await?;
        }
    }
    Ok(())
}

async fn done(tx: &mut Transaction, id: DeadLetterId, at: Timestamp) -> Result<(), LedgerError> {
    tx.query("UPDATE dead_letters SET state = 'done', answered = TRUE, changed_at = $2 WHERE id = $1")
        .bind(id.0)
        .bind(Moment::from(at))
        .execute()
        .await?;
    outcomes::set(tx, id, Outcome::Done, at).await?;
    // One that fell anew meanwhile is another failure, which is still to come.
    tx.query(
        "DELETE FROM fallen
         WHERE came AND (role, message_id) IN (SELECT role, message_id FROM dead_letters WHERE id = $1)",
    )
    .bind(id.0)
    .execute()
    .await?;
    Ok(())
}
