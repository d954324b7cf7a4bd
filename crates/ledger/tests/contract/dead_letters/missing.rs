//! Messages that fell, and of which nothing came to the desk.

use crossdock_ledger::{DeadLetter, DeadLetterState, Fallen, Ledger, Missing};
use rstest::rstest;
use serde_json::json;

use super::{
    acting, all, bury, fallen, fallen_after, letter, message, numbers, replay_all, revive, send, send_one,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

const ORDER: &str = "BG1001";

async fn falls(ledger: &dyn Ledger, id: &str, at: i64) {
    ledger.falls(&message(id), ORDER, minute(at)).await.unwrap();
}

async fn missing(ledger: &dyn Ledger, before: i64) -> Vec<String> {
    let missing = ledger.missing(minute(before)).await.unwrap();
    missing.into_iter().map(|it| it.message.message_id).collect()
}

/// What is shown for a message that fell at this minute, about a subject of its own.
fn stand_in(id: &str, at: i64) -> Fallen {
    Fallen {
        store: String::new(),
        kind: String::new(),
        content_type: String::new(),
        properties: json!({}),
        body: Vec::new(),
        class: "never-came".to_owned(),
        chain: "it never came".to_owned(),
        attempts: 0,
        ..fallen(id, at)
    }
}

#[rstest]
#[tokio::test]
async fn what_fell_is_missing_until_it_has_come_or_was_handled(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for (at, id) in [(1, "came"), (2, "handled"), (3, "missing"), (4, "fell anew")] {
        falls(&*ledger, id, at).await;
    }
    falls(&*ledger, "fell anew", 9).await;
    bury(&*ledger, &[fallen("came", 1)], 5).await;
    ledger.rises(&message("handled"), minute(5)).await.unwrap();
    let expected = Missing { message: message("missing"), subject: ORDER.to_owned(), fell_at: minute(3) };
    assert_eq!(ledger.missing(minute(9)).await.unwrap(), [expected]);
    assert_eq!(missing(&*ledger, 3).await, [""; 0], "at this moment, not before it");
    assert_eq!(missing(&*ledger, 10).await, ["missing", "fell anew"]);
}

#[rstest]
#[tokio::test]
async fn what_is_missing_is_seen_once_and_lets_go_what_waits_when_it_is_discarded(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    falls(&*ledger, "M2", 2).await;
    bury(&*ledger, &[Fallen { waits: true, ..fallen("M2", 2) }], 2).await;
    ledger
        .bury_missing(&[stand_in("M1", 1), stand_in("M2", 2), stand_in("M3", 3)], minute(70))
        .await
        .unwrap();
    ledger.bury_missing(&[stand_in("M1", 1)], minute(71)).await.unwrap();
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 2, "M2 had come, M3 never fell");
    let shown = letter(&*ledger, "M1").await;
    assert_eq!((shown.state, shown.failures, shown.changed_at), (DeadLetterState::Dead, 0, minute(70)));
    assert_eq!(letter(&*ledger, "M2").await.state, DeadLetterState::Waiting);
    assert_eq!(missing(&*ledger, 100).await, [""; 0]);
    assert_eq!(ledger.begin_replay(&all(), &acting(72)).await.unwrap(), None, "nothing of it is there");
    assert_eq!(send(&*ledger, 73).await, []);
    let only = super::only(&[shown.id]);
    ledger.discard(&only, &acting(74)).await.unwrap().unwrap();
    assert_eq!(send_one(&*ledger, 75).await.message.message_id, "M2");
}

