//! What is posted to the warehouse, and what it replied.

use crossdock_domain::{OrderId, ReleasedOrder, Shipment, Sku};
use crossdock_ledger::{Answer, Delivered, Ledger, LedgerError, News, NextStep, OrderState};
use rstest::rstest;

use crate::after_release::cancel;
use crate::database::{Engine, TestDatabase, fresh};
use crate::judging::judge;
use crate::samples::{
    answer_1001, au, filter, happening, judged, minute, number, order_1001, rejected, release, release_1001,
    release_order, released_order, shipment, still_untold, told_of_1001,
};

async fn delivered(ledger: &dyn Ledger) -> Delivered {
    ledger.delivered(&number("1001")).await.unwrap()
}

/// The reply of this minute to what was posted of order 1001.
async fn reply_1001(ledger: &dyn Ledger, round: u32, at: i64, answer: Option<Answer>) {
    let happening = happening(&format!("reply of minute {at}"), minute(at));
    ledger.replied(&number("1001"), round, answer.as_ref(), &happening).await.unwrap();
}

/// Order 1001, released once more after a refusal.
async fn release_again(ledger: &dyn Ledger, at: i64) {
    let id = OrderId::from("1001");
    ledger.retry(&au(), &id, &happening(&format!("retry of minute {at}"), minute(at))).await.unwrap();
    ledger.told(&au(), &id, 2, minute(at)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_release_that_is_to_be_posted_is_awaited_until_any_answer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] by_event: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.begin_posting(minute(0)).await.unwrap();
    ledger.judge(&judged("1001", 0, filter("country: US"))).await.unwrap();
    let none = ledger.delivered(&number("1001")).await.unwrap_err();
    assert!(matches!(none, LedgerError::NoSuchOrder(_)), "it was never released: {none}");

    release_1001(&*ledger, &[("TEE", 2)]).await;
    let untouched = Delivered {
        round: 0,
        release: 1,
        state: OrderState::Released,
        awaits_release: true,
        may_be_there: false,
    };
    assert_eq!(delivered(&*ledger).await, untouched);
    ledger.note_posting(&number("1001"), 1).await.unwrap();
    assert_eq!(delivered(&*ledger).await, Delivered { may_be_there: true, ..untouched });
    if by_event {
        answer_1001(&*ledger, 5, Answer::Accepted).await;
    } else {
        reply_1001(&*ledger, 1, 5, Some(Answer::Accepted)).await;
    }
    assert!(!delivered(&*ledger).await.awaits_release);
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
}

#[rstest]
#[tokio::test]
async fn what_is_done_with_never_goes_back(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for (round, stands) in [(1, 1), (3, 3), (2, 3), (3, 3)] {
        reply_1001(&*ledger, round, 5, None).await;
        assert_eq!(delivered(&*ledger).await.round, stands);
    }
}

#[rstest]
#[tokio::test]
async fn what_was_released_before_orders_were_posted_may_be_there_and_is_not_awaited(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for restarted in [3, 4] {
        ledger.begin_posting(minute(restarted)).await.unwrap();
        let stands = delivered(&*ledger).await;
        assert!(stands.may_be_there && !stands.awaits_release, "{stands:?}");
    }
    // Released once more, it comes our way.
    answer_1001(&*ledger, 5, rejected("damaged")).await;
    release_again(&*ledger, 6).await;
    let stands = delivered(&*ledger).await;
    assert!(stands.awaits_release && stands.may_be_there && stands.release == 2, "{stands:?}");
    // For a while the warehouse has taken its orders itself, and this one may have been among them.
    ledger.end_posting().await.unwrap();
    ledger.begin_posting(minute(7)).await.unwrap();
    let stands = delivered(&*ledger).await;
    assert!(stands.may_be_there && !stands.awaits_release, "{stands:?}");
}

