//! What a shipment at the shop tells the buyer: carrier, service, number and link.

use std::borrow::Cow;

use crossdock_domain::Shipment;
use crossdock_settings::TrackingSettings;
use serde::Serialize;

use crate::carriers;
use crate::shipment::{ShopShipment, comments};

/// The fields of a shipment that a relabel changes. What the shop's settings do not want is left out.
///
/// Source: `orderShipment_Post` and `orderShipment_Put` in `reference/orders.v2.oas2.yml` of bigcommerce/docs.
#[derive(Debug, Serialize)]
pub(crate) struct Label<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tracking_link: Option<String>,
    shipping_method: Cow<'a, str>,
    /// One of the platform's integrated providers; empty, because the carrier is told by `tracking_carrier`.
    shipping_provider: &'static str,
    /// A slug of `AfterShip`, or empty. Without a link of our own, the shop makes one from it.
    tracking_carrier: &'a str,
    comments: String,
}

impl<'a> Label<'a> {
    /// Of a new shipment: what is empty is left out.
    pub(crate) fn new(shipment: &'a Shipment, tracking: &'a TrackingSettings) -> Self {
        let whole = Self::whole(shipment, tracking);
        Self {
            tracking_number: whole.tracking_number.filter(|number| !number.is_empty()),
            tracking_link: whole.tracking_link.filter(|link| !link.is_empty()),
            ..whole
        }
    }

    /// In place of another label: what is empty replaces what stands.
    pub(crate) fn whole(shipment: &'a Shipment, tracking: &'a TrackingSettings) -> Self {
        let tracking_carrier = carriers::slug(&shipment.carrier, tracking);
        Self {
            tracking_number: tracking.number.then_some(shipment.tracking_number.trim()),
            tracking_link: tracking.url.then(|| tracking.link(shipment).unwrap_or_default()),
            shipping_method: method(shipment, tracking_carrier),
            shipping_provider: "",
            tracking_carrier,
            comments: comments(shipment),
        }
    }

    /// Whether a shipment has it. The comments may have been edited by a person, and stay so.
    pub(crate) fn stands_on(&self, shipment: &ShopShipment) -> bool {
        self.tracking_number.is_none_or(|number| number == shipment.tracking_number)
            && self.tracking_link.as_ref().is_none_or(|link| *link == shipment.tracking_link)
            && self.shipping_method == shipment.shipping_method
            && self.tracking_carrier == shipment.tracking_carrier
    }
}

/// How it travels, for the buyer: the service, beside a carrier that the shop shows by its slug, or else both.
fn method<'a>(shipment: &'a Shipment, slug: &str) -> Cow<'a, str> {
    match shipment.service.as_deref() {
        None => Cow::Borrowed(&shipment.carrier),
        Some(service) if slug.is_empty() => {
            format!("{} {service}", shipment.carrier).trim().to_owned().into()
        }
        Some(service) => Cow::Borrowed(service),
    }
}
