//! What the warehouse has taken over HTTP.

use crossdock_domain::OrderNumber;

use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{Delivered, LedgerError, OrderState};

pub(super) async fn delivered(tx: &mut Transaction, number: &OrderNumber) -> Result<Delivered, LedgerError> {
    let row = tx
        .query("SELECT delivered_round, state, released_at, answered_at FROM orders WHERE number = $1 AND released IS NOT NULL")
        .bind(number.as_str())
        .optional::<(i64, String, Option<Moment>, Option<Moment>)>()
        .await?;
    let (round, state, released_at, answered_at) =
        row.ok_or_else(|| LedgerError::NoSuchOrder(number.clone()))?;
    Ok(Delivered {
        round: u32::try_from(round).map_err(unreadable("delivered round"))?,
        // One that was refused before and is released again waits for an answer in the state of a release.
        awaits_release: match round {
            0 => released_at.is_some() && answered_at.is_none(),
            _ => state == OrderState::Released.as_str(),
        },
    })
}

pub(super) async fn note(tx: &mut Transaction, number: &OrderNumber, round: u32) -> Result<(), LedgerError> {
    tx.query("UPDATE orders SET delivered_round = $2 WHERE number = $1 AND delivered_round < $2")
        .bind(number.as_str())
        .bind(i64::from(round))
        .execute()
        .await?;
    Ok(())
}
