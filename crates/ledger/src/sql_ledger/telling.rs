//! Telling the warehouse something of an order: begun by one process at a time, repeated until the broker confirms it.

use crossdock_domain::{OrderId, ReleasedOrder, StoreId};
use jiff::{SignedDuration, Timestamp};

use super::order_row::{Standing, Untold, lock};
use super::tell::tell;
use super::unknown_skus;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::{Moment, latest_believed};
use crate::{Happening, LedgerError, News, NextStep, OrderState, RELEASE_SECS_MAX, Telling};

/// Until when a telling that begins at this moment is its caller's.
pub(super) fn telling_until(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(RELEASE_SECS_MAX)).unwrap_or(Timestamp::MAX)
}

/// Time after the end of a caller's time when a telling that is still not confirmed counts as abandoned, in seconds: the message
/// that led to it comes back before that, if there was one.
const ABANDONED_SECS: i64 = 60;

/// When a telling that begins at this moment and is not confirmed is to be looked at.
pub(super) fn abandoned_at(now: Timestamp) -> Timestamp {
    telling_until(now).checked_add(SignedDuration::from_secs(ABANDONED_SECS)).unwrap_or(Timestamp::MAX)
}

/// Begins another round: the order comes into this state, with this shape and for this reason, and the warehouse is to be told.
pub(super) async fn begin(
    tx: &mut Transaction,
    stands: Standing,
    untold: Untold,
    (state, reason): (OrderState, &str),
    shape: ReleasedOrder,
    happening: &Happening,
) -> Result<NextStep, LedgerError> {
    let (store, order_id, round) = (&stands.order.store, &stands.order.order_id, stands.round + 1);
    tx.query(
        "UPDATE orders SET state = $3, reason = $4, released = $5, test = $6, round = $7, untold = $8, changed = $9,
                           releasing_until = $10, due_at = $11,
                           release_round = CASE $8 WHEN 'release' THEN $7 ELSE release_round END
         WHERE store = $1 AND order_id = $2",
    )
    .bind(store.as_str())
    .bind(order_id.as_str())
    .bind(state.as_str())
    .bind(reason)
    .bind(serde_json::to_string(&shape).map_err(unreadable("released order"))?)
    .bind(shape.test)
    .bind(i64::from(round))
    .bind(untold.as_str())
    .bind(untold.changed()?)
    .bind(Moment::from(telling_until(happening.at)))
    .bind(Moment::from(abandoned_at(happening.at)))
    .execute()
    .await?;
    if untold == Untold::Release {
        unknown_skus::forget(tx, store, order_id).await?;
    }
    // The round makes the key: one event may lead to a release and, when that is confirmed, to an amendment.
    let happening = Happening { key: format!("{}/round {round}", happening.key), ..happening.clone() };
    tell(tx, store, order_id, &happening).await?;
    let mut order = stands.order;
    (order.state, order.released) = (state, Some(shape));
    reason.clone_into(&mut order.reason);
    next(Standing { order, round, untold: Some(untold), telling_until: None, read_at: None }, false)
}

/// The same round once more, if it is in doubt and nobody is at it.
pub(super) async fn repeat(
    tx: &mut Transaction,
    stands: Standing,
    now: Timestamp,
) -> Result<NextStep, LedgerError> {
    if is_busy(&stands, now) {
        return Ok(NextStep::Wait);
    }
    if stands.untold.is_none() {
        return Ok(NextStep::Nothing);
    }
    tx.query("UPDATE orders SET releasing_until = $3, due_at = $4 WHERE store = $1 AND order_id = $2")
        .bind(stands.order.store.as_str())
        .bind(stands.order.order_id.as_str())
        .bind(Moment::from(telling_until(now)))
        .bind(Moment::from(abandoned_at(now)))
        .execute()
        .await?;
    next(stands, true)
}

/// Whether a process is telling the warehouse something, and its time is not over. A time that no believable clock can have put down is.
pub(super) fn is_busy(stands: &Standing, now: Timestamp) -> bool {
    let is_on = |until: Timestamp| now < until && until <= latest_believed(telling_until(now));
    stands.untold.is_some() && stands.telling_until.is_some_and(is_on)
}

fn next(stands: Standing, again: bool) -> Result<NextStep, LedgerError> {
    let Standing { order, round, untold, .. } = stands;
    let shape = || {
        let missing = || unreadable("released order")("none stands".to_owned());
        order.released.clone().map(Box::new).ok_or_else(missing)
    };
    let news = match untold {
        None => return Ok(NextStep::Nothing),
        Some(Untold::Release) => News::Released(shape()?),
        Some(Untold::Amend { changed }) => News::Amended { order: shape()?, changed },
        Some(Untold::Cancel) => News::Cancelled { reason: order.reason.clone() },
    };
    Ok(NextStep::Tell(Telling { number: order.number.clone(), round, again, news, freed: Vec::new() }))
}

/// The broker has confirmed this round.
pub(super) async fn told(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    round: u32,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let stands = lock(tx, store, order_id).await?.filter(|stands| stands.round == round);
    let Some((stands, untold)) = stands.and_then(|mut stands| stands.untold.take().map(|it| (stands, it)))
    else {
        return Ok(());
    };
    tx.query(
        "UPDATE orders
         SET state = CASE state WHEN 'releasing' THEN 'released' ELSE state END, untold = NULL, changed = NULL,
             due_at = NULL,
             released_at = CASE $3 WHEN 'release' THEN $4 ELSE released_at END
         WHERE store = $1 AND order_id = $2",
    )
    .bind(store.as_str())
    .bind(order_id.as_str())
    .bind(untold.as_str())
    .bind(Moment::from(at))
    .execute()
    .await?;
    let number = &stands.order.number;
    let what = match untold {
        Untold::Release if round == 1 => format!("released to the warehouse as {number}"),
        Untold::Release => format!("released to the warehouse as {number} once more"),
        Untold::Amend { changed } => format!("the warehouse was told what changed: {}", changed.join(", ")),
        Untold::Cancel => "the warehouse was told that it is cancelled".to_owned(),
    };
    let key = format!("told in round {round}");
    let happening =
        Happening { key, at, role: "order-importer", what, cause: "confirmed by RabbitMQ".to_owned() };
    tell(tx, store, order_id, &happening).await.map(drop)
}

/// This round is nobody's any more.
pub(super) async fn not_told(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    round: u32,
) -> Result<(), LedgerError> {
    tx.query(
        "UPDATE orders SET releasing_until = NULL
         WHERE store = $1 AND order_id = $2 AND round = $3 AND untold IS NOT NULL",
    )
    .bind(store.as_str())
    .bind(order_id.as_str())
    .bind(i64::from(round))
    .execute()
    .await?;
    Ok(())
}
