//! The sandbox's shops, both platforms behind one face.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crossdock_settings::{
    BigcommerceConnection, BigcommerceLegacy, Connection, EcwidConnection, StoreSettings,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::{Host, Url};

use super::expectation::bigcommerce_status;
use super::{SandboxError, Units, goods};
use crate::{BigcommerceOptions, BigcommerceShop, Catalog, Draft, EcwidOptions, EcwidShop, LegacyAccount};

/// A store of the settings, served by the sandbox.
pub(super) struct OpenShop {
    pub(super) settings: Arc<StoreSettings>,
    front: Front,
}

enum Front {
    Bigcommerce(Arc<BigcommerceShop>),
    Ecwid(Arc<EcwidShop>),
}

/// An order as its shop shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sight {
    /// BigCommerce: the status. Ecwid: payment and fulfilment.
    pub(super) statuses: Vec<String>,
    pub(super) channel: Option<i64>,
    pub(super) tracking_numbers: Vec<String>,
    /// Mails to the buyer about a parcel.
    pub(super) mails: usize,
}

/// Opens every store whose address is on this machine.
pub(super) async fn open_all(
    stores: &[Arc<StoreSettings>],
    receiver: &Url,
    first_order_id: u64,
    shelf: &Units,
) -> Result<Vec<OpenShop>, SandboxError> {
    let mut shops = Vec::new();
    for store in stores {
        let Some(address) = loopback(api_url(store)) else {
            tracing::info!("{} is not on this machine, the sandbox leaves it alone", store.name);
            continue;
        };
        let catalog = goods::catalog(shops.len(), store, shelf);
        let opened = match &store.connection {
            Connection::Bigcommerce(connection) => {
                let options = BigcommerceOptions { first_order_id, ..bigcommerce(connection, store) };
                let options = BigcommerceOptions {
                    listen: address,
                    catalog,
                    receiver: Some(receiver.clone()),
                    ..options
                };
                BigcommerceShop::start(options).await.map(Front::Bigcommerce)
            }
            Connection::BigcommerceLegacy(account) => {
                let options =
                    BigcommerceOptions { listen: address, first_order_id, catalog, ..legacy(account) };
                BigcommerceShop::start(options).await.map(Front::Bigcommerce)
            }
            Connection::Ecwid(connection) => {
                let options = EcwidOptions { seed: first_order_id, ..ecwid(connection, store) };
                let options =
                    EcwidOptions { listen: address, catalog, receiver: Some(receiver.clone()), ..options };
                EcwidShop::start(options).await.map(Front::Ecwid)
            }
        };
        let front =
            opened.map_err(|source| SandboxError::Listen { store: store.id.clone(), address, source })?;
        tracing::info!("{} is open at {address}", store.name);
        shops.push(OpenShop { settings: store.clone(), front });
    }
    if shops.is_empty() { Err(SandboxError::NoStore) } else { Ok(shops) }
}

impl OpenShop {
    /// Places an order and answers its id.
    pub(super) fn place(&self, draft: &Draft) -> String {
        match &self.front {
            Front::Bigcommerce(shop) => shop.place_order(draft),
            Front::Ecwid(shop) => shop.place_order(draft),
        }
    }

    pub(super) fn catalog(&self) -> &Catalog {
        match &self.front {
            Front::Bigcommerce(shop) => shop.catalog(),
            Front::Ecwid(shop) => shop.catalog(),
        }
    }

    /// Looks at an order, not by the API but behind the counter.
    pub(super) fn look(&self, id: &str) -> Sight {
        match &self.front {
            Front::Bigcommerce(shop) => Sight {
                statuses: shop.status(id).map(bigcommerce_status).into_iter().collect(),
                channel: shop.order(id)["channel_id"].as_i64(),
                tracking_numbers: shop
                    .shipments(id)
                    .iter()
                    .filter_map(|parcel| text(&parcel["tracking_number"]))
                    .collect(),
                mails: shop.buyer_mails(id),
            },
            Front::Ecwid(shop) => Sight {
                statuses: shop
                    .statuses(id)
                    .map(|(payment, fulfillment)| vec![payment, fulfillment])
                    .unwrap_or_default(),
                channel: None,
                tracking_numbers: text(&shop.order(id)["trackingNumber"]).into_iter().collect(),
                mails: shop.buyer_mails(id),
            },
        }
    }
}

#[cfg(test)]
impl OpenShop {
    /// A shop that a test has opened itself.
    pub(super) fn of_ecwid(settings: StoreSettings, shop: Arc<EcwidShop>) -> Self {
        Self { settings: Arc::new(settings), front: Front::Ecwid(shop) }
    }
}

