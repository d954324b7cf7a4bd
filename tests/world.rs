//! A whole installation of one test: two shops, a warehouse, a broker, a database, and Crossdock between them.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crossdock_events::standard_webhooks::key_from_whsec;
use crossdock_ledger::Ledger;
use crossdock_queue::{Link, Publisher};
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Door, EcwidOptions, EcwidShop, Warehouse};
use crossdock_telemetry::metrics::Metrics;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::broker::Vhost;
use crate::configuration::configuration;
use crate::database::Engine;
use crate::eventually;
use crate::free_address::free_address;
use crate::http;
use crate::kept_folder::KeptFolder;
use crate::process::{Process, crossdock};
use crate::surroundings::{Surroundings, broker, catalog, start_warehouse};

/// Secret of the warehouse's signatures.
pub const WAREHOUSE_SECRET: &str = "whsec_am91cm5leS13YXJlaG91c2Utc2VjcmV0LTAwMQ==";
/// Client secret of the BigCommerce shop.
pub const BIGCOMMERCE_SECRET: &str = "journey-bigcommerce-secret";
/// Client secret of the Ecwid shop.
pub const ECWID_SECRET: &str = "journey-ecwid-secret";

/// All roles but the desk of dead letters, which takes them off their queue: most journeys look for them there.
pub const ALL_BUT_THE_DESK: &str = "receiver,order-importer,tracking-writer,stock-writer,reconciler";

/// Everything around one Crossdock. Journeys start and stop that themselves.
pub struct World {
    /// Broker of this test alone.
    pub vhost: Vhost,
    /// BigCommerce shop `acme-au`, prefix `BG`; takes AU and NZ, marks Test001 as test.
    pub bigcommerce: Arc<BigcommerceShop>,
    /// Ecwid shop `acme-widgets`, prefix `W-`.
    pub ecwid: Arc<EcwidShop>,
    /// Ships only when told to.
    pub warehouse: Arc<Warehouse>,
    /// The configuration file.
    pub config: PathBuf,
    /// Where the receiver listens.
    pub receiver: Url,
    /// The ledger as it was opened to be looked into, and its URL.
    opened: Mutex<Option<(String, Arc<dyn Ledger>)>>,
    stop: CancellationToken,
    folder: KeptFolder,
}

impl World {
    /// Everything but Crossdock itself, over a virtual host of the shared RabbitMQ.
    pub async fn create(engine: Engine) -> Self {
        Self::over(engine, Vhost::create().await).await
    }

    /// Everything but Crossdock itself, over this virtual host.
    ///
    /// # Panics
    /// If a part does not start.
    pub async fn over(engine: Engine, vhost: Vhost) -> Self {
        Self::amid(engine, vhost, Surroundings::default()).await
    }

    /// The same, with a warehouse whose orders are posted to this door of it.
    ///
    /// # Panics
    /// If a part does not start.
    pub async fn posting(engine: Engine, vhost: Vhost) -> (Self, Arc<Door>) {
        let key = key_from_whsec(WAREHOUSE_SECRET).expect("it is one");
        let door = Door::open((Ipv4Addr::LOCALHOST, 0).into(), vec![key]).await.expect("a port is free");
        let surroundings = Surroundings { door: Some(door.clone()), ..Surroundings::default() };
        let world = Self::amid(engine, vhost, surroundings).await;
        let posted = format!("[warehouse]\ndeliver = \"http\"\nurl = \"{}\"\n", door.url());
        world.change_config(|text| text.replace("[warehouse]\n", &posted));
        (world, door)
    }

    /// Everything but Crossdock itself, with shops and a warehouse like these.
    ///
    /// # Panics
    /// If a part does not start.
    pub async fn amid(engine: Engine, vhost: Vhost, surroundings: Surroundings) -> Self {
        let folder = KeptFolder::new();
        let listen = free_address();
        let receiver: Url = format!("http://{listen}").parse().expect("an address makes a URL");
        let bigcommerce = BigcommerceShop::start(BigcommerceOptions {
            store_hash: "journey1".into(),
            access_token: "journey-bigcommerce-token".into(),
            client_secret: BIGCOMMERCE_SECRET.into(),
            catalog: catalog(&surroundings.goods),
            receiver: Some(receiver.clone()),
            callback_path: "/webhooks/bigcommerce/acme-au".into(),
            quota: surroundings.bigcommerce_quota,
            ..BigcommerceOptions::default()
        });
        let ecwid = EcwidShop::start(EcwidOptions {
            store_id: 12_239_080,
            access_token: "journey-ecwid-token".into(),
            client_secret: ECWID_SECRET.into(),
            catalog: catalog(&surroundings.goods),
            receiver: Some(receiver.clone()),
            callback_path: "/webhooks/ecwid/acme-widgets".into(),
            quota: surroundings.ecwid_quota,
            ..EcwidOptions::default()
        });
        let bigcommerce = bigcommerce.await.expect("the BigCommerce shop starts");
        let ecwid = ecwid.await.expect("the Ecwid shop starts");
        let ledger = engine.create(folder.path()).await;
        let config = folder.path().join("crossdock.toml");
        let text = configuration(&vhost.address(), &ledger, &listen, &bigcommerce.url(), &ecwid.url());
        std::fs::write(&config, text).expect("the temporary folder takes files");
        let stop = CancellationToken::new();
        let warehouse = start_warehouse(&vhost, surroundings, &receiver, &stop);
        let opened = Mutex::default();
        Self { vhost, bigcommerce, ecwid, warehouse, config, receiver, opened, stop, folder }
    }

