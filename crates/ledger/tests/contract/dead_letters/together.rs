//! Several processes at the desk, at the same time.

use std::collections::HashMap;
use std::sync::Arc;

use crossdock_ledger::{DeadLetterState, DeadLettersWanted, Fallen, Ledger, Paused};
use fastrand::Rng;
use rstest::rstest;
use tokio::task::JoinSet;

use super::{acting, all, bury, fallen, fallen_after, numbers, replay_all};
use crate::at_once::two_processes;
use crate::database::Engine;
use crate::samples::minute;

const LETTERS: i64 = 300;

/// The same, in an order of its own: two that take many must not wait for each other.
fn shuffled<T: Clone>(all: &[T], seed: u64) -> Vec<T> {
    let mut all = all.to_vec();
    Rng::with_seed(seed).shuffle(&mut all);
    all
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failures_that_are_taken_twice_at_once_are_there_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    let letters: Vec<Fallen> = (0..LETTERS).map(|at| fallen(&format!("M{at}"), at)).collect();
    let mut tasks = JoinSet::new();
    for seed in 0..4 {
        let ledger = Arc::clone(&ledgers[usize::try_from(seed % 2).unwrap()]);
        let letters = shuffled(&letters, seed);
        tasks.spawn(async move { bury(&*ledger, &letters, LETTERS).await });
    }
    tasks.join_all().await;
    let stand = ledgers[0].dead_letters(&all()).await.unwrap();
    assert_eq!(i64::try_from(stand.len()).unwrap(), LETTERS);
    assert!(stand.iter().all(|letter| letter.failures == 1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_that_send_at_once_each_gets_what_the_other_does_not(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    let letters: Vec<Fallen> = (0..LETTERS).map(|at| fallen(&format!("M{at}"), at)).collect();
    bury(&*ledgers[0], &letters, LETTERS).await;
    let replay = replay_all(&*ledgers[0], LETTERS).await;
    let mut tasks = JoinSet::new();
    for ledger in &ledgers {
        let ledger = Arc::clone(ledger);
        tasks.spawn(async move {
            let mut given = Vec::new();
            for _ in 0..10 {
                given.extend(
                    ledger.next_to_send(u32::MAX, &Paused::default(), minute(LETTERS)).await.unwrap(),
                );
                let back: Vec<_> = given.iter().map(|sent| sent.replay).collect();
                ledger.revive(&back, minute(LETTERS)).await.unwrap();
            }
            given
        });
    }
    let given = tasks.join_all().await.concat();
    let mut times = HashMap::new();
    for sent in &given {
        *times.entry(sent.replay).or_insert(0) += 1;
    }
    assert_eq!((given.len(), times.len()), (300, 300));
    assert_eq!(numbers(&*ledgers[0], replay).await, [0, 0, 300, 0, 0]);
}

/// Everybody does everything: nothing is refused, lost or doubled, and all replays add up.
#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn all_that_is_done_at_the_desk_may_be_done_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledgers, _database) = two_processes(engine).await;
    let letters: Vec<Fallen> = (0..LETTERS)
        .map(|at| Fallen { subject: Some(format!("S{}", at % 50)), ..fallen(&format!("M{at}"), at) })
        .collect();
    bury(&*ledgers[0], &letters, LETTERS).await;
    let mut tasks = JoinSet::new();
    for seed in 0..6 {
        let ledger = Arc::clone(&ledgers[usize::try_from(seed % 2).unwrap()]);
        let letters = shuffled(&letters, seed);
        tasks.spawn(async move { anything(&*ledger, &letters, Rng::with_seed(seed)).await });
    }
    tasks.join_all().await;
    let ledger = &*ledgers[0];
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 300);
    for act in ledger.acts(u32::MAX).await.unwrap().into_iter().filter(|act| act.progress.is_some()) {
        numbers(ledger, act.id).await;
    }
    let mut of_states = 0;
    for state in DeadLetterState::ALL {
        let wanted = DeadLettersWanted { states: vec![state], ..all() };
        of_states += ledger.count_dead_letters(&wanted).await.unwrap();
    }
    assert_eq!(of_states, 300);
}

async fn anything(ledger: &dyn Ledger, letters: &[Fallen], mut dice: Rng) {
    let mut begun = Vec::new();
    for at in LETTERS..LETTERS + 40 {
        match dice.u32(..8) {
            0 | 1 => begun.extend(ledger.begin_replay(&all(), &acting(at)).await.unwrap()),
            2 => bury(ledger, &letters[dice.usize(..250)..], at).await,
            3 => {
                let wanted = DeadLettersWanted { limit: Some(20), ..all() };
                begun.extend(ledger.discard(&wanted, &acting(at)).await.unwrap());
            }
            4 => {
                for act in &begun {
                    ledger.cancel_replay(*act, &acting(at)).await.unwrap();
                    ledger.undo_discard(*act, &acting(at)).await.unwrap();
                    ledger.resume_replay(*act, &acting(at)).await.unwrap();
                }
            }
            _ => {
                let mut sent = ledger.next_to_send(20, &Paused::default(), minute(at)).await.unwrap();
                if dice.bool() {
                    sent = ledger.unconfirmed().await.unwrap();
                }
                let keys: Vec<_> = sent.iter().map(|sent| sent.replay).collect();
                ledger.sent(&keys).await.unwrap();
                let (done, dead) = sent.split_at(sent.len() / 2);
                let dead: Vec<Fallen> = dead.iter().map(|sent| fallen_after(sent, at)).collect();
                bury(ledger, &dead, at).await;
                let done: Vec<_> = done.iter().map(|sent| sent.replay).collect();
                ledger.revive(&done, minute(at)).await.unwrap();
            }
        }
    }
}
