//! A shipment of an order at the shop, and how ours is known again.

use std::collections::BTreeMap;

use crossdock_domain::{Shipment, ShippedLine};
use crossdock_settings::TrackingSettings;
use crossdock_storefront::{Dispatch, StorefrontError, TakeBack};
use http::Method;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::label::Label;
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
    pub(crate) tracking_number: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) tracking_link: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) tracking_carrier: String,
    #[serde(default, deserialize_with = "loose::text")]
    pub(crate) shipping_method: String,
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
    #[serde(flatten)]
    label: Label<'a>,
}

impl<'a> NewShipment<'a> {
    /// One address's part of a consignment.
    pub(crate) fn new(shipment: &'a Shipment, parcel: &'a Parcel, tracking: &'a TrackingSettings) -> Self {
        Self {
            order_address_id: parcel.order_address_id,
            items: &parcel.items,
            label: Label::new(shipment, tracking),
        }
    }
}

/// The carrier for people, and our mark.
pub(crate) fn comments(shipment: &Shipment) -> String {
    format!("{} {MARK}{}]", shipment.carrier, shipment.shipment_id).trim_start().to_owned()
}

impl ShopShipment {
    /// Whether this is (a part of) the consignment of `dispatch`, written by an earlier try.
    ///
    /// The shop's id that we noted decides, or our mark. A shipment without either (typed by a person, or its comments edited) is ours
    /// by its tracking number, or if neither side has one, by having exactly the same units.
    pub(crate) fn is_of(
        &self,
        dispatch: &Dispatch,
        products: &[OrderProduct],
        tracking: &TrackingSettings,
    ) -> bool {
        let Dispatch { shipment, former, shop_shipments, .. } = dispatch;
        if let Some(known) = self.is_known_as(shipment, shop_shipments) {
            return known;
        }
        if !self.tracking_number.trim().is_empty() {
            return self.has_number_of(shipment, former);
        }
        let unnumbered = shipment.tracking_number.trim().is_empty() || !tracking.number;
        unnumbered && self.units(products) == units_of(&dispatch.lines)
    }

    /// Whether this is (a part of) the consignment that is taken back. Never by its units alone, nor by a number that another
    /// consignment of the order has too.
    pub(crate) fn is_voided_by(&self, taken: &TakeBack) -> bool {
        let TakeBack { shipment, former, shop_shipments, others, .. } = taken;
        self.is_known_as(shipment, shop_shipments).unwrap_or_else(|| {
            let shared = others.iter().any(|other| self.has_number_of(other, &[]));
            !self.tracking_number.trim().is_empty() && !shared && self.has_number_of(shipment, former)
        })
    }

    /// Whether it is the consignment by the shop's id or our mark; none if that cannot be told.
    fn is_known_as(&self, shipment: &Shipment, shop_shipments: &[String]) -> Option<bool> {
        let id = self.id.to_string();
        if shop_shipments.contains(&id) {
            return Some(true);
        }
        mark(&self.comments).map(|id| id == shipment.shipment_id.as_str())
    }

    fn has_number_of(&self, shipment: &Shipment, former: &[Shipment]) -> bool {
        let number = self.tracking_number.trim();
        former.iter().chain([shipment]).any(|it| it.tracking_number.trim().eq_ignore_ascii_case(number))
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
        let written = self.write(Method::POST, &order.sub("shipments"), shipment, about).await;
        written.map_err(StorefrontError::of_a_write)?.read()
    }

    /// Gives a shipment another label.
    pub(crate) async fn relabel_shipment(
        &self,
        order: &OrderPath,
        id: u64,
        label: &Label<'_>,
    ) -> Result<(), StorefrontError> {
        let path = order.sub(&format!("shipments/{id}"));
        let written = self.write(Method::PUT, &path, label, order.about("modify orders")).await;
        written.map(drop).map_err(StorefrontError::of_a_write)
    }

    /// Deletes a shipment. Its units are open again, and the order keeps its status.
    pub(crate) async fn delete_shipment(&self, order: &OrderPath, id: u64) -> Result<(), StorefrontError> {
        let path = order.sub(&format!("shipments/{id}"));
        let deleted = self.delete(&path, order.about("modify orders")).await;
        deleted.map(drop).map_err(StorefrontError::of_a_write)
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
