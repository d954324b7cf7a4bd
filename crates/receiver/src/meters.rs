//! The receiver's metrics. Labels come from fixed sets and from the configured shops only.

mod spool;
mod tally;

use std::time::Duration;

use crossdock_telemetry::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

pub(crate) use spool::SpoolMeters;
pub(crate) use tally::Tally;

use crate::connection::Parting;
use crate::visit::Door;
use tally::RequestLabels;

/// Upper bounds of the answer times, in seconds: a confirm takes some milliseconds, a shop waits 10 s at most.
const ANSWER_SECS: [f64; 10] = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// In place of a shop where none is known.
const NO_STORE: &str = "-";

/// In place of a route that is not served.
const NO_ROUTE: &str = "-";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TopicLabels {
    route: &'static str,
    topic: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PartingLabels {
    reason: &'static str,
}

/// What is counted.
#[derive(Debug)]
pub(crate) struct Meters {
    /// Connections held now.
    pub(crate) connections: Gauge,
    /// Bytes held now of the bodies of all requests.
    pub(crate) bodies_bytes: Gauge,
    /// Addresses whose failures are remembered now.
    pub(crate) failing_addresses: Gauge,
    /// Handlers that panicked.
    pub(crate) panics: Counter,
    /// Requests to no route.
    pub(crate) nowhere: Tally,
    pub(crate) spool: SpoolMeters,
    doors: [DoorMeters; Door::ALL.len()],
    requests: Family<RequestLabels, Counter>,
    partings: Family<PartingLabels, Counter>,
    ignored: Family<TopicLabels, Counter>,
}

/// What is counted at one door, looked up once.
#[derive(Debug)]
pub(crate) struct DoorMeters {
    /// Requests of no known shop.
    pub(crate) nobody: Tally,
    events: Counter,
    seconds: Histogram,
}

impl Meters {
    /// Registers them.
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let events = Family::<RouteLabels, Counter>::default();
        let seconds = Family::<RouteLabels, Histogram>::new_with_constructor(|| Histogram::new(ANSWER_SECS));
        let doors = Door::ALL.map(|door| {
            let labels = RouteLabels { route: door.name() };
            DoorMeters {
                nobody: Tally::new(door.name(), NO_STORE, requests.clone()),
                events: events.get_or_create_owned(&labels),
                seconds: seconds.get_or_create_owned(&labels),
            }
        });
        let new = Self {
            connections: Gauge::default(),
            bodies_bytes: Gauge::default(),
            failing_addresses: Gauge::default(),
            panics: Counter::default(),
            nowhere: Tally::new(NO_ROUTE, NO_STORE, requests.clone()),
            spool: SpoolMeters::default(),
            doors,
            requests,
            partings: Family::default(),
            ignored: Family::default(),
        };
        metrics.register(|registry| {
            let registry = registry.sub_registry_with_prefix("receiver");
            registry.register("requests", "Requests answered, by outcome", new.requests.clone());
            registry.register("answer_seconds", "Time from a request's head to its answer", seconds);
            registry.register("events", "Events confirmed by RabbitMQ", events);
            registry.register("ignored", "Callbacks that nobody needs, by topic", new.ignored.clone());
            registry.register("panics", "Handlers that panicked", new.panics.clone());
            registry.register("connections", "Connections held now", new.connections.clone());
            registry.register(
                "connections_ended",
                "Connections that the receiver refused or ended, by reason",
                new.partings.clone(),
            );
            registry.register("bodies_bytes", "Bytes held of bodies now", new.bodies_bytes.clone());
            registry.register(
                "failing_addresses",
                "Addresses whose failed verifications are remembered now",
                new.failing_addresses.clone(),
            );
            new.spool.register(registry);
        });
        new
    }

    /// The counters of a configured shop.
    pub(crate) fn tally(&self, door: Door, store: &str) -> Tally {
        Tally::new(door.name(), store, self.requests.clone())
    }

    pub(crate) fn door(&self, door: Door) -> &DoorMeters {
        &self.doors[door as usize]
    }

    /// Counts a callback that nobody needs.
    pub(crate) fn ignored(&self, door: Door, topic: &'static str) {
        self.ignored.get_or_create(&TopicLabels { route: door.name(), topic }).inc();
    }

    /// Counts a connection that was refused or ended.
    pub(crate) fn parted(&self, parting: Parting) {
        self.partings.get_or_create(&PartingLabels { reason: parting.name() }).inc();
    }
}

impl DoorMeters {
    /// Counts confirmed events.
    pub(crate) fn published(&self, events: usize) {
        self.events.inc_by(events as u64);
    }

    /// Takes down the time of an answer.
    pub(crate) fn took(&self, took: Duration) {
        self.seconds.observe(took.as_secs_f64());
    }
}
