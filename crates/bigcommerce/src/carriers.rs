//! Carriers by the names that warehouses use, and their slugs at `AfterShip`, which BigCommerce takes as `tracking_carrier`.
//!
//! Source: `AfterShip`'s own list of couriers, `assets/js/couriers.js` of `AfterShip/aftership-apps-woocommerce` (a5380d9a,
//! 2024-08-12). A carrier that is not here is sent without a slug: a wrong one would be refused.

use crossdock_settings::{TrackingSettings, carrier_key};

/// Name in lower case without anything but letters and digits, and slug.
const CARRIERS: [(&str, &str); 46] = [
    ("alliedexpress", "alliedexpress"),
    ("aramex", "aramex"),
    ("aramexaustralia", "fastway-au"),
    ("auspost", "australia-post"),
    ("australiapost", "australia-post"),
    ("borderexpress", "borderexpress"),
    ("canadapost", "canada-post"),
    ("couriersplease", "couriers-please"),
    ("dhl", "dhl"),
    ("dhlecommerce", "dhl-global-mail"),
    ("dhlexpress", "dhl"),
    ("dpd", "dpd"),
    ("dpdlocal", "interlink-express"),
    ("dpduk", "dpd-uk"),
    ("eparcel", "australia-post"),
    ("evri", "myhermes-uk"),
    ("fastway", "fastway-au"),
    ("fastwayaustralia", "fastway-au"),
    ("federalexpress", "fedex"),
    ("fedex", "fedex"),
    ("gls", "gls"),
    ("hunterexpress", "hunter-express"),
    ("lasership", "lasership"),
    ("newzealandcouriers", "newzealand-couriers"),
    ("newzealandpost", "new-zealand-post"),
    ("nzcouriers", "newzealand-couriers"),
    ("nzpost", "new-zealand-post"),
    ("ontrac", "ontrac"),
    ("parcelforce", "parcel-force"),
    ("purolator", "purolator"),
    ("royalmail", "royal-mail"),
    ("sendle", "sendle"),
    ("singaporepost", "singapore-post"),
    ("singpost", "singapore-post"),
    ("startrack", "star-track"),
    ("startrackexpress", "star-track-express"),
    ("teamglobalexpress", "toll-priority"),
    ("tnt", "tnt"),
    ("tntaustralia", "tnt-au"),
    ("toll", "toll-ipec"),
    ("tollipec", "toll-ipec"),
    ("tollpriority", "toll-priority"),
    ("unitedparcelservice", "ups"),
    ("unitedstatespostalservice", "usps"),
    ("ups", "ups"),
    ("usps", "usps"),
];

/// The slug of a carrier: the one that the shop's settings give, or the list's; empty for one that is not known.
pub(crate) fn slug<'a>(carrier: &str, tracking: &'a TrackingSettings) -> &'a str {
    tracking.carriers.get(carrier).unwrap_or_else(|| {
        let name = carrier_key(carrier);
        CARRIERS.binary_search_by(|(known, _)| known.cmp(&name.as_str())).map_or("", |at| CARRIERS[at].1)
    })
}

#[cfg(test)]
mod tests {
    use crossdock_settings::ByCarrier;

    use super::*;

    #[test]
    fn a_carrier_is_known_however_its_name_is_typed() {
        for (carrier, expected) in [
            ("Australia Post", "australia-post"),
            ("AusPost", "australia-post"),
            ("UPS", "ups"),
            ("u.p.s.", "ups"),
            ("Couriers Please", "couriers-please"),
            ("Bob's Vans", ""),
            ("", ""),
        ] {
            assert_eq!(slug(carrier, &TrackingSettings::default()), expected, "{carrier}");
        }
        assert!(CARRIERS.is_sorted(), "the search needs order");
    }

    #[test]
    fn the_shops_settings_come_before_the_list() {
        let carriers =
            ByCarrier::from_iter([("Bob's Vans", "bobs-vans"), ("auspost", "star-track"), ("UPS", "")]);
        let tracking = TrackingSettings { carriers, ..TrackingSettings::default() };
        for (carrier, expected) in
            [("BOBS VANS", "bobs-vans"), ("AusPost", "star-track"), ("UPS", ""), ("DHL", "dhl")]
        {
            assert_eq!(slug(carrier, &tracking), expected, "{carrier}");
        }
    }
}
