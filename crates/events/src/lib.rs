//! The wire contract: the CloudEvents envelope, one type per message, their signatures and JSON Schemas.

mod event;
mod messages;
mod schemas;
pub mod standard_webhooks;

pub use event::{BATCH_CONTENT_TYPE, CONTENT_TYPE, Event, InvalidEvent, RawEvent, Source};
pub use messages::{
    EventData, OrderAmended, OrderCancelled, OrderPromised, OrderReleased, OrderWanted, ShipmentDispatched,
    ShipmentVoided, ShopOrderChanged, ShopProductChanged, StockCounted, StockDue, WarehouseOrderAccepted,
    WarehouseOrderRejected, WarehouseSkuKnown,
};
pub use schemas::schemas;
