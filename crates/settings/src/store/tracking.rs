//! `[store.tracking]`: what is written back of a shipment.

mod by_carrier;
mod url_template;

use crossdock_domain::{Platform, Shipment};

pub use by_carrier::{ByCarrier, carrier_key};

use super::take_of;
use crate::item::Item;
use crate::section::Section;

/// BigCommerce's id of the status `completed`.
const COMPLETED: i64 = 10;

/// BigCommerce's id of the status `shipped`.
const SHIPPED: i64 = 2;

/// What is written back of a shipment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrackingSettings {
    /// Whether the tracking number is written.
    pub number: bool,
    /// Whether the tracking link is written.
    pub url: bool,
    /// BigCommerce: the order's status id once every line has shipped: 10 `completed` (default) or 2 `shipped`.
    pub complete_status_id: i64,
    /// A shipment by such a carrier means that the buyer collects it: the order becomes ready for pickup, not shipped.
    pub pickup_carriers: Vec<String>,
    /// BigCommerce: `tracking_carrier`, a slug of `AfterShip`, in place of the one that is known for the carrier; empty for none.
    pub carriers: ByCarrier,
    /// The carrier's page, for parcels of which the warehouse names none; see [`TrackingSettings::link`].
    pub url_templates: ByCarrier,
}

impl Default for TrackingSettings {
    fn default() -> Self {
        Self {
            number: true,
            url: true,
            complete_status_id: COMPLETED,
            pickup_carriers: Vec::new(),
            carriers: ByCarrier::default(),
            url_templates: ByCarrier::default(),
        }
    }
}

impl TrackingSettings {
    /// Where the buyer follows a parcel: the warehouse's link, or the page of the carrier's template. None if links are not to be
    /// written, or if there is neither.
    pub fn link(&self, shipment: &Shipment) -> Option<String> {
        let told = shipment.tracking_url.as_deref().map(str::trim).filter(|link| !link.is_empty());
        let page = || self.url_templates.get(&shipment.carrier).map(|template| page(template, shipment));
        let link = told.map(str::to_owned).or_else(|| page().flatten());
        link.filter(|_| self.url)
    }

    /// Whether parcels of this carrier are collected by the buyer.
    pub fn is_pickup(&self, carrier: &str) -> bool {
        self.pickup_carriers.iter().any(|one| one.trim().eq_ignore_ascii_case(carrier.trim()))
    }

    pub(super) fn read(mut section: Section<'_>, platform: Option<Platform>) -> Self {
        let number = section.take("number").and_then(|item| item.flag());
        let url = section.take("url").and_then(|item| item.flag());
        let complete_status = take_of(&mut section, "complete_status", Platform::Bigcommerce, platform)
            .and_then(|item| item.one_of(&[("completed", COMPLETED), ("shipped", SHIPPED)]));
        let pickup_carriers = section.take("pickup_carrier").and_then(|item| item.each(Item::string));
        let carriers = take_of(&mut section, "carriers", Platform::Bigcommerce, platform)
            .and_then(|item| ByCarrier::read(&item, check_slug));
        let url_templates =
            section.take("url_templates").and_then(|item| ByCarrier::read(&item, url_template::check));
        section.finish();
        let default = Self::default();
        Self {
            number: number.unwrap_or(default.number),
            url: url.unwrap_or(default.url),
            complete_status_id: complete_status.unwrap_or(default.complete_status_id),
            pickup_carriers: pickup_carriers.unwrap_or_default(),
            carriers: carriers.unwrap_or_default(),
            url_templates: url_templates.unwrap_or_default(),
        }
    }
}

/// The page of a parcel, by the address of its carrier's pages, with `{tracking_number}` in the place of the number; none without a
/// number.
pub fn page(template: &str, shipment: &Shipment) -> Option<String> {
    let number = shipment.tracking_number.trim();
    (!number.is_empty()).then(|| url_template::fill(template, number))
}

