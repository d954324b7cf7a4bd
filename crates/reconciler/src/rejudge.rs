//! Has what a shop's rules kept out looked at again when the rules have changed.
//!
//! Effects  a notice for each filtered and held order of the shop; then the fingerprint of the rules in the ledger
//! Replay   safe: the fingerprint is kept last

use std::fmt::Write as _;
use std::sync::Arc;

use crossdock_domain::{ImportRules, StoreId};
use crossdock_ledger::{Ledger, RulesTold};
use crossdock_queue::Failure;
use crossdock_storefront::Shop;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio_util::sync::CancellationToken;

use crate::alone::alone;
use crate::notices::{Cause, Notice, Notices};

/// Orders that are told between two looks at the ledger.
const ORDERS_MAX: u32 = 250;

/// How much later than this process another one may read the same settings, in seconds. It would have judged by the former ones
/// until then, so all is told once more after this time.
const RELOAD_SECS_MAX: i64 = 10 * 60;

/// Digits of a fingerprint that go into the ids of notices.
const SHORT_DIGITS: usize = 16;

#[derive(Clone)]
pub(crate) struct Rejudge {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) notices: Notices,
}

impl Rejudge {
    /// Compares the shop's rules with those that were in force before. Returns when to look again, if at all, as long as the rules
    /// stay the same.
    pub(crate) async fn check(
        &self,
        shop: &Shop,
        stop: &CancellationToken,
    ) -> Result<Option<Timestamp>, Failure> {
        let (store, fingerprint) = (&shop.settings.id, fingerprint(&shop.settings.orders));
        let told = self.ledger.rules(store).await?;
        match step(told.as_ref(), &fingerprint, Timestamp::now()) {
            Step::Wait { until } => Ok(until),
            Step::Tell { again_at } => {
                let telling = self.tell(store, RulesTold { fingerprint, again_at });
                alone(&*self.ledger, &format!("rules/{store}"), stop, telling).await?;
                Ok(again_at)
            }
        }
    }

    async fn tell(&self, store: &StoreId, rules: RulesTold) -> Result<(), Failure> {
        let (mut after, mut orders) = (None, 0);
        loop {
            let ids = self.ledger.kept_out(store, after.as_ref(), ORDERS_MAX).await?;
            let Some(last) = ids.last().cloned() else { break };
            let about = &rules.fingerprint[..SHORT_DIGITS];
            let notice = |order_id| Notice { order_id, about: about.to_owned() };
            let notices: Vec<Notice> = ids.into_iter().map(notice).collect();
            self.notices.publish(store, Cause::Settings, &notices).await?;
            orders += notices.len();
            after = Some(last);
        }
        self.ledger.keep_rules(store, &rules).await?;
        if orders > 0 {
            tracing::info!(store.id = %store, orders, "the rules may have changed; what was kept out is judged again");
        }
        Ok(())
    }
}

/// What is to be done about a shop's rules.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Nothing now.
    Wait { until: Option<Timestamp> },
    /// Have judged what was kept out. What was kept out by rules that nobody remembers may be so by others, too.
    Tell { again_at: Option<Timestamp> },
}

fn step(told: Option<&RulesTold>, fingerprint: &str, now: Timestamp) -> Step {
    match told {
        Some(told) if told.fingerprint == fingerprint => match told.again_at {
            Some(moment) if moment <= now => Step::Tell { again_at: None },
            again_at => Step::Wait { until: again_at },
        },
        _ => Step::Tell { again_at: Some(now + SignedDuration::from_secs(RELOAD_SECS_MAX)) },
    }
}

/// Differs wherever the rules differ.
fn fingerprint(rules: &ImportRules) -> String {
    let digest = Sha256::digest(format!("{rules:?}"));
    digest.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_rules_are_told_at_once_and_once_more_when_every_process_has_them() {
        let now: Timestamp = "2026-11-02T06:00:00Z".parse().unwrap();
        let second = |second: i64| now + SignedDuration::from_secs(second);
        let told = |fingerprint: &str, again_at| RulesTold { fingerprint: fingerprint.to_owned(), again_at };
        let again_at = Some(second(RELOAD_SECS_MAX));
        assert_eq!(
            step(None, "one", now),
            Step::Tell { again_at },
            "nobody knows what was kept out, and why"
        );
        assert_eq!(step(Some(&told("one", None)), "one", now), Step::Wait { until: None });

        assert_eq!(step(Some(&told("one", None)), "other", now), Step::Tell { again_at });
        let once = told("other", again_at);
        assert_eq!(step(Some(&once), "other", second(599)), Step::Wait { until: again_at });
        assert_eq!(step(Some(&once), "other", second(600)), Step::Tell { again_at: None });
        let back = Step::Tell { again_at: Some(second(599 + RELOAD_SECS_MAX)) };
        assert_eq!(step(Some(&once), "one", second(599)), back);
    }
}
