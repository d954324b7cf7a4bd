//! A consignment on its way to the shop's order, and on its way back.

use crossdock_domain::{OrderId, Shipment, ShippedLine};

/// What is to be written to the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispatch {
    /// The shop's order.
    pub order_id: OrderId,
    /// The consignment as the warehouse told it last.
    pub shipment: Shipment,
    /// As it was told before, with other labels: one of these may stand at the shop.
    pub former: Vec<Shipment>,
    /// The shop's own ids of it, as far as they are known.
    pub shop_shipments: Vec<String>,
    /// The order's other consignments that have left: what stands of them stays.
    pub others: Vec<Shipment>,
    /// What is in it: the warehouse's lines, or all that was open where it named none.
    pub lines: Vec<ShippedLine>,
    /// Whether everything that was released has left with this consignment and those before it.
    pub completes: bool,
    /// Whether nobody can have tried to write it before: all that stands there of it was written by a person.
    pub first_try: bool,
    /// Whether it stands at the shop already, as far as anybody there left it so: only the order's status is to be written.
    pub status_only: bool,
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

/// What is to be taken back from the shop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeBack {
    /// The shop's order.
    pub order_id: OrderId,
    /// The consignment as the warehouse told it last.
    pub shipment: Shipment,
    /// As it was told before, with other labels: one of these may stand at the shop.
    pub former: Vec<Shipment>,
    /// The shop's own ids of it, as far as they are known.
    pub shop_shipments: Vec<String>,
    /// The order's other consignments that have left: what stands of them stays.
    pub others: Vec<Shipment>,
    /// Whether everything that was released had left, this consignment included.
    pub completed: bool,
    /// The order's status at the shop before anything was written to it, as [`crossdock_domain::ShopStatus`] is spelled; none if that is
    /// not known.
    pub status_before: Option<String>,
}

/// What stands at the shop after a consignment was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakenBack {
    /// The order's status at the shop, in its own words.
    pub order_status: String,
    /// False if nothing of the consignment stood there.
    pub wrote: bool,
}
