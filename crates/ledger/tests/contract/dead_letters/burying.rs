//! What comes off the dead-letter queue.

use crossdock_ledger::{DeadLetterId, DeadLetterState, DeadLettersWanted, Fallen, MessageKey, ReplayKey};
use rstest::rstest;
use serde_json::json;

use super::{
    acting, all, bury, fallen, fallen_after, letter, numbers, replay_all, revive, send, send_one, state,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

#[rstest]
#[tokio::test]
async fn a_dead_letter_has_all_that_it_came_with(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let came = Fallen {
        first_failed_at: minute(1),
        properties: json!({ "headers": { "x": "nul \u{0}, quote ' and emoji 📦" }, "priority": 3 }),
        body: vec![0, 159, 146, 150, 0],
        ..fallen("M1", 5)
    };
    bury(&*ledger, std::slice::from_ref(&came), 6).await;
    let whole = ledger.dead_letter(letter(&*ledger, "M1").await.id).await.unwrap().unwrap();
    let stands = whole.letter;
    assert_eq!((stands.state, stands.failures, stands.attempts), (DeadLetterState::Dead, 1, 3));
    assert_eq!((stands.role, stands.store, stands.kind), (came.message.role, came.store, came.kind));
    assert_eq!((stands.class, stands.chain, stands.group), (came.class, came.chain, came.group));
    assert_eq!((stands.first_failed_at, stands.last_failed_at), (minute(1), minute(5)));
    assert_eq!((stands.changed_at, stands.edited), (minute(6), false));
    assert_eq!((whole.message_id, whole.content_type), (came.message.message_id, came.content_type));
    assert_eq!((whole.properties, whole.body, whole.edited_body), (came.properties, came.body, None));
    assert_eq!(ledger.dead_letter(DeadLetterId(4711)).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn texts_that_a_database_does_not_take_keep_no_letter_out(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let odd = Fallen { chain: "the shop says \u{0}".to_owned(), subject: None, ..fallen("M\u{0}", 5) };
    bury(&*ledger, &[odd.clone(), odd], 6).await;
    let stands = ledger.dead_letters(&all()).await.unwrap();
    assert_eq!(stands.len(), 1);
    assert_eq!((stands[0].chain.as_str(), stands[0].failures), ("the shop says \u{fffd}", 1));
}

/// 8 KB in which nothing repeats: no database makes it shorter.
fn endless(seed: u32) -> String {
    let next = |last: &mut u32| {
        *last = last.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        char::from_u32(0x4e00 + (*last >> 18))
    };
    (0..2_700).scan(seed, |last, _| next(last)).collect()
}

#[rstest]
#[tokio::test]
async fn names_longer_than_an_index_takes_keep_no_letter_out_and_no_order_from_being_kept(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let (role, store, subject) = (endless(1), endless(2), endless(3));
    let of = |id: &str| MessageKey { role: role.clone(), message_id: id.to_owned() };
    let long = |id: &str, at, waits| Fallen {
        message: of(id),
        store: store.clone(),
        subject: Some(subject.clone()),
        waits,
        ..fallen(id, at)
    };
    ledger.falls(&of("M1"), &subject, minute(1)).await.unwrap();
    assert_eq!(ledger.missing(minute(2)).await.unwrap().len(), 1);
    bury(&*ledger, &[long("M1", 1, false), long("M1", 1, false)], 2).await;
    assert_eq!(ledger.falls_behind(&of("M2"), &subject).await.unwrap().as_deref(), Some("M1"));
    ledger.falls(&of("M2"), &subject, minute(3)).await.unwrap();
    bury(&*ledger, &[long("M2", 3, true)], 4).await;
    assert_eq!(ledger.falls_about(&role, &subject).await.unwrap(), ["M1", "M2"]);
    let wanted = DeadLettersWanted { role: Some(role), store: Some(store), subject: Some(subject), ..all() };
    let listed = ledger.dead_letters(&wanted).await.unwrap();
    assert_eq!(listed.len(), 2, "they are found by the names with which they came");
    assert_eq!(listed[0].subject.as_ref().map(String::len), Some(255), "cut at a character's end");
    replay_all(&*ledger, 5).await;
    revive(&*ledger, &send_one(&*ledger, 6).await, 7).await;
    assert_eq!(send_one(&*ledger, 8).await.message.message_id, "M2");
}

#[rstest]
#[tokio::test]
async fn a_failure_that_comes_off_the_queue_again_is_the_same(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let both = [fallen("M1", 1), fallen("M1", 2)];
    bury(&*ledger, &both, 3).await;
    let before = letter(&*ledger, "M1").await;
    assert_eq!((before.failures, before.last_failed_at), (2, minute(2)));
    bury(&*ledger, &both, 9).await;
    assert_eq!(letter(&*ledger, "M1").await, before);
}

#[rstest]
#[tokio::test]
async fn one_that_fails_anew_is_the_same_dead_letter_however_it_stood(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let stood = ["dead", "waiting", "done", "discarded"];
    let first: Vec<Fallen> =
        stood.iter().map(|id| Fallen { waits: *id == "waiting", ..fallen(id, 1) }).collect();
    bury(&*ledger, &first, 2).await;
    let (done, discarded) = (letter(&*ledger, "done").await.id, letter(&*ledger, "discarded").await.id);
    ledger.begin_replay(&super::only(&[done]), &acting(3)).await.unwrap().unwrap();
    // What waits for nothing that is known goes as well, and comes back waiting.
    for sent in send(&*ledger, 4).await {
        match sent.message.message_id.as_str() {
            "done" => revive(&*ledger, &sent, 5).await,
            _ => bury(&*ledger, &[Fallen { waits: true, ..fallen_after(&sent, 5) }], 5).await,
        }
    }
    ledger.discard(&super::only(&[discarded]), &acting(3)).await.unwrap().unwrap();
    for id in stood {
        let before = letter(&*ledger, id).await;
        assert_eq!(before.state.as_str(), id);
        bury(&*ledger, &[Fallen { attempts: 7, class: "sku-unknown".to_owned(), ..fallen(id, 8) }], 9).await;
        let after = letter(&*ledger, id).await;
        assert_eq!((after.id, after.state), (before.id, DeadLetterState::Dead));
        assert_eq!(
            (after.failures, after.attempts, after.class.as_str()),
            (before.failures + 1, 7, "sku-unknown")
        );
        assert_eq!((after.first_failed_at, after.last_failed_at), (minute(1), minute(8)));
        let whole = ledger.dead_letter(after.id).await.unwrap().unwrap();
        assert_eq!(
            (whole.body, whole.properties["headers"]["x-tried"].as_i64()),
            (b"body of minute 1".to_vec(), Some(8))
        );
        assert_eq!(after.changed_at, minute(if id == "dead" { 2 } else { 9 }));
    }
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 4);
}

#[rstest]
#[tokio::test]
async fn what_its_sender_told_stays_when_a_replay_fails_and_is_anew_when_the_message_comes_anew(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let told = |tenant: &str| json!({ "headers": { "tenant": tenant }, "correlation_id": "c-1" });
    bury(&*ledger, &[Fallen { properties: told("north"), ..fallen("M1", 1) }], 2).await;
    let id = letter(&*ledger, "M1").await.id;
    let properties = async || ledger.dead_letter(id).await.unwrap().unwrap().properties;
    replay_all(&*ledger, 3).await;
    let sent = send_one(&*ledger, 4).await;
    bury(&*ledger, &[Fallen { chain: "still no lines".to_owned(), ..fallen_after(&sent, 5) }], 6).await;
    assert_eq!(properties().await, told("north"));
    let again = letter(&*ledger, "M1").await;
    assert_eq!((again.chain.as_str(), again.failures), ("still no lines", 2));
    bury(&*ledger, &[Fallen { properties: told("south"), ..fallen("M1", 7) }], 8).await;
    assert_eq!(properties().await, told("south"));
}

#[rstest]
#[tokio::test]
async fn a_message_of_another_role_is_another_dead_letter(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let message = MessageKey { role: "tracking-writer".to_owned(), message_id: "M1".to_owned() };
    bury(&*ledger, &[fallen("M1", 1), Fallen { message, ..fallen("M1", 1) }], 2).await;
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 2);
}

#[rstest]
#[tokio::test]
async fn one_that_is_about_to_be_sent_stays_so_when_it_fails_anew(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let replay = replay_all(&*ledger, 3).await;
    bury(&*ledger, &[fallen("M1", 4)], 5).await;
    let stands = letter(&*ledger, "M1").await;
    assert_eq!((stands.state, stands.failures, stands.changed_at), (DeadLetterState::Queued, 2, minute(3)));
    revive(&*ledger, &send_one(&*ledger, 6).await, 7).await;
    assert_eq!(numbers(&*ledger, replay).await, [0, 0, 1, 0, 0]);
}

/// What comes back of a sending, in this order, and how the dead letter stands then, with how many failures.
#[rstest]
#[case::done(&["done"], DeadLetterState::Done, 1)]
#[case::done_twice(&["done", "done"], DeadLetterState::Done, 1)]
#[case::dead(&["dead"], DeadLetterState::Dead, 2)]
#[case::dead_twice(&["dead", "dead"], DeadLetterState::Dead, 2)]
#[case::done_and_then_dead(&["done", "dead"], DeadLetterState::Done, 1)]
#[case::dead_and_then_done(&["dead", "done"], DeadLetterState::Dead, 2)]
#[case::another_copy_fails_before_it_is_done(&["copy", "done"], DeadLetterState::Dead, 2)]
#[case::another_copy_fails_before_it_does(&["copy", "dead"], DeadLetterState::Dead, 2)]
#[case::another_copy_fails_after_it_is_done(&["done", "copy"], DeadLetterState::Dead, 2)]
#[case::that_failure_of_a_copy_comes_twice(&["copy", "copy", "done"], DeadLetterState::Dead, 2)]
#[tokio::test]
async fn the_first_that_comes_back_of_a_sending_counts(
    #[case] back: &[&str],
    #[case] stands: DeadLetterState,
    #[case] failures: u32,
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let replay = replay_all(&*ledger, 3).await;
    let sent = send_one(&*ledger, 4).await;
    for (minute, what) in (5..).zip(back) {
        match *what {
            "done" => revive(&*ledger, &sent, minute).await,
            "dead" => bury(&*ledger, &[fallen_after(&sent, minute)], minute).await,
            _ => bury(&*ledger, &[fallen("M1", 4)], minute).await,
        }
    }
    let letter = letter(&*ledger, "M1").await;
    assert_eq!((letter.state, letter.failures), (stands, failures));
    let expected = if back[0] == "done" { [0, 0, 1, 0, 0] } else { [0, 0, 0, 1, 0] };
    assert_eq!(numbers(&*ledger, replay).await, expected);
}

#[rstest]
#[tokio::test]
async fn what_comes_back_of_an_earlier_sending_changes_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    replay_all(&*ledger, 3).await;
    let first = send_one(&*ledger, 4).await;
    bury(&*ledger, &[fallen_after(&first, 5)], 5).await;
    replay_all(&*ledger, 6).await;
    let second = send_one(&*ledger, 7).await;
    assert_eq!((first.replay.round, second.replay.round), (1, 2));
    let before = letter(&*ledger, "M1").await;
    bury(&*ledger, &[fallen_after(&first, 8)], 8).await;
    revive(&*ledger, &first, 9).await;
    assert_eq!(letter(&*ledger, "M1").await, before);
    revive(&*ledger, &second, 10).await;
    assert_eq!(state(&*ledger, "M1").await, DeadLetterState::Done);
}

#[rstest]
#[tokio::test]
async fn a_replay_of_one_that_is_not_known_is_a_dead_letter_if_it_fails(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let other = letter(&*ledger, "M1").await;
    // As if the ledger had been exchanged since: the number is another one's now.
    let unknown = ReplayKey { id: other.id, round: 1 };
    ledger.revive(&[unknown, ReplayKey { id: DeadLetterId(4711), round: 1 }], minute(3)).await.unwrap();
    bury(&*ledger, &[Fallen { replay: Some(unknown), ..fallen("M2", 4) }], 5).await;
    assert_eq!(state(&*ledger, "M2").await, DeadLetterState::Dead);
    assert_eq!(letter(&*ledger, "M1").await, other);
    let again = letter(&*ledger, "M2").await;
    bury(&*ledger, &[Fallen { replay: Some(unknown), ..fallen("M2", 6) }], 7).await;
    assert_eq!(letter(&*ledger, "M2").await.failures, again.failures + 1);
}