#[rstest]
#[tokio::test]
async fn an_order_says_that_it_is_cancelled_as_soon_as_that_is_decided(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.begin_posting(minute(0)).await.unwrap();
    release_1001(&*ledger, &[("TEE", 2)]).await;
    judge(&*ledger, &judged("1001", 5, cancel("cancelled"))).await;
    let stands = delivered(&*ledger).await;
    assert!(!stands.awaits_release && !stands.may_be_there, "{stands:?}");
    assert_eq!(stands.state, OrderState::Cancelled);
    // Its release is left out; nothing of it was posted for that.
    reply_1001(&*ledger, 1, 6, None).await;
    assert!(!delivered(&*ledger).await.may_be_there);
}

#[rstest]
#[tokio::test]
async fn an_answer_by_event_stands_against_what_a_reply_implies_whatever_the_clocks_say(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] event_first: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    // The warehouse's clock is an hour behind ours.
    if event_first {
        answer_1001(&*ledger, -55, rejected("damaged")).await;
    }
    reply_1001(&*ledger, 1, 5, Some(Answer::Accepted)).await;
    if !event_first {
        assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
        answer_1001(&*ledger, -55, rejected("damaged")).await;
    }
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "damaged"));
    assert!(told_of_1001(&*ledger).await.contains(&"told by reply of minute 5".to_owned()));
    // Another try of the same request changes nothing, and an acceptance by event does.
    reply_1001(&*ledger, 1, 6, Some(Answer::Accepted)).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
    answer_1001(&*ledger, -54, Answer::Accepted).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
    reply_1001(&*ledger, 1, 7, Some(rejected("no such SKU"))).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
}

#[rstest]
#[tokio::test]
async fn a_refusing_reply_rejects_until_the_order_is_released_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    reply_1001(&*ledger, 1, 3, Some(rejected("no such SKU"))).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "no such SKU"));
    release_again(&*ledger, 4).await;
    // A reply to the former release says nothing of this one.
    reply_1001(&*ledger, 1, 5, Some(Answer::Accepted)).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Released);
    reply_1001(&*ledger, 2, 6, Some(Answer::Accepted)).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
}

#[rstest]
#[tokio::test]
async fn a_reply_brings_no_ended_order_back(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    judge(&*ledger, &judged("1001", 5, cancel("cancelled"))).await;
    for (at, answer) in [(6, Answer::Accepted), (7, rejected("too late"))] {
        reply_1001(&*ledger, 1, at, Some(answer)).await;
        let order = order_1001(&*ledger).await;
        assert_eq!((order.state, order.reason.as_str()), (OrderState::Cancelled, "cancelled"));
    }
    let unknown = happening("reply", minute(8));
    let unknown = ledger.replied(&number("7"), 1, None, &unknown).await.unwrap_err();
    assert!(matches!(unknown, LedgerError::NoSuchOrder(_)), "{unknown}");
}

#[rstest]
#[tokio::test]
async fn what_the_warehouse_has_answered_or_shipped_is_there_though_nothing_was_posted(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("accepted", "rejected", "shipped")] sign: &str,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.begin_posting(minute(0)).await.unwrap();
    release_1001(&*ledger, &[("TEE", 2)]).await;
    assert!(!delivered(&*ledger).await.may_be_there);
    match sign {
        "accepted" => answer_1001(&*ledger, 5, Answer::Accepted).await,
        "rejected" => answer_1001(&*ledger, 5, rejected("damaged")).await,
        _ => {
            let parcel = shipment("S1", 5, Some(&[("TEE", 1)]));
            ledger.intend_shipment(&parcel, &happening("S1", minute(5))).await.unwrap();
        }
    }
    judge(&*ledger, &judged("1001", 6, cancel("cancelled"))).await;
    assert!(delivered(&*ledger).await.may_be_there);
}

/// Order 1001 as it is once it was changed while its release was on its way.
async fn amend_1001(ledger: &dyn Ledger, at: i64) -> ReleasedOrder {
    let step = judge(ledger, &judged("1001", at, release("1001", &[("TEE", 3)]))).await;
    let NextStep::Tell(telling) = step else { panic!("{step:?}") };
    let (News::Amended { order, .. }, 2) = (telling.news, telling.round) else { panic!("no amendment") };
    *order
}

