//! What every request works with.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::failures::Failures;
use crate::limits::Limits;
use crate::meters::Meters;
use crate::outlet::Outlet;
use crate::rate::Lines;
use crate::room::Room;
use crate::seen_events::SeenEvents;
use crate::senders::Senders;

/// What every request works with.
pub(crate) struct App {
    /// Replaced as a whole when the settings change.
    pub(crate) senders: ArcSwap<Senders>,
    pub(crate) outlet: Outlet,
    pub(crate) metrics: Metrics,
    pub(crate) meters: Meters,
    pub(crate) limits: Limits,
    pub(crate) failures: Failures,
    /// Log lines about refused requests of verified senders.
    pub(crate) refusal_lines: Mutex<Lines>,
    /// Ecwid's events.
    pub(crate) seen: SeenEvents,
    /// For the bodies of all requests.
    pub(crate) room: Room,
    /// Cancelled as the first step of stopping: `/readyz` is red from then on.
    pub(crate) stopping: CancellationToken,
    /// Whether the process is of no use yet, as its roles wait for the ledger. Never of one that takes events.
    pub(crate) roles_wait: AtomicBool,
}

impl App {
    /// Why requests should not be sent here, whatever RabbitMQ and the spool take.
    pub(crate) fn unready(&self) -> Option<&'static str> {
        if self.stopping.is_cancelled() {
            return Some("the receiver is stopping");
        }
        self.roles_wait.load(Ordering::Relaxed).then_some("the roles of this process wait for the ledger")
    }
}
