//! Typed configuration: `crossdock.toml`, read, validated and cross-checked before a socket opens.

mod base_url;
mod broker;
mod claims;
mod item;
mod ledger;
mod order_numbers;
mod problem;
mod receiver;
mod secret;
mod section;
mod settings;
mod source;
mod span;
mod store;
mod stores;
mod suggestion;
mod warehouse;

pub use broker::BrokerSettings;
pub use ledger::LedgerSettings;
pub use problem::{Problem, Problems};
pub use receiver::{ReceiverSettings, SpoolSettings, TrustedProxies};
pub use settings::Settings;
pub use store::{
    BigcommerceConnection, BigcommerceLegacy, ByCarrier, Connection, EcwidConnection, StockSettings,
    StoreSettings, TrackingSettings, WebhookHeader, carrier_key, page as tracking_page, parse_date,
    start_of_day,
};
pub use warehouse::{Deliver, WarehouseSettings};
