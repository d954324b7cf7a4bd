//! Replays: begun, cancelled, resumed, and how they go.

use crossdock_ledger::{ActId, DeadLetterState, DeadLettersWanted, Fallen, Paused};
use rstest::rstest;

use super::{
    acting, all, bury, fallen, fallen_after, ids_of, letter, numbers, only, progress, replay_all, revive,
    send, send_one, state,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

#[rstest]
#[tokio::test]
async fn a_replay_queues_what_is_wanted_and_dead(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let elsewhere = Fallen { store: "acme-nz".to_owned(), ..fallen("elsewhere", 1) };
    bury(&*ledger, &[fallen("M1", 1), fallen("given up", 1), fallen("M2", 2), elsewhere], 3).await;
    bury(&*ledger, &[Fallen { waits: true, ..fallen("waits", 3) }], 3).await;
    let given_up = letter(&*ledger, "given up").await.id;
    ledger.discard(&only(&[given_up]), &acting(4)).await.unwrap().unwrap();
    let of_shop = DeadLettersWanted { store: Some("acme-au".to_owned()), ..all() };
    let replay = ledger.begin_replay(&of_shop, &acting(5)).await.unwrap().unwrap();
    let expected = [
        ("M1", "queued"),
        ("M2", "queued"),
        ("given up", "discarded"),
        ("elsewhere", "dead"),
        ("waits", "waiting"),
    ];
    for (id, expected) in expected {
        assert_eq!(state(&*ledger, id).await.as_str(), expected);
    }
    assert_eq!(letter(&*ledger, "M1").await.changed_at, minute(5));
    assert_eq!(numbers(&*ledger, replay).await, [2, 0, 0, 0, 0]);
    assert_eq!(ledger.begin_replay(&of_shop, &acting(6)).await.unwrap(), None, "it is queued already");
    assert_eq!(ledger.begin_replay(&only(&[given_up]), &acting(6)).await.unwrap(), None);
    assert_eq!(ledger.acts(10).await.unwrap().len(), 2, "nothing was done in vain");
}

#[rstest]
#[tokio::test]
async fn a_limit_bounds_a_replay(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1), fallen("M2", 2), fallen("M3", 3)], 3).await;
    let two = DeadLettersWanted { limit: Some(2), ..all() };
    ledger.begin_replay(&two, &acting(4)).await.unwrap().unwrap();
    assert_eq!(ids_of(&send(&*ledger, 5).await), ["M2", "M3"], "the first two of the list");
}

#[rstest]
#[tokio::test]
async fn a_replay_tells_how_it_goes_until_its_end(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1), fallen("M2", 2), fallen("M3", 3)], 4).await;
    let replay = replay_all(&*ledger, 5).await;
    let next = ledger.next_to_send(2, &Paused::default(), minute(6)).await.unwrap();
    assert_eq!(numbers(&*ledger, replay).await, [1, 2, 0, 0, 0]);
    revive(&*ledger, &next[0], 7).await;
    bury(&*ledger, &[fallen_after(&next[1], 8)], 8).await;
    assert_eq!(numbers(&*ledger, replay).await, [1, 0, 1, 1, 0]);
    revive(&*ledger, &send_one(&*ledger, 9).await, 10).await;
    let ended = progress(&*ledger, replay).await;
    assert_eq!((ended.done, ended.dead, ended.cancelled), (2, 1, false));
    assert_eq!(ended.ended_at, Some(minute(10)));
    assert!(!ledger.cancel_replay(replay, &acting(11)).await.unwrap(), "it has ended");
}