#[rstest]
#[tokio::test]
async fn an_order_that_was_changed_before_its_release_is_refused_is_released_as_it_is_now(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] by_event: bool,
    #[values(true, false)] is_confirmed: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.begin_posting(minute(0)).await.unwrap();
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let mended = amend_1001(&*ledger, 3).await;
    if is_confirmed {
        ledger.told(&au(), &OrderId::from("1001"), 2, minute(4)).await.unwrap();
    }
    let refused = Answer::Rejected { reason: "no such SKU".to_owned(), unknown_skus: vec![Sku::from("CAP")] };
    if by_event {
        answer_1001(&*ledger, 5, refused).await;
    } else {
        reply_1001(&*ledger, 1, 5, Some(refused)).await;
    }
    let stands = delivered(&*ledger).await;
    assert_eq!((stands.state, stands.release), (OrderState::Releasing, 3));
    let step = still_untold(&*ledger, 5).await;
    let NextStep::Tell(telling) = step else { panic!("{step:?}") };
    assert_eq!((telling.round, telling.news), (3, News::Released(Box::new(mended))));
    ledger.told(&au(), &OrderId::from("1001"), 3, minute(6)).await.unwrap();
    // Refused as it is now, it stays so.
    reply_1001(&*ledger, 3, 7, Some(rejected("damaged"))).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
}

#[rstest]
#[tokio::test]
async fn an_order_whose_change_the_warehouse_has_seen_stays_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] off_the_queue: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    if !off_the_queue {
        ledger.begin_posting(minute(0)).await.unwrap();
    }
    release_1001(&*ledger, &[("TEE", 2)]).await;
    amend_1001(&*ledger, 3).await;
    ledger.told(&au(), &OrderId::from("1001"), 2, minute(4)).await.unwrap();
    if !off_the_queue {
        reply_1001(&*ledger, 1, 5, Some(Answer::Accepted)).await;
        // What was posted may have been seen, whatever the answer.
        ledger.note_posting(&number("1001"), 2).await.unwrap();
    }
    answer_1001(&*ledger, 7, rejected("damaged")).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
}

#[rstest]
#[case::told_and_not_posted(false, false)]
#[case::not_even_told(true, false)]
#[case::posted(false, true)]
#[tokio::test]
async fn a_refusal_by_event_that_comes_before_the_next_release_is_posted_is_not_of_that(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] is_untold: bool,
    #[case] is_posted: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.begin_posting(minute(0)).await.unwrap();
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger.note_posting(&number("1001"), 1).await.unwrap();
    amend_1001(&*ledger, 3).await;
    ledger.told(&au(), &OrderId::from("1001"), 2, minute(4)).await.unwrap();
    reply_1001(&*ledger, 1, 5, Some(rejected("no such SKU"))).await;
    if !is_untold {
        ledger.told(&au(), &OrderId::from("1001"), 3, minute(6)).await.unwrap();
    }
    if is_posted {
        ledger.note_posting(&number("1001"), 3).await.unwrap();
    }
    answer_1001(&*ledger, 7, rejected("no such SKU")).await;
    assert!(told_of_1001(&*ledger).await.contains(&"told by answer of minute 7".to_owned()));
    if is_posted {
        // Of which release it is, nothing tells: it is believed to be of the newest that the warehouse was sent.
        assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
        return;
    }
    // An older answer than that one still changes nothing.
    answer_1001(&*ledger, 6, Answer::Accepted).await;
    let state = if is_untold { OrderState::Releasing } else { OrderState::Released };
    assert_eq!(order_1001(&*ledger).await.state, state);
    ledger.told(&au(), &OrderId::from("1001"), 3, minute(8)).await.unwrap();
    ledger.note_posting(&number("1001"), 3).await.unwrap();
    reply_1001(&*ledger, 3, 9, Some(Answer::Accepted)).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
}

