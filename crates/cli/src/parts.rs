//! Which implementation stands behind which trait.

use std::sync::Arc;

use anyhow::Context as _;
use crossdock_bigcommerce::Bigcommerce;
use crossdock_ecwid::Ecwid;
use crossdock_ledger::Ledger;
use crossdock_queue::{Broker, Topology};
use crossdock_settings::{Connection, Settings, StoreSettings};
use crossdock_storefront::{Budgets, Shop, ShopMetrics, Shops, Storefront};
use crossdock_telemetry::metrics::Metrics;

/// Everything that speaks TLS (shops, RabbitMQ, PostgreSQL) does it with the same library.
pub(crate) fn use_one_tls_provider() {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .expect("nobody chose another provider before");
}

/// RabbitMQ, with all queues of the installation.
pub(crate) fn broker(settings: &Settings) -> Broker {
    let work = vec![
        crossdock_order_importer::QUEUE,
        crossdock_tracking_writer::QUEUE,
        crossdock_stock_writer::QUEUE,
        crossdock_order_importer::WAREHOUSE_ORDERS,
    ];
    Broker { url: settings.broker.url.clone(), topology: Topology { work } }
}

/// Opens the ledger of a running installation as it stands, once: only `crossdock run` makes one, or changes its tables.
pub(crate) async fn open_existing_ledger(settings: &Settings) -> anyhow::Result<Arc<dyn Ledger>> {
    crossdock_ledger::open_existing(&settings.ledger.url).await.context("could not open the ledger")
}

/// Makes each shop's client, and remembers its budget over reloads.
pub(crate) struct Shopkeeper {
    bigcommerce: crossdock_bigcommerce::HttpClient,
    ecwid: crossdock_ecwid::HttpClient,
    budgets: Arc<Budgets>,
}

impl Shopkeeper {
    /// A shopkeeper without shops.
    pub(crate) fn new(metrics: &Metrics) -> anyhow::Result<Self> {
        let unusable = "the system's TLS certificates cannot be used";
        Ok(Self {
            bigcommerce: crossdock_bigcommerce::http_client().context(unusable)?,
            ecwid: crossdock_ecwid::http_client().context(unusable)?,
            budgets: Arc::new(Budgets::new(ShopMetrics::register(metrics))),
        })
    }

    /// The budgets of all shops.
    pub(crate) fn budgets(&self) -> &Arc<Budgets> {
        &self.budgets
    }

    /// The shops of these settings.
    pub(crate) fn shops(&self, settings: &Settings) -> anyhow::Result<Vec<Shop>> {
        let shops = settings.stores.iter().map(|store| self.shop(store)).collect::<anyhow::Result<_>>()?;
        self.budgets.keep(&settings.stores);
        Ok(shops)
    }

    fn shop(&self, settings: &Arc<StoreSettings>) -> anyhow::Result<Shop> {
        let (budget, tracking) = (self.budgets.of(settings), &settings.tracking);
        let storefront: Arc<dyn Storefront> = match &settings.connection {
            Connection::Bigcommerce(it) => {
                Arc::new(Bigcommerce::new(self.bigcommerce.clone(), it, tracking, budget)?)
            }
            Connection::BigcommerceLegacy(it) => {
                Arc::new(Bigcommerce::legacy(self.bigcommerce.clone(), it, tracking, budget))
            }
            Connection::Ecwid(it) => Arc::new(Ecwid::new(self.ecwid.clone(), it, tracking, budget)?),
        };
        Ok(Shop { settings: settings.clone(), storefront })
    }
}

/// The shops of these settings, for a command that ends soon and makes few requests.
pub(crate) fn shops(settings: &Settings) -> anyhow::Result<Shops> {
    Ok(Shops::new(Shopkeeper::new(&Metrics::default())?.shops(settings)?))
}

/// The shops of these settings, for a command that makes many requests beside those of other processes.
pub(crate) fn shops_beside_others(settings: &Settings, ledger: Arc<dyn Ledger>) -> anyhow::Result<Shops> {
    let shopkeeper = Shopkeeper::new(&Metrics::default())?;
    shopkeeper.budgets().share(ledger);
    Ok(Shops::new(shopkeeper.shops(settings)?))
}
