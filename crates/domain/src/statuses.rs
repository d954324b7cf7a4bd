//! The platforms' statuses, by the names that settings and filters use.

/// BigCommerce's order statuses, id and name.
///
/// Source: BigCommerce's API reference, Orders V2 (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
pub const BIGCOMMERCE_STATUSES: [(i64, &str); 15] = [
    (0, "incomplete"),
    (1, "pending"),
    (2, "shipped"),
    (3, "partially_shipped"),
    (4, "refunded"),
    (5, "cancelled"),
    (6, "declined"),
    (7, "awaiting_payment"),
    (8, "awaiting_pickup"),
    (9, "awaiting_shipment"),
    (10, "completed"),
    (11, "awaiting_fulfillment"),
    (12, "manual_verification_required"),
    (13, "disputed"),
    (14, "partially_refunded"),
];

/// Ecwid's payment statuses. The three custom ones are named by the merchant.
///
/// Source: docs.ecwid.com, `get-order` (2026-01-14), and the official Java client (2026-07-14).
pub const ECWID_PAYMENT_STATUSES: [&str; 9] = [
    "AWAITING_PAYMENT",
    "PAID",
    "CANCELLED",
    "REFUNDED",
    "PARTIALLY_REFUNDED",
    "INCOMPLETE",
    "CUSTOM_PAYMENT_STATUS_1",
    "CUSTOM_PAYMENT_STATUS_2",
    "CUSTOM_PAYMENT_STATUS_3",
];

/// Ecwid's fulfilment statuses. There is none for 'cancelled' or 'partly shipped'.
///
/// Source: as for [`ECWID_PAYMENT_STATUSES`].
pub const ECWID_FULFILLMENT_STATUSES: [&str; 11] = [
    "AWAITING_PROCESSING",
    "PROCESSING",
    "SHIPPED",
    "DELIVERED",
    "WILL_NOT_DELIVER",
    "RETURNED",
    "READY_FOR_PICKUP",
    "OUT_FOR_DELIVERY",
    "CUSTOM_FULFILLMENT_STATUS_1",
    "CUSTOM_FULFILLMENT_STATUS_2",
    "CUSTOM_FULFILLMENT_STATUS_3",
];
