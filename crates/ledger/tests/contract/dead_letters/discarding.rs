//! Giving dead letters up, and taking that back.

use crossdock_ledger::{ActId, DeadLetterState, DeadLettersWanted, Fallen, Paused};
use rstest::rstest;

use super::{
    acting, all, bury, fallen, fallen_after, letter, numbers, only, replay_all, revive, send, send_one, state,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

#[rstest]
#[tokio::test]
async fn what_is_dead_or_waits_is_given_up_and_comes_back_as_it_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let letters = [fallen("done", 1), fallen("dead", 2), Fallen { waits: true, ..fallen("waits", 3) }];
    bury(&*ledger, &letters[..1], 3).await;
    replay_all(&*ledger, 4).await;
    revive(&*ledger, &send_one(&*ledger, 5).await, 6).await;
    bury(&*ledger, &letters[1..], 6).await;
    let discarding = ledger.discard(&all(), &acting(7)).await.unwrap().unwrap();
    assert_eq!(ledger.act(discarding).await.unwrap().unwrap().count, 2);
    for (id, expected) in [("done", "done"), ("dead", "discarded"), ("waits", "discarded")] {
        assert_eq!(state(&*ledger, id).await.as_str(), expected);
    }
    assert_eq!(letter(&*ledger, "dead").await.changed_at, minute(7));
    assert_eq!(ledger.discard(&all(), &acting(8)).await.unwrap(), None);
    assert_eq!(ledger.undo_discard(discarding, &acting(9)).await.unwrap(), 2);
    for (id, expected) in [("dead", "dead"), ("waits", "waiting")] {
        assert_eq!(state(&*ledger, id).await.as_str(), expected);
    }
    assert_eq!(ledger.undo_discard(discarding, &acting(10)).await.unwrap(), 0, "it was taken back already");
    assert_eq!(ledger.acts(10).await.unwrap().len(), 3, "nothing was done in vain");
}

#[rstest]
#[tokio::test]
async fn undoing_leaves_alone_what_has_gone_on_since(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("A", 1), fallen("B", 2), fallen("C", 3)], 4).await;
    let first = ledger.discard(&all(), &acting(5)).await.unwrap().unwrap();
    // A fails anew; so does B, and is given up once more.
    bury(&*ledger, &[fallen("A", 6), fallen("B", 6)], 6).await;
    let b = letter(&*ledger, "B").await.id;
    let second = ledger.discard(&only(&[b]), &acting(7)).await.unwrap().unwrap();
    assert_eq!(ledger.undo_discard(first, &acting(8)).await.unwrap(), 1);
    for (id, expected) in [("A", "dead"), ("B", "discarded"), ("C", "dead")] {
        assert_eq!(state(&*ledger, id).await.as_str(), expected);
    }
    assert_eq!(letter(&*ledger, "A").await.changed_at, minute(6));
    assert_eq!(ledger.undo_discard(second, &acting(9)).await.unwrap(), 1);
    assert_eq!(ledger.undo_discard(ActId(4711), &acting(9)).await.unwrap(), 0);
}

#[rstest]
#[tokio::test]
async fn what_is_queued_is_not_given_up_and_what_was_sent_only_by_its_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("A", 1), fallen("B", 2)], 3).await;
    let replay = replay_all(&*ledger, 4).await;
    let sent = ledger.next_to_send(1, &Paused::default(), minute(5)).await.unwrap().remove(0);
    assert_eq!(ledger.discard(&all(), &acting(6)).await.unwrap(), None);
    let queued = letter(&*ledger, "B").await.id;
    let both = DeadLettersWanted { ids: vec![sent.replay.id, queued], ..all() };
    let discarding = ledger.discard(&both, &acting(7)).await.unwrap().unwrap();
    assert_eq!(numbers(&*ledger, replay).await, [1, 0, 0, 0, 1]);
    assert_eq!(ledger.undo_discard(discarding, &acting(8)).await.unwrap(), 1);
    assert_eq!(numbers(&*ledger, replay).await, [1, 1, 0, 0, 0]);
    revive(&*ledger, &sent, 9).await;
    assert_eq!(numbers(&*ledger, replay).await, [1, 0, 1, 0, 0]);
}

/// It was on its way when it was given up.
#[rstest]
#[case::handled(true, DeadLetterState::Done, [0, 0, 1, 0, 0])]
#[case::failed(false, DeadLetterState::Dead, [0, 0, 0, 1, 0])]
#[tokio::test]
async fn what_comes_back_of_one_that_was_given_up_counts(
    #[case] handled: bool,
    #[case] stands: DeadLetterState,
    #[case] expected: [u64; 5],
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("A", 1)], 2).await;
    let replay = replay_all(&*ledger, 3).await;
    let sent = send_one(&*ledger, 4).await;
    let discarding = ledger.discard(&only(&[sent.replay.id]), &acting(5)).await.unwrap().unwrap();
    if handled {
        revive(&*ledger, &sent, 6).await;
    } else {
        bury(&*ledger, &[fallen_after(&sent, 6)], 6).await;
    }
    assert_eq!(state(&*ledger, "A").await, stands);
    assert_eq!(numbers(&*ledger, replay).await, expected);
    assert_eq!(ledger.undo_discard(discarding, &acting(7)).await.unwrap(), 0);
    assert_eq!(send(&*ledger, 8).await, []);
}
