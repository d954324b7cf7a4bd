//! Another body for a replay.

use crate::database::Transaction;
use crate::moment::Moment;
use crate::{ActKind, Acting, DeadLetterId, LedgerError};

use super::acts;

pub(super) async fn edit(
    tx: &mut Transaction,
    id: DeadLetterId,
    body: Option<&[u8]>,
    act: &Acting,
) -> Result<bool, LedgerError> {
    let edited = tx
        .query(
            "UPDATE dead_letter_contents SET edited_body = $2
             WHERE letter = (SELECT id FROM dead_letters WHERE id = $1 AND state IN ('dead', 'waiting'))",
        )
        .bind(id.0)
        .bind(body)
        .execute()
        .await?;
    if edited == 0 {
        return Ok(false);
    }
    let editing = acts::insert(tx, ActKind::Edit, act, None).await?;
    acts::count(tx, editing, edited).await?;
    tx.query("INSERT INTO dead_letter_act_letters (act, letter, at) VALUES ($1, $2, $3)")
        .bind(editing.0)
        .bind(id.0)
        .bind(Moment::from(act.at))
        .execute()
        .await?;
    Ok(true)
}
