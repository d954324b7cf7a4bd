//! The tracking-writer within the test's own process: a shop of each platform, their real clients, and a ledger.

use std::future::poll_fn;
use std::path::Path;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crossdock_bigcommerce::Bigcommerce;
use crossdock_domain::{OrderId, Platform};
use crossdock_ecwid::Ecwid;
use crossdock_ledger::{Ledger, ShipmentRecord};
use crossdock_queue::{Delivery, Handler as _, Outcome};
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Draft, EcwidOptions, EcwidShop, Item, Quota};
use crossdock_settings::{Connection, Settings, StoreSettings};
use crossdock_storefront::{Budget, Shop, Shops, Storefront};
use crossdock_tests::database::Engine;
use crossdock_tracking_writer::TrackingWriter;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use super::told::{released, store};

/// More than any test asks.
const PLENTY: Quota = Quota { requests: 1_000_000, window: Duration::from_secs(30) };

/// Longer than a lease of any order lasts, in hours.
const LEASES_END_HOURS: i64 = 1;

/// Looks that let a shop finish what it was sent: a request that has arrived is read no later than one that is sent after it.
const LOOKS: usize = 2;

pub(crate) struct Scene {
    pub(crate) bigcommerce: Arc<BigcommerceShop>,
    pub(crate) ecwid: Arc<EcwidShop>,
    pub(crate) ledger: Arc<dyn Ledger>,
    stores: Vec<Arc<StoreSettings>>,
    /// Of the shops, and for our own looks at them.
    http: reqwest::Client,
    _folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn open(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = engine.create(folder.path()).await;
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let item = Item {
            product_id: 101,
            variant_id: 201,
            sku: "MUG".to_owned(),
            name: "Mug".to_owned(),
            options: std::collections::BTreeMap::new(),
            price: Decimal::new(1995, 2),
            stock: None,
        };
        let bigcommerce =
            BigcommerceOptions { catalog: vec![item.clone()], quota: PLENTY, ..Default::default() };
        let ecwid = EcwidOptions { catalog: vec![item], quota: PLENTY, ..Default::default() };
        let bigcommerce = BigcommerceShop::start(bigcommerce).await.unwrap();
        let ecwid = EcwidShop::start(ecwid).await.unwrap();
        let stores = stores(&bigcommerce, &ecwid);
        let http = crossdock_bigcommerce::http_client().unwrap();
        Self { bigcommerce, ecwid, ledger, stores, http, _folder: folder }
    }

    /// Each process has a writer of its own, which has made no request yet.
    fn writer(&self) -> TrackingWriter {
        let shops = self.stores.iter().map(|settings| shop(settings, &self.http));
        TrackingWriter::new(Shops::new(shops), self.ledger.clone())
    }

    /// A buyer's order of two mugs that the warehouse has; its id at the shop.
    pub(crate) async fn released(&self, platform: Platform) -> OrderId {
        let draft = Draft::of(&[("MUG", 2)]);
        let order_id = OrderId::new(match platform {
            Platform::Bigcommerce => self.bigcommerce.place_order(&draft),
            Platform::Ecwid => self.ecwid.place_order(&draft),
        });
        let released = released(platform, &order_id);
        self.ledger.judge(&released).await.unwrap();
        self.ledger.told(&released.store, &order_id, 1, Timestamp::now()).await.unwrap();
        order_id
    }

