//! What is counted of the spool.

use jiff::Timestamp;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::spool::Depth;

/// What is counted of the spool.
#[derive(Debug, Clone, Default)]
pub(crate) struct SpoolMeters {
    events: Gauge,
    bytes: Gauge,
    oldest_age_seconds: Gauge,
    spooled: Counter,
    drained: Counter,
}

impl SpoolMeters {
    pub(super) fn register(&self, registry: &mut Registry) {
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
