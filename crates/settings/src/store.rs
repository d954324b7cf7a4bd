//! `[[store]]`: one shop.

mod bigcommerce;
mod ecwid;
mod orders;
mod start_date;
mod stock;
mod tracking;

pub use bigcommerce::{BigcommerceConnection, BigcommerceLegacy, WebhookHeader};
pub use ecwid::EcwidConnection;
pub use start_date::{parse_date, start_of_day};
pub use stock::StockSettings;
pub use tracking::{ByCarrier, TrackingSettings, carrier_key, page};

use std::time::Duration;

use crossdock_domain::{ImportRules, Platform, StoreId};
use jiff::tz::TimeZone;
use url::Url;

use crate::ReceiverSettings;
use crate::claims::Claims;
use crate::item::Item;
use crate::section::Section;
use crate::suggestion::nearest;

/// One shop.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Appears in routes, events and logs.
    pub id: StoreId,
    /// For people; the id where the file names none.
    pub name: String,
    /// The file's dates and times of this shop are in it.
    pub time_zone: TimeZone,
    /// How the shop is reached.
    pub connection: Connection,
    /// Where its webhooks go; none if the file has no `receiver.public_url`, or if it has no webhooks.
    pub webhook_url: Option<Url>,
    /// Which orders go to the warehouse (`[store.orders]`).
    pub orders: ImportRules,
    /// Time between two sweeps for what no webhook told (`[store.orders]`).
    pub sweep_every: Duration,
    /// What is written back of a shipment (`[store.tracking]`).
    pub tracking: TrackingSettings,
    /// What the shop is told of stock (`[store.stock]`).
    pub stock: StockSettings,
}

impl StoreSettings {
    /// The receiver's path for its webhooks.
    pub fn webhook_route(&self) -> String {
        webhook_route(self.platform(), &self.id)
    }

    /// The kind of shop.
    pub fn platform(&self) -> Platform {
        self.connection.platform()
    }

    pub(crate) fn read(
        mut section: Section<'_>,
        claims: &mut Claims,
        receiver: &ReceiverSettings,
    ) -> Option<Self> {
        let id = section.require("id", r#""my-shop""#).and_then(|item| {
            let id: StoreId = item.parsed(str::parse)?;
            claims.id(&item, &id);
            Some(id)
        });
        let name = section.take("name").and_then(|item| item.string());
        let time_zone = section.take("time_zone").and_then(|item| item.parsed(parse_time_zone));
        let time_zone = time_zone.unwrap_or(TimeZone::UTC);

        let (platform, connection) = Connection::read(&mut section, claims);
        let shop = Shop { id: id.clone(), platform, time_zone: time_zone.clone() };
        let orders = orders::read(section.section("orders"), shop, claims);
        let tracking = TrackingSettings::read(section.section("tracking"), platform);
        let stock = StockSettings::read(section.section("stock"));
        section.finish();

        let id = id?;
        let name = name.unwrap_or_else(|| id.to_string());
        let connection = connection?;
        let route = connection.has_webhooks().then(|| webhook_route(connection.platform(), &id));
        let webhook_url = route.and_then(|route| receiver.webhook_url(&route));
        let (orders, sweep_every) = orders?;
        Some(Self { id, name, time_zone, connection, webhook_url, orders, sweep_every, tracking, stock })
    }
}

fn webhook_route(platform: Platform, store: &StoreId) -> String {
    format!("/webhooks/{platform}/{store}")
}

/// How a shop is reached, and how its webhooks are known to be its own.
#[derive(Debug, Clone)]
pub enum Connection {
    /// `[store.bigcommerce]`
    Bigcommerce(BigcommerceConnection),
    /// `[store.bigcommerce]` with `legacy`
    BigcommerceLegacy(BigcommerceLegacy),
    /// `[store.ecwid]`
    Ecwid(EcwidConnection),
}

impl Connection {
    /// Whether the shop can tell of changes by webhook. One that cannot is only swept.
    pub fn has_webhooks(&self) -> bool {
        match self {
            Self::Bigcommerce(_) | Self::Ecwid(_) => true,
            Self::BigcommerceLegacy(_) => false,
        }
    }

    fn platform(&self) -> Platform {
        match self {
            Self::Bigcommerce(_) | Self::BigcommerceLegacy(_) => Platform::Bigcommerce,
            Self::Ecwid(_) => Platform::Ecwid,
        }
    }

    /// The platform, if it is clear, and the connection, if nothing is wrong with it.
    fn read(section: &mut Section<'_>, claims: &mut Claims) -> (Option<Platform>, Option<Self>) {
        let (bigcommerce, ecwid) = (section.take("bigcommerce"), section.take("ecwid"));
        let platform = match (&bigcommerce, &ecwid) {
            (Some(_), None) => Some(Platform::Bigcommerce),
            (None, Some(_)) => Some(Platform::Ecwid),
            (Some(_), Some(ecwid)) => {
                ecwid.refuse(
                    "this store has [store.bigcommerce] too; keep one, and add a [[store]] for the other",
                );
                None
            }
            (None, None) => {
                section.refuse("bigcommerce", "is missing; add [store.bigcommerce] or [store.ecwid]");
                None
            }
        };
        let bigcommerce = bigcommerce.and_then(|item| bigcommerce::read(item.section()?, claims));
        let ecwid = ecwid.and_then(|item| EcwidConnection::read(item.section()?, claims));
        (platform, bigcommerce.or(ecwid.map(Self::Ecwid)))
    }
}

/// What the sections of a shop need to know of it, as far as it could be read.
struct Shop {
    id: Option<StoreId>,
    platform: Option<Platform>,
    time_zone: TimeZone,
}

/// Takes a key that only one platform has; on a shop of the other it is a problem.
fn take_of<'a>(
    section: &mut Section<'a>,
    key: &'static str,
    owner: Platform,
    platform: Option<Platform>,
) -> Option<Item<'a>> {
    let item = section.take(key)?;
    if platform.is_some_and(|platform| platform != owner) {
        let owner = match owner {
            Platform::Bigcommerce => "BigCommerce",
            Platform::Ecwid => "Ecwid",
        };
        item.refuse(&format!("is only for {owner} shops; remove it"));
        return None;
    }
    Some(item)
}

fn parse_time_zone(name: &str) -> Result<TimeZone, String> {
    TimeZone::get(name).map_err(|_| {
        let known: Vec<_> = jiff::tz::db().available().collect();
        let near =
            nearest(name, known.iter().map(jiff::tz::TimeZoneName::as_str)).unwrap_or("Australia/Melbourne");
        format!("'{name}' is no IANA time zone; write it like '{near}'")
    })
}
