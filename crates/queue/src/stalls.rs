//! Consumers that held messages without getting on, counted, and those that still hang.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Role {
    role: &'static str,
}

/// The stalls of one process. All clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stalls {
    counts: Family<Role, Counter>,
    hanging: Family<Role, Gauge>,
    roles: Arc<Mutex<BTreeMap<&'static str, u32>>>,
}

/// What a stalled consumer began still hangs, as long as this lives.
#[derive(Debug)]
pub(crate) struct Stall {
    all: Stalls,
    role: &'static str,
}

impl Stalls {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let counts = "Times that a consumer held messages without getting on, and was begun anew";
        registry.register("queue_stalls", counts, self.counts.clone());
        let hanging =
            "Stalled consumers of which something still hangs; only a new start of the process ends it";
        registry.register("queue_stalled", hanging, self.hanging.clone());
    }

    /// A consumer has stalled.
    pub(crate) fn begin(&self, role: &'static str) -> Stall {
        self.counts.get_or_create(&Role { role }).inc();
        self.change(role, |count| count + 1);
        Stall { all: self.clone(), role }
    }

    /// The roles of which something hangs.
    pub(crate) fn roles(&self) -> Vec<&'static str> {
        self.lock().iter().filter(|(_, count)| **count > 0).map(|(role, _)| *role).collect()
    }

    fn change(&self, role: &'static str, to: impl FnOnce(u32) -> u32) {
        let mut roles = self.lock();
        let count = roles.entry(role).or_default();
        *count = to(*count);
        self.hanging.get_or_create(&Role { role }).set((*count).into());
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, u32>> {
        self.roles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        self.all.change(self.role, |count| count.saturating_sub(1));
    }
}
