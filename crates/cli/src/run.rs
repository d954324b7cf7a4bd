//! `crossdock run`: the roles of this process, until told to stop.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;

use anyhow::Context as _;
use crossdock_dead_letters::DeadLetterDesk;
use crossdock_ledger::Ledger;
use crossdock_order_importer::{DeliverOrders, Endpoint, OrderImporter, WAREHOUSE_ORDERS};
use crossdock_queue::{Broker, Consumer, Handler, Publisher, WorkQueue};
use crossdock_receiver::Receiver;
use crossdock_reconciler::Reconciler;
use crossdock_settings::{Deliver, Settings};
use crossdock_stock_writer::StockWriter;
use crossdock_storefront::Shops;
use crossdock_telemetry::metrics::Metrics;
use crossdock_tracking_writer::TrackingWriter;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::signal::unix::Signal;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::await_ledger::{await_answer, await_ledger};
use crate::command_line::Role;
use crate::exit::Exit;
use crate::parts::{self, Shopkeeper};
use crate::{configuration, new_credentials, signals};

/// Everything that the roles of one process share.
struct Process {
    config: PathBuf,
    settings: Settings,
    broker: Broker,
    metrics: Metrics,
    publisher: Publisher,
    shops: Shops,
    shopkeeper: Shopkeeper,
    receiver: Option<Receiver>,
    stop: CancellationToken,
}

/// Runs these roles.
pub(crate) async fn run(config: &Path, roles: &[Role], health: Option<SocketAddr>) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let (stop, reload) = (signals::stop_token()?, signals::reload()?);
    let (broker, metrics) = (parts::broker(&settings), Metrics::default());
    // Its own token: consumers still publish while they finish what is in flight.
    let publishing = CancellationToken::new();
    let publisher = Publisher::start(broker.clone(), &metrics, publishing.clone());
    let shopkeeper = Shopkeeper::new(&metrics)?;
    let shops = Shops::new(shopkeeper.shops(&settings)?);
    let config = config.to_owned();
    let mut process =
        Process { config, settings, broker, metrics, publisher, shops, shopkeeper, receiver: None, stop };
    let ended = process.run(roles, health, reload).await;
    publishing.cancel();
    process.publisher.ended().await;
    ended
}

impl Process {
    async fn run(
        &mut self,
        roles: &[Role],
        health: Option<SocketAddr>,
        mut reload: Signal,
    ) -> anyhow::Result<Exit> {
        let mut running = JoinSet::new();
        if roles.contains(&Role::Receiver) {
            let receiver = Receiver::new(&self.settings, self.publisher.clone(), self.metrics.clone())?;
            self.listen(receiver, self.settings.receiver.listen, "receiver.listen", &mut running).await?;
        }
        if let Some(listen) = health {
            let receiver = Receiver::of_health(&self.settings, self.publisher.clone(), self.metrics.clone())?;
            self.listen(receiver, listen, "--health", &mut running).await?;
        }
        if roles.iter().any(|role| *role != Role::Receiver) {
            // Told to stop meanwhile: there is nothing to start, but the receiver still finishes what is in flight.
            if let Some(ledger) = self.await_ledger(&mut reload).await? {
                self.share_budgets(&ledger, &mut running);
                for role in roles {
                    match role {
                        Role::Reconciler => self.start_reconciler(&ledger, &mut running),
                        Role::DeadLetters => self.start_desk(&ledger, &mut running),
                        role => self.start_consumer(*role, &ledger, &mut running),
                    }
                }
                if roles.contains(&Role::OrderImporter) {
                    self.start_delivery(&ledger, &mut running)?;
                }
                if let Some(receiver) = &self.receiver {
                    receiver.roles_started();
                }
            }
        }
        if !self.stop.is_cancelled() {
            let names: Vec<&str> = roles.iter().map(|role| role.name()).collect();
            tracing::info!(roles = names.join(","), stores = self.settings.stores.len(), "running");
        }
        self.watch(running, reload).await
    }

    /// Waits for the ledger; a receiver takes new settings meanwhile.
    async fn await_ledger(&self, reload: &mut Signal) -> anyhow::Result<Option<Arc<dyn Ledger>>> {
        let mut awaiting = pin!(await_ledger(&self.settings, &self.stop));
        loop {
            tokio::select! {
                ledger = &mut awaiting => return ledger,
                _ = reload.recv() => self.reload(),
            }
        }
    }

