//! What is sent next, and what comes again.

use crossdock_ledger::{DeadLetterState, Fallen, Ledger, MessageKey, Paused, ReplayKey, ToSend};
use rstest::rstest;

use super::{
    acting, all, bury, fallen, fallen_after, ids_of, letter, numbers, replay_all, revive, send, send_one,
};
use crate::database::{Engine, fresh};
use crate::samples::minute;

async fn next(ledger: &dyn Ledger, most: u32, paused: &[&str]) -> Vec<ToSend> {
    let stores = paused.iter().map(|store| (*store).to_owned()).collect();
    ledger.next_to_send(most, &Paused { stores, except: &["order.released"] }, minute(60)).await.unwrap()
}

fn in_lane(role: &str, store: &str, id: &str, at: i64) -> Fallen {
    let message = MessageKey { role: role.to_owned(), message_id: id.to_owned() };
    Fallen { message, store: store.to_owned(), ..fallen(id, at) }
}

#[rstest]
#[tokio::test]
async fn of_each_role_and_shop_so_many_are_under_way_those_that_failed_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let mut letters: Vec<Fallen> =
        (1..=5).map(|at| in_lane("order-importer", "acme-au", &format!("A{at}"), at)).collect();
    letters.reverse();
    letters.extend((1..=3).map(|at| in_lane("order-importer", "acme-nz", &format!("B{at}"), at)));
    letters.extend((1..=3).map(|at| in_lane("stock-writer", "acme-au", &format!("C{at}"), at)));
    bury(&*ledger, &letters, 6).await;
    assert_eq!(next(&*ledger, 2, &[]).await, [], "nobody wants them sent");
    replay_all(&*ledger, 7).await;
    let first = next(&*ledger, 2, &[]).await;
    let mut ids = ids_of(&first);
    ids.sort_unstable();
    assert_eq!(ids, ["A1", "A2", "B1", "B2", "C1", "C2"]);
    assert_eq!(next(&*ledger, 2, &[]).await, []);
    let back = first.iter().find(|sent| sent.message.message_id == "A2").unwrap();
    revive(&*ledger, back, 61).await;
    assert_eq!(ids_of(&next(&*ledger, 2, &[]).await), ["A3"]);
    assert_eq!(next(&*ledger, 0, &[]).await, []);
}

fn all_paused(store: &str) -> Paused {
    Paused { stores: vec![store.to_owned()], except: &[] }
}

#[rstest]
#[tokio::test]
async fn a_shop_that_is_paused_is_sent_nothing_that_needs_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let letters =
        [in_lane("order-importer", "acme-au", "A", 1), in_lane("order-importer", "acme-nz", "B", 2)];
    bury(&*ledger, &letters, 3).await;
    replay_all(&*ledger, 4).await;
    assert_eq!(ids_of(&next(&*ledger, 9, &["acme-au"]).await), ["B"]);
    let needless =
        Fallen { kind: "order.released".to_owned(), ..in_lane("order-importer", "acme-au", "C", 1) };
    bury(&*ledger, &[needless], 5).await;
    replay_all(&*ledger, 5).await;
    assert_eq!(ids_of(&next(&*ledger, 9, &["acme-au"]).await), ["C"], "what needs nothing of the shop");
    assert_eq!(ledger.next_to_send(9, &all_paused("acme-au"), minute(60)).await.unwrap(), []);
    assert_eq!(ids_of(&next(&*ledger, 9, &[]).await), ["A"]);
}

#[rstest]
#[tokio::test]
async fn of_one_subject_one_goes_at_a_time_in_the_order_in_which_they_failed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let about = |id: &str, at, subject: Option<&str>| Fallen {
        subject: subject.map(str::to_owned),
        ..fallen(id, at)
    };
    let letters = [
        about("A2", 2, Some("1001")),
        about("A1", 1, Some("1001")),
        about("B", 3, Some("1002")),
        about("N1", 4, None),
        about("N2", 5, None),
        Fallen { store: "acme-nz".to_owned(), ..about("elsewhere", 6, Some("1001")) },
    ];
    bury(&*ledger, &letters, 7).await;
    let replay = replay_all(&*ledger, 8).await;
    let first = send(&*ledger, 9).await;
    assert_eq!(ids_of(&first), ["A1", "B", "N1", "N2", "elsewhere"]);
    assert_eq!(send(&*ledger, 10).await, []);
    bury(&*ledger, &[Fallen { subject: Some("1001".to_owned()), ..fallen_after(&first[0], 11) }], 11).await;
    assert_eq!(ids_of(&send(&*ledger, 12).await), ["A2"], "also if the first failed again");
    assert_eq!(numbers(&*ledger, replay).await, [0, 5, 0, 1, 0]);
}

#[rstest]
#[tokio::test]
async fn where_it_is_kept_the_order_in_which_they_fell_is_that_in_which_they_go(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let about = |id: &str, at| Fallen { subject: Some("BG1".to_owned()), ..fallen(id, at) };
    // B failed first, and was tried until after A had fallen; C never fell.
    for id in ["A", "B"] {
        ledger.falls(&super::message(id), "BG1", minute(9)).await.unwrap();
    }
    bury(&*ledger, &[about("C", 0), about("B", 1), about("A", 5)], 9).await;
    replay_all(&*ledger, 10).await;
    for (at, id) in [(11, "A"), (12, "B"), (13, "C")] {
        let sent = send_one(&*ledger, at).await;
        assert_eq!(sent.message.message_id, id);
        revive(&*ledger, &sent, at).await;
    }
}

