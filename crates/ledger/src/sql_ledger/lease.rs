//! Taking leases, and giving them back.

use jiff::{SignedDuration, Timestamp};

use crate::database::Transaction;
use crate::lease::LEASE_SECS_MAX;
use crate::moment::{Moment, earliest_believed, latest_believed};
use crate::{Lease, LeaseAnswer, LedgerError};

pub(super) async fn take(
    tx: &mut Transaction,
    name: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<LeaseAnswer, LedgerError> {
    clear_expired(tx, name, now).await?;
    let taken = tx
        .query("INSERT INTO leases (name, until) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(name)
        .bind(Moment::from(until))
        .execute()
        .await?;
    if taken > 0 {
        return Ok(LeaseAnswer::Taken(Lease { name: name.to_owned(), until }));
    }
    let held =
        tx.query("SELECT until FROM leases WHERE name = $1").bind(name).optional::<(Moment,)>().await?;
    // Given back between our two looks: there is nothing to wait for.
    let until = held.map_or(Ok(now), |(until,)| until.try_into())?;
    Ok(LeaseAnswer::Busy { until })
}

/// The lease of this name goes if it has expired, or lasts longer than any lease does. Those of other names go later, as what has expired
/// by our clock may be in use by another's: so the table holds what is held and little more.
/// Comes first: whoever waits here for another process holds nothing that the other may wait for.
async fn clear_expired(tx: &mut Transaction, name: &str, now: Timestamp) -> Result<(), LedgerError> {
    let latest = now.checked_add(SignedDuration::from_secs(LEASE_SECS_MAX)).unwrap_or(Timestamp::MAX);
    tx.query(
        "DELETE FROM leases WHERE (name = $1 AND (until <= $2 OR until > $3)) OR until <= $4 OR until > $5",
    )
    .bind(name)
    .bind(Moment::from(now))
    .bind(Moment::from(latest))
    .bind(Moment::from(earliest_believed(now)))
    .bind(Moment::from(latest_believed(latest)))
    .execute()
    .await?;
    Ok(())
}

pub(super) async fn end(tx: &mut Transaction, lease: &Lease) -> Result<(), LedgerError> {
    tx.query("DELETE FROM leases WHERE name = $1 AND until = $2")
        .bind(lease.name.as_str())
        .bind(Moment::from(lease.until))
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn renew(
    tx: &mut Transaction,
    lease: &Lease,
    until: Timestamp,
) -> Result<Option<Lease>, LedgerError> {
    let renewed = tx
        .query("UPDATE leases SET until = $3 WHERE name = $1 AND until = $2")
        .bind(lease.name.as_str())
        .bind(Moment::from(lease.until))
        .bind(Moment::from(until))
        .execute()
        .await?;
    Ok((renewed > 0).then(|| Lease { name: lease.name.clone(), until }))
}
