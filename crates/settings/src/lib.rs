//! Typed configuration: `crossdock.toml`, read, validated and cross-checked before a socket opens.

mod broker;
mod ledger;
mod receiver;
mod store;
mod warehouse;

pub use broker::BrokerSettings;
pub use ledger::LedgerSettings;
pub use receiver::ReceiverSettings;
pub use store::{
    BigcommerceConnection, EcwidConnection, Connection, StockSettings, StoreSettings, TrackingSettings, WebhookHeader,
};
pub use warehouse::WarehouseSettings;

use std::sync::Arc;

/// The whole configuration.
#[derive(Debug, Clone)]
pub struct Settings {
    /// RabbitMQ.
    pub broker: BrokerSettings,
    /// The database.
    pub ledger: LedgerSettings,
    /// The HTTP edge.
    pub receiver: ReceiverSettings,
    /// The warehouse.
    pub warehouse: WarehouseSettings,
    /// The shops, in the file's order; ids are unique.
    pub stores: Vec<Arc<StoreSettings>>,
}