#[rstest]
#[case::while_it_is_shown(false)]
#[case::after_it_was_given_up(true)]
#[tokio::test]
async fn one_that_comes_in_the_end_is_taken_as_it_is(
    #[case] discarded: bool,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    ledger.bury_missing(&[stand_in("M1", 1)], minute(70)).await.unwrap();
    let id = letter(&*ledger, "M1").await.id;
    if discarded {
        ledger.discard(&all(), &acting(71)).await.unwrap().unwrap();
    }
    let came = Fallen { first_failed_at: minute(0), subject: Some(ORDER.to_owned()), ..fallen("M1", 1) };
    bury(&*ledger, &[came.clone(), came.clone()], 80).await;
    let whole = ledger.dead_letter(id).await.unwrap().unwrap();
    let stands = whole.letter;
    assert_eq!((stands.state, stands.failures, stands.attempts), (DeadLetterState::Dead, 1, 3));
    assert_eq!((stands.store, stands.subject, stands.kind), (came.store, came.subject, came.kind));
    assert_eq!((stands.first_failed_at, stands.last_failed_at), (minute(0), minute(1)));
    assert_eq!((stands.class, stands.chain), (came.class, came.chain));
    assert_eq!(
        (whole.body, whole.content_type, whole.properties),
        (came.body, came.content_type, came.properties)
    );
    assert_eq!(ledger.falls_behind(&message("M2"), ORDER).await.unwrap().as_deref(), Some("M1"));
    replay_all(&*ledger, 81).await;
    let sent = send_one(&*ledger, 82).await;
    assert_eq!(sent.body, b"body of minute 1");
    revive(&*ledger, &sent, 83).await;
    assert_eq!(ledger.falls_behind(&message("M2"), ORDER).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn what_is_shown_for_one_that_is_handled_in_the_end_is_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for (at, id) in [(1, "M1"), (2, "M2"), (3, "M3")] {
        falls(&*ledger, id, at).await;
    }
    ledger.bury_missing(&[stand_in("M1", 1), stand_in("M2", 2)], minute(100)).await.unwrap();
    bury(&*ledger, &[fallen("M3", 3)], 100).await;
    let given_up = super::only(&[letter(&*ledger, "M2").await.id]);
    ledger.discard(&given_up, &acting(101)).await.unwrap().unwrap();
    for id in ["M1", "M2", "M3"] {
        ledger.rises(&message(id), minute(102)).await.unwrap();
    }
    let stands = async |id| letter(&*ledger, id).await;
    assert_eq!(
        (stands("M1").await.state, stands("M1").await.changed_at),
        (DeadLetterState::Done, minute(102))
    );
    assert_eq!(stands("M2").await.state, DeadLetterState::Discarded, "a person did that");
    assert_eq!(stands("M3").await.state, DeadLetterState::Dead, "what has come is a failure of its own");
    assert_eq!(ledger.falls_behind(&message("M9"), ORDER).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn one_that_is_tried_again_is_not_missing_and_others_still_wait_behind_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    falls(&*ledger, "M2", 2).await;
    ledger.is_tried_again(&message("M1"), minute(50)).await.unwrap();
    ledger.is_tried_again(&message("M3"), minute(50)).await.unwrap();
    assert_eq!(missing(&*ledger, 50).await, ["M2"]);
    assert_eq!(missing(&*ledger, 51).await, ["M1", "M2"]);
    for id in ["M2", "M4"] {
        let behind = ledger.falls_behind(&message(id), ORDER).await.unwrap();
        assert_eq!(behind.as_deref(), Some("M1"), "it keeps its place");
    }
}

#[rstest]
#[tokio::test]
async fn one_that_never_came_was_given_up_and_is_missing_anew_is_still_taken_as_it_is_when_it_comes(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    falls(&*ledger, "M1", 1).await;
    ledger.bury_missing(&[stand_in("M1", 1)], minute(70)).await.unwrap();
    ledger.discard(&all(), &acting(71)).await.unwrap().unwrap();
    falls(&*ledger, "M1", 80).await;
    assert_eq!(missing(&*ledger, 99).await, ["M1"]);
    ledger.bury_missing(&[stand_in("M1", 80)], minute(150)).await.unwrap();
    let shown = letter(&*ledger, "M1").await;
    assert_eq!((shown.state, shown.failures, shown.changed_at), (DeadLetterState::Dead, 0, minute(150)));
    assert_eq!(ledger.begin_replay(&all(), &acting(151)).await.unwrap(), None, "nothing of it is there");
    bury(&*ledger, &[fallen("M1", 80)], 152).await;
    replay_all(&*ledger, 153).await;
    assert_eq!(send_one(&*ledger, 154).await.body, fallen("M1", 80).body);
}

/// M1 was handled in a replay, fell anew at minute 4 and is missing: its former dead letter is open again from minute 70.
async fn missing_anew(ledger: &dyn Ledger) -> DeadLetter {
    bury(ledger, &[fallen("M1", 1)], 1).await;
    replay_all(ledger, 2).await;
    let sent = send_one(ledger, 3).await;
    falls(ledger, "M1", 4).await;
    assert_eq!(missing(ledger, 99).await, [""; 0], "while it is open, it is seen anyway");
    revive(ledger, &sent, 5).await;
    assert_eq!(missing(ledger, 99).await, ["M1"]);
    ledger.bury_missing(&[stand_in("M1", 4)], minute(70)).await.unwrap();
    assert_eq!(missing(ledger, 99).await, [""; 0]);
    letter(ledger, "M1").await
}

#[rstest]
#[tokio::test]
async fn one_that_was_over_and_is_missing_after_it_fell_anew_is_open_again_with_all_that_was_kept_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let shown = missing_anew(&*ledger).await;
    assert_eq!((shown.state, shown.changed_at), (DeadLetterState::Dead, minute(70)));
    assert_eq!((shown.class.as_str(), shown.chain.as_str()), ("never-came", "it never came"));
    assert_eq!((shown.failures, shown.attempts), (1, 3), "that it did not come is no failure");
    assert_eq!((shown.first_failed_at, shown.last_failed_at), (minute(1), minute(4)));
    let whole = ledger.dead_letter(shown.id).await.unwrap().unwrap();
    let former = fallen("M1", 1);
    assert_eq!((whole.body, whole.properties), (former.body, former.properties));
    let came = fallen("M1", 4);
    bury(&*ledger, std::slice::from_ref(&came), 80).await;
    let whole = ledger.dead_letter(shown.id).await.unwrap().unwrap();
    assert_eq!((whole.letter.failures, whole.letter.class), (2, came.class));
    assert_eq!(whole.properties, came.properties);
}

#[rstest]
#[tokio::test]
async fn one_that_is_open_again_and_is_handled_in_the_end_is_done(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    missing_anew(&*ledger).await;
    ledger.rises(&message("M1"), minute(80)).await.unwrap();
    let stands = letter(&*ledger, "M1").await;
    assert_eq!((stands.state, stands.changed_at), (DeadLetterState::Done, minute(80)));
    assert_eq!(ledger.falls_behind(&message("M2"), ORDER).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn one_that_is_open_again_can_be_given_up_and_taken_back_as_any_other(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    missing_anew(&*ledger).await;
    let behind = async || ledger.falls_behind(&message("M2"), ORDER).await.unwrap();
    let discarding = ledger.discard(&all(), &acting(71)).await.unwrap().unwrap();
    assert_eq!(behind().await, None);
    assert_eq!(ledger.undo_discard(discarding, &acting(72)).await.unwrap(), 1);
    assert_eq!(letter(&*ledger, "M1").await.state, DeadLetterState::Dead);
    assert_eq!(behind().await.as_deref(), Some("M1"));
}

/// The message itself may be handled while a replay of what was kept of it is queued or under way.
#[rstest]
#[case::while_it_is_queued(false)]
#[case::while_it_is_sent(true)]
#[tokio::test]
async fn one_that_is_open_again_is_replayed_as_it_was_kept_and_the_replay_ends(
    #[case] sent_first: bool,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    missing_anew(&*ledger).await;
    let replay = replay_all(&*ledger, 81).await;
    let sent = if sent_first {
        let sent = send_one(&*ledger, 82).await;
        ledger.rises(&message("M1"), minute(83)).await.unwrap();
        sent
    } else {
        ledger.rises(&message("M1"), minute(82)).await.unwrap();
        send_one(&*ledger, 83).await
    };
    assert_eq!(sent.body, fallen("M1", 1).body);
    assert_eq!(numbers(&*ledger, replay).await, [0, 1, 0, 0, 0]);
    revive(&*ledger, &sent, 84).await;
    assert_eq!(numbers(&*ledger, replay).await, [0, 0, 1, 0, 0]);
    assert_eq!(letter(&*ledger, "M1").await.state, DeadLetterState::Done);
}

/// What was sent of it before it was given up may still come back.
#[rstest]
#[tokio::test]
async fn what_becomes_of_a_sending_before_it_was_given_up_still_counts_when_it_is_open_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 1).await;
    let replay = replay_all(&*ledger, 2).await;
    let sent = send_one(&*ledger, 3).await;
    let given_up = super::only(&[letter(&*ledger, "M1").await.id]);
    ledger.discard(&given_up, &acting(4)).await.unwrap().unwrap();
    falls(&*ledger, "M1", 5).await;
    ledger.bury_missing(&[stand_in("M1", 5)], minute(100)).await.unwrap();
    assert_eq!(numbers(&*ledger, replay).await, [0, 0, 0, 0, 1]);
    bury(&*ledger, &[fallen_after(&sent, 5)], 101).await;
    let stands = letter(&*ledger, "M1").await;
    assert_eq!((stands.failures, stands.class.as_str()), (2, "order-invalid"));
    assert_eq!(numbers(&*ledger, replay).await, [0, 0, 0, 1, 0]);
}