#[rstest]
#[tokio::test]
async fn a_refusal_by_event_counts_where_the_warehouse_may_have_taken_the_release_off_its_queue(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] posted_since: bool,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, rejected("damaged")).await;
    release_again(&*ledger, 4).await;
    if posted_since {
        ledger.begin_posting(minute(5)).await.unwrap();
    }
    answer_1001(&*ledger, 6, rejected("sold out")).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "sold out"));
}

/// The database as it was before it was put down what is posted.
async fn take_back_posting(database: &TestDatabase) {
    for sql in [
        "DROP TABLE posting",
        "ALTER TABLE orders DROP COLUMN posted_round",
        "ALTER TABLE orders DROP COLUMN release_round",
        "DROP INDEX orders_untold",
        "DELETE FROM _sqlx_migrations WHERE version IN (12, 17)",
    ] {
        database.meddle(sql).await;
    }
}

#[rstest]
#[tokio::test]
async fn orders_that_were_posted_by_a_version_that_put_nothing_down_are_still_awaited(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values(true, false)] over_http: bool,
) {
    let (ledger, database) = fresh(engine).await;
    // Refused, released once more, and not replied to yet.
    release_1001(&*ledger, &[("TEE", 2)]).await;
    if over_http {
        reply_1001(&*ledger, 1, 3, Some(rejected("damaged"))).await;
        release_order(&*ledger, released_order("1002", &[("TEE", 1)])).await;
        let reply = happening("reply to 1002", minute(3));
        ledger.replied(&number("1002"), 1, Some(&Answer::Accepted), &reply).await.unwrap();
    } else {
        answer_1001(&*ledger, 3, rejected("damaged")).await;
    }
    release_again(&*ledger, 4).await;
    drop(ledger);
    take_back_posting(&database).await;

    let ledger = database.open().await;
    ledger.begin_posting(minute(9)).await.unwrap();
    let stands = delivered(&*ledger).await;
    assert_eq!((stands.release, stands.awaits_release), (2, over_http));
    assert!(stands.may_be_there, "{stands:?}");
    reply_1001(&*ledger, 2, 10, Some(rejected("too heavy"))).await;
    assert_eq!(order_1001(&*ledger).await.reason, "too heavy");
}

#[rstest]
#[tokio::test]
async fn orders_that_the_warehouse_took_itself_between_two_times_of_posting_are_not_awaited_after_an_upgrade(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[values("accepted", "shipped")] sign: &str,
) {
    let (ledger, database) = fresh(engine).await;
    release_order(&*ledger, released_order("1002", &[("TEE", 1)])).await;
    ledger
        .replied(&number("1002"), 1, Some(&Answer::Accepted), &happening("reply to 1002", minute(2)))
        .await
        .unwrap();
    // Off the queue: of these the warehouse answered or sent the last one only.
    for (order_id, at) in [("1001", 3), ("1003", 4)] {
        ledger.judge(&judged(order_id, at, release(order_id, &[("TEE", 1)]))).await.unwrap();
        ledger.told(&au(), &OrderId::from(order_id), 1, minute(at)).await.unwrap();
    }
    if sign == "accepted" {
        let accepted = happening("accepted", minute(5));
        ledger.answered(&number("1003"), &Answer::Accepted, &accepted).await.unwrap();
    } else {
        let parcel = Shipment { number: number("1003"), ..shipment("S1", 5, Some(&[("TEE", 1)])) };
        ledger.intend_shipment(&parcel, &happening("S1", minute(5))).await.unwrap();
    }
    // Posted again: this one still waits for its turn.
    ledger.judge(&judged("1004", 6, release("1004", &[("TEE", 1)]))).await.unwrap();
    ledger.told(&au(), &OrderId::from("1004"), 1, minute(6)).await.unwrap();
    drop(ledger);
    take_back_posting(&database).await;

    let ledger = database.open().await;
    ledger.begin_posting(minute(9)).await.unwrap();
    for (order_id, awaits) in [("1001", false), ("1003", false), ("1004", true)] {
        assert_eq!(ledger.delivered(&number(order_id)).await.unwrap().awaits_release, awaits, "{order_id}");
    }
}
