//! What the reconciler counts.

use crossdock_domain::StoreId;
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::notices::Cause;
use crate::proof::{Account, Proof};
use crate::watchdog::{Inspection, Standing};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfStore {
    store: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct InState {
    store: String,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Noticed {
    store: String,
    cause: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    store: String,
    result: &'static str,
}

/// The metrics of one process. Labels come from fixed sets and from the configured shops only.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReconcilerMetrics {
    missed: Family<OfStore, Counter>,
    notices: Family<Noticed, Counter>,
    sweeps: Family<Ended, Counter>,
    swept_to: Family<OfStore, Gauge>,
    webhooks: Family<InState, Gauge>,
    webhooks_mended: Family<OfStore, Counter>,
    proof_orders: Family<InState, Gauge>,
    proof_missing: Family<OfStore, Gauge>,
}

impl ReconcilerMetrics {
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let these = Self::default();
        metrics.register(|registry| {
            let registry = registry.sub_registry_with_prefix("reconciler");
            registry.register(
                "missed",
                "Orders that a sweep found and no webhook told of",
                these.missed.clone(),
            );
            registry.register("notices", "Orders told to be looked at, by cause", these.notices.clone());
            registry.register("sweeps", "Sweeps of shops, by result", these.sweeps.clone());
            registry.register(
                "swept_to_timestamp_seconds",
                "When the last complete sweep of the shop began, in seconds since 1970",
                these.swept_to.clone(),
            );
            registry.register(
                "webhooks",
                "The shop's webhook subscriptions when last looked at, by state",
                these.webhooks.clone(),
            );
            registry.register(
                "webhooks_mended",
                "Webhooks that were missing or switched off, and are on again",
                these.webhooks_mended.clone(),
            );
            registry.register(
                "proof_orders",
                "The shop's orders of the day that was proved last and that are accounted for, by state",
                these.proof_orders.clone(),
            );
            registry.register(
                "proof_missing",
                "The shop's orders of the day that was proved last and that were missing",
                these.proof_missing.clone(),
            );
        });
        these
    }

    pub(crate) fn missed(&self, store: &StoreId, orders: usize) {
        self.missed.get_or_create(&of(store)).inc_by(orders as u64);
    }

    pub(crate) fn noticed(&self, store: &StoreId, cause: Cause, orders: usize) {
        let labels = Noticed { store: store.to_string(), cause: cause.as_str() };
        self.notices.get_or_create(&labels).inc_by(orders as u64);
    }

    pub(crate) fn swept(&self, store: &StoreId, result: &'static str) {
        self.sweeps.get_or_create(&Ended { store: store.to_string(), result }).inc();
    }

    /// Takes down how far a shop is swept; by whichever process.
    pub(crate) fn swept_to(&self, store: &StoreId, at: Timestamp) {
        self.swept_to.get_or_create(&of(store)).set(at.as_second());
    }

    /// How a shop's webhooks were found.
    pub(crate) fn webhooks(&self, store: &StoreId, inspection: &Inspection) {
        for standing in Standing::ALL {
            let count = i64::try_from(inspection.count(standing)).unwrap_or(i64::MAX);
            self.webhooks.get_or_create(&in_state(store, standing.as_str())).set(count);
        }
    }

    pub(crate) fn webhook_mended(&self, store: &StoreId) {
        self.webhooks_mended.get_or_create(&of(store)).inc();
    }

    /// A shop that is not configured any more has no webhooks that could raise an alert.
    pub(crate) fn forget_webhooks(&self, store: &StoreId) {
        for standing in Standing::ALL {
            self.webhooks.remove(&in_state(store, standing.as_str()));
        }
    }

    /// Where the orders of a shop's days were found: of those that were proved in one go, mostly one.
    pub(crate) fn proved(&self, store: &StoreId, proofs: &[Proof]) {
        let sum = |of: &dyn Fn(&Proof) -> usize| {
            i64::try_from(proofs.iter().map(of).sum::<usize>()).unwrap_or(i64::MAX)
        };
        for account in Account::ALL {
            let orders = self.proof_orders.get_or_create(&in_state(store, account.as_str()));
            orders.set(sum(&|proof| proof.count(account)));
        }
        self.proof_missing.get_or_create(&of(store)).set(sum(&|proof| proof.missing.len()));
    }

    /// A shop that is not configured any more has no orders that could raise an alert.
    pub(crate) fn forget_proof(&self, store: &StoreId) {
        for account in Account::ALL {
            self.proof_orders.remove(&in_state(store, account.as_str()));
        }
        self.proof_missing.remove(&of(store));
    }

    /// A shop that is not configured any more has no age that could raise an alert.
    pub(crate) fn forget(&self, store: &StoreId) {
        self.swept_to.remove(&of(store));
    }
}

fn in_state(store: &StoreId, state: &'static str) -> InState {
    InState { store: store.to_string(), state }
}

fn of(store: &StoreId) -> OfStore {
    OfStore { store: store.to_string() }
}
