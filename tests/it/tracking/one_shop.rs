//! A shop of either platform that sells mugs, and what it shows of an order.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crossdock_bigcommerce::Bigcommerce;
use crossdock_domain::{OrderId, Platform};
use crossdock_ecwid::Ecwid;
use crossdock_sandbox::{
    BigcommerceOptions, BigcommerceShop, Draft, EcwidOptions, EcwidShop, Faults, Item, Quota,
};
use crossdock_settings::{Connection, Settings, StoreSettings};
use crossdock_storefront::{Budget, Shop, Storefront};
use reqwest::Url;
use rust_decimal::Decimal;

use super::told::STORE;

/// More than any test asks.
const PLENTY: Quota = Quota { requests: 1_000_000, window: Duration::from_secs(30) };

pub(crate) enum OneShop {
    Bigcommerce(Arc<BigcommerceShop>),
    Ecwid(Arc<EcwidShop>),
}

impl OneShop {
    pub(crate) async fn start(platform: Platform) -> Self {
        let catalog = vec![mug()];
        match platform {
            Platform::Bigcommerce => {
                let options = BigcommerceOptions { catalog, quota: PLENTY, ..Default::default() };
                Self::Bigcommerce(BigcommerceShop::start(options).await.unwrap())
            }
            Platform::Ecwid => {
                let options = EcwidOptions { catalog, quota: PLENTY, ..Default::default() };
                Self::Ecwid(EcwidShop::start(options).await.unwrap())
            }
        }
    }

    pub(crate) fn platform(&self) -> Platform {
        match self {
            Self::Bigcommerce(_) => Platform::Bigcommerce,
            Self::Ecwid(_) => Platform::Ecwid,
        }
    }

    pub(crate) fn url(&self) -> Url {
        match self {
            Self::Bigcommerce(shop) => shop.url(),
            Self::Ecwid(shop) => shop.url(),
        }
    }

    /// A process's view of it, which has made no request yet.
    pub(crate) fn client(&self, http: &reqwest::Client) -> Shop {
        let settings = self.settings();
        let (http, budget, tracking) = (http.clone(), Arc::new(Budget::default()), &settings.tracking);
        let storefront: Arc<dyn Storefront> = match &settings.connection {
            Connection::Bigcommerce(it) => Arc::new(Bigcommerce::new(http, it, tracking, budget).unwrap()),
            Connection::Ecwid(it) => Arc::new(Ecwid::new(http, it, tracking, budget).unwrap()),
            Connection::BigcommerceLegacy(_) => unreachable!("the settings below have none"),
        };
        Shop { settings, storefront }
    }

    fn settings(&self) -> Arc<StoreSettings> {
        let connection = match self {
            Self::Bigcommerce(_) => {
                "[store.bigcommerce]\nstore_hash = 'abc123'\nclient_id = 'id'\naccess_token = 'sandbox-access-token'"
            }
            Self::Ecwid(_) => "[store.ecwid]\nstore_id = 1003\naccess_token = 'secret_sandbox'",
        };
        let text = format!(
            "[[store]]\nid = '{STORE}'\n{connection}\nclient_secrets = ['secret']\napi_url = '{}'\n",
            self.url()
        );
        Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap().stores.remove(0)
    }

    /// A buyer's order.
    pub(crate) fn place_order(&self, draft: &Draft) -> OrderId {
        OrderId::new(match self {
            Self::Bigcommerce(shop) => shop.place_order(draft),
            Self::Ecwid(shop) => shop.place_order(draft),
        })
    }

    /// Trouble to come.
    pub(crate) fn faults(&self) -> &Faults {
        match self {
            Self::Bigcommerce(shop) => shop.faults(),
            Self::Ecwid(shop) => shop.faults(),
        }
    }

    /// The tracking numbers that an order shows, one for each shipment.
    pub(crate) fn numbers(&self, order_id: &OrderId) -> Vec<String> {
        match self {
            Self::Bigcommerce(shop) => {
                let shipments = shop.shipments(order_id.as_str());
                shipments.iter().map(|it| it["tracking_number"].as_str().unwrap().to_owned()).collect()
            }
            Self::Ecwid(shop) => {
                let order = shop.order(order_id.as_str());
                let numbers = order["trackingNumber"].as_str().unwrap_or_default().split(", ");
                numbers.filter(|number| !number.is_empty()).map(str::to_owned).collect()
            }
        }
    }

    /// The statuses that were set, one after the other: [`Self::open`], [`Self::shipped`] or others.
    pub(crate) fn statuses(&self, order_id: &OrderId) -> Vec<String> {
        match self {
            Self::Bigcommerce(shop) => {
                shop.status_changes(order_id.as_str()).iter().map(i64::to_string).collect()
            }
            Self::Ecwid(shop) => {
                let updates = shop.updates(order_id.as_str());
                let statuses = updates.iter().filter_map(|it| it["fulfillmentStatus"].as_str());
                statuses.map(str::to_owned).collect()
            }
        }
    }

    /// The status of an order that is new.
    pub(crate) fn open(&self) -> &'static str {
        match self {
            Self::Bigcommerce(_) => "11",
            Self::Ecwid(_) => "AWAITING_PROCESSING",
        }
    }

    /// The status of an order of which a part has left.
    pub(crate) fn partly_shipped(&self) -> &'static str {
        match self {
            Self::Bigcommerce(_) => "3",
            Self::Ecwid(_) => "PROCESSING",
        }
    }

    /// The status of an order that has left.
    pub(crate) fn shipped(&self) -> &'static str {
        match self {
            Self::Bigcommerce(_) => "10",
            Self::Ecwid(_) => "SHIPPED",
        }
    }

    /// Mails to the buyer.
    pub(crate) fn mails(&self, order_id: &OrderId) -> usize {
        match self {
            Self::Bigcommerce(shop) => shop.buyer_mails(order_id.as_str()),
            Self::Ecwid(shop) => shop.buyer_mails(order_id.as_str()),
        }
    }

    /// All calls to an order so far: `GET`, `POST /shipments`.
    pub(crate) fn calls(&self, order_id: &OrderId) -> Vec<String> {
        let requests = match self {
            Self::Bigcommerce(shop) => shop.requests(),
            Self::Ecwid(shop) => shop.requests(),
        };
        let order = format!("/orders/{order_id}");
        let call = |request: &crossdock_sandbox::Request| {
            let path = request.path_and_query.split('?').next()?;
            Some(format!("{} {}", request.method, path.split_once(&order)?.1).trim_end().to_owned())
        };
        requests.iter().filter_map(call).collect()
    }
}

fn mug() -> Item {
    Item {
        product_id: 101,
        variant_id: 201,
        sku: "MUG".to_owned(),
        name: "Mug".to_owned(),
        options: std::collections::BTreeMap::new(),
        price: Decimal::new(1995, 2),
        stock: None,
    }
}