#[rstest]
#[tokio::test]
async fn what_was_lost_on_its_way_takes_nobodys_place_after_an_hour_but_holds_up_its_own_subject(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let lost = [fallen("M1", 1), fallen("M2", 2)];
    let others = [
        Fallen { subject: Some("M1".to_owned()), ..fallen("after M1", 3) },
        fallen("M3", 4),
        fallen("M4", 5),
        fallen("M5", 6),
    ];
    bury(&*ledger, &[&lost[..], &others].concat(), 7).await;
    replay_all(&*ledger, 8).await;
    let at = async |at| {
        let next = ledger.next_to_send(2, &Paused::default(), minute(at)).await.unwrap();
        next.into_iter().map(|sent| sent.message.message_id).collect::<Vec<_>>()
    };
    assert_eq!(at(10).await, ["M1", "M2"]);
    assert_eq!(at(70).await, [""; 0], "they may still come back");
    assert_eq!(at(71).await, ["M3", "M4"]);
    assert_eq!(at(72).await, [""; 0]);
    let of_m1 = only_about(&*ledger, "M1").await;
    assert_eq!(of_m1, [DeadLetterState::Queued, DeadLetterState::Sent], "nothing is sent twice by itself");
}

/// How those about a subject stand, that which failed last first.
async fn only_about(ledger: &dyn Ledger, subject: &str) -> Vec<DeadLetterState> {
    let wanted = crossdock_ledger::DeadLettersWanted { subject: Some(subject.to_owned()), ..all() };
    ledger.dead_letters(&wanted).await.unwrap().into_iter().map(|letter| letter.state).collect()
}

#[rstest]
#[tokio::test]
async fn a_subject_with_much_to_send_does_not_hold_up_the_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let mut letters: Vec<Fallen> = (0..40)
        .map(|at| Fallen { subject: Some("1001".to_owned()), ..fallen(&format!("A{at}"), at) })
        .collect();
    letters.push(fallen("B", 50));
    bury(&*ledger, &letters, 51).await;
    replay_all(&*ledger, 52).await;
    assert_eq!(ids_of(&next(&*ledger, 5, &[]).await), ["A0", "B"]);
}

#[rstest]
#[tokio::test]
async fn what_was_not_confirmed_comes_again_as_the_same_sending(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let letters: Vec<Fallen> = (1..=4).map(|at| fallen(&format!("M{at}"), at)).collect();
    bury(&*ledger, &letters, 5).await;
    let replay = replay_all(&*ledger, 6).await;
    let given = next(&*ledger, 3, &[]).await;
    // Killed after M1's confirm was noted, and M2 was handled.
    ledger.sent(&[given[0].replay]).await.unwrap();
    revive(&*ledger, &given[1], 62).await;
    let again = ledger.unconfirmed().await.unwrap();
    assert_eq!(again, given[2..], "the same sending");
    assert_eq!(numbers(&*ledger, replay).await, [1, 2, 1, 0, 0]);
    let keys: Vec<ReplayKey> = again.iter().map(|sent| sent.replay).collect();
    ledger.sent(&keys).await.unwrap();
    assert_eq!(ledger.unconfirmed().await.unwrap(), []);
    // The same sending twice: what comes back first counts.
    revive(&*ledger, &again[0], 63).await;
    bury(&*ledger, &[fallen_after(&again[0], 64)], 64).await;
    assert_eq!(numbers(&*ledger, replay).await, [1, 1, 2, 0, 0]);
}

#[rstest]
#[tokio::test]
async fn a_confirm_of_an_earlier_sending_confirms_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1)], 2).await;
    replay_all(&*ledger, 3).await;
    let first = send_one(&*ledger, 4).await;
    bury(&*ledger, &[fallen_after(&first, 5)], 5).await;
    replay_all(&*ledger, 6).await;
    let second = next(&*ledger, 9, &[]).await;
    ledger.sent(&[first.replay]).await.unwrap();
    assert_eq!(ledger.unconfirmed().await.unwrap(), second);
}

#[rstest]
#[tokio::test]
async fn what_is_sent_is_the_message_with_the_edited_body_if_there_is_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    bury(&*ledger, &[fallen("M1", 1), fallen("M2", 2)], 3).await;
    let id = letter(&*ledger, "M2").await.id;
    assert!(ledger.edit(id, Some(b"another"), &acting(4)).await.unwrap());
    replay_all(&*ledger, 5).await;
    let sent = send(&*ledger, 6).await;
    let expected = |id, message_id: &str, body: &[u8]| ToSend {
        replay: ReplayKey { id, round: 1 },
        message: super::message(message_id),
        kind: "shop.order.changed".to_owned(),
        content_type: "application/cloudevents+json".to_owned(),
        body: body.to_vec(),
    };
    let first = letter(&*ledger, "M1").await.id;
    assert_eq!(sent, [expected(first, "M1", b"body of minute 1"), expected(id, "M2", b"another")]);
}