#[rstest]
#[tokio::test]
async fn a_cancelled_replay_leaves_what_is_not_sent_and_goes_on_with_it_when_it_is_resumed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let four: Vec<Fallen> = (1..=4).map(|at| fallen(&format!("M{at}"), at)).collect();
    bury(&*ledger, &four, 5).await;
    let replay = replay_all(&*ledger, 6).await;
    let first = ledger.next_to_send(1, &Paused::default(), minute(7)).await.unwrap();
    assert!(!ledger.resume_replay(replay, &acting(8)).await.unwrap(), "it was not cancelled");
    assert!(ledger.cancel_replay(replay, &acting(8)).await.unwrap());
    assert!(!ledger.cancel_replay(replay, &acting(9)).await.unwrap(), "it was cancelled already");
    assert_eq!(state(&*ledger, "M1").await, DeadLetterState::Sent);
    assert_eq!(state(&*ledger, "M2").await, DeadLetterState::Dead);
    assert_eq!(send(&*ledger, 9).await, []);
    let stands = progress(&*ledger, replay).await;
    assert_eq!((stands.sent, stands.left, stands.cancelled, stands.ended_at), (1, 3, true, None));
    // What was sent is not called back.
    revive(&*ledger, &first[0], 10).await;
    assert_eq!(progress(&*ledger, replay).await.ended_at, Some(minute(10)));

    // Of what it left, one is given up, and one is taken up by another replay.
    let [second, third] = [letter(&*ledger, "M2").await.id, letter(&*ledger, "M3").await.id];
    ledger.discard(&only(&[second]), &acting(11)).await.unwrap().unwrap();
    let other = ledger.begin_replay(&only(&[third]), &acting(12)).await.unwrap().unwrap();
    bury(&*ledger, &[fallen_after(&send_one(&*ledger, 13).await, 14)], 14).await;
    assert!(ledger.resume_replay(replay, &acting(15)).await.unwrap());
    let next = send_one(&*ledger, 16).await;
    assert_eq!(next.message.message_id, "M4");
    assert!(!progress(&*ledger, replay).await.cancelled);
    assert_eq!(numbers(&*ledger, replay).await, [0, 1, 1, 0, 2]);
    assert_eq!(numbers(&*ledger, other).await, [0, 0, 0, 1, 0]);
}

#[rstest]
#[tokio::test]
async fn only_a_replay_can_be_cancelled_or_resumed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let discarding = ledger.discard(&all(), &acting(3)).await.unwrap().unwrap();
    for act in [discarding, ActId(4711)] {
        assert!(!ledger.cancel_replay(act, &acting(4)).await.unwrap());
        assert!(!ledger.resume_replay(act, &acting(4)).await.unwrap());
    }
    assert_eq!(ledger.acts(10).await.unwrap().len(), 1);
}

#[rstest]
#[tokio::test]
async fn one_of_which_nothing_came_back_for_an_hour_is_sent_once_more_if_it_is_wanted_by_its_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let lost = replay_all(&*ledger, 3).await;
    let first = send_one(&*ledger, 4).await;
    let id = only(&[first.replay.id]);
    assert_eq!(ledger.begin_replay(&id, &acting(64)).await.unwrap(), None, "too early");
    assert_eq!(progress(&*ledger, lost).await.sent_since, Some(minute(4)));
    assert_eq!(ledger.begin_replay(&all(), &acting(65)).await.unwrap(), None, "not by its id");
    let second = ledger.begin_replay(&id, &acting(65)).await.unwrap().unwrap();
    assert_eq!(numbers(&*ledger, lost).await, [0, 0, 0, 0, 1]);
    let again = send_one(&*ledger, 66).await;
    assert_eq!(again.replay.round, 2);
    revive(&*ledger, &first, 67).await;
    assert_eq!(state(&*ledger, "M1").await, DeadLetterState::Sent, "not by what is late");
    revive(&*ledger, &again, 68).await;
    assert_eq!(numbers(&*ledger, second).await, [0, 0, 1, 0, 0]);
    assert_eq!(numbers(&*ledger, lost).await, [0, 0, 0, 0, 1]);
}

#[rstest]
#[tokio::test]
async fn one_that_was_handled_after_all_is_not_sent_once_more(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    replay_all(&*ledger, 3).await;
    let first = send_one(&*ledger, 4).await;
    let second = ledger.begin_replay(&only(&[first.replay.id]), &acting(65)).await.unwrap().unwrap();
    revive(&*ledger, &first, 66).await;
    assert_eq!(state(&*ledger, "M1").await, DeadLetterState::Done);
    assert_eq!(numbers(&*ledger, second).await, [0, 0, 1, 0, 0]);
    assert_eq!(send(&*ledger, 67).await, []);
}
