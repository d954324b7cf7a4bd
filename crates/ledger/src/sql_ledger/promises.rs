//! Counted SKUs, with what was sold of each and was still on the shelf when it was counted.

use crossdock_domain::{OrderId, OrderNumber, Promised, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use sqlx::AssertSqlSafe;

use super::refused;
use crate::database::{STATEMENT_ROWS_MAX, Transaction, value_rows};
use crate::error::unreadable;
use crate::moment::Moment;
use crate::{LedgerError, OrderState, PromisedTo, Pushed, StockLine};

/// An order's lines are what is promised of it, in whatever state it is: one that is kept out has those that are kept for it, and one that is cancelled only what
/// has left, because what left after a count was still on the shelf.
/// `gone_at` only spares the reading of lines that had left before the count. From the others, the units that left by then are
/// subtracted: a consignment that left after the count was still on the shelf. One that was taken back has no lines any more.
/// `CROSS JOIN` tells SQLite to begin with the counts (<https://www.sqlite.org/optoverview.html#crossjoin>); to PostgreSQL it is a join.
fn on_the_shelf(of_these: &str) -> String {
    format!(
        "SELECT line.sku, line.store, line.order_id, orders.number, orders.state,
                COALESCE(orders.accepted_at <= counted.counted_at, FALSE) AS accepted,
                line.quantity - COALESCE((
                    SELECT SUM(shipped.quantity)
                    FROM shipments JOIN shipment_lines AS shipped ON shipped.shipment_id = shipments.shipment_id
                    WHERE shipments.store = line.store AND shipments.order_id = line.order_id
                      AND shipments.dispatched_at <= counted.counted_at AND shipped.sku = line.sku
                ), 0) AS units
         FROM stock AS counted
         CROSS JOIN order_lines AS line
         JOIN orders ON orders.store = line.store AND orders.order_id = line.order_id
         WHERE line.sku = counted.sku AND line.gone_at > counted.counted_at AND NOT orders.test {of_these}"
    )
}

#[derive(sqlx::FromRow)]
struct StockRow {
    sku: String,
    on_hand: i64,
    allocated: Option<i64>,
    counted_at: Moment,
    pushed: Option<i64>,
    pushed_at: Option<Moment>,
    in_doubt_since: Option<Moment>,
    total: i64,
    unallocated: i64,
}

/// The lines of these SKUs, or of all.
pub(super) async fn stock(
    tx: &mut Transaction,
    store: &StoreId,
    skus: Option<&[Sku]>,
) -> Result<Vec<StockLine>, LedgerError> {
    let mut all = Vec::new();
    match skus {
        None => all = lines(tx, store, &[]).await?,
        Some(skus) => {
            for skus in skus.chunks(STATEMENT_ROWS_MAX) {
                all.extend(lines(tx, store, skus).await?);
            }
        }
    }
    let mut refused = refused::by_sku(tx, store, skus).await?;
    for line in &mut all {
        line.refused = refused.remove(&line.level.sku).unwrap_or_default();
    }
    Ok(all)
}

/// The lines of these SKUs; none named: of all.
async fn lines(tx: &mut Transaction, store: &StoreId, skus: &[Sku]) -> Result<Vec<StockLine>, LedgerError> {
    let of_these = if skus.is_empty() { String::new() } else { among(2, skus.len()) };
    let on_the_shelf = on_the_shelf(&of_these);
    let sql = format!(
        "WITH on_the_shelf AS MATERIALIZED ({on_the_shelf}),
         promised AS (
             SELECT sku, CAST(SUM(units) AS BIGINT) AS total,
                    CAST(SUM(CASE WHEN accepted THEN 0 ELSE units END) AS BIGINT) AS unallocated
             FROM on_the_shelf
             WHERE units > 0
             GROUP BY sku
         )
         SELECT counted.sku, counted.on_hand, counted.allocated, counted.counted_at,
                pushed.units AS pushed, pushed.at AS pushed_at,
                (SELECT MIN(began_at) FROM begun_pushes WHERE store = $1 AND sku = counted.sku) AS in_doubt_since,
                COALESCE(promised.total, 0) AS total, COALESCE(promised.unallocated, 0) AS unallocated
         FROM stock AS counted
         LEFT JOIN pushed ON pushed.store = $1 AND pushed.sku = counted.sku
         LEFT JOIN promised ON promised.sku = counted.sku
         WHERE TRUE {of_these}
         ORDER BY counted.sku"
    );
    let mut select = tx.query(AssertSqlSafe(sql)).bind(store.as_str());
    for sku in skus {
        select = select.bind(sku.as_str());
    }
    select.all::<StockRow>().await?.into_iter().map(StockLine::try_from).collect()
}

fn among(first: usize, skus: usize) -> String {
    format!("AND counted.sku IN ({})", value_rows(first, skus, 1))
}

impl TryFrom<StockRow> for StockLine {
    type Error = LedgerError;

    fn try_from(row: StockRow) -> Result<Self, LedgerError> {
        let pushed = row.pushed.zip(row.pushed_at);
        let pushed = pushed.map(|(units, at)| Ok::<_, LedgerError>(Pushed { units, at: at.try_into()? }));
        Ok(Self {
            level: StockLevel { sku: Sku::new(row.sku), on_hand: row.on_hand, allocated: row.allocated },
            counted_at: row.counted_at.try_into()?,
            promised: Promised { total: row.total, unallocated: row.unallocated },
            pushed: pushed.transpose()?,
            refused: Vec::new(),
            in_doubt_since: row.in_doubt_since.map(Timestamp::try_from).transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct PromisedRow {
    sku: String,
    store: String,
    order_id: String,
    number: String,
    state: String,
    units: i64,
}

/// Which orders these SKUs are promised to.
pub(super) async fn promised_to(tx: &mut Transaction, skus: &[Sku]) -> Result<Vec<PromisedTo>, LedgerError> {
    let mut all = Vec::new();
    for skus in skus.chunks(STATEMENT_ROWS_MAX) {
        let on_the_shelf = on_the_shelf(&among(1, skus.len()));
        let sql = format!(
            "SELECT sku, store, order_id, number, state, CAST(units AS BIGINT) AS units
             FROM ({on_the_shelf}) AS on_the_shelf
             WHERE units > 0 ORDER BY sku, number"
        );
        let mut select = tx.query(AssertSqlSafe(sql));
        for sku in skus {
            select = select.bind(sku.as_str());
        }
        for row in select.all::<PromisedRow>().await? {
            all.push(row.try_into()?);
        }
    }
    Ok(all)
}

impl TryFrom<PromisedRow> for PromisedTo {
    type Error = LedgerError;

    fn try_from(row: PromisedRow) -> Result<Self, LedgerError> {
        Ok(Self {
            sku: Sku::new(row.sku),
            store: StoreId::try_from(row.store).map_err(unreadable("store id"))?,
            order_id: OrderId::new(row.order_id),
            number: OrderNumber::new(row.number),
            state: OrderState::named(&row.state).ok_or(row.state).map_err(unreadable("order's state"))?,
            units: row.units,
        })
    }
}
