//! A consignment's record.

use std::fmt;

use crossdock_domain::{OrderId, Shipment, ShippedLine, StoreId};
use serde::Serialize;

/// How far a consignment has come on its way to the shop, or back.
///
/// There is no step between the shipment at the shop and the order's status there: whoever takes a consignment up reads both from the
/// shop, and a step that was put down would save none of these calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ShipmentState {
    /// Put down; it may stand at the shop or not, or with a former label.
    Intended,
    /// It stands at the shop, and so does the order's status.
    Done,
    /// To be taken back; it may still stand at the shop.
    Voiding,
    /// Nothing of it stands at the shop.
    Voided,
}

impl ShipmentState {
    /// The name in the database and in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Done => "done",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
        }
    }

    /// Whether it has left the warehouse, as far as we know.
    pub fn counts(self) -> bool {
        matches!(self, Self::Intended | Self::Done)
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Intended, Self::Done, Self::Voiding, Self::Voided].into_iter().find(|it| it.as_str() == name)
    }
}

impl fmt::Display for ShipmentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A consignment that is put down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShipmentRecord {
    /// The shop of its order.
    #[serde(skip)]
    pub store: StoreId,
    /// Its order.
    #[serde(skip)]
    pub order_id: OrderId,
    /// As the newest telling has it: the label may change, lines and time of leaving are those that were told first.
    pub shipment: Shipment,
    /// As it was told before, with other labels, the oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<Shipment>,
    /// What is in it. Empty if the warehouse named no lines and nothing was open, and of one that is taken back.
    #[serde(skip)]
    pub lines: Vec<ShippedLine>,
    /// Whether every unit that was released has left with it and the consignments before it. Of one that is taken back: whether that was
    /// so until then.
    #[serde(skip)]
    pub completes: bool,
    /// How far it has come.
    pub state: ShipmentState,
    /// The shop's own ids of it, as far as they are known.
    pub shop_shipments: Vec<String>,
    /// The order's status at the shop, as it was last read before anything of the order was written there.
    #[serde(skip)]
    pub status_before: Option<String>,
}
