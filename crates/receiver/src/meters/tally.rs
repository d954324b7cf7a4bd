//! The requests of one shop, counted by what became of them.

use std::sync::OnceLock;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

use crate::outcome::Outcome;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    route: &'static str,
    store: String,
    outcome: &'static str,
}

/// The requests of one shop, or of nobody known, at one route. Each counter is looked up once.
#[derive(Debug)]
pub(crate) struct Tally {
    route: &'static str,
    store: String,
    requests: Family<RequestLabels, Counter>,
    counters: [OnceLock<Counter>; Outcome::COUNT],
}

impl Tally {
    pub(super) fn new(route: &'static str, store: &str, requests: Family<RequestLabels, Counter>) -> Self {
        Self {
            route,
            store: store.to_owned(),
            requests,
            counters: [const { OnceLock::new() }; Outcome::COUNT],
        }
    }

    /// The shop's id.
    pub(crate) fn store(&self) -> &str {
        &self.store
    }

    pub(crate) fn count(&self, outcome: Outcome) {
        let look_up = || {
            let labels =
                RequestLabels { route: self.route, store: self.store.clone(), outcome: outcome.name() };
            self.requests.get_or_create_owned(&labels)
        };
        self.counters[outcome as usize].get_or_init(look_up).inc();
    }
}
