//! Since when each shop's webhooks may have told nobody of a change.

use crossdock_domain::StoreId;
use jiff::Timestamp;

use crate::database::Transaction;
use crate::moment::Moment;
use crate::{LedgerError, WebhookWatch};

pub(super) async fn watch(tx: &mut Transaction, store: &StoreId) -> Result<WebhookWatch, LedgerError> {
    let row = tx
        .query("SELECT alive_at, missed_from, mended_at, removed_at FROM webhooks WHERE store = $1")
        .bind(store.as_str())
        .optional::<(Option<Moment>, Option<Moment>, Option<Moment>, Option<Moment>)>()
        .await?;
    let Some((alive_at, missed_from, mended_at, removed_at)) = row else {
        return Ok(WebhookWatch::default());
    };
    let time = |moment: Option<Moment>| moment.map(Timestamp::try_from).transpose();
    Ok(WebhookWatch {
        alive_at: time(alive_at)?,
        missed_from: time(missed_from)?,
        mended_at: time(mended_at)?,
        removed_at: time(removed_at)?,
    })
}

pub(super) async fn keep(
    tx: &mut Transaction,
    store: &StoreId,
    watch: &WebhookWatch,
) -> Result<(), LedgerError> {
    tx.query(
        "INSERT INTO webhooks (store, alive_at, missed_from, mended_at, removed_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (store) DO UPDATE
         SET alive_at = excluded.alive_at, missed_from = excluded.missed_from, mended_at = excluded.mended_at,
             removed_at = excluded.removed_at",
    )
    .bind(store.as_str())
    .bind(watch.alive_at.map(Moment::from))
    .bind(watch.missed_from.map(Moment::from))
    .bind(watch.mended_at.map(Moment::from))
    .bind(watch.removed_at.map(Moment::from))
    .execute()
    .await?;
    Ok(())
}
