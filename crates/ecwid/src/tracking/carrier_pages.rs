//! Pages of carriers, for parcels of which neither the warehouse nor the shop's settings name one.
//!
//! Source: `ShipmentTrackingUrls.kt` of woocommerce/woocommerce-android (09f81dda), the carriers' pages that the maker of `WooCommerce`
//! links to itself. A carrier that is not here gets no link: a wrong one is worse than none. (A BigCommerce shop makes its own links.)

use crossdock_domain::Shipment;
use crossdock_settings::{TrackingSettings, carrier_key, tracking_page};

/// Name in lower case without anything but letters and digits, and the page.
const PAGES: [(&str, &str); 8] = [
    ("dhl", "https://www.dhl.com/en/express/tracking.html?AWB={tracking_number}&brand=DHL"),
    ("dhlexpress", "https://www.dhl.com/en/express/tracking.html?AWB={tracking_number}&brand=DHL"),
    ("federalexpress", "https://www.fedex.com/apps/fedextrack/?action=track&tracknumbers={tracking_number}"),
    ("fedex", "https://www.fedex.com/apps/fedextrack/?action=track&tracknumbers={tracking_number}"),
    ("unitedparcelservice", "https://www.ups.com/track?loc=en_US&tracknum={tracking_number}"),
    (
        "unitedstatespostalservice",
        "https://tools.usps.com/go/TrackConfirmAction.action?tLabels={tracking_number}",
    ),
    ("ups", "https://www.ups.com/track?loc=en_US&tracknum={tracking_number}"),
    ("usps", "https://tools.usps.com/go/TrackConfirmAction.action?tLabels={tracking_number}"),
];

/// Where the buyer follows a parcel; none if links are not to be written, or nobody names one.
pub(super) fn link(shipment: &Shipment, settings: &TrackingSettings) -> Option<String> {
    let page = || {
        let name = carrier_key(&shipment.carrier);
        let (_, template) = PAGES.iter().find(|(known, _)| *known == name)?;
        tracking_page(template, shipment)
    };
    settings.link(shipment).or_else(|| page().filter(|_| settings.url))
}
