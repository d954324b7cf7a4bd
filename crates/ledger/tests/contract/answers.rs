//! What the warehouse says to a released order.

use crossdock_domain::OrderId;
use crossdock_ledger::{Answer, LedgerError, OrderState};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, filter, happening, judged, minute, number, order_1001, rejected, release, release_1001,
    shipment, stands_at_the_shop, told_of_1001,
};

#[rstest]
#[tokio::test]
async fn an_accepted_order_is_accepted_and_it_is_told_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for _ in 0..2 {
        answer_1001(&*ledger, 5, Answer::Accepted).await;
    }
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
    assert_eq!(told_of_1001(&*ledger).await.len(), 3);
    assert_eq!(told_of_1001(&*ledger).await[2], "told by answer of minute 5");
}

#[rstest]
#[tokio::test]
async fn a_rejected_order_says_why_and_may_be_accepted_later(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 5, rejected("no such SKU")).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "no such SKU"));

    answer_1001(&*ledger, 6, Answer::Accepted).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Accepted, ""));

    answer_1001(&*ledger, 7, rejected("damaged")).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "damaged"));
    answer_1001(&*ledger, 8, rejected("sold out")).await;
    assert_eq!(order_1001(&*ledger).await.reason, "sold out");
}

#[rstest]
#[tokio::test]
async fn a_late_copy_of_an_answer_does_not_undo_the_next_one(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    answer_1001(&*ledger, 6, rejected("damaged")).await;
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
    assert_eq!(told_of_1001(&*ledger).await.len(), 4);
}

#[rstest]
#[tokio::test]
async fn an_older_answer_that_is_told_late_changes_nothing_and_is_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    answer_1001(&*ledger, 9, Answer::Accepted).await;
    for late in [4, 7] {
        answer_1001(&*ledger, late, rejected("damaged")).await;
        assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
    }
    answer_1001(&*ledger, 20, rejected("sold out")).await;
    answer_1001(&*ledger, 19, Answer::Accepted).await;
    answer_1001(&*ledger, 18, rejected("damaged")).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Rejected, "sold out"));
    let late = ["told by answer of minute 18", "told by answer of minute 19", "told by answer of minute 20"];
    assert_eq!(told_of_1001(&*ledger).await[6..], late);
}

#[rstest]
#[tokio::test]
async fn of_answers_of_one_moment_the_last_told_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    let another = happening("another answer", minute(5));
    ledger.answered(&number("1001"), &rejected("damaged"), &another).await.unwrap();
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Rejected);
}

#[rstest]
#[tokio::test]
async fn an_answer_may_overtake_the_brokers_confirmation(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.judge(&judged("1001", 1, release("1001", &[("TEE", 2)]))).await.unwrap();
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);

    // The confirmation is told nonetheless, when it comes, and once.
    for confirmed in [6, 7] {
        ledger.told(&au(), &OrderId::from("1001"), 1, minute(confirmed)).await.unwrap();
    }
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Accepted);
    let told = ledger.timeline(&au(), &OrderId::from("1001")).await.unwrap();
    assert_eq!(told.len(), 3);
    assert_eq!((told[2].what.as_str(), told[2].at), ("released to the warehouse as BG1001", minute(6)));
}

#[rstest]
#[case::accepted(Answer::Accepted)]
#[case::rejected(rejected("too late"))]
#[tokio::test]
async fn a_shipped_order_stays_shipped_and_the_answer_is_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
    #[case] answer: Answer,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    ledger.intend_shipment(&shipment("S1", 5, None), &happening("intended", minute(5))).await.unwrap();
    stands_at_the_shop(&*ledger, "S1", &happening("done", minute(6))).await;
    answer_1001(&*ledger, 7, answer).await;
    let order = order_1001(&*ledger).await;
    assert_eq!((order.state, order.reason.as_str()), (OrderState::Shipped, ""));
    assert_eq!(told_of_1001(&*ledger).await.last().unwrap(), "told by answer of minute 7");
}

#[rstest]
#[tokio::test]
async fn an_answer_to_an_order_that_nobody_released_is_refused(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let answer =
        async || ledger.answered(&number("1001"), &Answer::Accepted, &happening("a", minute(5))).await;
    assert!(matches!(answer().await, Err(LedgerError::NoSuchOrder(unknown)) if unknown == number("1001")));
    ledger.judge(&judged("1001", 1, filter("country: US"))).await.unwrap();
    assert!(matches!(answer().await, Err(LedgerError::NoSuchOrder(_))));
    assert_eq!(order_1001(&*ledger).await.state, OrderState::Filtered);
    assert_eq!(told_of_1001(&*ledger).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn when_something_was_told_first_is_known_by_its_key(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    for told in [5, 6] {
        ledger.tell(&au(), &OrderId::from("1001"), &happening("seen", minute(told))).await.unwrap();
    }
    let told_at = async |id, key| ledger.told_at(&au(), &OrderId::from(id), key).await.unwrap();
    assert_eq!(told_at("1001", "seen").await, Some(minute(5)));
    assert_eq!((told_at("1001", "heard").await, told_at("1002", "seen").await), (None, None));
}
