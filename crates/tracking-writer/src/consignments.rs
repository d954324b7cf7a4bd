//! The consignments of one order: the one that is dealt with, and the others.

use crossdock_domain::{Shipment, ShipmentId};
use crossdock_ledger::{Ledger, LedgerError, OrderRecord, ShipmentRecord};

/// As they stand now.
pub(crate) struct Consignments {
    pub(crate) this: Option<ShipmentRecord>,
    pub(crate) others: Vec<ShipmentRecord>,
}

impl Consignments {
    pub(crate) async fn read(
        ledger: &dyn Ledger,
        order: &OrderRecord,
        id: &ShipmentId,
    ) -> Result<Self, LedgerError> {
        let mut others = ledger.shipments(&order.store, &order.order_id).await?;
        let at = others.iter().position(|it| it.shipment.shipment_id == *id);
        let this = at.map(|at| others.remove(at));
        Ok(Self { this, others })
    }

    /// The others that have left and are not taken back.
    pub(crate) fn that_left(&self) -> Vec<Shipment> {
        self.others.iter().filter(|other| other.state.counts()).map(|other| other.shipment.clone()).collect()
    }
}
