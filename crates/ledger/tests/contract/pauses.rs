//! Shops that are left alone for a while, by all processes.

use std::sync::Arc;

use crossdock_ledger::{Ledger, Pause, PauseCause};
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::at_once::two_processes;
use crate::database::{Engine, fresh};
use crate::samples::{au, minute, store};

const ACCOUNT: &str = "0123456789abcdef";

fn pause(cause: &PauseCause, since: i64, until: i64, answer: &str) -> Pause {
    Pause { cause: cause.clone(), since: minute(since), until: minute(until), answer: answer.to_owned() }
}

async fn begin(ledger: &dyn Ledger, pause: &Pause) -> bool {
    ledger.begin_pause(&au(), ACCOUNT, pause).await.unwrap()
}

async fn standing(ledger: &dyn Ledger, now: i64) -> Vec<Pause> {
    ledger.pauses(&au(), ACCOUNT, minute(now)).await.unwrap()
}

async fn probe(ledger: &dyn Ledger, now: Timestamp) -> bool {
    let until = now + SignedDuration::from_secs(60);
    ledger.probe_pause(&au(), ACCOUNT, &PauseCause::Credentials, now, until).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn a_pause_is_new_once_lasts_as_long_as_the_longest_and_says_what_was_said_last(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let scope = PauseCause::Scope("modify orders".to_owned());
    assert!(begin(&*ledger, &pause(&scope, 0, 5, "403 no")).await);
    assert!(begin(&*ledger, &pause(&PauseCause::Throttled, 0, 5, "429")).await);
    assert!(!begin(&*ledger, &pause(&PauseCause::Throttled, 1, 3, "429 once more")).await);
    assert!(!begin(&*ledger, &pause(&scope, 1, 6, "403 still no")).await);
    let expected =
        [pause(&scope, 0, 6, "403 still no"), pause(&PauseCause::Throttled, 0, 5, "429 once more")];
    assert_eq!(standing(&*ledger, 2).await, expected);

    assert!(ledger.end_pause(&au(), ACCOUNT, &scope).await.unwrap());
    assert!(!ledger.end_pause(&au(), ACCOUNT, &scope).await.unwrap());
    assert_eq!(standing(&*ledger, 2).await, expected[1..]);
}

#[rstest]
#[tokio::test]
async fn other_credentials_and_other_shops_are_not_paused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    begin(&*ledger, &pause(&PauseCause::Credentials, 0, 1, "401")).await;
    assert_eq!(ledger.pauses(&au(), "fedcba9876543210", minute(0)).await.unwrap(), []);
    assert_eq!(ledger.pauses(&store("acme-nz"), ACCOUNT, minute(0)).await.unwrap(), []);
    for (since, stands) in [(60, true), (61, false)] {
        let other = pause(&PauseCause::Credentials, since, since + 1, "401");
        ledger.begin_pause(&au(), "fedcba9876543210", &other).await.unwrap();
        assert_eq!(!standing(&*ledger, 1).await.is_empty(), stands, "kept for an hour: {since}");
    }
}

#[rstest]
#[tokio::test]
async fn a_refusal_that_nobody_tries_any_more_is_told_for_an_hour_and_is_a_new_one_after_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let scope = PauseCause::Scope("modify orders".to_owned());
    assert!(begin(&*ledger, &pause(&scope, 0, 1, "403 no")).await);
    assert_eq!(standing(&*ledger, 60).await, [pause(&scope, 0, 1, "403 no")]);
    assert_eq!(standing(&*ledger, 61).await, []);
    assert!(begin(&*ledger, &pause(&scope, 61, 62, "403 no again")).await);
    assert_eq!(standing(&*ledger, 61).await, [pause(&scope, 61, 62, "403 no again")]);
}

#[rstest]
#[tokio::test]
async fn a_pause_that_a_clock_ahead_of_time_began_ends_nonetheless(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    begin(&*ledger, &pause(&PauseCause::Credentials, 10_000, 10_001, "401")).await;
    assert_eq!(standing(&*ledger, 0).await[0].until, minute(0));
    assert!(probe(&*ledger, minute(0)).await);
    assert_eq!(standing(&*ledger, 0).await[0].until, minute(1));
    begin(&*ledger, &pause(&PauseCause::Throttled, 10_000, 10_001, "429")).await;
    begin(&*ledger, &pause(&PauseCause::Throttled, 0, 1, "429")).await;
    assert_eq!(standing(&*ledger, 0).await[1].until, minute(1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_all_that_ask_at_once_may_try_and_each_time_only_when_the_time_has_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    assert!(!probe(&*ledgers[0], minute(0)).await, "nothing is paused");
    begin(&*ledgers[0], &pause(&PauseCause::Credentials, 0, 1, "401")).await;
    for (now, tries) in [(minute(1) - SignedDuration::from_secs(1), 0), (minute(1), 1), (minute(2), 1)] {
        let mut tasks = JoinSet::new();
        for position in 0..16 {
            let ledger = Arc::clone(&ledgers[position % 2]);
            tasks.spawn(async move { probe(&*ledger, now).await });
        }
        let tried = tasks.join_all().await.into_iter().filter(|tried| *tried).count();
        assert_eq!(tried, tries, "{now}");
    }
}
