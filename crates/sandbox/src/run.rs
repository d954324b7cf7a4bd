//! `crossdock sandbox`: opens fake shops for the settings' stores and a fake warehouse, places orders, and checks what becomes of them.

mod buyers;
mod error;
#[cfg(test)]
mod example;
mod expectation;
mod goods;
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
use crossdock_events::{Event, EventData, Source, StockDue};
use crossdock_queue::{Broker, Message, Publisher, WorkQueue};
use crossdock_settings::Settings;
use crossdock_telemetry::chain;
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use crate::{Tell, Warehouse, WarehouseOptions};
use buyers::Buyers;
pub use error::SandboxError;
pub use expectation::Fate;
pub use report::{OrderRow, Report, StockRow};
use shop::OpenShop;
use watch::Watch;

/// Time between two looks at all orders and stock, in milliseconds.
const LOOK_MS: u64 = 100;

/// A run that waits ends when nothing at all has changed for so long.
const STALL_SECS_MAX: u64 = 120;

/// Shortest time between two orders, in milliseconds: orders without end must leave time to look at them.
const PACE_MS_MIN: u64 = 1;

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
            tell: tell(&run.settings, &receiver, &publisher),
            ship_after: Some(run.ship_after),
            count_after_shipments: Some(COUNT_AFTER_SHIPMENTS),
            count_every: Some(Duration::from_secs(COUNT_EVERY_SECS)),
            shelf: shelf.clone().into_iter().collect(),
            metrics: run.metrics,
        },
        open,
    );
    let mut market = Market {
        watch: Watch::new(&shops, shelf, Instant::now()),
        shops,
        warehouse,
        publisher,
        buyers: Buyers::new(run.seed),
        limit: run.orders,
        pace: run.pace.max(Duration::from_millis(PACE_MS_MIN)),
        next_order: Instant::now(),
        stage: Stage::Orders,
    };
    match stop.run_until_cancelled(readiness::wait(&receiver)).await {
        None => return Ok(market.report()),
        Some(ready) => ready?,
    }
    market.warehouse.count_all();
    let _stopped = stop.run_until_cancelled(market.trade()).await;
    Ok(market.report())
}

/// Shops, warehouse, and what is known of both.
struct Market {
    shops: Vec<OpenShop>,
    warehouse: Arc<Warehouse>,
    publisher: Publisher,
    buyers: Buyers,
    watch: Watch,
    limit: Option<u32>,
    pace: Duration,
    next_order: Instant,
    stage: Stage,
}

/// What a limited run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Every order is where it belongs.
    Orders,
    /// The shops know the stock of all that Crossdock saw change.
    Changes,
    /// A full push has also corrected the stock that sank by orders that Crossdock leaves alone.
    FullPush,
}

impl Market {
    async fn trade(&mut self) {
        self.next_order = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
        loop {
            let now = looks.tick().await;
            self.place_due(now);
            self.restock();
            self.watch.look(&self.shops, &self.warehouse, now);
            if self.all_placed() && self.done().await {
                return;
            }
            if self.all_placed() && now.duration_since(self.watch.changed_at()).as_secs() >= STALL_SECS_MAX {
                tracing::warn!(
                    "nothing has changed for {STALL_SECS_MAX} seconds, the sandbox gives up waiting"
                );
                return;
            }
        }
    }

    fn all_placed(&self) -> bool {
        self.limit.is_some_and(|limit| self.watch.placed() >= limit as usize)
    }

    /// Places the orders that are due, over all shops in turn.
    fn place_due(&mut self, now: Instant) {
        while self.next_order <= now && !self.all_placed() {
            let at = self.watch.placed() % self.shops.len();
            let shop = &self.shops[at];
            let draft = self.buyers.draft(&shop.settings, &shop.catalog().items(), Timestamp::now());
            self.watch.place(at, shop, draft, now);
            self.next_order += self.pace;
        }
    }

    /// Puts new goods on the shelf before it is empty.
    fn restock(&mut self) {
        for level in self.warehouse.levels() {
            if level.on_hand - level.allocated.unwrap_or_default() < goods::RESTOCK_BELOW_UNITS {
                self.watch.restocked(level.sku.as_str(), goods::RESTOCK_UNITS);
                self.warehouse.put_away(level.sku.as_str(), goods::RESTOCK_UNITS);
            }
        }
    }

    /// Takes the next stage once the present one is reached; true after the last.
    async fn done(&mut self) -> bool {
        if self.warehouse.untold() > 0 {
            return false;
        }
        match self.stage {
            Stage::Orders if self.watch.orders_settled() => {
                self.warehouse.count_all();
                self.stage = Stage::Changes;
            }
            Stage::Changes if self.watch.changes_pushed(&self.shops) => {
                if self.ask_for_full_push().await {
                    self.stage = Stage::FullPush;
                }
            }
            Stage::FullPush => return self.watch.stock_right(&self.shops),
            Stage::Orders | Stage::Changes => {}
        }
        false
    }

    /// Asks for what a schedule asks for every evening.
    async fn ask_for_full_push(&self) -> bool {
        for shop in &self.shops {
            let due = StockDue { store: shop.settings.id.clone(), full: true };
            let id = Uuid::now_v7().simple().to_string();
            let event = Event::new(&Source::Role("sandbox"), id.clone(), Timestamp::now(), due);
            let message = Message {
                routing_key: StockDue::TYPE.to_owned(),
                id,
                content_type: "application/cloudevents+json",
                body: event.to_json().into(),
            };
            if let Err(error) = self.publisher.publish(message).await {
                tracing::warn!(
                    error = chain(&error),
                    "the full push of stock was not asked for, it will be tried again"
                );
                return false;
            }
        }
        true
    }

    fn report(mut self) -> Report {
        self.watch.report(&self.shops, &self.warehouse, self.limit)
    }
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
