//! Shops that answer at once, a virtual host, a ledger, and Crossdock's processes between them.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossdock_sandbox::{
    BigcommerceOptions, BigcommerceShop, Draft, EcwidOptions, EcwidShop, Item, Quota, Request,
};
use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use reqwest::Url;
use rust_decimal::Decimal;
use tokio::process::Command;

use super::arrivals::Arrivals;
use crate::process::{Process, beside};

/// More than anything here asks for: what is measured is us, not the shop's plan.
const NO_QUOTA: Quota = Quota { requests: 1_000_000, window: Duration::from_secs(30) };

/// Webhooks that a shop has under way at once at most: it sends as fast as they are taken, and no faster.
const WEBHOOKS_AT_ONCE: usize = 64;

/// Time between two looks at how many are under way, in milliseconds.
const LOOK_MS: u64 = 2;

const SECRET: &str = "bench-secret";

/// The shops'.
pub(super) const TOKEN: &str = "bench-token";

/// Everything around Crossdock.
pub(super) struct Installation {
    pub(super) vhost: Vhost,
    /// `shop-1` and so on; their orders are `S1-1001` and so on.
    pub(super) shops: Vec<Arc<BigcommerceShop>>,
    /// `widgets`; its orders are `W-…`.
    pub(super) ecwid: Arc<EcwidShop>,
    receiver: Url,
    config: PathBuf,
    folder: tempfile::TempDir,
}

impl Installation {
    /// So many BigCommerce shops and an Ecwid shop, of whose orders no webhook tells yet.
    pub(super) async fn set(node: &Node, engine: Engine, shops: usize) -> anyhow::Result<Self> {
        Self::selling(node, engine, shops, [catalog(), catalog()]).await
    }

    /// The same, with what each BigCommerce shop sells, and what the Ecwid shop does. All are told of stock.
    pub(super) async fn selling(
        node: &Node,
        engine: Engine,
        shops: usize,
        [of_bigcommerce, of_ecwid]: [Vec<Item>; 2],
    ) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let vhost = node.vhost().await;
        let listen = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let ledger = engine.create(folder.path()).await;
        let mut config = format!(
            "[broker]\nurl = \"{}\"\n[ledger]\nurl = \"{ledger}\"\n[receiver]\nlisten = \"{listen}\"\nspool_dir = \"\"\n",
            vhost.address()
        );
        let mut started = Vec::new();
        for number in 1..=shops {
            let shop = BigcommerceShop::start(bigcommerce(number, of_bigcommerce.clone())).await?;
            config.push_str(&bigcommerce_section(number, &shop.url()));
            started.push(shop);
        }
        let ecwid = EcwidShop::start(ecwid(of_ecwid)).await?;
        config.push_str(&ecwid_section(&ecwid.url()));
        let path = folder.path().join("crossdock.toml");
        std::fs::write(&path, config)?;
        let receiver = format!("http://{listen}").parse()?;
        Ok(Self { vhost, shops: started, ecwid, receiver, config: path, folder })
    }

    /// Starts these roles, as in production: the log goes into a file.
    pub(super) fn start(&self, roles: &str) -> anyhow::Result<Process> {
        let log = std::fs::File::create(self.folder.path().join(format!("{roles}.log")))?;
        let mut command = Command::new(beside("crossdock")?);
        command.arg("--config").arg(&self.config).args(["run", "--role", roles]);
        command.current_dir(self.folder.path()).env_remove("RUST_LOG").stdout(Stdio::null()).stderr(log);
        Process::start(command)
    }

    /// Starts the receiver, waits until it has declared all queues, and watches the warehouse's.
    pub(super) async fn open(&self) -> anyhow::Result<(Process, Arrivals)> {
        let receiver = self.start("receiver")?;
        let ready = self.receiver.join("readyz")?;
        eventually("the receiver is ready", || async {
            reqwest::get(ready.clone()).await.ok().filter(|answer| answer.status() == 200).map(drop)
        })
        .await;
        Ok((receiver, Arrivals::watch(&self.vhost.address()).await?))
    }

    /// From now on the BigCommerce shops tell of their orders.
    pub(super) fn announce(&self) {
        for shop in &self.shops {
            shop.callbacks().set_receiver(self.receiver.clone());
        }
    }

    /// From now on the Ecwid shop does too.
    pub(super) fn announce_ecwid(&self) {
        self.ecwid.callbacks().set_receiver(self.receiver.clone());
    }

    /// A buyer's order at a shop, once its webhooks find room.
    pub(super) async fn place(&self, shop: usize) -> String {
        let bigcommerce = &self.shops[shop];
        while bigcommerce.callbacks().on_their_way() >= WEBHOOKS_AT_ONCE {
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
        format!("S{}-{}", shop + 1, bigcommerce.place_order(&draft()))
    }

    /// Requests of this shop for orders so far.
    pub(super) fn order_calls(&self, shop: usize) -> usize {
        let requests = self.shops[shop].requests();
        requests.iter().filter(|request| request.path_and_query.contains("/v2/orders")).count()
    }

    /// All requests so far: of the first BigCommerce shop, and of the Ecwid shop.
    pub(super) fn all_calls(&self) -> [usize; 2] {
        [self.shops[0].requests().len(), self.ecwid.requests().len()]
    }

    /// The same once no webhook is on its way, and no request has come for so long.
    pub(super) async fn all_calls_when_quiet(&self, quiet: Duration) -> [usize; 2] {
        let (mut calls, mut since) = (self.all_calls(), Instant::now());
        while since.elapsed() < quiet {
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
            let told = self.shops[0].callbacks().on_their_way() + self.ecwid.callbacks().on_their_way();
            let now = self.all_calls();
            if told > 0 || now != calls {
                (calls, since) = (now, Instant::now());
            }
        }
        calls
    }

    /// Requests of the Ecwid shop so far for quantities: batches, looks at what has become of them, single ones, and products that are read
    /// because the shop told of them.
    pub(super) fn ecwid_stock_calls(&self) -> [usize; 4] {
        let requests = self.ecwid.requests();
        let count = |is: fn(&Request) -> bool| requests.iter().filter(|request| is(request)).count();
        let of_batches = |request: &Request| request.path_and_query.contains("/batch");
        let batches = count(|request| request.method == "POST");
        let looks = requests.iter().filter(|request| request.method != "POST" && of_batches(request)).count();
        let read = count(|request| request.method == "GET" && request.path_and_query.contains("/products/"));
        [batches, looks, count(|request| request.method == "PUT"), read]
    }

    /// Requests of the Ecwid shop for orders so far.
    pub(super) fn ecwid_order_calls(&self) -> usize {
        let requests = self.ecwid.requests();
        requests.iter().filter(|request| request.path_and_query.contains("/orders")).count()
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        for shop in &self.shops {
            shop.stop();
        }
        self.ecwid.stop();
    }
}

