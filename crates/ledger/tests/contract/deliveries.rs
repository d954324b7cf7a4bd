//! What is posted to the warehouse, and what it replied.

use crossdock_domain::OrderId;
use crossdock_ledger::{Answer, Delivered, Ledger, LedgerError, OrderState};
use rstest::rstest;

use crate::after_release::cancel;
use crate::database::{Engine, fresh};
use crate::judging::judge;
use crate::samples::{
    answer_1001, au, filter, happening, judged, minute, number, order_1001, rejected, release_1001,
    told_of_1001,
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
    let untouched =
        Delivered { round: 0, release: 1, is_cancelled: false, awaits_release: true, may_be_there: false };
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
    assert!(stands.awaits_release && !stands.may_be_there && stands.release == 2, "{stands:?}");
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
    assert!(stands.is_cancelled && !stands.awaits_release && !stands.may_be_there, "{stands:?}");
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
