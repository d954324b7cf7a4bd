//! A line of an order ('order product'), and the line items of a consignment, which may be mere links to them.

use crossdock_domain::Money;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::loose;

/// One line of an order.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct OrderProduct {
    /// The line's own id, which shipments call `order_product_id`.
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
    /// The shipping consignment that it belongs to; 0 for none.
    #[serde(default, deserialize_with = "loose::id")]
    pub(crate) order_address_id: u64,
    /// The line of the product that it is bundled in; 0 for none.
    #[serde(default, deserialize_with = "loose::id")]
    pub(crate) parent_order_product_id: u64,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) sku: String,
    /// `physical`, `digital` or `giftcertificate`.
    #[serde(default, rename = "type", deserialize_with = "loose::text")]
    pub(crate) kind: String,
    #[serde(deserialize_with = "loose::money")]
    pub(crate) price_inc_tax: Money,
    #[serde(deserialize_with = "loose::units")]
    pub(crate) quantity: u32,
    #[serde(default, deserialize_with = "loose::units")]
    pub(crate) quantity_shipped: u32,
    #[serde(default, deserialize_with = "loose::units")]
    pub(crate) quantity_refunded: u32,
    #[serde(default)]
    pub(crate) product_options: Vec<ProductOption>,
    #[serde(default)]
    pub(crate) configurable_fields: Vec<ConfigurableField>,
}

impl OrderProduct {
    /// Units ordered and not refunded.
    pub(crate) fn units_wanted(&self) -> u32 {
        self.quantity.saturating_sub(self.quantity_refunded)
    }

    /// Whether a parcel carries it.
    pub(crate) fn is_physical(&self) -> bool {
        self.kind != "digital" && self.kind != "giftcertificate"
    }
}

/// An option that the buyer chose, or what the buyer typed or uploaded, as the buyer saw it.
///
/// Of an uploaded file `display_value` is the name. `value`, left out here, is an id or a path at the shop.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ProductOption {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) display_name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) display_value: String,
}

/// What the buyer typed, in shops that still have the catalogue of before 2018 (V2); others have product options for it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct ConfigurableField {
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) name: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) value: String,
}

/// What a consignment says of its lines.
#[derive(Debug)]
pub(crate) enum LineItems {
    /// The lines themselves.
    Products(Vec<OrderProduct>),
    /// At least one link (`{url, resource}`) in the place of a line.
    Links,
}

impl Default for LineItems {
    fn default() -> Self {
        Self::Products(Vec::new())
    }
}

impl<'de> Deserialize<'de> for LineItems {
    /// The documentation's examples show an array, and for downloads and gift certificates also a lone object.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = match Value::deserialize(deserializer)? {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            one => vec![one],
        };
        if rows.iter().any(|row| row.get("resource").is_some() && row.get("id").is_none()) {
            return Ok(Self::Links);
        }
        let products = serde_path_to_error::deserialize(Value::Array(rows)).map_err(D::Error::custom)?;
        Ok(Self::Products(products))
    }
}
