//! What a run stands on: a broker of its own, a configuration, the receiver, the no-op route and the straightforward receiver.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context as _;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::world::World;
use lapin::options::QueuePurgeOptions;
use lapin::{Connection, ConnectionProperties};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::sleep;

use crate::process::{Gauge, Process, beside};

/// Takes the events that are measured.
const QUEUE: &str = crossdock_order_importer::QUEUE.name;

/// Room of the receiver's spool, in bytes: the default of `spool_bytes_max`.
const SPOOL_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// Time over which the broker's CPU time is looked at to see whether it rests, in milliseconds.
const REST_MS: u64 = 200;

/// The broker rests when it uses less than one part in so many of a processor.
const REST_SHARE: u32 = 10;

/// Longest wait for the broker to rest, in looks.
const REST_LOOKS_MAX: u32 = 15;

/// The parts of a run. Dropped, all of them are gone.
pub(crate) struct Stage {
    /// The real receiver.
    pub(crate) receiver: Process,
    /// The no-op route.
    pub(crate) noop: Process,
    pub(crate) noop_address: SocketAddr,
    /// The straightforward receiver.
    pub(crate) plain: Process,
    pub(crate) plain_address: SocketAddr,
    /// None if it runs where it cannot be seen, in a container.
    pub(crate) broker: Option<Gauge>,
    world: World,
    _node: Node,
}

impl Stage {
    /// Starts everything.
    pub(crate) async fn set() -> anyhow::Result<Self> {
        eprintln!("starting RabbitMQ, the receivers and the no-op route");
        let node = Node::create().await;
        let world = World::over(Engine::Sqlite, node.vhost().await).await;
        world.turn_spool_on(SPOOL_BYTES_MAX);
        let receiver = start_receiver(&world)?;
        connected(&world).await;
        let (noop_address, plain_address) = (free_address()?, free_address()?);
        let noop = start_server("noop", noop_address, &[])?;
        let plain = start_server("plain", plain_address, &["--url", &world.vhost.address()])?;
        for address in [noop_address, plain_address] {
            eventually("the servers listen", || async { TcpStream::connect(address).await.ok().map(drop) })
                .await;
        }
        let broker = find_broker(&world.vhost.address())?;
        Ok(Self { receiver, noop, noop_address, plain, plain_address, broker, world, _node: node })
    }

    /// Where the receiver listens.
    pub(crate) fn receiver_address(&self) -> anyhow::Result<SocketAddr> {
        let address = self.world.receiver.socket_addrs(|| None)?.first().copied();
        address.context("the receiver has no address")
    }

    /// The broker's address with the virtual host.
    pub(crate) fn broker_url(&self) -> String {
        self.world.vhost.address()
    }

    /// Empties the queue, and waits until the broker has nothing left to do.
    pub(crate) async fn clear(&self) -> anyhow::Result<()> {
        let connection = Connection::connect(&self.broker_url(), ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.queue_purge(QUEUE.into(), QueuePurgeOptions { nowait: false }).await?;
        connection.close(200, "purged".into()).await?;
        for _ in 0..REST_LOOKS_MAX {
            let before = self.broker.map(Gauge::cpu).transpose()?;
            sleep(Duration::from_millis(REST_MS)).await;
            let Some((broker, before)) = self.broker.zip(before) else { continue };
            if broker.cpu_since(before)? * REST_SHARE < Duration::from_millis(REST_MS) {
                break;
            }
        }
        Ok(())
    }

    /// Waits until the spool is empty, and makes sure that the queue holds an event for each answer.
    pub(crate) async fn stored(&self, answers: u32) -> anyhow::Result<()> {
        eventually("the spool is drained", || async {
            (self.metric("crossdock_receiver_spool_events").await.ok()? == 0).then_some(())
        })
        .await;
        let depth = self.world.vhost.depth(QUEUE).await;
        anyhow::ensure!(
            depth >= answers,
            "{answers} webhooks were answered 200, and the queue has {depth} events"
        );
        Ok(())
    }

    /// Events that the spool has taken so far.
    pub(crate) async fn spooled(&self) -> anyhow::Result<u32> {
        self.metric("crossdock_receiver_spooled_total").await
    }

    async fn metric(&self, name: &str) -> anyhow::Result<u32> {
        let text = reqwest::get(self.world.receiver.join("metrics")?).await?.text().await?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        Ok(line.with_context(|| format!("the receiver's metrics lack {name}"))?.parse()?)
    }
}

/// Waits until the receiver has RabbitMQ, and has declared the queue: with a spool it is ready before.
async fn connected(world: &World) {
    let url = world.receiver.join("readyz").expect("a route fits behind the address");
    eventually("the receiver is connected to RabbitMQ", || async {
        let told = reqwest::get(url.clone()).await.ok()?.text().await.ok()?;
        let told: serde_json::Value = serde_json::from_str(&told).ok()?;
        (told["broker"] == "up").then_some(())
    })
    .await;
}

/// Its log goes into a file, as it would in production: with the default filter.
fn start_receiver(world: &World) -> anyhow::Result<Process> {
    let log = std::fs::File::create(world.folder().join("receiver.log"))?;
    let mut command = Command::new(beside("crossdock")?);
    command.arg("--config").arg(&world.config).args(["run", "--role", "receiver"]);
    command.current_dir(world.folder()).env_remove("RUST_LOG").stdout(Stdio::null()).stderr(log);
    Process::start(command)
}

/// One of this binary's own.
fn start_server(name: &str, address: SocketAddr, options: &[&str]) -> anyhow::Result<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(name).arg("--listen").arg(address.to_string()).args(options);
    Process::start(command)
}

/// Taken and let go again: a server binds it a moment later.
fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// `deploy/local/rabbitmq` names the node for its port.
fn find_broker(url: &str) -> anyhow::Result<Option<Gauge>> {
    let port = reqwest::Url::parse(url)?.port().context("the broker's address has a port")?;
    Ok(Gauge::find("beam.smp", &format!("RABBITMQ_NODENAME=crossdock-{port}@localhost")))
}
