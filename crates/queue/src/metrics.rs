//! What this crate counts.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crossdock_telemetry::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};

use crate::oldest::Oldest;
use crate::stalls::Stalls;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Published {
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivered {
    role: &'static str,
    result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Holder {
    role: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Connection {
    connection: &'static str,
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settled {
    Done,
    Retried,
    Dead,
    /// Put off unhandled: its lane held too much.
    Spilled,
}

/// The metrics of one process. Registered once, by the publisher, which every consumer has: a name registered twice would
/// make the text invalid.
#[derive(Debug)]
pub(crate) struct QueueMetrics {
    published: Family<Published, Counter>,
    publish_seconds: Histogram,
    deliveries: Family<Delivered, Counter>,
    held: Family<Holder, Gauge>,
    connected: Family<Connection, Gauge>,
    pub(crate) stalls: Stalls,
    pub(crate) oldest: Oldest,
    /// Whether the desk has caught up with the dead letters' queue.
    pub(crate) desk_caught_up: AtomicBool,
}

/// One message in a consumer's hands, counted as long as this lives.
#[derive(Debug)]
pub(crate) struct HeldCount(Gauge);

impl QueueMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let these = Self {
            published: Family::default(),
            publish_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            deliveries: Family::default(),
            held: Family::default(),
            connected: Family::default(),
            stalls: Stalls::default(),
            oldest: Oldest::default(),
            desk_caught_up: AtomicBool::default(),
        };
        metrics.register(|registry| {
            registry.register("queue_published", "Messages published, by result", these.published.clone());
            registry.register(
                "queue_publish_seconds",
                "Time until RabbitMQ confirmed a message",
                these.publish_seconds.clone(),
            );
            registry.register(
                "queue_deliveries",
                "Messages taken, by role and result",
                these.deliveries.clone(),
            );
            registry.register("queue_held", "Messages taken and not yet answered for", these.held.clone());
            registry.register("queue_connected", "1 while the connection stands", these.connected.clone());
            these.stalls.register(registry);
            registry.register_collector(Box::new(these.oldest.clone()));
        });
        these
    }

    pub(crate) fn published(&self, result: &'static str, took: Duration) {
        self.published.get_or_create(&Published { result }).inc();
        self.publish_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn settled(&self, role: &'static str, settled: Settled) {
        let result = match settled {
            Settled::Done => "done",
            Settled::Retried => "retried",
            Settled::Dead => "dead",
            Settled::Spilled => "spilled",
        };
        self.deliveries.get_or_create(&Delivered { role, result }).inc();
    }

    pub(crate) fn hold(&self, role: &'static str) -> HeldCount {
        let gauge = self.held.get_or_create_owned(&Holder { role });
        gauge.inc();
        HeldCount(gauge)
    }

    pub(crate) fn connected(&self, connection: &'static str, stands: bool) {
        self.connected.get_or_create(&Connection { connection }).set(stands.into());
    }
}

impl Drop for HeldCount {
    fn drop(&mut self) {
        self.0.dec();
    }
}
