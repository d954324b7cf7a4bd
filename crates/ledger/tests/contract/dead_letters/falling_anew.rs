//! Messages that fall once more, while something else becomes of their dead letters.

use crossdock_ledger::{DeadLetterState, Fallen};
use rstest::rstest;

use super::falling::{about, behind, falls, three};
use super::{acting, all, bury, fallen_after, letter, only, replay_all, revive, send_one};
use crate::database::{Engine, fresh};

#[rstest]
#[tokio::test]
async fn a_second_copy_of_a_replay_that_is_done_holds_nobody_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    bury(&*ledger, &[about("M1", 1, false)], 1).await;
    replay_all(&*ledger, 2).await;
    let sent = send_one(&*ledger, 3).await;
    revive(&*ledger, &sent, 4).await;
    falls(&*ledger, "M1", 5).await;
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
    bury(&*ledger, &[Fallen { subject: Some("M1".to_owned()), ..fallen_after(&sent, 5) }], 5).await;
    assert_eq!(letter(&*ledger, "M1").await.state, DeadLetterState::Done);
    assert_eq!(behind(&*ledger, "M2").await, None);
}

#[rstest]
#[tokio::test]
async fn one_that_falls_anew_before_its_replay_is_known_to_be_done_holds_the_others_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    bury(&*ledger, &[about("M1", 1, false)], 1).await;
    replay_all(&*ledger, 2).await;
    let sent = send_one(&*ledger, 3).await;
    // Another copy of it falls; both letters are on their way to the desk.
    falls(&*ledger, "M1", 4).await;
    revive(&*ledger, &sent, 5).await;
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"), "its dead letter is to come");
    bury(&*ledger, &[about("M1", 4, false)], 6).await;
    assert_eq!(letter(&*ledger, "M1").await.state, DeadLetterState::Dead);
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
    replay_all(&*ledger, 7).await;
    revive(&*ledger, &send_one(&*ledger, 8).await, 9).await;
    assert_eq!(behind(&*ledger, "M2").await, None);
}

#[rstest]
#[tokio::test]
async fn one_that_is_given_up_while_it_falls_anew_holds_the_others_up_once_that_has_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    bury(&*ledger, &[about("M1", 1, false)], 1).await;
    falls(&*ledger, "M1", 2).await;
    ledger.discard(&all(), &acting(3)).await.unwrap().unwrap();
    assert_eq!(behind(&*ledger, "M2").await, None);
    bury(&*ledger, &[about("M1", 2, false)], 4).await;
    assert_eq!(letter(&*ledger, "M1").await.state, DeadLetterState::Dead);
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
}

#[rstest]
#[tokio::test]
async fn a_late_copy_of_one_that_was_given_up_holds_nobody_up(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    bury(&*ledger, &[about("M1", 1, false)], 1).await;
    replay_all(&*ledger, 2).await;
    let sent = send_one(&*ledger, 3).await;
    let back = |at| Fallen { subject: Some("M1".to_owned()), ..fallen_after(&sent, at) };
    bury(&*ledger, &[back(4)], 4).await;
    let discarding = ledger.discard(&all(), &acting(5)).await.unwrap().unwrap();
    falls(&*ledger, "M1", 6).await;
    bury(&*ledger, &[back(6)], 7).await;
    assert_eq!(
        letter(&*ledger, "M1").await.state,
        DeadLetterState::Discarded,
        "it is of a sending that was answered"
    );
    assert_eq!(behind(&*ledger, "M2").await, None);
    assert_eq!(ledger.undo_discard(discarding, &acting(8)).await.unwrap(), 1);
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
}

#[rstest]
#[tokio::test]
async fn a_failure_that_is_told_twice_lies_only_as_long_as_its_dead_letter_is_open(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    let one = about("M1", 1, false);
    bury(&*ledger, &[one.clone(), one.clone()], 1).await;
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
    ledger.discard(&all(), &acting(2)).await.unwrap().unwrap();
    bury(&*ledger, &[one], 3).await;
    assert_eq!(behind(&*ledger, "M2").await, None);
}

#[rstest]
#[tokio::test]
async fn one_that_was_given_up_and_falls_anew_falls_behind_the_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    three(&*ledger).await;
    let first = letter(&*ledger, "M1").await.id;
    ledger.discard(&only(&[first]), &acting(4)).await.unwrap().unwrap();
    assert_eq!(behind(&*ledger, "M1").await.as_deref(), Some("M2"));
    falls(&*ledger, "M1", 5).await;
    bury(&*ledger, &[about("M1", 5, true)], 5).await;
    assert_eq!(behind(&*ledger, "M2").await, None);
    assert_eq!(behind(&*ledger, "M1").await.as_deref(), Some("M2"));
}