/// Two lines, as many orders have.
pub(super) fn draft() -> Draft {
    Draft::of(&[("TEE-M", 2), ("MUG", 1)])
}

fn bigcommerce(number: usize, catalog: Vec<Item>) -> BigcommerceOptions {
    BigcommerceOptions {
        store_hash: format!("bench{number}"),
        access_token: TOKEN.into(),
        client_secret: SECRET.into(),
        catalog,
        callback_path: format!("/webhooks/bigcommerce/shop-{number}"),
        quota: NO_QUOTA,
        ..BigcommerceOptions::default()
    }
}

fn ecwid(catalog: Vec<Item>) -> EcwidOptions {
    EcwidOptions {
        access_token: TOKEN.into(),
        client_secret: SECRET.into(),
        catalog,
        ..EcwidOptions::default()
    }
}

/// Swept once, and then not for as long as anything here takes.
fn bigcommerce_section(number: usize, url: &Url) -> String {
    format!(
        r#"
[[store]]
id = "shop-{number}"
time_zone = "UTC"
[store.bigcommerce]
store_hash = "bench{number}"
client_id = "bench"
client_secrets = ["{SECRET}"]
access_token = "{TOKEN}"
api_url = "{url}"
[store.orders]
prefix = "S{number}-"
start_date = "2020-01-01"
sweep_every = "24h"
[store.stock]
push = "available"
"#
    )
}

fn ecwid_section(url: &Url) -> String {
    let store_id = EcwidOptions::default().store_id;
    format!(
        r#"
[[store]]
id = "widgets"
time_zone = "UTC"
[store.ecwid]
store_id = {store_id}
client_secrets = ["{SECRET}"]
access_token = "{TOKEN}"
api_url = "{url}"
[store.orders]
prefix = "W-"
start_date = "2020-01-01"
sweep_every = "24h"
[store.stock]
push = "available"
"#
    )
}

fn catalog() -> Vec<Item> {
    (0..).zip(["TEE-M", "MUG"]).map(|(number, sku)| item(number, sku, None)).collect()
}

/// A product without options.
pub(super) fn item(number: u64, sku: &str, stock: Option<i64>) -> Item {
    Item {
        product_id: 100 + number,
        variant_id: 1_000_000 + number,
        sku: sku.to_owned(),
        name: format!("Item {sku}"),
        options: std::collections::BTreeMap::new(),
        price: Decimal::new(1995, 2),
        stock,
    }
}
