//! What left the warehouse.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LineId, OrderNumber, ShipmentId, Sku};

/// One consignment of one order. Part of the wire contract (`warehouse.shipment.dispatched`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shipment {
    /// The warehouse's id of the consignment: the same id is the same consignment, however often it is told.
    pub shipment_id: ShipmentId,
    /// The order's number at the warehouse.
    pub number: OrderNumber,
    /// Carrier as the warehouse names it, for example `Australia Post`.
    pub carrier: String,
    /// Carrier's service, for example `Express`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The carrier's number.
    pub tracking_number: String,
    /// Where the buyer follows the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_url: Option<String>,
    /// When it left, UTC.
    pub dispatched_at: Timestamp,
    /// What is in it; none: all that is still open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<PackedLine>>,
}

/// Units of one of the order's lines in a consignment, as the warehouse tells of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PackedLine {
    /// What was packed.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
    /// Which of the order's lines, by its id in `order.released`. Where several lines share the SKU, this one is filled first, as far as it
    /// is open; the others in their order. Told again with another one, the consignment stays as it was told first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line_id: Option<LineId>,
}

impl PackedLine {
    /// How much of what.
    pub fn units(&self) -> (&Sku, u32) {
        (&self.sku, self.quantity)
    }
}

impl From<ShippedLine> for PackedLine {
    fn from(ShippedLine { sku, quantity }: ShippedLine) -> Self {
        Self { sku, quantity, line_id: None }
    }
}

/// Units of one SKU in a consignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShippedLine {
    /// What was packed.
    pub sku: Sku,
    /// Units.
    pub quantity: u32,
}

impl ShippedLine {
    /// How much of what.
    pub fn units(&self) -> (&Sku, u32) {
        (&self.sku, self.quantity)
    }
}
