//! A consignment on its way to the shop's order.

use crossdock_domain::{OrderId, Shipment, ShippedLine};

/// What is to be written to the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The shop's order.
    pub order_id: OrderId,
    /// The consignment as the warehouse told it.
    pub shipment: Shipment,
    /// What is in it: the warehouse's lines, or all that was open where it named none.
    pub lines: Vec<ShippedLine>,
    /// Whether everything that was released has left with this consignment and those before it.
    pub completes: bool,
}

/// What stands at the shop after a dispatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatched {
    /// The shop's own ids of the shipment; empty where the platform has no shipments (Ecwid).
    pub shop_shipments: Vec<String>,
    /// The order's status at the shop, in its own words.
    pub order_status: String,
    /// False if everything stood there already and nothing was written.
    pub wrote: bool,
}
