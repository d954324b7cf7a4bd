//! The scopes that a hook can have, and what must be readable for them.

use super::super::BigcommerceScope::{self, OrdersReadOnly, ProductsReadOnly};

/// Every scope of the OpenAPI file of Webhooks V3 (bigcommerce/docs at 24f580ca, 2026-04-01), behind `store/`.
const SCOPES: [&str; 55] = [
    "app/uninstalled",
    "cart/*",
    "cart/abandoned",
    "cart/converted",
    "cart/couponApplied",
    "cart/created",
    "cart/deleted",
    "cart/lineItem/*",
    "cart/lineItem/created",
    "cart/lineItem/deleted",
    "cart/lineItem/updated",
    "cart/updated",
    "category/*",
    "category/created",
    "category/deleted",
    "category/updated",
    "channel/*",
    "channel/created",
    "channel/updated",
    "customer/*",
    "customer/address/created",
    "customer/address/deleted",
    "customer/address/updated",
    "customer/created",
    "customer/deleted",
    "customer/payment/instrument/default/updated",
    "customer/updated",
    "information/updated",
    "order/*",
    "order/archived",
    "order/created",
    "order/message/created",
    "order/refund/created",
    "order/statusUpdated",
    "order/updated",
    "product/*",
    "product/created",
    "product/deleted",
    "product/inventory/order/updated",
    "product/inventory/updated",
    "product/updated",
    "shipment/*",
    "shipment/created",
    "shipment/deleted",
    "shipment/updated",
    "sku/*",
    "sku/created",
    "sku/deleted",
    "sku/inventory/order/updated",
    "sku/inventory/updated",
    "sku/updated",
    "subscriber/*",
    "subscriber/created",
    "subscriber/deleted",
    "subscriber/updated",
];

pub(super) fn is_known(scope: &str) -> bool {
    scope.strip_prefix("store/").is_some_and(|scope| SCOPES.contains(&scope))
}

/// Whether a hook of this scope is told of an event of that one.
pub(super) fn covers(hook: &str, event: &str) -> bool {
    hook == event || hook.strip_suffix('*').is_some_and(|family| event.starts_with(family))
}

/// What a token must be able to read to be told of it.
pub(super) fn read_scope(scope: &str) -> Option<BigcommerceScope> {
    match scope.split('/').nth(1)? {
        "order" | "shipment" => Some(OrdersReadOnly),
        "product" | "sku" => Some(ProductsReadOnly),
        _ => None,
    }
}
