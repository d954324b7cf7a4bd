//! The receiver's metrics. Labels come from fixed sets and from the configured shops only.

use std::time::Duration;

use crossdock_domain::StoreId;
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::spool::Depth;
use crate::visit::Door;

/// Upper bounds of the answer times, in seconds: a confirm takes some milliseconds, a shop waits 10 s at most.
const ANSWER_SECS: [f64; 10] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// In place of a shop where none is known.
const NO_STORE: &str = "-";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: &'static str,
    store: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TopicLabels {
    route: &'static str,
    topic: &'static str,
}

/// What is counted of the spool.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpoolMeters {
    events: Gauge,
    bytes: Gauge,
    oldest_age_seconds: Gauge,
    spooled: Counter,
    drained: Counter,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Meters {
    /// Connections held now.
    pub(crate) connections: Gauge,
    pub(crate) spool: SpoolMeters,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    events: Family<RouteLabels, Counter>,
    ignored: Family<TopicLabels, Counter>,
}

impl SpoolMeters {
    fn register(&self, registry: &mut Registry) {
        registry.register("spool_events", "Events in the spool now", self.events.clone());
        registry.register(
            "spool_bytes",
            "What counts towards receiver.spool_bytes_max now",
            self.bytes.clone(),
        );
        let age = self.oldest_age_seconds.clone();
        registry.register("spool_oldest_age_seconds", "Age of the oldest event in the spool", age);
        registry.register("spooled", "Events taken by the spool", self.spooled.clone());
        registry.register("drained", "Spooled events that RabbitMQ has confirmed", self.drained.clone());
    }

    /// Takes down what the spool holds now.
    pub(crate) fn holds(&self, depth: &Depth, now: Timestamp) {
        let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        self.events.set(number(depth.events));
        self.bytes.set(number(depth.bytes));
        self.oldest_age_seconds.set(number(depth.age(now).as_secs()));
    }

    /// Counts events that the spool took.
    pub(crate) fn spooled(&self, events: usize) {
        self.spooled.inc_by(events as u64);
    }

    /// Counts spooled events that were confirmed.
    pub(crate) fn drained(&self, events: usize) {
        self.drained.inc_by(events as u64);
    }
}

impl Meters {
    /// Registers them.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let new = Self {
            connections: Gauge::default(),
            spool: SpoolMeters::default(),
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(ANSWER_SECS)),
            events: Family::default(),
            ignored: Family::default(),
        };
        metrics.register(|registry| {
            let registry = registry.sub_registry_with_prefix("receiver");
            registry.register("connections", "Connections held now", new.connections.clone());
            registry.register("requests", "Requests answered, by outcome", new.requests.clone());
            registry.register(
                "answer_seconds",
                "Time from a request's head to its answer",
                new.seconds.clone(),
            );
            registry.register("events", "Events confirmed by RabbitMQ", new.events.clone());
            registry.register("ignored", "Callbacks that nobody needs, by topic", new.ignored.clone());
            new.spool.register(registry);
        });
        new
    }

    /// Counts an answered request.
    pub(crate) fn answered(
        &self,
        door: Door,
        store: Option<&StoreId>,
        outcome: &'static str,
        took: Duration,
    ) {
        let store = store.map_or(NO_STORE, StoreId::as_str).to_owned();
        self.requests.get_or_create(&RequestLabels { route: door.name(), store, outcome }).inc();
        self.seconds.get_or_create(&RouteLabels { route: door.name() }).observe(took.as_secs_f64());
    }

    /// Counts confirmed events.
    pub(crate) fn published(&self, door: Door, events: usize) {
        self.events.get_or_create(&RouteLabels { route: door.name() }).inc_by(events as u64);
    }

    /// Counts a callback that nobody needs.
    pub(crate) fn ignored(&self, door: Door, topic: &'static str) {
        self.ignored.get_or_create(&TopicLabels { route: door.name(), topic }).inc();
    }
}
