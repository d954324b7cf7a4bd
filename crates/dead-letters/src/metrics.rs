//! What the desk counts: how many dead letters there are, by role, shop and state.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use crossdock_ledger::{DeadLetterState, DeadLettersWanted, Ledger, LedgerError};
use crossdock_telemetry::metrics::Metrics;
use jiff::Timestamp;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Time between two looks at the ledger, in seconds.
const LOOK_SECS: u64 = 15;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Standing {
    role: String,
    store: String,
    state: &'static str,
}

/// The metrics of one process. All that run this role show the same numbers: those of the ledger.
#[derive(Debug, Clone, Default)]
pub(crate) struct DeskMetrics {
    letters: Family<Standing, Gauge>,
}

impl DeskMetrics {
    /// Once in a process: a name registered twice would make the text invalid.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let these = Self::default();
        metrics.register(|registry| {
            registry.register(
                "dead_letters",
                "Dead letters that are not over, by role, shop and state; 'queued' and 'sent' are those of replays that run",
                these.letters.clone(),
            );
        });
        these
    }

    /// Keeps them up to date for as long as it is polled.
    pub(crate) async fn watch(&self, ledger: Arc<dyn Ledger>) {
        let mut shown = HashSet::new();
        loop {
            // While the ledger is away, what was known last stays; other metrics tell of that.
            if let Ok(counted) = count(&*ledger).await {
                self.show(counted, &mut shown);
            }
            tokio::time::sleep(Duration::from_secs(LOOK_SECS)).await;
        }
    }

    /// What is not there any more is 0, as an alert that was raised must end.
    fn show(&self, counted: HashMap<Standing, u64>, shown: &mut HashSet<Standing>) {
        for gone in shown.iter().filter(|standing| !counted.contains_key(standing)) {
            self.letters.get_or_create(gone).set(0);
        }
        for (standing, count) in counted {
            self.letters.get_or_create(&standing).set(i64::try_from(count).unwrap_or(i64::MAX));
            shown.insert(standing);
        }
    }
}

async fn count(ledger: &dyn Ledger) -> Result<HashMap<Standing, u64>, LedgerError> {
    let mut counted = HashMap::new();
    for state in DeadLetterState::OPEN {
        let wanted = DeadLettersWanted { states: vec![state], ..DeadLettersWanted::default() };
        for group in ledger.dead_letter_groups(&wanted, Timestamp::now()).await? {
            let standing = Standing { role: group.role, store: group.store, state: state.as_str() };
            *counted.entry(standing).or_default() += group.count;
        }
    }
    Ok(counted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_shown_as_none() {
        let metrics = Metrics::default();
        let (these, mut shown) = (DeskMetrics::register(&metrics), HashSet::new());
        let standing =
            |store: &str| Standing { role: "stock-writer".into(), store: store.into(), state: "dead" };
        these.show(HashMap::from([(standing("acme-au"), 3), (standing("acme-us"), 1)]), &mut shown);
        these.show(HashMap::from([(standing("acme-us"), 2)]), &mut shown);
        let text = metrics.text();
        let line = |store, count| {
            format!(
                "crossdock_dead_letters{{role=\"stock-writer\",store=\"{store}\",state=\"dead\"}} {count}\n"
            )
        };
        assert!(text.contains(&line("acme-au", 0)) && text.contains(&line("acme-us", 2)), "{text}");
    }
}
