//! The broker's confirmation that an order is on the warehouse's queue.

use crossdock_domain::{OrderId, StoreId};
use jiff::Timestamp;

use super::tell::tell;
use crate::database::Transaction;
use crate::moment::Moment;
use crate::{Happening, LedgerError};

pub(super) async fn released(
    tx: &mut Transaction,
    store: &StoreId,
    order_id: &OrderId,
    at: Timestamp,
) -> Result<(), LedgerError> {
    let confirmed = tx
        .query(
            "UPDATE orders
             SET state = CASE state WHEN 'releasing' THEN 'released' ELSE state END,
                 released_at = COALESCE(released_at, $3)
             WHERE store = $1 AND order_id = $2 AND released IS NOT NULL
             RETURNING number",
        )
        .bind(store.as_str())
        .bind(order_id.as_str())
        .bind(Moment::from(at))
        .optional::<(String,)>()
        .await?;
    if let Some((number,)) = confirmed {
        let happening = Happening {
            key: "released".to_owned(),
            at,
            role: "order-importer",
            what: format!("released to the warehouse as {number}"),
            cause: "confirmed by RabbitMQ".to_owned(),
        };
        tell(tx, store, order_id, &happening).await?;
    }
    Ok(())
}
