//! A consignment that is told again: the same, or with another label.

use std::collections::BTreeMap;

use crossdock_domain::{PackedLine, Shipment, ShippedLine, Sku};

use super::shipment_row::Standing;
use super::tell::tell;
use crate::database::Transaction;
use crate::error::unreadable;
use crate::moment::Moment;
use crate::open_lines::summed;
use crate::{Happening, LedgerError, ShipmentRecord, ShipmentState};

/// Takes the newer label. What was told before, or at the same time and is known already, comes late and changes nothing.
pub(super) async fn told_again(
    tx: &mut Transaction,
    stands: Standing,
    shipment: &Shipment,
    happening: &Happening,
) -> Result<ShipmentRecord, LedgerError> {
    let Standing { record, told_at } = stands;
    if happening.at < told_at || happening.at == told_at && is_known(&record, shipment) {
        return Ok(record);
    }
    if !record.state.counts() {
        return Err(LedgerError::ShipmentVoided(shipment.shipment_id.clone()));
    }
    if let Some(named) = &shipment.lines
        && units(named.iter().map(PackedLine::units)) != units(record.lines.iter().map(ShippedLine::units))
    {
        return Err(LedgerError::ShipmentLinesDiffer(shipment.shipment_id.clone()));
    }
    if has_label_of(&record.shipment, shipment) {
        keep(tx, &record, happening).await?;
        return Ok(record);
    }
    let former = record.shipment.clone();
    let mut relabelled = record;
    relabelled.former.push(former.clone());
    relabelled.shipment = Shipment {
        carrier: shipment.carrier.clone(),
        service: shipment.service.clone(),
        tracking_number: shipment.tracking_number.clone(),
        tracking_url: shipment.tracking_url.clone(),
        ..former.clone()
    };
    relabelled.state = ShipmentState::Intended;
    keep(tx, &relabelled, happening).await?;
    let happening = Happening {
        key: format!("{}/label {}", happening.key, relabelled.former.len()),
        what: format!(
            "relabelled: by {}, tracking {}, no more by {}, tracking {}",
            shipment.carrier, shipment.tracking_number, former.carrier, former.tracking_number
        ),
        ..happening.clone()
    };
    tell(tx, &relabelled.store, &relabelled.order_id, &happening).await?;
    Ok(relabelled)
}

async fn keep(
    tx: &mut Transaction,
    record: &ShipmentRecord,
    happening: &Happening,
) -> Result<(), LedgerError> {
    tx.query("UPDATE shipments SET told = $2, told_at = $3, former = $4, state = $5 WHERE shipment_id = $1")
        .bind(record.shipment.shipment_id.as_str())
        .bind(serde_json::to_string(&record.shipment).map_err(unreadable("shipment"))?)
        .bind(Moment::from(happening.at))
        .bind(serde_json::to_string(&record.former).map_err(unreadable("former label"))?)
        .bind(record.state.as_str())
        .execute()
        .await?;
    Ok(())
}

fn is_known(record: &ShipmentRecord, shipment: &Shipment) -> bool {
    has_label_of(&record.shipment, shipment) || record.former.iter().any(|it| has_label_of(it, shipment))
}

fn has_label_of(one: &Shipment, other: &Shipment) -> bool {
    let label = |it: &Shipment| {
        (it.carrier.clone(), it.service.clone(), it.tracking_number.clone(), it.tracking_url.clone())
    };
    label(one) == label(other)
}

fn units<'l>(lines: impl Iterator<Item = (&'l Sku, u32)>) -> BTreeMap<Sku, u32> {
    summed(lines).into_iter().map(|line| (line.sku, line.quantity)).collect()
}
