//! What the messages of all roles tell, as far as a forecast needs it.

use crossdock_domain::{OrderId, OrderNumber, StoreId};
use crossdock_events::{
    Event, EventData, InvalidEvent, OrderAmended, OrderCancelled, OrderPromised, OrderReleased, OrderWanted,
    RawEvent, ShipmentDispatched, ShipmentVoided, ShopOrderChanged, ShopProductChanged, StockCounted,
    StockDue, WarehouseOrderAccepted, WarehouseOrderRejected, WarehouseSkuKnown,
};
use crossdock_telemetry::chain;

pub(super) const ORDER_IMPORTER: &str = "order-importer";
pub(super) const TRACKING_WRITER: &str = "tracking-writer";
pub(super) const STOCK_WRITER: &str = "stock-writer";
pub(super) const WAREHOUSE: &str = "warehouse";

/// All that take messages. Consumers are not known here but by name.
pub(super) const ROLES: [&str; 4] = [ORDER_IMPORTER, TRACKING_WRITER, STOCK_WRITER, WAREHOUSE];

/// A message that was read.
#[derive(Debug)]
pub(super) enum Told {
    OrderChanged(Event<ShopOrderChanged>),
    Accepted(WarehouseOrderAccepted),
    Rejected(WarehouseOrderRejected),
    SkuKnown(WarehouseSkuKnown),
    ForWarehouse(ForWarehouse),
    Dispatched(Box<Event<ShipmentDispatched>>),
    Voided(ShipmentVoided),
    Counted(StockCounted),
    StockDue(Event<StockDue>),
    ProductChanged(ShopProductChanged),
    Promised,
    Wanted(OrderWanted),
}

/// What the warehouse is told of an order.
#[derive(Debug)]
pub(super) struct ForWarehouse {
    pub(super) event_id: String,
    pub(super) news: WarehouseNews,
    pub(super) number: OrderNumber,
    pub(super) store: StoreId,
    pub(super) order_id: OrderId,
}

/// What of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WarehouseNews {
    Released,
    Amended,
    Cancelled,
}

/// Why it is no message that any role takes.
#[derive(Debug)]
pub(super) struct Unreadable(pub(super) String);

impl From<InvalidEvent> for Unreadable {
    fn from(error: InvalidEvent) -> Self {
        Self(chain(&error))
    }
}

impl Told {
    pub(super) fn read(body: &[u8]) -> Result<Self, Unreadable> {
        let event = RawEvent::parse(body)?;
        let (event_id, kind) = (event.id.clone(), event.kind.clone());
        let for_warehouse = |news, number, store, order_id| {
            Self::ForWarehouse(ForWarehouse { event_id, news, number, store, order_id })
        };
        Ok(match kind.as_str() {
            ShopOrderChanged::TYPE => Self::OrderChanged(event.read()?),
            WarehouseOrderAccepted::TYPE => Self::Accepted(event.read()?.data),
            WarehouseOrderRejected::TYPE => Self::Rejected(event.read()?.data),
            WarehouseSkuKnown::TYPE => Self::SkuKnown(event.read()?.data),
            OrderReleased::TYPE => {
                let order = event.read::<OrderReleased>()?.data;
                for_warehouse(WarehouseNews::Released, order.number, order.store, order.order_id)
            }
            OrderAmended::TYPE => {
                let order = event.read::<OrderAmended>()?.data.order;
                for_warehouse(WarehouseNews::Amended, order.number, order.store, order.order_id)
            }
            OrderCancelled::TYPE => {
                let order = event.read::<OrderCancelled>()?.data;
                for_warehouse(WarehouseNews::Cancelled, order.number, order.store, order.order_id)
            }
            ShipmentDispatched::TYPE => Self::Dispatched(Box::new(event.read()?)),
            ShipmentVoided::TYPE => Self::Voided(event.read()?.data),
            StockCounted::TYPE => Self::Counted(event.read()?.data),
            StockDue::TYPE => Self::StockDue(event.read()?),
            ShopProductChanged::TYPE => Self::ProductChanged(event.read()?.data),
            OrderPromised::TYPE => {
                event.read::<OrderPromised>()?;
                Self::Promised
            }
            OrderWanted::TYPE => Self::Wanted(event.read()?.data),
            _ => return Err(Unreadable(format!("no role takes messages of type '{kind}'"))),
        })
    }

    /// Whether this role takes it.
    pub(super) fn is_for(&self, role: &str) -> bool {
        let taker = match self {
            Self::OrderChanged(_) | Self::Accepted(_) | Self::Rejected(_) | Self::SkuKnown(_) => {
                ORDER_IMPORTER
            }
            Self::ForWarehouse(_) => WAREHOUSE,
            Self::Dispatched(_) | Self::Voided(_) | Self::Wanted(_) => TRACKING_WRITER,
            Self::Counted(_) | Self::StockDue(_) | Self::ProductChanged(_) | Self::Promised => STOCK_WRITER,
        };
        role == taker
    }

    /// The warehouse's number of the order that it is about, where it names that alone.
    pub(super) fn number(&self) -> Option<&OrderNumber> {
        match self {
            Self::Accepted(data) => Some(&data.number),
            Self::Rejected(data) => Some(&data.number),
            Self::Dispatched(event) => Some(&event.data.number),
            Self::Voided(data) => Some(&data.number),
            Self::Wanted(data) => Some(&data.number),
            _ => None,
        }
    }
}