    /// `named` is where the address can be changed.
    async fn listen(
        &mut self,
        receiver: Receiver,
        listen: SocketAddr,
        named: &str,
        running: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("could not listen on {listen}; set {named} to a free address"))?;
        let (serving, stop) = (receiver.clone(), self.stop.clone());
        running.spawn(async move { serving.serve(listener, stop).await.context("the receiver failed") });
        self.receiver = Some(receiver);
        Ok(())
    }

    fn start_consumer(
        &self,
        role: Role,
        ledger: &Arc<dyn Ledger>,
        running: &mut JoinSet<anyhow::Result<()>>,
    ) {
        let (shops, ledger, publisher) = (self.shops.clone(), ledger.clone(), self.publisher.clone());
        let (queue, handler): (WorkQueue, Arc<dyn Handler>) = match role {
            Role::Receiver | Role::Reconciler | Role::DeadLetters => return,
            Role::OrderImporter => {
                (crossdock_order_importer::QUEUE, Arc::new(OrderImporter::new(shops, ledger, publisher)))
            }
            Role::TrackingWriter => (
                crossdock_tracking_writer::QUEUE,
                Arc::new(TrackingWriter::new(shops, ledger).announcing(publisher)),
            ),
            Role::StockWriter => {
                (crossdock_stock_writer::QUEUE, Arc::new(StockWriter::new(shops, ledger, publisher)))
            }
        };
        self.consume(queue, handler, running);
    }

    /// Where the warehouse takes its orders over HTTP, whoever imports them also delivers them.
    fn start_delivery(
        &self,
        ledger: &Arc<dyn Ledger>,
        running: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let (ledger, stop, since) = (ledger.clone(), self.stop.clone(), Timestamp::now());
        match &self.settings.warehouse.deliver {
            Deliver::Http { url, signing_secret } => {
                let endpoint = Endpoint::new(url.clone(), signing_secret)?;
                let handler =
                    Arc::new(DeliverOrders::new(ledger.clone(), endpoint).burying(self.publisher.clone()));
                let (broker, publisher) = (self.broker.clone(), self.publisher.clone());
                let consumer = Consumer::new(broker, WAREHOUSE_ORDERS, publisher, handler);
                running.spawn(async move {
                    let noted = await_answer(&stop, || ledger.begin_posting(since)).await;
                    if noted.transpose()?.is_some() {
                        consumer.run(stop).await;
                    }
                    Ok(())
                });
            }
            Deliver::Amqp => {
                running.spawn(async move {
                    await_answer(&stop, || ledger.end_posting()).await.transpose()?;
                    Ok(())
                });
            }
        }
        Ok(())
    }

    /// What shops allow and refuse is known to all processes on this ledger from now on.
    fn share_budgets(&self, ledger: &Arc<dyn Ledger>, running: &mut JoinSet<anyhow::Result<()>>) {
        let (budgets, stop) = (self.shopkeeper.budgets().clone(), self.stop.clone());
        budgets.share(ledger.clone());
        running.spawn(async move {
            stop.run_until_cancelled(budgets.watch()).await;
            Ok(())
        });
    }

    fn consume(
        &self,
        queue: WorkQueue,
        handler: Arc<dyn Handler>,
        running: &mut JoinSet<anyhow::Result<()>>,
    ) {
        let consumer = Consumer::new(self.broker.clone(), queue, self.publisher.clone(), handler);
        let stop = self.stop.clone();
        running.spawn(async move {
            consumer.run(stop).await;
            Ok(())
        });
    }

    fn start_reconciler(&self, ledger: &Arc<dyn Ledger>, running: &mut JoinSet<anyhow::Result<()>>) {
        let (shops, publisher) = (self.shops.clone(), self.publisher.clone());
        let reconciler = Reconciler::new(shops, ledger.clone(), publisher, &self.metrics);
        let stop = self.stop.clone();
        running.spawn(async move {
            reconciler.run(stop).await;
            Ok(())
        });
    }

    fn start_desk(&self, ledger: &Arc<dyn Ledger>, running: &mut JoinSet<anyhow::Result<()>>) {
        let (shops, publisher) = (self.shops.clone(), self.publisher.clone());
        let desk = DeadLetterDesk::new(shops, ledger.clone(), publisher, &self.metrics);
        let desk = match &self.settings.warehouse.deliver {
            Deliver::Http { .. } => desk,
            Deliver::Amqp => desk.handing_over_to(&[WAREHOUSE_ORDERS.role]),
        };
        let (broker, stop) = (self.broker.clone(), self.stop.clone());
        running.spawn(async move {
            desk.run(broker, stop).await;
            Ok(())
        });
    }

    /// Until every role has ended: by the stop, or by the first one that fails, which stops the others.
    async fn watch(
        &self,
        mut running: JoinSet<anyhow::Result<()>>,
        mut reload: Signal,
    ) -> anyhow::Result<Exit> {
        let mut failure = None;
        loop {
            tokio::select! {
                _ = reload.recv() => self.reload(),
                ended = running.join_next() => {
                    let Some(ended) = ended else { break };
                    if let Err(error) = ended.context("a role panicked").flatten() {
                        failure.get_or_insert(error);
                        self.stop.cancel();
                    }
                }
            }
        }
        failure.map_or(Ok(Exit::Done), Err)
    }

    /// Takes new shops, filters and secrets. A file with a mistake changes nothing.
    fn reload(&self) {
        if let Err(error) = self.try_reload() {
            let error = crossdock_telemetry::chain(error.as_ref());
            tracing::error!(error, "the configuration was not read again; the former one stays");
        }
    }

    fn try_reload(&self) -> anyhow::Result<()> {
        let settings = configuration::load(&self.config)?;
        let shops = self.shopkeeper.shops(&settings)?;
        if let Some(receiver) = &self.receiver {
            receiver.reload(&settings)?;
        }
        let changed = new_credentials::changed(&self.shops, &shops);
        self.shops.replace(shops);
        if self.shopkeeper.budgets().are_shared() {
            new_credentials::try_all(changed);
        }
        tracing::info!(stores = settings.stores.len(), "read the configuration again");
        let waiting = needs_restart(&self.settings, &settings);
        if !waiting.is_empty() {
            let keys = waiting.join(", ");
            tracing::warn!(keys, "these settings have changed and are only taken after a restart");
        }
        Ok(())
    }
}

