//! What is long over is known no more.

use crossdock_ledger::{DeadLetterState, Fallen};
use rstest::rstest;

use super::{
    acting, all, bury, fallen, fallen_after, letter, message, numbers, only, progress, replay_all, revive,
    send, state,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

#[rstest]
#[tokio::test]
async fn what_is_over_is_forgotten_and_the_trail_stays(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let ids = ["A", "B", "C", "D"];
    let letters: Vec<Fallen> = (1..).zip(ids).map(|(at, id)| fallen(id, at)).collect();
    bury(&*ledger, &letters, 5).await;
    let first = replay_all(&*ledger, 6).await;
    for (at, sent) in (10..).zip(send(&*ledger, 7).await) {
        // A is done at minute 10; B fails at 11, C at 12, D at 13.
        match sent.message.message_id.as_str() {
            "A" => revive(&*ledger, &sent, at).await,
            _ => bury(&*ledger, &[fallen_after(&sent, at)], at).await,
        }
    }
    let b = letter(&*ledger, "B").await.id;
    ledger.discard(&only(&[b]), &acting(14)).await.unwrap().unwrap();
    let second = replay_all(&*ledger, 15).await;
    for (at, sent) in (17..).zip(send(&*ledger, 16).await) {
        revive(&*ledger, &sent, at).await;
    }
    let before = (numbers(&*ledger, first).await, numbers(&*ledger, second).await);
    assert_eq!(before, ([0, 0, 1, 3, 0], [0, 0, 2, 0, 0]));

    assert_eq!(ledger.forget_dead_letters(minute(10)).await.unwrap(), 0);
    assert_eq!(ledger.forget_dead_letters(minute(15)).await.unwrap(), 2, "A and B");
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 2);
    assert_eq!(state(&*ledger, "C").await, DeadLetterState::Done);
    assert_eq!((numbers(&*ledger, first).await, numbers(&*ledger, second).await), before);
    assert_eq!(ledger.forget_dead_letters(minute(99)).await.unwrap(), 2);
    assert_eq!((numbers(&*ledger, first).await, numbers(&*ledger, second).await), before);
    assert_eq!(progress(&*ledger, first).await.ended_at, Some(minute(13)));
    assert_eq!(ledger.acts(10).await.unwrap().len(), 3);
}

#[rstest]
#[tokio::test]
async fn what_is_not_over_is_kept_however_old(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let waits = Fallen { waits: true, ..fallen("waits", 2) };
    bury(&*ledger, &[fallen("dead", 1), waits, fallen("queued", 3)], 4).await;
    let queued = letter(&*ledger, "queued").await.id;
    ledger.begin_replay(&only(&[queued]), &acting(5)).await.unwrap().unwrap();
    assert_eq!(ledger.forget_dead_letters(minute(1_000_000)).await.unwrap(), 0);
    send(&*ledger, 6).await;
    assert_eq!(ledger.forget_dead_letters(minute(1_000_000)).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn one_that_was_forgotten_and_fails_anew_is_a_new_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let old = letter(&*ledger, "M1").await.id;
    ledger.discard(&all(), &acting(3)).await.unwrap().unwrap();
    assert_eq!(ledger.forget_dead_letters(minute(4)).await.unwrap(), 1);
    assert_eq!(ledger.dead_letter(old).await.unwrap(), None);
    bury(&*ledger, &[fallen("M1", 5)], 6).await;
    let new = letter(&*ledger, "M1").await;
    assert!(new.id > old && new.failures == 1 && new.state == DeadLetterState::Dead);
    assert_eq!(ledger.acts_on(new.id).await.unwrap(), []);
}

#[rstest]
#[tokio::test]
async fn one_that_falls_anew_as_it_is_forgotten_holds_the_others_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 1).await;
    ledger.discard(&all(), &acting(2)).await.unwrap().unwrap();
    ledger.falls(&message("M1"), "BG1001", minute(9)).await.unwrap();
    assert_eq!(ledger.forget_dead_letters(minute(9)).await.unwrap(), 1);
    assert_eq!(ledger.forget_dead_letters(minute(9)).await.unwrap(), 0);
    assert_eq!(ledger.falls_behind(&message("M2"), "BG1001").await.unwrap().as_deref(), Some("M1"));
}

#[rstest]
#[tokio::test]
async fn nothing_waits_for_ever_behind_a_message_that_never_became_a_dead_letter(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for (at, id) in [(1, "purged"), (2, "dead")] {
        ledger.falls(&message(id), "BG1001", minute(at)).await.unwrap();
    }
    bury(&*ledger, &[fallen("dead", 2)], 3).await;
    assert_eq!(ledger.falls_behind(&message("M9"), "BG1001").await.unwrap().as_deref(), Some("purged"));
    ledger.forget_dead_letters(minute(99)).await.unwrap();
    assert_eq!(ledger.falls_behind(&message("M9"), "BG1001").await.unwrap().as_deref(), Some("dead"));
}
