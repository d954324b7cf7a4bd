//! Edits, and the trail of all that was done.

use crossdock_ledger::ActKind::{Cancel, Discard, Edit, Export, Replay, Resume, Undo};
use crossdock_ledger::{Act, ActId, ActKind, DeadLetterId, DeadLetterState, DeadLettersWanted};
use rstest::rstest;

use super::{acting, all, bury, fallen, fallen_after, letter, only, replay_all, send_one};
use crate::database::{Engine, fresh};
use crate::samples::minute;

#[rstest]
#[tokio::test]
async fn an_edit_leaves_the_original_and_can_be_taken_back(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    let id = letter(&*ledger, "M1").await.id;
    assert!(ledger.edit(id, Some(&[0, 255]), &acting(3)).await.unwrap());
    let whole = ledger.dead_letter(id).await.unwrap().unwrap();
    assert_eq!((whole.letter.edited, whole.edited_body), (true, Some(vec![0, 255])));
    assert_eq!(whole.body, b"body of minute 1");
    // It fails again: what was edited stays for the next replay.
    replay_all(&*ledger, 4).await;
    let sent = send_one(&*ledger, 5).await;
    assert!(!ledger.edit(id, None, &acting(6)).await.unwrap(), "it is on its way");
    bury(&*ledger, &[fallen_after(&sent, 7)], 7).await;
    assert!(letter(&*ledger, "M1").await.edited);
    assert!(ledger.edit(id, None, &acting(8)).await.unwrap());
    assert_eq!(ledger.dead_letter(id).await.unwrap().unwrap().edited_body, None);
    assert!(!ledger.edit(DeadLetterId(4711), None, &acting(9)).await.unwrap());
}

#[rstest]
#[tokio::test]
async fn the_trail_tells_who_did_what_when_to_how_many(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1), fallen("M2", 2)], 3).await;
    let [first, second] = [letter(&*ledger, "M1").await.id, letter(&*ledger, "M2").await.id];
    ledger.edit(first, Some(b"another"), &acting(4)).await.unwrap();
    let replay = replay_all(&*ledger, 5).await;
    ledger.cancel_replay(replay, &acting(6)).await.unwrap();
    let discarding = ledger.discard(&only(&[second]), &acting(7)).await.unwrap().unwrap();
    ledger.resume_replay(replay, &acting(8)).await.unwrap();
    ledger.undo_discard(discarding, &acting(9)).await.unwrap();
    let exporting = ledger.export(&only(&[second]), &acting(10)).await.unwrap().unwrap();
    let done = DeadLettersWanted { states: vec![DeadLetterState::Done], ..all() };
    assert_eq!(ledger.export(&done, &acting(11)).await.unwrap(), None, "none of them is done");

    let trail = ledger.acts(100).await.unwrap();
    let told: Vec<_> = trail.iter().map(|act| (act.kind, act.at, act.count, act.of)).collect();
    let expected = [
        (Export, minute(10), 1, None),
        (Undo, minute(9), 1, Some(discarding)),
        (Resume, minute(8), 1, Some(replay)),
        (Discard, minute(7), 1, None),
        (Cancel, minute(6), 2, Some(replay)),
        (Replay, minute(5), 2, None),
        (Edit, minute(4), 1, None),
    ];
    assert_eq!(told, expected);
    assert!(
        trail.iter().all(|act| act.who == "jo" && act.progress.is_some() == (act.kind == ActKind::Replay))
    );
    assert_eq!((trail[0].id, trail[0].note.as_str()), (exporting, "act of minute 10"));
    assert_eq!(ledger.acts(2).await.unwrap(), trail[..2]);
    assert_eq!(ledger.act(replay).await.unwrap().as_ref(), Some(&trail[5]));
    assert_eq!(ledger.act(ActId(4711)).await.unwrap(), None);

    let kinds = |acts: Vec<Act>| acts.into_iter().map(|act| act.kind).collect::<Vec<_>>();
    assert_eq!(kinds(ledger.acts_on(first).await.unwrap()), [Edit, Replay, Cancel, Resume]);
    assert_eq!(kinds(ledger.acts_on(second).await.unwrap()), [Replay, Cancel, Discard, Undo, Export]);
    assert_eq!(ledger.acts_on(DeadLetterId(4711)).await.unwrap(), []);
    assert_eq!(ledger.count_dead_letters(&all()).await.unwrap(), 2);
}

#[test]
fn names_of_states_and_acts_are_read_as_they_are_written() {
    for state in DeadLetterState::ALL {
        assert_eq!(DeadLetterState::named(&state.to_string()), Some(state));
    }
    for kind in ActKind::ALL {
        assert_eq!(ActKind::named(&kind.to_string()), Some(kind));
    }
    assert_eq!((DeadLetterState::named("gone"), ActKind::named("gone")), (None, None));
}
