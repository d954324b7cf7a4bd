//! `GET /orders/{orderId}` as Ecwid sends it, as far as a warehouse needs it.
//!
//! Source: docs.ecwid.com, "Get order" (2026-01-14); the official Java client's `FetchedOrder` (2026-07-14).

use serde::Deserialize;

use crate::scalar::{Amount, Scalar};

/// An order. Its currency is the store's: see [`crate::profile`].
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FetchedOrder {
    /// What the buyer and the merchant see, prefix and suffix included.
    #[serde(default)]
    id: Scalar,
    #[serde(default)]
    internal_id: Scalar,
    /// Deprecated: the internal id since ids are random, a running number before.
    #[serde(default)]
    order_number: Scalar,
    /// Deprecated: the id; the only text id in orders of before 2020.
    #[serde(default)]
    vendor_order_number: Scalar,
    #[serde(default)]
    pub(crate) create_timestamp: Scalar,
    #[serde(default)]
    pub(crate) create_date: Scalar,
    #[serde(default)]
    pub(crate) update_timestamp: Scalar,
    #[serde(default)]
    pub(crate) update_date: Scalar,
    #[serde(default)]
    pub(crate) payment_status: Scalar,
    #[serde(default)]
    pub(crate) fulfillment_status: Scalar,
    pub(crate) total: Amount,
    #[serde(default)]
    pub(crate) email: Scalar,
    #[serde(default)]
    pub(crate) order_comments: Scalar,
    /// Missing in orders with nothing to ship, and in some that were made by hand.
    pub(crate) shipping_person: Option<Person>,
    pub(crate) billing_person: Option<Person>,
    pub(crate) shipping_option: Option<ShippingOption>,
    #[serde(default)]
    pub(crate) items: Vec<Item>,
}

impl FetchedOrder {
    /// The id that the warehouse's number is made of.
    pub(crate) fn order_id(&self) -> Option<&str> {
        self.ids().into_iter().find_map(Scalar::filled)
    }

    /// Whether this is what was asked for.
    pub(crate) fn is_called(&self, asked: &str) -> bool {
        self.ids().into_iter().filter_map(Scalar::filled).any(|id| id.eq_ignore_ascii_case(asked.trim()))
    }

    fn ids(&self) -> [&Scalar; 4] {
        [&self.id, &self.vendor_order_number, &self.order_number, &self.internal_id]
    }
}

/// A person and an address. There is no e-mail address in it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Person {
    pub(crate) name: Scalar,
    pub(crate) first_name: Scalar,
    pub(crate) last_name: Scalar,
    pub(crate) company_name: Scalar,
    /// Both address lines, separated by a line break.
    pub(crate) street: Scalar,
    pub(crate) city: Scalar,
    pub(crate) country_code: Scalar,
    pub(crate) postal_code: Scalar,
    pub(crate) state_or_province_code: Scalar,
    pub(crate) state_or_province_name: Scalar,
    pub(crate) phone: Scalar,
}

/// How it is to get to the buyer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ShippingOption {
    pub(crate) shipping_method_name: Scalar,
    pub(crate) is_pickup: Option<bool>,
    /// `SHIPPING`, `PICKUP` or `DELIVERY`; the reference's table has them in lower case.
    pub(crate) fulfillment_type: Scalar,
}

/// One line.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) id: Scalar,
    #[serde(default)]
    pub(crate) sku: Scalar,
    #[serde(default)]
    pub(crate) name: Scalar,
    pub(crate) quantity: u32,
    /// Of one unit; with tax where the shop's prices include it (`pricesIncludeTax`).
    pub(crate) price: Amount,
    pub(crate) is_shipping_required: Option<bool>,
    /// Has files to download, which a thing in a parcel may have too.
    pub(crate) digital: Option<bool>,
    pub(crate) gift_card: Option<bool>,
    #[serde(default)]
    pub(crate) selected_options: Vec<SelectedOption>,
    composite_components: Option<Vec<Component>>,
}

impl Item {
    /// What it is put together from; nothing for all but composite products.
    pub(crate) fn components(&self) -> &[Component] {
        self.composite_components.as_deref().unwrap_or_default()
    }
}

/// A thing that a composite product is put together from.
///
/// Source: docs.ecwid.com, changelog of 2025-10-16, "Composite products feature"; the Java client's `FetchedProductComponent`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Component {
    pub(crate) product_id: Scalar,
    /// The variation; blank for the product itself.
    #[serde(default)]
    pub(crate) combination_id: Scalar,
    /// Units in one unit of the composite. That it is not their number in the whole line is a guess: it is documented nowhere.
    #[serde(default)]
    pub(crate) quantity: u32,
}

impl Component {
    /// The variation's id, if it is one.
    pub(crate) fn variation(&self) -> Option<&str> {
        self.combination_id.filled().filter(|id| *id != "0")
    }
}

/// What the buyer chose or typed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct SelectedOption {
    pub(crate) name: Scalar,
    pub(crate) value: Scalar,
    pub(crate) values_array: Vec<Scalar>,
    /// What the buyer uploaded.
    pub(crate) files: Vec<UploadedFile>,
}

/// By name only: its content stays at the shop.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct UploadedFile {
    pub(crate) name: Scalar,
}
