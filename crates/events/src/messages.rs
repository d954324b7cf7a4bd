//! One type per message. The routing key is the type.

use crossdock_domain::{OrderId, OrderNumber, ReleasedOrder, Shipment, ShipmentId, Sku, StockLevel, StoreId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The data of an event.
pub trait EventData: Serialize + DeserializeOwned {
    /// The CloudEvents type, which is the routing key too.
    const TYPE: &'static str;

    /// The order or SKU that it is about.
    fn subject(&self) -> Option<String>;
}

macro_rules! event_data {
    ($name:ident, $kind:literal, $this:ident => $subject:expr) => {
        impl EventData for $name {
            const TYPE: &'static str = $kind;

            fn subject(&self) -> Option<String> {
                let $this = self;
                $subject
            }
        }
    };
}

/// A shop's order is new or has changed. A doorbell: the order is read anew from the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShopOrderChanged {
    /// The configured shop.
    pub store: StoreId,
    /// The shop's id of the order.
    pub order_id: OrderId,
    /// What the shop said happened (`store/order/created`), or why we look (`sweep`).
    pub cause: String,
}
event_data!(ShopOrderChanged, "shop.order.changed", it => Some(it.order_id.to_string()));

/// A shop's product is new, has changed or is gone: its listings are looked up anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShopProductChanged {
    /// The configured shop.
    pub store: StoreId,
    /// The shop's id of the product.
    pub product_id: String,
    /// What the shop said happened.
    pub cause: String,
}
event_data!(ShopProductChanged, "shop.product.changed", it => Some(it.product_id.clone()));

/// An order for the warehouse to pack.
pub type OrderReleased = ReleasedOrder;
event_data!(OrderReleased, "order.released", it => Some(it.number.to_string()));

/// A released order has changed before it was shipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderAmended {
    /// The whole order as it is now.
    pub order: ReleasedOrder,
    /// Names of the fields that changed.
    pub changed: Vec<String>,
}
event_data!(OrderAmended, "order.amended", it => Some(it.order.number.to_string()));

/// A released order is not wanted any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderCancelled {
    /// The warehouse's number.
    pub number: OrderNumber,
    /// The configured shop.
    pub store: StoreId,
    /// The shop's own id.
    pub order_id: OrderId,
    /// Why.
    pub reason: String,
}
event_data!(OrderCancelled, "order.cancelled", it => Some(it.number.to_string()));

/// What is promised of some SKUs has changed, because of this order: it is held, or waits for its payment, or does not any more; it is
/// released, amended or cancelled; or a parcel of it changed that.
///
/// Told to whoever computes stock, not to the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderPromised {
    /// The configured shop.
    pub store: StoreId,
    /// The shop's own id.
    pub order_id: OrderId,
    /// What it wants, each once: at least one. Absent: what it wanted before is to be compared too, and is not known here.
    #[schemars(length(min = 1))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skus: Option<Vec<Sku>>,
}
event_data!(OrderPromised, "order.promised", it => Some(it.order_id.to_string()));

/// Other lines are wanted of a released order, or it is released once more: what has left of it may be all that is wanted by now.
///
/// Told to whoever writes to the shop, not to the warehouse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OrderWanted {
    /// The warehouse's number.
    pub number: OrderNumber,
    /// The configured shop.
    pub store: StoreId,
    /// The shop's own id.
    pub order_id: OrderId,
}
event_data!(OrderWanted, "order.wanted", it => Some(it.number.to_string()));

/// The warehouse has taken an order over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarehouseOrderAccepted {
    /// The warehouse's number.
    pub number: OrderNumber,
}
event_data!(WarehouseOrderAccepted, "warehouse.order.accepted", it => Some(it.number.to_string()));

/// The warehouse will not pack an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarehouseOrderRejected {
    /// The warehouse's number.
    pub number: OrderNumber,
    /// Why, in words that a merchant understands.
    pub reason: String,
    /// SKUs that it does not know. Once it has said of each that it does (`warehouse.sku.known`), the order is released again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_skus: Vec<Sku>,
}
event_data!(WarehouseOrderRejected, "warehouse.order.rejected", it => Some(it.number.to_string()));

/// The warehouse knows a SKU from now on: orders that it refused for it are released again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarehouseSkuKnown {
    /// Which.
    pub sku: Sku,
}
event_data!(WarehouseSkuKnown, "warehouse.sku.known", it => Some(it.sku.to_string()));

/// A consignment has left the warehouse.
pub type ShipmentDispatched = Shipment;
event_data!(ShipmentDispatched, "warehouse.shipment.dispatched", it => Some(it.number.to_string()));

/// A consignment that was told has not left after all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ShipmentVoided {
    /// The warehouse's id of the consignment.
    pub shipment_id: ShipmentId,
    /// The order's number at the warehouse.
    pub number: OrderNumber,
}
event_data!(ShipmentVoided, "warehouse.shipment.voided", it => Some(it.number.to_string()));

/// The warehouse has counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockCounted {
    /// When, UTC. An older count never replaces a newer one; of two of the same moment, the one that leaves fewer units counts.
    pub counted_at: Timestamp,
    /// What was counted; a SKU that is not in it keeps its count.
    pub levels: Vec<StockLevel>,
}
event_data!(StockCounted, "warehouse.stock.counted", it => match it.levels.as_slice() {
    [only] => Some(only.sku.to_string()),
    _ => None,
});

/// A shop's quantities are to be pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StockDue {
    /// The configured shop.
    pub store: StoreId,
    /// Push every SKU that the shop was not told since this event's time, not only what changed since the last push.
    pub full: bool,
    /// Only these; absent: all that were counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skus: Option<Vec<Sku>>,
}
event_data!(StockDue, "stock.due", it => Some(match it.skus.as_deref() {
    Some([only]) => only.to_string(),
    _ => it.store.to_string(),
}));
