//! `crossdock sandbox`: opens fake shops for the settings' stores and a fake warehouse, places orders, and checks what becomes of them.

mod buyers;
mod error;
#[cfg(test)]
mod example;
mod expectation;
mod goods;
mod market;
mod readiness;
mod report;
mod shop;
mod verdict;
mod watch;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use crossdock_events::standard_webhooks::key_from_whsec;
use crossdock_queue::{Broker, Publisher, WorkQueue};
use crossdock_settings::{Deliver, Settings};
use crossdock_telemetry::metrics::Metrics;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::{Door, Tell, Warehouse, WarehouseOptions};
use buyers::Buyers;
pub use error::SandboxError;
pub use expectation::Fate;
use market::Market;
pub use report::{OrderRow, Report, StockRow};
use watch::Watch;

/// The warehouse counts after so many shipments.
const COUNT_AFTER_SHIPMENTS: u32 = 5;

/// The warehouse counts this often.
const COUNT_EVERY_SECS: u64 = 15;

/// What `crossdock sandbox` is started with.
#[derive(Clone)]
pub struct SandboxRun {
    /// Its stores on loopback addresses are served.
    pub settings: Arc<Settings>,
    /// Where the warehouse's orders come from.
    pub broker: Broker,
    /// `crossdock.warehouse.orders`.
    pub orders_queue: WorkQueue,
    /// Orders to place, over all shops; then it waits until everything expected has happened. None: until stopped.
    pub orders: Option<u32>,
    /// Time between two orders.
    pub pace: Duration,
    /// How long the warehouse packs.
    pub ship_after: Duration,
    /// Id of each BigCommerce shop's first order; Ecwid shops draw their random ids from it. Choose one above all that earlier runs
    /// with the same ledger have used: Crossdock would take new orders for old ones.
    pub first_order_id: u64,
    /// The same seed gives the same buyers.
    pub seed: u64,
    /// Where the warehouse's and the publisher's metrics go.
    pub metrics: Metrics,
}

/// Runs shops and warehouse until everything expected has happened, nothing has changed for two minutes, or it is stopped.
///
/// # Errors
/// Nothing was ordered: the sentence says what to put into the settings, which port is taken, or that Crossdock is not up.
pub async fn run(run: SandboxRun, stop: CancellationToken) -> Result<Report, SandboxError> {
    let open = stop.child_token();
    let _closed_at_the_end = open.clone().drop_guard();
    let receiver = receiver(&run.settings);
    let shelf = goods::shelf(&run.settings.stores, run.orders);
    let shops = shop::open_all(&run.settings.stores, &receiver, run.first_order_id, &shelf).await?;
    let publisher = Publisher::start(run.broker.clone(), &run.metrics, open.clone());
    let warehouse = Warehouse::start(
        WarehouseOptions {
            broker: run.broker,
            orders_queue: run.orders_queue,
            door: open_door(&run.settings).await?,
            tell: tell(&run.settings, &receiver, &publisher),
            ship_after: Some(run.ship_after),
            count_after_shipments: Some(COUNT_AFTER_SHIPMENTS),
            count_every: Some(Duration::from_secs(COUNT_EVERY_SECS)),
            shelf: shelf.clone().into_iter().collect(),
            metrics: run.metrics,
        },
        open,
    );
    let watch = Watch::new(&shops, shelf, Instant::now());
    let buyers = Buyers::new(run.seed);
    let mut market = Market::new(shops, warehouse, publisher, buyers, watch).limited(run.orders, run.pace);
    match stop.run_until_cancelled(readiness::wait(&receiver)).await {
        None => return Ok(market.report()),
        Some(ready) => ready?,
    }
    let _stopped = stop.run_until_cancelled(market.trade()).await;
    Ok(market.report())
}

/// Where orders are posted, if the settings want that.
async fn open_door(settings: &Settings) -> Result<Option<Arc<Door>>, SandboxError> {
    let Deliver::Http { url, .. } = &settings.warehouse.deliver else { return Ok(None) };
    let foreign = || SandboxError::Warehouse { url: url.clone() };
    let addresses = url.socket_addrs(|| None).map_err(|_| foreign())?;
    let address = addresses.into_iter().find(|address| address.ip().is_loopback()).ok_or_else(foreign)?;
    let keys = settings.warehouse.signing_secrets.iter();
    let keys = keys.filter_map(|secret| key_from_whsec(secret.expose_secret())).collect();
    let door = Door::open(address, keys).await;
    let door = door.map_err(|source| SandboxError::Door { address, source })?;
    if door.url().path() == url.path() { Ok(Some(door)) } else { Err(foreign()) }
}

/// The receiver as processes on this machine reach it.
fn receiver(settings: &Settings) -> Url {
    let mut address = settings.receiver.listen;
    if address.ip().is_unspecified() {
        let loopback =
            if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() };
        address = SocketAddr::new(loopback, address.port());
    }
    format!("http://{address}").parse().expect("an address with a port is a host of a URL")
}

/// Signed POSTs where the receiver knows a secret for them, else straight to RabbitMQ.
fn tell(settings: &Settings, receiver: &Url, publisher: &Publisher) -> Tell {
    let mut keys =
        settings.warehouse.signing_secrets.iter().filter_map(|secret| key_from_whsec(secret.expose_secret()));
    match keys.next() {
        Some(signing_key) => Tell::Post {
            url: receiver.join("/warehouse/events").expect("a route fits behind the receiver's address"),
            signing_key,
        },
        None => Tell::Publish(publisher.clone()),
    }
}

/// Units by SKU.
type Units = BTreeMap<String, i64>;
