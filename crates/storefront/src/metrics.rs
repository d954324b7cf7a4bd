//! What this crate counts.

use crossdock_domain::StoreId;
use crossdock_ledger::PauseCause;
use crossdock_telemetry::metrics::Metrics;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Paused {
    store: String,
    cause: &'static str,
}

/// Causes, as the label names them.
const CAUSES: [&str; 3] = ["credentials", "scope", "throttled"];

/// The metrics of one process.
#[derive(Debug, Clone, Default)]
pub struct ShopMetrics {
    paused: Family<Paused, Gauge>,
}

impl ShopMetrics {
    /// Once in a process: a name registered twice would make the text invalid.
    pub fn register(metrics: &Metrics) -> Self {
        let these = Self::default();
        metrics.register(|registry| {
            registry.register(
                "shop_paused",
                "1 while nothing is asked of the shop: it refused the credentials, or a scope of them, or answered 429",
                these.paused.clone(),
            );
        });
        these
    }

    pub(crate) fn show(&self, store: &StoreId, standing: &[&PauseCause]) {
        for label in CAUSES {
            let stands = standing.iter().any(|cause| label_of(cause) == label);
            self.paused.get_or_create(&paused(store, label)).set(stands.into());
        }
    }

    /// A shop that is not configured any more has nothing that could raise an alert.
    pub(crate) fn forget(&self, store: &StoreId) {
        for label in CAUSES {
            self.paused.remove(&paused(store, label));
        }
    }
}

fn label_of(cause: &PauseCause) -> &'static str {
    match cause {
        PauseCause::Credentials => CAUSES[0],
        PauseCause::Scope(_) => CAUSES[1],
        PauseCause::Throttled => CAUSES[2],
    }
}

fn paused(store: &StoreId, cause: &'static str) -> Paused {
    Paused { store: store.to_string(), cause }
}
