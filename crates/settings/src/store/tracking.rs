//! `[store.tracking]`: what is written back of a shipment.

use crossdock_domain::Platform;

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
}

impl TrackingSettings {
    pub(super) fn read(mut section: Section<'_>, platform: Option<Platform>) -> Self {
        let number = section.take("number").and_then(|item| item.flag());
        let url = section.take("url").and_then(|item| item.flag());
        let complete_status = take_of(&mut section, "complete_status", Platform::Bigcommerce, platform)
            .and_then(|item| item.one_of(&[("completed", COMPLETED), ("shipped", SHIPPED)]));
        let pickup_carriers = section.take("pickup_carrier").and_then(|item| item.each(Item::string));
        section.finish();
        Self {
            number: number.unwrap_or(true),
            url: url.unwrap_or(true),
            complete_status_id: complete_status.unwrap_or(COMPLETED),
            pickup_carriers: pickup_carriers.unwrap_or_default(),
        }
    }
}
