//! Which consignment brings its order to its end at the shop: the last of those with which all that was wanted has left. What is wanted
//! may change when some have left.

use std::collections::{HashMap, HashSet};

use crossdock_domain::{OrderNumber, Shipment, ShipmentId, Sku};
use serde::Deserialize;

use super::order_row::lock_released;
use super::shipment_row::of_order;
use super::shipments::{released_lines, units_gone};
use super::tell::tell;
use crate::database::Transaction;
use crate::open_lines::open;
use crate::{Happening, LedgerError, OrderRecord, OrderState, ShipmentRecord, ShipmentState};

/// As long as some is open, no consignment that is on its way to the shop moves the order to its end there.
pub(super) async fn none_completes_what_is_open(
    tx: &mut Transaction,
    order: &OrderRecord,
) -> Result<(), LedgerError> {
    if all_has_left(tx, order).await? {
        return Ok(());
    }
    tx.query(
        "UPDATE shipments SET completes = FALSE
         WHERE store = $1 AND order_id = $2 AND state IN ('intended', 'done')",
    )
    .bind(order.store.as_str())
    .bind(order.order_id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Of an order of which other lines are wanted than before. One that is still to be written ends it when it is.
///
/// One of which a person has discarded the dead letter is not: the order ends with the last that stands at the shop. If none does, what
/// that person did there instead is left alone.
pub(super) async fn shipment_to_complete(
    tx: &mut Transaction,
    number: &OrderNumber,
) -> Result<Option<ShipmentRecord>, LedgerError> {
    let Some(order) = lock_released(tx, number).await? else { return Ok(None) };
    if order.state == OrderState::Cancelled || !all_has_left(tx, &order).await? {
        return Ok(None);
    }
    let mut all = of_order(tx, &order.store, &order.order_id).await?;
    let done: Vec<_> = all.extract_if(.., |one| one.state == ShipmentState::Done).collect();
    if done.iter().any(|one| one.completes) {
        return Ok(None);
    }
    if !are_all(&done, &order) {
        all.retain(|one| one.state == ShipmentState::Intended);
        if let Some(written) = to_be_written(tx, number, all).await? {
            return Ok(Some(written));
        }
    }
    Ok(done.last().cloned())
}

/// Whether nothing is open beside these.
fn are_all(shipments: &[ShipmentRecord], order: &OrderRecord) -> bool {
    let mut units: HashMap<Sku, i64> = HashMap::new();
    for line in shipments.iter().flat_map(|one| &one.lines) {
        *units.entry(line.sku.clone()).or_default() += i64::from(line.quantity);
    }
    open(&released_lines(order), &units).is_empty()
}

/// The one of them that ends its order from now on: the one that was to do so, or the last. None if all are given up.
async fn to_be_written(
    tx: &mut Transaction,
    number: &OrderNumber,
    intended: Vec<ShipmentRecord>,
) -> Result<Option<ShipmentRecord>, LedgerError> {
    let ids = given_up(tx, number).await?;
    let (given_up, under_way): (Vec<_>, Vec<_>) =
        intended.into_iter().partition(|one| ids.contains(&one.shipment.shipment_id));
    let written = under_way.iter().find(|one| one.completes).or(under_way.last());
    // The discarding may be taken back.
    if let Some(ends) = written.or(given_up.last()) {
        completes(tx, &ends.shipment.shipment_id).await?;
    }
    Ok(written.cloned())
}

/// The consignments of an order whose dead letters stand discarded: a person has typed them in at the shop, or done without.
async fn given_up(tx: &mut Transaction, number: &OrderNumber) -> Result<HashSet<ShipmentId>, LedgerError> {
    #[derive(Deserialize)]
    struct Told {
        data: Shipment,
    }
    let bodies = tx
        .query(
            "SELECT COALESCE(content.edited_body, content.body)
             FROM dead_letters JOIN dead_letter_contents AS content ON content.letter = dead_letters.id
             WHERE dead_letters.subject = $1 AND dead_letters.state = 'discarded'",
        )
        .bind(number.as_str())
        .all::<(Vec<u8>,)>()
        .await?;
    // What is discarded beside tellings of consignments has no such data.
    let told = bodies.iter().filter_map(|(body,)| serde_json::from_slice::<Told>(body).ok());
    Ok(told.map(|told| told.data.shipment_id).collect())
}

/// The order has come to its end at the shop with this one. If some of it is open again since, the one that takes that ends it.
pub(super) async fn completed(
    tx: &mut Transaction,
    shipment: &Shipment,
    happening: &Happening,
) -> Result<(), LedgerError> {
    let Some(order) = lock_released(tx, &shipment.number).await? else { return Ok(()) };
    completes(tx, &shipment.shipment_id).await?;
    none_completes_what_is_open(tx, &order).await?;
    tell(tx, &order.store, &order.order_id, happening).await.map(drop)
}

async fn completes(tx: &mut Transaction, id: &ShipmentId) -> Result<(), LedgerError> {
    tx.query("UPDATE shipments SET completes = TRUE WHERE shipment_id = $1")
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

async fn all_has_left(tx: &mut Transaction, order: &OrderRecord) -> Result<bool, LedgerError> {
    Ok(open(&released_lines(order), &units_gone(tx, order).await?).is_empty())
}
