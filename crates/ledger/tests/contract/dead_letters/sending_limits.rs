//! How much is given out at once.

use crossdock_ledger::{Fallen, Ledger, Paused, ReplayKey, ToSend};
use rstest::rstest;

use super::{acting, all, bury, fallen, ids_of, numbers, replay_all};
use crate::database::{Engine, fresh};
use crate::samples::minute;

async fn send_unconfirmed(ledger: &dyn Ledger) -> Vec<ToSend> {
    ledger.next_to_send(9, &Paused::default(), minute(60)).await.unwrap()
}

#[rstest]
#[tokio::test]
async fn no_more_goes_at_once_than_may_be_in_memory_but_always_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let mib = |id: &str, at, mib: usize| Fallen { body: vec![b'x'; mib << 20], ..fallen(id, at) };
    bury(&*ledger, &[mib("A", 1, 20), mib("B", 2, 12), mib("C", 3, 33), mib("D", 4, 1)], 5).await;
    replay_all(&*ledger, 6).await;
    for expected in [&["A", "B"][..], &["C"], &["D"]] {
        assert_eq!(ids_of(&send_unconfirmed(&*ledger).await), expected);
    }
    for expected in [&["A", "B"][..], &["C"], &["D"], &[]] {
        let given = ledger.unconfirmed().await.unwrap();
        assert_eq!(ids_of(&given), expected);
        let keys: Vec<ReplayKey> = given.iter().map(|sent| sent.replay).collect();
        ledger.sent(&keys).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn at_most_a_thousand_go_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let letters: Vec<Fallen> = (0..1_100).map(|at| fallen(&format!("M{at:04}"), at)).collect();
    bury(&*ledger, &letters, 1_100).await;
    let replay = ledger.begin_replay(&all(), &acting(1_101)).await.unwrap().unwrap();
    assert_eq!(send_all_at(&*ledger, 1_102).await, 1_000);
    assert_eq!(send_all_at(&*ledger, 1_103).await, 100);
    assert_eq!(numbers(&*ledger, replay).await, [0, 1_100, 0, 0, 0]);
}

async fn send_all_at(ledger: &dyn Ledger, at: i64) -> usize {
    ledger.next_to_send(5_000, &Paused::default(), minute(at)).await.unwrap().len()
}
