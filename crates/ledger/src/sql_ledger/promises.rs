//! Every counted SKU, with what was sold of it and was still on the shelf when it was counted.

use crossdock_domain::{Promised, Sku, StockLevel, StoreId};

use crate::database::Transaction;
use crate::moment::Moment;
use crate::{LedgerError, StockLine};

/// Of a cancelled order, only what had left by then has lines: what left after the count was still on the shelf.
/// `gone_at` only spares the reading of lines that had left before the count. From the others, the units that left by then are
/// subtracted: a consignment that left after the count was still on the shelf.
/// `CROSS JOIN` tells SQLite to begin with the counts (<https://www.sqlite.org/optoverview.html#crossjoin>); to PostgreSQL it is a join.
const STOCK: &str = "
    WITH on_the_shelf AS MATERIALIZED (
        SELECT line.sku, COALESCE(orders.accepted_at <= counted.counted_at, FALSE) AS accepted,
               line.quantity - COALESCE((
                   SELECT SUM(shipped.quantity)
                   FROM shipments JOIN shipment_lines AS shipped ON shipped.shipment_id = shipments.shipment_id
                   WHERE shipments.store = line.store AND shipments.order_id = line.order_id
                     AND shipments.dispatched_at <= counted.counted_at AND shipped.sku = line.sku
               ), 0) AS units
        FROM stock AS counted
        CROSS JOIN order_lines AS line
        JOIN orders ON orders.store = line.store AND orders.order_id = line.order_id
        WHERE line.sku = counted.sku AND line.gone_at > counted.counted_at
          AND orders.state IN ('held', 'releasing', 'released', 'accepted', 'shipped', 'cancelled') AND NOT orders.test
    ),
    promised AS (
        SELECT sku, CAST(SUM(units) AS BIGINT) AS total,
               CAST(SUM(CASE WHEN accepted THEN 0 ELSE units END) AS BIGINT) AS unallocated
        FROM on_the_shelf
        WHERE units > 0
        GROUP BY sku
    )
    SELECT stock.sku, stock.on_hand, stock.allocated, stock.counted_at, pushed.units AS pushed,
           COALESCE(promised.total, 0) AS total, COALESCE(promised.unallocated, 0) AS unallocated
    FROM stock
    LEFT JOIN pushed ON pushed.store = $1 AND pushed.sku = stock.sku
    LEFT JOIN promised ON promised.sku = stock.sku
    ORDER BY stock.sku";

#[derive(sqlx::FromRow)]
struct StockRow {
    sku: String,
    on_hand: i64,
    allocated: Option<i64>,
    counted_at: Moment,
    pushed: Option<i64>,
    total: i64,
    unallocated: i64,
}

pub(super) async fn stock(tx: &mut Transaction, store: &StoreId) -> Result<Vec<StockLine>, LedgerError> {
    let rows = tx.query(STOCK).bind(store.as_str()).all::<StockRow>().await?;
    let line = |row: StockRow| {
        Ok(StockLine {
            level: StockLevel { sku: Sku::new(row.sku), on_hand: row.on_hand, allocated: row.allocated },
            counted_at: row.counted_at.try_into()?,
            promised: Promised { total: row.total, unallocated: row.unallocated },
            pushed: row.pushed,
        })
    };
    rows.into_iter().map(line).collect()
}
