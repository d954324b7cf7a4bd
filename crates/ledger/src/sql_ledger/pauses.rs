//! Shops that are left alone for a while.

use crossdock_domain::StoreId;
use jiff::{SignedDuration, Timestamp};

use crate::database::Transaction;
use crate::moment::Moment;
use crate::pause::PAUSE_SECS_MAX;
use crate::{LedgerError, Pause, PauseCause};

/// How long after its time a pause is told still, in minutes: nobody has tried since whether it is over, so nobody needs what it
/// keeps back. Longer than messages that wait for credentials stay away (2 minutes), and than a sweep does by default (5).
const UNTRIED_MINUTES_MAX: i64 = 60;

pub(super) async fn standing(
    tx: &mut Transaction,
    store: &StoreId,
    account: &str,
    now: Timestamp,
) -> Result<Vec<Pause>, LedgerError> {
    let rows = tx
        .query(
            "SELECT cause, since, CASE WHEN until > $3 THEN $4 ELSE until END, answer FROM pauses
             WHERE store = $1 AND account = $2 AND until > $5 ORDER BY cause",
        )
        .bind(store.as_str())
        .bind(account)
        .bind(believed(now))
        .bind(Moment::from(now))
        .bind(long_ago(now))
        .all::<(String, Moment, Moment, String)>()
        .await?;
    rows.into_iter().map(pause).collect()
}

/// The last moment until which a pause may last.
fn believed(now: Timestamp) -> Moment {
    now.saturating_add(SignedDuration::from_secs(PAUSE_SECS_MAX)).unwrap_or(Timestamp::MAX).into()
}

/// Pauses that ended by then are forgotten.
fn long_ago(now: Timestamp) -> Moment {
    now.saturating_sub(SignedDuration::from_mins(UNTRIED_MINUTES_MAX)).unwrap_or(Timestamp::MIN).into()
}

fn pause((cause, since, until, answer): (String, Moment, Moment, String)) -> Result<Pause, LedgerError> {
    Ok(Pause {
        cause: PauseCause::of_key(&cause)?,
        since: since.try_into()?,
        until: until.try_into()?,
        answer,
    })
}

pub(super) async fn begin(
    tx: &mut Transaction,
    store: &StoreId,
    account: &str,
    pause: &Pause,
) -> Result<bool, LedgerError> {
    forget(tx, store, account, pause).await?;
    let began = tx
        .query(
            "INSERT INTO pauses (store, account, cause, since, until, answer) VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
        )
        .bind(store.as_str())
        .bind(account)
        .bind(pause.cause.key())
        .bind(Moment::from(pause.since))
        .bind(Moment::from(pause.until))
        .bind(pause.answer.as_str())
        .execute()
        .await?;
    if began == 0 {
        tx.query(
            "UPDATE pauses SET until = CASE WHEN until > $4 AND until <= $6 THEN until ELSE $4 END, answer = $5
             WHERE store = $1 AND account = $2 AND cause = $3",
        )
        .bind(store.as_str())
        .bind(account)
        .bind(pause.cause.key())
        .bind(Moment::from(pause.until))
        .bind(pause.answer.as_str())
        .bind(believed(pause.since))
        .execute()
        .await?;
    }
    Ok(began > 0)
}

/// Forgets what ended long ago: of other credentials, and of this cause, whose pause is a new one then.
async fn forget(
    tx: &mut Transaction,
    store: &StoreId,
    account: &str,
    pause: &Pause,
) -> Result<(), LedgerError> {
    tx.query("DELETE FROM pauses WHERE store = $1 AND (account <> $2 OR cause = $3) AND until <= $4")
        .bind(store.as_str())
        .bind(account)
        .bind(pause.cause.key())
        .bind(long_ago(pause.since))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn probe(
    tx: &mut Transaction,
    store: &StoreId,
    account: &str,
    cause: &PauseCause,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let taken = tx
        .query(
            "UPDATE pauses SET until = $5
             WHERE store = $1 AND account = $2 AND cause = $3 AND (until <= $4 OR until > $6)",
        )
        .bind(store.as_str())
        .bind(account)
        .bind(cause.key())
        .bind(Moment::from(now))
        .bind(Moment::from(until))
        .bind(believed(now))
        .execute()
        .await?;
    Ok(taken > 0)
}

pub(super) async fn end(
    tx: &mut Transaction,
    store: &StoreId,
    account: &str,
    cause: &PauseCause,
) -> Result<bool, LedgerError> {
    let ended = tx
        .query("DELETE FROM pauses WHERE store = $1 AND account = $2 AND cause = $3")
        .bind(store.as_str())
        .bind(account)
        .bind(cause.key())
        .execute()
        .await?;
    Ok(ended > 0)
}
