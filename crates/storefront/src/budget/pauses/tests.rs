//! Refusals and 429s, in one process and in several.

use std::sync::Arc;

use crossdock_telemetry::metrics::Metrics;
use tempfile::TempDir;

use super::*;
use crate::{Budget, Priority};

const READ: &str = "read orders";
const WRITE: &str = "modify orders";

async fn ask(
    budget: &Budget,
    scope: &'static str,
    answer: Result<(), StorefrontError>,
) -> Result<(), StorefrontError> {
    let admitted = budget.admit(Priority::Urgent, scope).await?;
    admitted.heard(&answer).await;
    answer
}

/// Whether a request would be made, and succeed.
async fn goes(budget: &Budget, scope: &'static str) -> bool {
    ask(budget, scope, Ok(())).await.is_ok()
}

fn refused(words: &str) -> Result<(), StorefrontError> {
    Err(StorefrontError::CredentialsRefused { answer: words.to_owned() })
}

fn lacking(scope: &str) -> Result<(), StorefrontError> {
    Err(StorefrontError::MissingScope { scope: scope.to_owned(), answer: "403".to_owned() })
}

async fn minutes(count: u32) {
    tokio::time::advance(count * Duration::from_secs(PROBE_SECS)).await;
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_are_tried_once_a_minute_until_they_are_taken() {
    let budget = Budget::told();
    assert!(ask(&budget, READ, refused("401 no")).await.is_err());
    for scope in [READ, WRITE] {
        let error = budget.admit(Priority::Urgent, scope).await.unwrap_err();
        assert!(
            matches!(&error, StorefrontError::CredentialsRefused { answer } if answer == "401 no"),
            "{error}"
        );
    }
    for _ in 0..3 {
        minutes(1).await;
        let probe = budget.admit(Priority::Urgent, WRITE).await.unwrap();
        assert!(budget.admit(Priority::Urgent, READ).await.is_err(), "one is on its way");
        probe.heard(&refused("401 still no")).await;
        assert!(budget.admit(Priority::Urgent, READ).await.is_err());
    }
    minutes(1).await;
    assert!(goes(&budget, READ).await);
    assert!(goes(&budget, WRITE).await, "all resume");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_says_nothing_of_the_credentials_leaves_them_refused() {
    let budget = Budget::told();
    assert!(ask(&budget, READ, refused("401")).await.is_err());
    minutes(1).await;
    let nothing = Err(StorefrontError::Unavailable { cause: "half an answer".into() });
    assert!(ask(&budget, READ, nothing).await.is_err());
    assert!(!goes(&budget, READ).await);
    minutes(1).await;
    drop(budget.admit(Priority::Urgent, READ).await.unwrap());
    assert!(!goes(&budget, READ).await, "cut off before it was answered");
    minutes(1).await;
    let not_found = Err(StorefrontError::NotFound { what: "order 1".to_owned() });
    assert!(ask(&budget, READ, not_found).await.is_err());
    assert!(goes(&budget, READ).await, "whoever is told that an order is not there was let in");
}

#[tokio::test(start_paused = true)]
async fn a_missing_scope_pauses_what_needs_it_and_nothing_else() {
    let budget = Budget::told();
    assert!(ask(&budget, WRITE, lacking(WRITE)).await.is_err());
    let error = budget.admit(Priority::Urgent, WRITE).await.unwrap_err();
    assert!(matches!(&error, StorefrontError::MissingScope { scope, .. } if scope == WRITE), "{error}");
    assert!(goes(&budget, READ).await);
    minutes(1).await;
    assert!(goes(&budget, READ).await);
    assert!(goes(&budget, WRITE).await);
    assert!(goes(&budget, WRITE).await);
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_a_request_that_was_sent_before_the_refusal_does_not_end_the_pause() {
    let budget = Budget::told();
    let early = budget.admit(Priority::Urgent, READ).await.unwrap();
    let refused_one = budget.admit(Priority::Urgent, READ).await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    refused_one.heard(&refused("401")).await;
    early.heard::<()>(&Ok(())).await;
    assert!(!goes(&budget, READ).await);
}

/// Processes on one ledger, with their metrics.
struct Processes {
    ledger: Arc<dyn Ledger>,
    account: Account,
    _folder: TempDir,
}

impl Processes {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let url = format!("sqlite://{}/ledger.db", folder.path().display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let account = Account::new("acme-au".parse().unwrap(), &["token"]);
        Self { ledger, account, _folder: folder }
    }

    fn start(&self) -> (Budget, Metrics) {
        self.start_with(&self.account)
    }

    fn start_with(&self, account: &Account) -> (Budget, Metrics) {
        let (metrics, ledger) = (Metrics::default(), SharedLedger::default());
        assert!(ledger.set(self.ledger.clone()).is_ok());
        let budget = Budget::told().shared(account.clone(), ledger, ShopMetrics::register(&metrics));
        (budget, metrics)
    }

    /// A refusal long ago: it may be tried again.
    async fn refused_long_ago(&self) {
        let [since, until] = [-120, -60].map(|secs| Timestamp::now() + SignedDuration::from_secs(secs));
        let pause = Pause { cause: PauseCause::Credentials, since, until, answer: "401".to_owned() };
        let Account { store, fingerprint } = &self.account;
        assert!(self.ledger.begin_pause(store, fingerprint, &pause).await.unwrap());
    }
}

fn gauge(metrics: &Metrics, cause: &str) -> Option<String> {
    let line = format!(r#"crossdock_shop_paused{{store="acme-au",cause="{cause}"}} "#);
    metrics.text().lines().find_map(|text| Some(text.strip_prefix(&line)?.to_owned()))
}

#[tokio::test]
async fn what_one_process_meets_holds_for_all_and_not_for_other_credentials() {
    let processes = Processes::new().await;
    let (one, ones) = processes.start();
    let throttled = || Err(StorefrontError::Throttled { wait: Duration::from_secs(30) });
    assert!(ask(&one, WRITE, lacking(WRITE)).await.is_err());
    assert!(ask(&one, READ, throttled()).await.is_err());
    assert!(ask(&one, READ, Ok(())).await.is_err());
    let (other, others) = processes.start();
    let error = other.admit(Priority::Urgent, WRITE).await.unwrap_err();
    assert!(
        matches!(error, StorefrontError::Throttled { wait } if (20..=30).contains(&wait.as_secs())),
        "{error}"
    );
    for metrics in [&ones, &others] {
        let told = ["credentials", "scope", "throttled"].map(|cause| gauge(metrics, cause).unwrap());
        assert_eq!(told, ["0", "1", "1"]);
    }
    let renewed = Account::new(processes.account.store.clone(), &["another token"]);
    assert!(goes(&processes.start_with(&renewed).0, READ).await);
}

#[tokio::test]
async fn what_was_met_before_the_ledger_was_there_holds_when_it_is() {
    let processes = Processes::new().await;
    let (metrics, ledger) = (Metrics::default(), SharedLedger::default());
    let (account, metrics) = (processes.account.clone(), ShopMetrics::register(&metrics));
    let budget = Budget::told().shared(account, ledger.clone(), metrics);
    assert!(ask(&budget, WRITE, lacking(WRITE)).await.is_err());
    assert!(ledger.set(processes.ledger.clone()).is_ok());
    assert!(!goes(&budget, WRITE).await);
    assert!(goes(&budget, READ).await);
}

#[tokio::test]
async fn whoever_met_a_refusal_learns_of_its_end_from_another_process() {
    let processes = Processes::new().await;
    let (budget, _) = processes.start();
    assert!(ask(&budget, READ, refused("401")).await.is_err());
    assert!(!goes(&budget, READ).await);
    let Account { store, fingerprint } = &processes.account;
    assert!(processes.ledger.end_pause(store, fingerprint, &PauseCause::Credentials).await.unwrap());
    let deadline = Instant::now() + Duration::from_secs(PROBE_SECS / 2);
    while !goes(&budget, READ).await {
        assert!(Instant::now() < deadline, "known within a moment");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn of_all_processes_one_tries_and_when_the_shop_takes_the_credentials_all_resume() {
    let processes = Processes::new().await;
    processes.refused_long_ago().await;
    let budgets: Vec<_> = (0..8).map(|_| processes.start()).collect();
    let mut probes = Vec::new();
    for (budget, _) in &budgets {
        if let Ok(admitted) = budget.admit(Priority::Urgent, READ).await {
            probes.push(admitted);
        }
    }
    assert_eq!(probes.len(), 1);
    for admitted in probes {
        admitted.heard::<()>(&Ok(())).await;
    }
    for (budget, metrics) in &budgets {
        let deadline = Instant::now() + Duration::from_mins(1);
        while !goes(budget, READ).await {
            assert!(Instant::now() < deadline, "each knows within a moment");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(gauge(metrics, "credentials").unwrap(), "0");
    }
}
