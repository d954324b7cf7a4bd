//! `[[store]]`: one shop.

use crossdock_domain::{ImportRules, Platform, StockPush, StoreId};
use jiff::tz::TimeZone;
use secrecy::SecretString;
use url::Url;

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
    /// Which orders go to the warehouse (`[store.orders]`).
    pub orders: ImportRules,
    /// What is written back of a shipment (`[store.tracking]`).
    pub tracking: TrackingSettings,
    /// What the shop is told of stock (`[store.stock]`).
    pub stock: StockSettings,
}

impl StoreSettings {
    /// The kind of shop.
    pub fn platform(&self) -> Platform {
        match self.connection {
            Connection::Bigcommerce(_) => Platform::Bigcommerce,
            Connection::Ecwid(_) => Platform::Ecwid,
        }
    }
}

/// How a shop is reached, and how its webhooks are known to be its own.
#[derive(Debug, Clone)]
pub enum Connection {
    /// `[store.bigcommerce]`
    Bigcommerce(BigcommerceConnection),
    /// `[store.ecwid]`
    Ecwid(EcwidConnection),
}

/// A BigCommerce shop.
#[derive(Debug, Clone)]
pub struct BigcommerceConnection {
    /// The shop's hash: in API paths, and in a callback's `producer`.
    pub store_hash: String,
    /// Of the API account.
    pub client_id: String,
    /// One or two live secrets that sign webhooks; may be empty where `webhook_header` is set.
    pub client_secrets: Vec<SecretString>,
    /// Sent as `X-Auth-Token`.
    pub access_token: SecretString,
    /// `https://api.bigcommerce.com` by default; without a trailing slash or path in use.
    pub api_url: Url,
    /// The older shared-header scheme; if set, a callback without it is refused.
    pub webhook_header: Option<WebhookHeader>,
}

/// A header that the shop sends with every callback.
#[derive(Debug, Clone)]
pub struct WebhookHeader {
    /// Lower case.
    pub name: String,
    /// Its secret value.
    pub value: SecretString,
}

/// An Ecwid shop.
#[derive(Debug, Clone)]
pub struct EcwidConnection {
    /// The shop's number: in API paths, and in a callback's `storeId`.
    pub store_id: u64,
    /// One or two live secrets that sign webhooks.
    pub client_secrets: Vec<SecretString>,
    /// Sent as `Authorization: Bearer`.
    pub access_token: SecretString,
    /// `https://app.ecwid.com` by default.
    pub api_url: Url,
}

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

/// What the shop is told of stock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockSettings {
    /// Which number.
    pub push: StockPush,
    /// Whether to push soon after a change.
    pub on_change: bool,
    /// Units kept back per SKU.
    pub buffer: i64,
}
