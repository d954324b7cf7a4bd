//! Leases: one holder at a time, and none for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crossdock_ledger::{Lease, LeaseAnswer, Ledger};
use rstest::rstest;
use tokio::task::JoinSet;

use crate::at_once::{ROUNDS, two_processes};
use crate::database::{Engine, fresh};
use crate::samples::minute;

async fn lease(ledger: &dyn Ledger, name: &str, now: i64, until: i64) -> LeaseAnswer {
    ledger.lease(name, minute(now), minute(until)).await.unwrap()
}

async fn taken(ledger: &dyn Ledger, name: &str, now: i64, until: i64) -> Lease {
    let LeaseAnswer::Taken(taken) = lease(ledger, name, now, until).await else {
        panic!("the lease '{name}' is not free at minute {now}")
    };
    assert_eq!(taken, Lease { name: name.to_owned(), until: minute(until) });
    taken
}

fn busy(until: i64) -> LeaseAnswer {
    LeaseAnswer::Busy { until: minute(until) }
}

#[rstest]
#[tokio::test]
async fn a_lease_has_one_holder_until_it_is_given_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let held = taken(&*ledger, "acme-au/1001", 0, 5).await;
    assert_eq!(lease(&*ledger, "acme-au/1001", 1, 6).await, busy(5));
    assert_eq!(lease(&*ledger, "acme-au/1001", 4, 9).await, busy(5));
    let other = taken(&*ledger, "acme-au/1002", 1, 6).await;

    ledger.end_lease(&held).await.unwrap();
    ledger.end_lease(&held).await.unwrap();
    assert_eq!(lease(&*ledger, "acme-au/1002", 2, 7).await, busy(6), "another name's lease stays");
    ledger.end_lease(&taken(&*ledger, "acme-au/1001", 2, 7).await).await.unwrap();
    ledger.end_lease(&other).await.unwrap();
    ledger.end_lease(&taken(&*ledger, "acme-au/1002", 2, 7).await).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn an_expired_lease_is_taken_over_and_its_former_holder_cannot_end_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let dead = taken(&*ledger, "acme-au/1001", 0, 5).await;
    let heir = taken(&*ledger, "acme-au/1001", 5, 9).await;
    ledger.end_lease(&dead).await.unwrap();
    assert_eq!(lease(&*ledger, "acme-au/1001", 6, 10).await, busy(9));
    ledger.end_lease(&heir).await.unwrap();
    ledger.end_lease(&taken(&*ledger, "acme-au/1001", 6, 10).await).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_process_whose_clock_is_ahead_leaves_the_leases_of_other_work_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let held = taken(&*ledger, "held", 0, 5).await;
    let ahead = taken(&*ledger, "another", 14, 19).await;
    let renewed = ledger.renew_lease(&held, minute(9)).await.unwrap();
    assert_eq!(renewed.as_ref().map(|lease| lease.until), Some(minute(9)));
    for lease in [ahead].into_iter().chain(renewed) {
        ledger.end_lease(&lease).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn expired_leases_that_nobody_wants_do_not_pile_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let left_behind = taken(&*ledger, "left behind", 0, 5).await;
    let held = taken(&*ledger, "held", 0, 6).await;
    let another = taken(&*ledger, "another", 15, 19).await;
    // By a clock that is late, the first of them would be held still, if it were there.
    assert_eq!(taken(&*ledger, "left behind", 4, 5).await, left_behind);
    assert_eq!(lease(&*ledger, "held", 4, 9).await, busy(6));
    for lease in [left_behind, held, another] {
        ledger.end_lease(&lease).await.unwrap();
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_that_want_a_lease_at_once_one_takes_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    for round in 0..ROUNDS {
        // All leases of the round before have expired: whoever comes takes them over, and clears those of ten rounds before.
        let (now, until) = (minute(round), minute(round + 1));
        let mut tasks = JoinSet::new();
        for position in 0..12 {
            let ledger = Arc::clone(&ledgers[position % 2]);
            let name = format!("lease {}", position / 4);
            tasks.spawn(async move { ledger.lease(&name, now, until).await.unwrap() });
        }
        let (mut taken, busy): (Vec<_>, Vec<_>) =
            tasks.join_all().await.into_iter().partition(|answer| matches!(answer, LeaseAnswer::Taken(_)));
        taken.sort_by_key(|answer| format!("{answer:?}"));
        taken.dedup();
        assert_eq!((taken.len(), busy.len()), (3, 9));
        assert!(busy.iter().all(|answer| *answer == LeaseAnswer::Busy { until }));
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_lease_given_back_is_found_free_by_those_who_ask_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    let holders = Arc::new(AtomicU32::new(0));
    let mut tasks = JoinSet::new();
    for position in 0..8 {
        let (ledger, holders) = (Arc::clone(&ledgers[position % 2]), Arc::clone(&holders));
        // Each by an end of its own, so that none ends another's.
        let until = minute(10 + i64::try_from(position).unwrap());
        tasks.spawn(async move {
            let lease = loop {
                match ledger.lease("a shop's order", minute(1), until).await.unwrap() {
                    LeaseAnswer::Taken(lease) => break lease,
                    LeaseAnswer::Busy { .. } => tokio::task::yield_now().await,
                }
            };
            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "it has one holder");
            tokio::task::yield_now().await;
            holders.fetch_sub(1, Ordering::SeqCst);
            ledger.end_lease(&lease).await.unwrap();
        });
    }
    assert_eq!(tasks.join_all().await.len(), 8);
}

#[rstest]
#[tokio::test]
async fn a_lease_that_a_clock_far_ahead_took_is_free(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let (day, name) = (24 * 60, "sweep/acme-au");
    let _ahead = taken(&*ledger, name, day, day + 5).await;
    assert_eq!(lease(&*ledger, name, day - 55, day - 50).await, busy(day + 5));
    let _heir = taken(&*ledger, name, 0, 5).await;
}