/// A text that says something.
fn text(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

fn bigcommerce(connection: &BigcommerceConnection, store: &StoreSettings) -> BigcommerceOptions {
    let header = connection.webhook_header.as_ref();
    BigcommerceOptions {
        store_hash: connection.store_hash.clone(),
        access_token: connection.access_token.expose_secret().to_owned(),
        client_secret: first(&connection.client_secrets),
        webhook_header: header.map(|header| (header.name.clone(), header.value.expose_secret().to_owned())),
        callback_path: format!("/webhooks/bigcommerce/{}", store.id),
        ..BigcommerceOptions::default()
    }
}

fn legacy(account: &BigcommerceLegacy) -> BigcommerceOptions {
    let username = account.username.clone();
    BigcommerceOptions {
        legacy: Some(LegacyAccount { username, includes_consignments: true }),
        access_token: account.token.expose_secret().to_owned(),
        ..BigcommerceOptions::default()
    }
}

fn ecwid(connection: &EcwidConnection, store: &StoreSettings) -> EcwidOptions {
    EcwidOptions {
        store_id: connection.store_id,
        access_token: connection.access_token.expose_secret().to_owned(),
        client_secret: first(&connection.client_secrets),
        callback_path: format!("/webhooks/ecwid/{}", store.id),
        ..EcwidOptions::default()
    }
}

/// The first secret; a shop that is known by a header alone may have none.
fn first(secrets: &[SecretString]) -> String {
    secrets.first().map(|secret| secret.expose_secret().to_owned()).unwrap_or_default()
}

fn api_url(store: &StoreSettings) -> &Url {
    match &store.connection {
        Connection::Bigcommerce(connection) => &connection.api_url,
        Connection::BigcommerceLegacy(account) => &account.api_path,
        Connection::Ecwid(connection) => &connection.api_url,
    }
}

/// Where to listen for this address; none if it is on another machine, or not what the sandbox speaks (HTTP, with a port).
fn loopback(url: &Url) -> Option<SocketAddr> {
    let ip = match url.host()? {
        Host::Ipv4(ip) => IpAddr::from(ip),
        Host::Ipv6(ip) => IpAddr::from(ip),
        Host::Domain("localhost") => IpAddr::from(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
    };
    (url.scheme() == "http" && ip.is_loopback()).then_some(SocketAddr::new(ip, url.port()?))
}

#[cfg(test)]
mod tests {
    use crossdock_domain::Platform;

    use super::super::example::store;
    use super::*;

    async fn open(store: StoreSettings) -> Result<Vec<OpenShop>, SandboxError> {
        let receiver = "http://127.0.0.1:8080".parse().unwrap();
        open_all(&[Arc::new(store)], &receiver, 1001, &Units::new()).await
    }

    /// The example's BigCommerce shop at this address.
    fn shop_at(api_url: &str) -> StoreSettings {
        let mut store = store(Platform::Bigcommerce);
        if let Connection::Bigcommerce(connection) = &mut store.connection {
            connection.api_url = api_url.parse().unwrap();
        }
        store
    }

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_store() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let error = open(shop_at(&format!("http://{address}"))).await.err().unwrap();
        assert!(error.to_string().contains(&format!("acme-au on {address}")), "{error}");
    }

    #[tokio::test]
    async fn settings_without_a_shop_on_this_machine_are_told_what_is_missing() {
        let error = open(shop_at("https://api.bigcommerce.com")).await.err().unwrap();
        assert!(matches!(error, SandboxError::NoStore));
        assert!(error.to_string().contains("api_url = \"http://127.0.0.1:9001\""), "{error}");
    }

    #[tokio::test]
    async fn a_legacy_account_is_served_at_its_api_path() {
        let mut store = store(Platform::Bigcommerce);
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let api_path: Url = format!("http://{address}/api/v2/").parse().unwrap();
        let token = "token".to_owned().into();
        let account = BigcommerceLegacy { api_path: api_path.clone(), username: "npf".to_owned(), token };
        store.connection = Connection::BigcommerceLegacy(account);
        let _shops = open(store).await.unwrap();
        let status = async |token: &str| {
            let request = reqwest::Client::new().get(api_path.join("store").unwrap());
            request.basic_auth("npf", Some(token)).send().await.unwrap().status().as_u16()
        };
        assert_eq!((status("token").await, status("another").await), (200, 401));
    }

    #[test]
    fn only_a_loopback_address_with_a_port_is_served() {
        let at = |url: &str| loopback(&url.parse().unwrap()).map(|address| address.to_string());
        assert_eq!(at("http://127.0.0.1:9001"), Some("127.0.0.1:9001".into()));
        assert_eq!(at("http://localhost:9001/"), Some("127.0.0.1:9001".into()));
        assert_eq!(at("http://[::1]:9001"), Some("[::1]:9001".into()));
        for elsewhere in [
            "http://127.0.0.1",
            "https://127.0.0.1:9001",
            "http://10.0.0.1:9001",
            "https://api.bigcommerce.com",
        ] {
            assert_eq!(at(elsewhere), None, "{elsewhere}");
        }
    }
}
