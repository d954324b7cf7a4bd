//! What a process tells of its health: without the receiver, and while one of its consumers hangs.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::mpsc::{Receiver as Gate, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use crossdock_queue::{
    Broker, Consumer, Delivery, Failure, Handler, Message, Outcome, Publisher, Route, Topology, WorkQueue,
};
use crossdock_receiver::Receiver;
use crossdock_settings::Settings;
use crossdock_telemetry::metrics::Metrics;
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::http;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The queue of what hangs.
const WORK: WorkQueue = WorkQueue { name: "crossdock.journey", role: "journey", keys: &["journey.#"] };

/// How long it may be silent.
const SILENT: Duration = Duration::from_secs(2);

/// Blocks its thread until the gate's other end is dropped.
struct Blocked(Mutex<Gate<()>>);

#[async_trait]
impl Handler for Blocked {
    async fn route(&self, _: &Delivery) -> Result<Route, Failure> {
        Ok(Route { lane: "a".to_owned(), subject: None })
    }

    async fn handle(&self, _: &str, batch: Vec<Delivery>) -> Vec<Outcome> {
        let _ = self.0.lock().unwrap().recv();
        vec![Outcome::Done; batch.len()]
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_role_that_hangs_is_named_in_readiness_until_it_gets_on() {
    let world = World::create(Engine::Sqlite).await;
    let (metrics, stop) = (Metrics::default(), CancellationToken::new());
    let _stopped_at_the_end = stop.clone().drop_guard();
    let broker = Broker { url: world.vhost.url(), topology: Topology { work: vec![WORK] } };
    let publisher = Publisher::start(broker.clone(), &metrics, stop.clone());
    let text = std::fs::read_to_string(&world.config).unwrap();
    let settings = Settings::parse(&text, Path::new("crossdock.toml"), &|_| None).unwrap();
    let receiver = Receiver::new(&settings, publisher.clone(), metrics).unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/readyz", listener.local_addr().unwrap());
    let serving = stop.clone();
    tokio::spawn(async move { receiver.serve(listener, serving).await });
    let (release, gate) = channel();
    let handler = Arc::new(Blocked(Mutex::new(gate)));
    let consumer = Consumer::new(broker, WORK, publisher.clone(), handler);
    tokio::spawn(consumer.stalls_after(SILENT).run(stop));
    let ready = async || -> Option<Value> {
        let answer = http().get(&url).send().await.ok().filter(|answer| answer.status() == 200)?;
        serde_json::from_str(&answer.text().await.ok()?).ok()
    };
    let before = eventually("it is ready", &ready).await;
    assert_eq!(before.get("stalled"), None, "{before}");

    let message = Message {
        routing_key: "journey.begun".to_owned(),
        id: "1".to_owned(),
        content_type: "text/plain".into(),
        body: "1".into(),
    };
    eventually("the message is on its queue", || async { publisher.publish(&message).await.ok() }).await;
    let hangs = eventually("readiness names the role", || async {
        ready().await.filter(|told| told.get("stalled").is_some())
    })
    .await;
    assert_eq!((&hangs["stalled"], &hangs["ready"]), (&Value::from(vec!["journey"]), &Value::from(true)));
    drop(release);
    eventually("nothing hangs any more", || async {
        ready().await.filter(|told| told.get("stalled").is_none())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_the_receiver_tells_its_health_and_metrics_and_takes_no_event() {
    let world = World::create(Engine::Sqlite).await;
    let address = format!("{}:{}", world.receiver.host_str().unwrap(), world.receiver.port().unwrap());
    let reconciler =
        Process::start_command(&world.config, &["run", "--role", "reconciler", "--health", &address]);
    world.ready().await;
    assert_eq!(http().get(world.at("livez")).send().await.unwrap().status(), 200);
    let swept = "crossdock_reconciler_sweeps_total{store=\"acme-au\",result=\"done\"} 1";
    eventually("the reconciler's metrics tell of a sweep", || async {
        let metrics = http().get(world.at("metrics")).send().await.ok()?.text().await.ok()?;
        metrics.contains(swept).then_some(())
    })
    .await;
    for route in ["webhooks/bigcommerce/acme-au", "webhooks/ecwid", "warehouse/events", "openapi.json"] {
        let answer = http().post(world.at(route)).body("{}").send().await.unwrap();
        assert_eq!(answer.status(), 404, "{route}");
    }
    reconciler.signal("TERM").await;
    assert_eq!(reconciler.ended().await, 0);
}