/// The settings that differ from those of the start, and are read at the start only.
fn needs_restart(started: &Settings, now: &Settings) -> Vec<&'static str> {
    let differs = |one: &SecretString, other: &SecretString| one.expose_secret() != other.expose_secret();
    let changed = [
        ("broker.url", differs(&started.broker.url, &now.broker.url)),
        ("ledger.url", differs(&started.ledger.url, &now.ledger.url)),
        ("warehouse.deliver, url and signing_secrets", started.warehouse.deliver != now.warehouse.deliver),
        ("receiver.listen", started.receiver.listen != now.receiver.listen),
        ("receiver.spool_dir and receiver.spool_bytes_max", started.receiver.spool != now.receiver.spool),
    ];
    changed.into_iter().filter_map(|(key, changed)| changed.then_some(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With a shop of this id.
    fn settings(text: &str, store: &str) -> Settings {
        let shop = format!(
            "[[store]]\nid = \"{store}\"\ntime_zone = \"UTC\"\n[store.ecwid]\nstore_id = 7\nclient_secrets = [\"s\"]\naccess_token = \"t\""
        );
        Settings::parse(&format!("{text}\n{shop}"), Path::new("crossdock.toml"), &|_| None).unwrap()
    }

    #[test]
    fn only_what_changed_and_cannot_be_taken_over_needs_a_restart() {
        let started = settings("[receiver]\nlisten = \"127.0.0.1:8080\"", "one");
        assert!(needs_restart(&started, &settings("", "another")).is_empty());
        let moved = "[broker]\nurl = \"amqp://another\"\n[ledger]\nurl = \"sqlite://b.db\"\n[receiver]\nlisten = \"127.0.0.1:8081\"\nspool_dir = \"\"\n[warehouse]\nsigning_secrets = [\"whsec_aHVudGVyMg==\"]\ndeliver = \"http\"\nurl = \"https://wms.example.com\"";
        assert_eq!(
            needs_restart(&started, &settings(moved, "one")).join(", "),
            "broker.url, ledger.url, warehouse.deliver, url and signing_secrets, receiver.listen, receiver.spool_dir and receiver.spool_bytes_max"
        );
    }
}
