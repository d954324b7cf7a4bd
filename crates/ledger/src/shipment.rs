//! A consignment's record.

use crossdock_domain::{OrderId, Shipment, ShippedLine, StoreId};

/// How far a consignment has come on its way to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShipmentState {
    /// Put down; it may stand at the shop or not.
    Intended,
    /// It stands at the shop.
    Done,
}

/// A consignment that is put down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntendedShipment {
    /// The shop of its order.
    pub store: StoreId,
    /// Its order.
    pub order_id: OrderId,
    /// As it was first told: the same id with other contents changes nothing (a relabel is another matter).
    pub shipment: Shipment,
    /// What is in it. Empty if the warehouse named no lines and nothing was open.
    pub lines: Vec<ShippedLine>,
    /// Whether every unit that was released has left with it and the consignments before it.
    pub completes: bool,
    /// How far it has come.
    pub state: ShipmentState,
}