    /// Lets the tracking-writer handle this, and kills it after it has moved on so often.
    pub(crate) async fn killed_after(&self, moves: usize, told: &Delivery) -> Option<Outcome> {
        let writer = self.writer();
        let mut work = writer.handle("", vec![told.clone()]);
        let mut left = moves;
        let outcome = poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(None);
            }
            left -= 1;
            work.as_mut().poll(context).map(|mut outcomes| outcomes.pop())
        })
        .await;
        drop(work);
        self.settle().await;
        outcome
    }

    /// Lets the tracking-writer handle this to its end.
    pub(crate) async fn handled(&self, told: &Delivery) -> Outcome {
        self.killed_after(usize::MAX, told).await.unwrap()
    }

    /// What the dead process had sent has arrived or never will, and its leases are over: two minutes later, in a moment.
    async fn settle(&self) {
        for _ in 0..LOOKS {
            for shop in [self.bigcommerce.url(), self.ecwid.url()] {
                self.http.get(shop).header("connection", "close").send().await.unwrap();
            }
        }
        let later = Timestamp::now() + SignedDuration::from_hours(LEASES_END_HOURS);
        let lease = self.ledger.lease("the end of all leases", later, later).await.unwrap();
        self.ledger.end_lease(&lease.taken().unwrap()).await.unwrap();
    }

    /// The one consignment of an order.
    pub(crate) async fn consignment(&self, platform: Platform, order_id: &OrderId) -> ShipmentRecord {
        let mut all = self.ledger.shipments(&store(platform), order_id).await.unwrap();
        assert_eq!(all.len(), 1, "{all:?}");
        all.pop().unwrap()
    }

    /// The tracking numbers that an order shows at its shop, one for each shipment.
    pub(crate) fn shown(&self, platform: Platform, order_id: &OrderId) -> Vec<String> {
        match platform {
            Platform::Bigcommerce => {
                let shipments = self.bigcommerce.shipments(order_id.as_str());
                shipments.iter().map(|it| it["tracking_number"].as_str().unwrap().to_owned()).collect()
            }
            Platform::Ecwid => {
                let order = self.ecwid.order(order_id.as_str());
                let numbers = order["trackingNumber"].as_str().unwrap_or_default().split(", ");
                numbers.filter(|number| !number.is_empty()).map(str::to_owned).collect()
            }
        }
    }

    /// The statuses that were set at the shop, one after the other.
    pub(crate) fn statuses(&self, platform: Platform, order_id: &OrderId) -> Vec<String> {
        match platform {
            Platform::Bigcommerce => {
                let changes = self.bigcommerce.status_changes(order_id.as_str());
                changes.iter().map(i64::to_string).collect()
            }
            Platform::Ecwid => {
                let updates = self.ecwid.updates(order_id.as_str());
                let statuses = updates.iter().filter_map(|it| it["fulfillmentStatus"].as_str());
                statuses.map(str::to_owned).collect()
            }
        }
    }

    /// Mails to the buyer.
    pub(crate) fn mails(&self, platform: Platform, order_id: &OrderId) -> usize {
        match platform {
            Platform::Bigcommerce => self.bigcommerce.buyer_mails(order_id.as_str()),
            Platform::Ecwid => self.ecwid.buyer_mails(order_id.as_str()),
        }
    }
}

fn stores(bigcommerce: &BigcommerceShop, ecwid: &EcwidShop) -> Vec<Arc<StoreSettings>> {
    let text = format!(
        "[[store]]\nid = 'acme-au'\n[store.bigcommerce]\nstore_hash = 'abc123'\nclient_id = 'id'\n\
         client_secrets = ['secret']\naccess_token = 'sandbox-access-token'\napi_url = '{}'\n\
         [store.orders]\nprefix = 'BG'\n\
         [[store]]\nid = 'acme-widgets'\n[store.ecwid]\nstore_id = 1003\nclient_secrets = ['secret']\n\
         access_token = 'secret_sandbox'\napi_url = '{}'\n[store.orders]\nprefix = 'W-'\n",
        bigcommerce.url(),
        ecwid.url()
    );
    Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap().stores
}

fn shop(settings: &Arc<StoreSettings>, http: &reqwest::Client) -> Shop {
    let (http, budget, tracking) = (http.clone(), Arc::new(Budget::default()), &settings.tracking);
    let storefront: Arc<dyn Storefront> = match &settings.connection {
        Connection::Bigcommerce(it) => Arc::new(Bigcommerce::new(http, it, tracking, budget).unwrap()),
        Connection::Ecwid(it) => Arc::new(Ecwid::new(http, it, tracking, budget).unwrap()),
        Connection::BigcommerceLegacy(_) => unreachable!("the settings above have none"),
    };
    Shop { settings: settings.clone(), storefront }
}
