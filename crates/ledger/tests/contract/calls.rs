//! Requests to shops that tell no quota: counted over all processes.

use std::sync::Arc;

use crossdock_ledger::Ledger;
use jiff::{SignedDuration, Timestamp};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::at_once::two_processes;
use crate::database::{Engine, fresh};
use crate::samples::{au, minute, store};

fn second(second: i64) -> Timestamp {
    minute(0) + SignedDuration::from_secs(second)
}

/// Counted for a minute.
async fn take(ledger: &dyn Ledger, at: i64, wanted: u32, most: u32) -> u32 {
    ledger.take_calls(&au(), second(at), second(at - 60), wanted, most).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn no_more_are_granted_than_a_span_may_have(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(take(&*ledger, 0, 60, 100).await, 60);
    assert_eq!(take(&*ledger, 30, 30, 50).await, 0, "the less urgent have a smaller most");
    assert_eq!(take(&*ledger, 30, 60, 100).await, 40);
    assert_eq!(take(&*ledger, 59, 1, 100).await, 0);
    assert_eq!(take(&*ledger, 60, 100, 100).await, 60);
    assert_eq!(take(&*ledger, 90, 100, 100).await, 40);
    let other = ledger.take_calls(&store("acme-nz"), second(90), second(30), 100, 100).await.unwrap();
    assert_eq!(other, 100, "each shop has its own count");
}

#[rstest]
#[tokio::test]
async fn a_fraction_of_a_second_is_forgotten_no_earlier_than_it_may(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let half = SignedDuration::from_millis(500);
    let at = second(0) + half;
    assert_eq!(ledger.take_calls(&au(), at, at - SignedDuration::from_secs(60), 10, 10).await.unwrap(), 10);
    assert_eq!(take(&*ledger, 60, 10, 10).await, 0);
    assert_eq!(take(&*ledger, 61, 10, 10).await, 10);
}

#[rstest]
#[tokio::test]
async fn what_a_clock_that_was_ahead_took_keeps_nobody_waiting(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(take(&*ledger, 600, 100, 100).await, 100);
    assert_eq!(take(&*ledger, 0, 1, 100).await, 0, "clocks may differ by ten minutes");
    assert_eq!(take(&*ledger, 100_000, 100, 100).await, 100);
    assert_eq!(take(&*ledger, 1, 100, 100).await, 100);
    assert_eq!(take(&*ledger, 2, 1, 100).await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_ask_at_once_get_no_more_together(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    let mut tasks = JoinSet::new();
    for position in 0..24 {
        let ledger = Arc::clone(&ledgers[position % 2]);
        // Clocks that differ a little: some ask at another second.
        let at = i64::try_from(position % 3).unwrap();
        tasks.spawn(async move { take(&*ledger, at, 7, 100).await });
    }
    assert_eq!(tasks.join_all().await.iter().sum::<u32>(), 100);
}
