//! Who was given dead letters to read.

use sqlx::AssertSqlSafe;

use super::acts;
use super::filter::Filter;
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{ActId, ActKind, Acting, DeadLettersWanted, LedgerError};

pub(super) async fn export(
    tx: &mut Transaction,
    wanted: &DeadLettersWanted,
    act: &Acting,
) -> Result<Option<ActId>, LedgerError> {
    let exporting = acts::insert(tx, ActKind::Export, act, None).await?;
    let filter = Filter::of(wanted, 3);
    let sql = format!(
        "INSERT INTO dead_letter_act_letters (act, letter, at) SELECT $1, id, $2 FROM dead_letters WHERE {}",
        filter.unordered()
    );
    let insert = tx.query(AssertSqlSafe(sql)).bind(exporting.0).bind(Moment::from(act.at));
    let letters = filter.bind(insert).execute().await?;
    if letters == 0 {
        return Ok(None);
    }
    acts::count(tx, exporting, letters).await?;
    Ok(Some(exporting))
}