    /// Starts Crossdock with [`ALL_BUT_THE_DESK`], and waits until it takes webhooks.
    pub async fn run(&self) -> Process {
        let process = Process::start(&self.config, Some(ALL_BUT_THE_DESK));
        self.ready().await;
        self.ledger_made().await;
        process
    }

    /// The receiver's URL of this path, which has no first slash.
    ///
    /// # Panics
    /// If it is no path.
    pub fn at(&self, path: &str) -> Url {
        self.receiver.join(path).expect("a route fits behind the address")
    }

    /// Waits until the receiver is ready.
    pub async fn ready(&self) {
        let url = self.at("readyz");
        let http = http();
        eventually("the receiver is ready", || async {
            http.get(url.clone()).send().await.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
    }

    /// The one order of this number or id, as `crossdock orders show --json` tells it; none if it is not known.
    ///
    /// # Panics
    /// If several have it.
    pub async fn story(&self, order: &str) -> Option<Value> {
        let output = crossdock(&self.config, &["orders", "show", order, "--json"]).await;
        let stories: Value = serde_json::from_slice(&output.stdout).ok()?;
        let stories = stories.as_array().cloned().unwrap_or_default();
        assert!(stories.len() <= 1, "{order} is one order: {stories:?}");
        stories.into_iter().next()
    }

    /// Waits until an order has come this far, and returns its story.
    pub async fn order_in_state(&self, order: &str, state: &str) -> Value {
        eventually(&format!("{order} is {state}"), || async {
            if !self.stands(order, state).await {
                return None;
            }
            self.story(order).await.filter(|story| story["state"] == state)
        })
        .await
    }

    /// Whether an order is in this state by the ledger. A command for each look would cost more than all that is looked at.
    async fn stands(&self, order: &str, state: &str) -> bool {
        let Some(ledger) = self.opened().await else { return false };
        if state == "not_imported" {
            return ledger.unrecorded_named(order).await.is_ok_and(|orders| !orders.is_empty());
        }
        ledger
            .orders_named(order)
            .await
            .is_ok_and(|orders| orders.iter().any(|it| it.state.as_str() == state))
    }

    /// The ledger; none as long as Crossdock has not made it.
    async fn opened(&self) -> Option<Arc<dyn Ledger>> {
        let (url, mut opened) = (self.ledger_url(), self.opened.lock().await);
        if opened.as_ref().is_none_or(|(of, _)| *of != url) {
            let ledger = crossdock_ledger::open_existing(&url.clone().into()).await.ok()?;
            *opened = Some((url, ledger));
        }
        opened.as_ref().map(|(_, ledger)| Arc::clone(ledger))
    }

    /// Waits until an order has reached the warehouse.
    pub async fn at_the_warehouse(&self, number: &str) {
        eventually(&format!("{number} is at the warehouse"), || async {
            (self.warehouse.received(number) > 0).then_some(())
        })
        .await;
    }

    /// Publishes events as the warehouse may do it, and Crossdock's roles. It is connected.
    pub async fn publisher(&self) -> Publisher {
        let publisher = Publisher::start(broker(&self.vhost), &Metrics::default(), self.stop.clone());
        eventually("the publisher connects", || async { (publisher.link() == Link::Up).then_some(()) }).await;
        publisher
    }

    /// Waits until Crossdock has made the ledger: before that, no command opens it.
    pub async fn ledger_made(&self) {
        eventually("the ledger is made", || async { self.opened().await.map(drop) }).await;
    }

    /// The ledger itself, as another process would open it.
    ///
    /// # Panics
    /// If it cannot be opened, also when those at work give it a moment.
    pub async fn ledger(&self) -> Arc<dyn Ledger> {
        let url = self.ledger_url().into();
        eventually("the ledger can be opened", || async { crossdock_ledger::open(&url).await.ok() }).await
    }

    /// What stands in `ledger.url`.
    ///
    /// # Panics
    /// If the configuration is gone.
    pub fn ledger_url(&self) -> String {
        let config = std::fs::read_to_string(&self.config).expect("the configuration was written");
        let (_, section) = config.split_once("[ledger]\nurl = \"").expect("it has a ledger");
        section.split('"').next().unwrap_or_default().to_owned()
    }

    /// The folder of the configuration and of what the test writes beside it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
        self.bigcommerce.stop();
        self.ecwid.stop();
    }
}
