//! Messages about one subject keep their order.

use crossdock_ledger::{DeadLetterState, Fallen, Ledger, MessageKey};
use rstest::rstest;

use super::{
    acting, all, bury, fallen, fallen_after, ids_of, letter, message, only, replay_all, revive, send,
    send_one,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

const ORDER: &str = "BG1001";

pub(super) async fn falls(ledger: &dyn Ledger, id: &str, at: i64) {
    ledger.falls(&message(id), ORDER, minute(at)).await.unwrap();
}

pub(super) async fn behind(ledger: &dyn Ledger, id: &str) -> Option<String> {
    ledger.falls_behind(&message(id), ORDER).await.unwrap()
}

/// A message about the order, dead or waiting.
pub(super) fn about(id: &str, at: i64, waits: bool) -> Fallen {
    Fallen { subject: Some(id.to_owned()), waits, ..fallen(id, at) }
}

/// M1 is dead, and M2 and M3 wait behind it.
pub(super) async fn three(ledger: &dyn Ledger) {
    for (at, id) in [(1, "M1"), (2, "M2"), (3, "M3")] {
        falls(ledger, id, at).await;
        bury(ledger, &[about(id, at, at > 1)], at).await;
    }
}

#[rstest]
#[tokio::test]
async fn a_message_waits_for_those_about_the_same_that_fell_before_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(behind(&*ledger, "M1").await, None);
    falls(&*ledger, "M1", 1).await;
    // Its dead letter has not come yet.
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
    assert_eq!(behind(&*ledger, "M1").await, None, "not for itself");
    falls(&*ledger, "M2", 2).await;
    falls(&*ledger, "M1", 3).await;
    assert_eq!(behind(&*ledger, "M1").await, None, "it keeps its place when it falls once more");
    assert_eq!(behind(&*ledger, "M2").await.as_deref(), Some("M1"));
    assert_eq!(behind(&*ledger, "M3").await.as_deref(), Some("M1"));
    assert_eq!(ledger.falls_behind(&message("M3"), "BG1002").await.unwrap(), None);
    let elsewhere = MessageKey { role: "stock-writer".to_owned(), message_id: "M3".to_owned() };
    assert_eq!(ledger.falls_behind(&elsewhere, ORDER).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn one_that_was_handled_after_all_lies_no_longer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.rises(&message("M1"), minute(3)).await.unwrap();
    falls(&*ledger, "M1", 1).await;
    falls(&*ledger, "M2", 2).await;
    ledger.rises(&message("M1"), minute(3)).await.unwrap();
    assert_eq!(behind(&*ledger, "M2").await, None);
    assert_eq!(behind(&*ledger, "M3").await.as_deref(), Some("M2"));
}

#[rstest]
#[tokio::test]
async fn a_dead_letter_lies_until_it_is_done_or_discarded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    three(&*ledger).await;
    replay_all(&*ledger, 4).await;
    let first = send_one(&*ledger, 5).await;
    assert_eq!(behind(&*ledger, "M9").await.as_deref(), Some("M1"), "while it is sent");
    bury(&*ledger, &[Fallen { subject: Some("M1".to_owned()), ..fallen_after(&first, 6) }], 6).await;
    assert_eq!(behind(&*ledger, "M9").await.as_deref(), Some("M1"), "and when it failed again");
    replay_all(&*ledger, 7).await;
    revive(&*ledger, &send_one(&*ledger, 8).await, 9).await;
    assert_eq!(behind(&*ledger, "M9").await.as_deref(), Some("M2"));

    let second = letter(&*ledger, "M2").await.id;
    let discarding = ledger.discard(&only(&[second]), &acting(10)).await.unwrap().unwrap();
    assert_eq!(behind(&*ledger, "M9").await.as_deref(), Some("M3"));
    assert_eq!(ledger.undo_discard(discarding, &acting(11)).await.unwrap(), 1);
    assert_eq!(behind(&*ledger, "M9").await.as_deref(), Some("M2"), "it is back in its place");
    assert_eq!(behind(&*ledger, "M3").await.as_deref(), Some("M2"));
}

#[rstest]
#[tokio::test]
async fn what_lies_about_a_subject_is_told_in_the_order_in_which_it_fell(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let lying = async || ledger.falls_about(super::IMPORTER, ORDER).await.unwrap();
    three(&*ledger).await;
    falls(&*ledger, "M1", 4).await;
    assert_eq!(lying().await, ["M1", "M2", "M3"]);
    let second = letter(&*ledger, "M2").await.id;
    ledger.discard(&only(&[second]), &acting(5)).await.unwrap().unwrap();
    assert_eq!(lying().await, ["M1", "M3"]);
    assert_eq!(ledger.falls_about("stock-writer", ORDER).await.unwrap(), [""; 0]);
    assert_eq!(ledger.falls_about(super::IMPORTER, "BG1002").await.unwrap(), [""; 0]);
}

#[rstest]
#[tokio::test]
async fn what_waits_goes_by_itself_one_after_the_other_once_its_turn_has_come(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    three(&*ledger).await;
    assert_eq!(send(&*ledger, 4).await, []);
    let first = letter(&*ledger, "M1").await.id;
    ledger.discard(&only(&[first]), &acting(5)).await.unwrap().unwrap();
    let second = send_one(&*ledger, 6).await;
    assert_eq!(second.message.message_id, "M2");
    assert_eq!(send(&*ledger, 7).await, [], "while the second is under way");
    bury(&*ledger, &[Fallen { subject: Some("M2".to_owned()), ..fallen_after(&second, 8) }], 8).await;
    assert_eq!(send(&*ledger, 9).await, [], "nor when it is dead");
    assert_eq!(letter(&*ledger, "M3").await.state, DeadLetterState::Waiting);
    replay_all(&*ledger, 10).await;
    revive(&*ledger, &send_one(&*ledger, 11).await, 12).await;
    let third = send_one(&*ledger, 13).await;
    assert_eq!(third.message.message_id, "M3");
    revive(&*ledger, &third, 14).await;
    assert_eq!(behind(&*ledger, "M9").await, None);
    let kinds: Vec<_> = ledger.acts(10).await.unwrap().into_iter().map(|act| act.kind.as_str()).collect();
    assert_eq!(kinds, ["replay", "discard"], "no act of what went by itself");
}

#[rstest]
#[tokio::test]
async fn what_waits_and_what_is_replayed_about_one_subject_do_not_go_together(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let same = |id: &str, at, waits| Fallen { subject: Some(ORDER.to_owned()), waits, ..fallen(id, at) };
    bury(&*ledger, &[same("M1", 1, false), same("M2", 2, true)], 3).await;
    replay_all(&*ledger, 4).await;
    let sent = send(&*ledger, 5).await;
    assert_eq!(ids_of(&sent), ["M1"]);
    assert_eq!(send(&*ledger, 6).await, []);
    revive(&*ledger, &sent[0], 7).await;
    assert_eq!(ids_of(&send(&*ledger, 8).await), ["M2"]);
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 2);
}
