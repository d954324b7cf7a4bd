//! An order as Orders V2 gives it, with `include=consignments,consignments.line_items&consignment_structure=object`.
//!
//! Source: `reference/orders.v2.oas2.yml` of bigcommerce/docs (24f580ca, 2026-04-01).

use crossdock_domain::Money;
use jiff::Timestamp;
use serde::Deserialize;

use crate::line_items::LineItems;
use crate::loose;

/// What an order's status is moved by.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderStatus {
    pub(crate) status_id: i64,
    /// Archived: gone for all who sell and ship.
    #[serde(default)]
    pub(crate) is_deleted: bool,
}

/// What of an order its shipments depend on. The rest may be as it likes.
#[derive(Debug, Deserialize)]
pub(crate) struct OrderContents {
    #[serde(flatten)]
    pub(crate) status: OrderStatus,
    /// Units of all lines.
    #[serde(default, deserialize_with = "loose::units")]
    pub(crate) items_total: u32,
    /// Units in all shipments.
    #[serde(default, deserialize_with = "loose::units")]
    pub(crate) items_shipped: u32,
    #[serde(default)]
    pub(crate) consignments: Consignments,
}

/// The whole order.
#[derive(Debug, Deserialize)]
pub(crate) struct Order {
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) status: OrderStatus,
    #[serde(deserialize_with = "loose::timestamp")]
    pub(crate) date_created: Timestamp,
    #[serde(default, deserialize_with = "loose::optional_timestamp")]
    pub(crate) date_modified: Option<Timestamp>,
    #[serde(default, deserialize_with = "loose::channel")]
    pub(crate) channel_id: Option<i64>,
    /// The currency that the shopper pays in, and that the amounts are in.
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) default_currency_code: String,
    /// The currency that prices were shown in.
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) currency_code: String,
    #[serde(deserialize_with = "loose::money")]
    pub(crate) total_inc_tax: Money,
    /// Units of all lines.
    #[serde(default, deserialize_with = "loose::units")]
    pub(crate) items_total: u32,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) customer_message: String,
    #[serde(default)]
    pub(crate) billing_address: Contact,
    #[serde(default)]
    pub(crate) consignments: Consignments,
}

/// A person and a postal address.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Contact {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) first_name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) last_name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) company: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) street_1: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) street_2: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) city: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) zip: String,
    /// By name; the API has no code for it.
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) state: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) country_iso2: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) phone: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) email: String,
}

/// How the order's lines reach the buyer.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Consignments {
    /// None where the shop does not include them: it leaves them out, or has a link in their place (`{url, resource}`).
    #[serde(default)]
    pub(crate) shipping: Option<Vec<ShippingConsignment>>,
    /// At most one.
    #[serde(default)]
    pub(crate) pickups: Vec<PickupConsignment>,
    #[serde(default)]
    pub(crate) downloads: Vec<EmailedConsignment>,
    #[serde(default)]
    pub(crate) email: GiftCertificates,
}

/// Lines that go to one address. As a resource of its own (`/orders/{id}/shipping_addresses`) it does not hold the lines.
#[derive(Debug, Deserialize)]
pub(crate) struct ShippingConsignment {
    /// A line's `order_address_id`.
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
    #[serde(flatten)]
    pub(crate) contact: Contact,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) shipping_method: String,
    #[serde(default)]
    pub(crate) line_items: LineItems,
}

/// Lines that the buyer collects.
#[derive(Debug, Deserialize)]
pub(crate) struct PickupConsignment {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) pickup_method_display_name: String,
    #[serde(default)]
    pub(crate) location: PickupLocation,
    #[serde(default)]
    pub(crate) line_items: LineItems,
}

/// Where the buyer collects them.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct PickupLocation {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) address_line_1: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) address_line_2: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) city: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) state: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) postal_code: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) country_alpha2: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) email: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) phone: String,
}

/// Gift certificates, which are sent by e-mail.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct GiftCertificates {
    #[serde(default)]
    pub(crate) gift_certificates: Vec<EmailedConsignment>,
}

/// Lines that no parcel carries.
#[derive(Debug, Deserialize)]
pub(crate) struct EmailedConsignment {
    #[serde(default)]
    pub(crate) line_items: LineItems,
}
