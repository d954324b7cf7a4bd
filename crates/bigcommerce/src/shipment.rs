//! A shipment of an order at the shop, and how ours is known again.

use std::collections::BTreeMap;

use crossdock_domain::{Shipment, ShippedLine};
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, StorefrontError};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::carriers;
use crate::client::Client;
use crate::line_items::OrderProduct;
use crate::loose;
use crate::pages;
use crate::parcels::Parcel;
use crate::read_order::OrderPath;

/// Begins the mark that we leave in a shipment's comments: the consignment's id follows, and a bracket.
const MARK: &str = "[consignment ";

/// A shipment that stands at the shop.
#[derive(Debug, Deserialize)]
pub(crate) struct ShopShipment {
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
    #[serde(default, deserialize_with = "loose::text")]
    tracking_number: String,
    #[serde(default, deserialize_with = "loose::text")]
    comments: String,
    #[serde(default)]
    pub(crate) items: Vec<ShippedItem>,
}

/// Units of one line in a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct ShippedItem {
    #[serde(deserialize_with = "loose::id")]
    pub(crate) order_product_id: u64,
    #[serde(deserialize_with = "loose::units")]
    pub(crate) quantity: u32,
}

/// The answer to a new shipment.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    #[serde(deserialize_with = "loose::id")]
    pub(crate) id: u64,
}

/// A shipment to be written. Source: `orderShipment_Post` in `reference/orders.v2.oas2.yml` of bigcommerce/docs.
#[derive(Debug, Serialize)]
pub(crate) struct NewShipment<'a> {
    order_address_id: u64,
    items: &'a [ShippedItem],
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_link: Option<&'a str>,
    shipping_method: &'a str,
    /// One of the platform's integrated providers; empty, because the carrier is told by `tracking_carrier`.
    shipping_provider: &'static str,
    /// A slug of `AfterShip`, or empty.
    tracking_carrier: &'static str,
    comments: String,
}

impl<'a> NewShipment<'a> {
    /// One address's part of a consignment. What the shop's settings do not want is left out.
    pub(crate) fn new(shipment: &'a Shipment, parcel: &'a Parcel, tracking: &TrackingSettings) -> Self {
        let number = shipment.tracking_number.trim();
        let link = shipment.tracking_url.as_deref().map(str::trim);
        Self {
            order_address_id: parcel.order_address_id,
            items: &parcel.items,
            tracking_number: (tracking.number && !number.is_empty()).then_some(number),
            tracking_link: link.filter(|link| tracking.url && !link.is_empty()),
            shipping_method: shipment.service.as_deref().unwrap_or(&shipment.carrier),
            shipping_provider: "",
            tracking_carrier: carriers::slug(&shipment.carrier),
            comments: format!("{} {MARK}{}]", shipment.carrier, shipment.shipment_id).trim_start().to_owned(),
        }
    }
}

impl ShopShipment {
    /// Whether this is (a part of) the consignment of `dispatch`, written by an earlier try.
    ///
    /// Our mark decides. A shipment without one (typed by a person, or its comments edited) is ours by its tracking number, or
    /// if neither side has one, by having exactly the same units.
    pub(crate) fn is_of(
        &self,
        dispatch: &Dispatch,
        products: &[OrderProduct],
        tracking: &TrackingSettings,
    ) -> bool {
        if let Some(id) = mark(&self.comments) {
            return id == dispatch.shipment.shipment_id.as_str();
        }
        let ours = dispatch.shipment.tracking_number.trim();
        let theirs = self.tracking_number.trim();
        if !theirs.is_empty() {
            return theirs.eq_ignore_ascii_case(ours);
        }
        (ours.is_empty() || !tracking.number) && self.units(products) == units_of(&dispatch.lines)
    }

    fn units<'a>(&self, products: &'a [OrderProduct]) -> BTreeMap<&'a str, u32> {
        let mut units = BTreeMap::new();
        for item in &self.items {
            if let Some(product) = products.iter().find(|product| product.id == item.order_product_id) {
                add(&mut units, &product.sku, item.quantity);
            }
        }
        units
    }
}

/// Units by SKU.
pub(crate) fn units_of(lines: &[ShippedLine]) -> BTreeMap<&str, u32> {
    let mut units = BTreeMap::new();
    for line in lines.iter().filter(|line| line.quantity > 0) {
        add(&mut units, line.sku.as_str(), line.quantity);
    }
    units
}

fn add<'a>(units: &mut BTreeMap<&'a str, u32>, sku: &'a str, quantity: u32) {
    let sum = units.entry(sku).or_default();
    *sum = sum.saturating_add(quantity);
}

/// The consignment's id in a shipment's comments.
fn mark(comments: &str) -> Option<&str> {
    let (_, id) = comments.trim_end().strip_suffix(']')?.split_once(MARK)?;
    Some(id)
}

impl Client {
    /// The order's shipments.
    pub(crate) async fn shipments(&self, order: &OrderPath) -> Result<Vec<ShopShipment>, StorefrontError> {
        pages::v2_rows(self, &order.sub("shipments"), order.about("read orders")).await
    }

    /// Writes a shipment. Not idempotent, and the buyer gets a mail.
    pub(crate) async fn create_shipment(
        &self,
        order: &OrderPath,
        shipment: &NewShipment<'_>,
    ) -> Result<Created, StorefrontError> {
        let about = order.about("modify orders");
        self.write(Method::POST, &order.sub("shipments"), shipment, about).await?.read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_shipments_are_read() {
        let listed: Vec<ShopShipment> =
            serde_json::from_str(include_str!("../fixtures/shipments/order_225.json")).unwrap();
        assert_eq!(listed.len(), 2);
        assert_eq!(listed[0].items, [ShippedItem { order_product_id: 188, quantity: 1 }]);
        assert_eq!((listed[1].id, listed[1].tracking_number.as_str()), (7, "EJ958083578UK"));
        let created: Created =
            serde_json::from_str(include_str!("../fixtures/shipments/order_228_created.json")).unwrap();
        assert_eq!(created.id, 11);
    }

    #[test]
    fn only_a_whole_mark_is_a_mark() {
        assert_eq!(mark("Australia Post [consignment S-1]"), Some("S-1"));
        assert_eq!(mark("[consignment a]b]\n"), Some("a]b"));
        assert_eq!(mark("Ready to go..."), None);
        assert_eq!(mark("[consignment S-1] and more"), None);
    }
}