fn check_slug(slug: &str) -> Result<(), String> {
    if slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Ok(());
    }
    Err(format!(
        "'{slug}' is no slug of AfterShip's list of couriers; write it like \"australia-post\", or \"\" for none"
    ))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::{Problems, Settings};

    use super::*;

    /// A shop with these sections, on BigCommerce or on Ecwid.
    fn read(platform: Platform, sections: &str) -> Result<TrackingSettings, Problems> {
        let connection = match platform {
            Platform::Bigcommerce => "[store.bigcommerce]\nstore_hash = 'abc'\nclient_id = 'id'",
            Platform::Ecwid => "[store.ecwid]\nstore_id = 1003",
        };
        let text = format!(
            "[[store]]\nid = 'acme'\n{connection}\nclient_secrets = ['one']\naccess_token = 'token'\n{sections}"
        );
        let settings = Settings::parse(&text, Path::new("crossdock.toml"), &|_| None)?;
        Ok(settings.stores[0].tracking.clone())
    }

    fn shipment(carrier: &str, tracking_url: Option<&str>) -> Shipment {
        Shipment {
            shipment_id: "S1".into(),
            number: "BG1".into(),
            carrier: carrier.to_owned(),
            service: None,
            tracking_number: " T 1 ".to_owned(),
            tracking_url: tracking_url.map(str::to_owned),
            dispatched_at: jiff::Timestamp::UNIX_EPOCH,
            lines: None,
        }
    }

    #[test]
    fn a_template_stands_for_a_link_that_the_warehouse_does_not_name() {
        let templates =
            "[store.tracking.url_templates]\n\"Bob's Vans\" = 'https://bob.example/{tracking_number}'";
        let tracking = read(Platform::Ecwid, templates).unwrap();
        let link = |carrier, url| tracking.link(&shipment(carrier, url));
        assert_eq!(link("BOBS VANS", None).as_deref(), Some("https://bob.example/T%201"));
        assert_eq!(link("bobs vans", Some(" ")).as_deref(), Some("https://bob.example/T%201"));
        assert_eq!(link("bobs vans", Some("https://own.example")).as_deref(), Some("https://own.example"));
        assert_eq!(link("UPS", None), None);
        let off = read(Platform::Ecwid, &format!("[store.tracking]\nurl = false\n{templates}")).unwrap();
        assert_eq!(off.link(&shipment("Bob's Vans", Some("https://own.example"))), None);
    }

    #[test]
    fn carriers_and_templates_that_cannot_be_used_are_told_where_they_stand() {
        for (platform, sections, says) in [
            (
                Platform::Ecwid,
                "[store.tracking.url_templates]\nUPS = 'https://ups.example/'",
                "crossdock.toml:8: store.tracking.url_templates.UPS: lacks the place of the number, {tracking_number}",
            ),
            (
                Platform::Ecwid,
                "[store.tracking.url_templates]\nUPS = 'https://a.example/{tracking_number}'\nu-p-s = 'https://b.example/{tracking_number}'",
                "typed in two ways",
            ),
            (
                Platform::Bigcommerce,
                "[store.tracking.carriers]\nUPS = 'United Parcel'",
                "store.tracking.carriers.UPS: 'United Parcel' is no slug",
            ),
            (Platform::Bigcommerce, "[store.tracking.carriers]\n'…' = 'ups'", "has no letter"),
            (Platform::Bigcommerce, "[store.tracking.carriers]\nUPS = 1", "must be a text in quotes"),
            (Platform::Bigcommerce, "[store.tracking]\ncarriers = 'ups'", "must be a section"),
            (Platform::Ecwid, "[store.tracking.carriers]\nUPS = 'ups'", "is only for BigCommerce shops"),
        ] {
            let told = read(platform, sections).unwrap_err().to_string();
            assert!(told.contains(says), "{told}");
        }
    }
}
