//! Orders, lines, shipments, stock, money and ids: the values of Crossdock and the rules over them. No I/O, no clock.

mod address;
mod ids;
mod import_rules;
mod listing;
mod mend;
mod money;
mod released_order;
mod shipment;
mod shop_order;
mod statuses;
mod stock;

pub use address::Address;
pub use ids::{InvalidStoreId, LineId, OrderId, OrderNumber, ShipmentId, Sku, StoreId};
pub use import_rules::{Decision, FilterRule, ImportRules, Kits, Unfit};
pub use listing::{Listing, ListingStock, UnknownListingStock};
pub use mend::{Classify, Mend};
pub use money::{InvalidMoney, Money};
pub use released_order::{OrderLine, Platform, ReleasedOrder};
pub use shipment::{PackedLine, Shipment, ShippedLine};
pub use shop_order::{ShopLine, ShopOrder, ShopStatus};
pub use statuses::{BIGCOMMERCE_STATUSES, ECWID_FULFILLMENT_STATUSES, ECWID_PAYMENT_STATUSES};
pub use stock::{Promised, StockLevel, StockPush, sellable};
