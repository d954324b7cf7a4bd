//! What is over for long enough is known no more.

use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use crate::LedgerError;
use crate::database::Transaction;
use crate::moment::Moment;

/// Most that are forgotten at once.
const AT_ONCE_MAX: u64 = 10_000;

pub(super) async fn forget(tx: &mut Transaction, before: Timestamp) -> Result<u64, LedgerError> {
    // Twice the same: within one transaction nothing comes between.
    let over = format!(
        "SELECT id FROM dead_letters WHERE state IN ('done', 'discarded') AND changed_at < $1
         ORDER BY changed_at, id LIMIT {AT_ONCE_MAX}"
    );
    keep_outcomes(tx, &over, before).await?;
    for sql in [
        format!(
            "DELETE FROM fallen WHERE came AND (role, message_id) IN (
                 SELECT role, message_id FROM dead_letters WHERE id IN ({over}))"
        ),
        format!("DELETE FROM dead_letter_act_letters WHERE letter IN ({over})"),
        // What left its queue and never came to the desk lies no longer than what did.
        "DELETE FROM fallen WHERE at < $1 AND NOT EXISTS (
             SELECT 1 FROM dead_letters
             WHERE dead_letters.role = fallen.role AND dead_letters.message_id = fallen.message_id)"
            .to_owned(),
    ] {
        tx.query(AssertSqlSafe(sql)).bind(Moment::from(before)).execute().await?;
    }
    let delete = format!("DELETE FROM dead_letters WHERE id IN ({over})");
    tx.query(AssertSqlSafe(delete)).bind(Moment::from(before)).execute().await
}

/// A replay's numbers add up also when its dead letters are gone.
async fn keep_outcomes(tx: &mut Transaction, over: &str, before: Timestamp) -> Result<(), LedgerError> {
    let sql = format!(
        "INSERT INTO dead_letter_forgotten (act, outcome, letters, at)
         SELECT act, outcome, COUNT(*), MAX(at) FROM dead_letter_act_letters
         WHERE outcome IS NOT NULL AND letter IN ({over}) GROUP BY act, outcome
         ON CONFLICT (act, outcome) DO UPDATE
         SET letters = dead_letter_forgotten.letters + excluded.letters,
             at = CASE WHEN excluded.at > dead_letter_forgotten.at THEN excluded.at ELSE dead_letter_forgotten.at END"
    );
    tx.query(AssertSqlSafe(sql)).bind(Moment::from(before)).execute().await?;
    Ok(())
}
