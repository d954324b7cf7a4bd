//! Exchanges, queues and bindings, declared at every connect.

mod declare;

pub(crate) use declare::{DELIVERY_LIMIT, DeclareError, declare};

/// Topic exchange of all events; the routing key is the event's type.
pub const EVENTS_EXCHANGE: &str = "crossdock.events";

/// Queue of what could not be done.
pub const DEAD_LETTERS: &str = "crossdock.dead-letters";

/// A queue from which one role works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkQueue {
    /// For example `crossdock.order-importer`.
    pub name: &'static str,
    /// Who works it, for example `order-importer`; in dead letters and metrics.
    pub role: &'static str,
    /// Routing keys, or patterns of them, that go to it from [`EVENTS_EXCHANGE`].
    pub keys: &'static [&'static str],
}

/// Everything that is declared: the work queues given here, and for them the events exchange, the retry ladder and the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topology {
    /// All work queues of the installation, also those that this process does not work.
    pub work: Vec<WorkQueue>,
}
