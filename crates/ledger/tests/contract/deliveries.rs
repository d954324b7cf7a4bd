//! What the warehouse has taken over HTTP.

use crossdock_domain::OrderId;
use crossdock_ledger::{Answer, Delivered, LedgerError};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, filter, happening, judged, minute, number, rejected, release, release_1001,
};

#[rstest]
#[tokio::test]
async fn what_was_delivered_never_goes_back(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    let delivered = async || ledger.delivered(&number("1001")).await.unwrap();
    assert_eq!(delivered().await, Delivered { round: 0, awaits_release: true });
    answer_1001(&*ledger, 3, Answer::Accepted).await;
    for (round, stands) in [(1, 1), (3, 3), (2, 3), (3, 3)] {
        ledger.note_delivered(&number("1001"), round).await.unwrap();
        assert_eq!(delivered().await, Delivered { round: stands, awaits_release: false });
    }
}

#[rstest]
#[tokio::test]
async fn a_release_is_awaited_from_its_confirmation_until_any_answer(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    ledger.judge(&judged("1001", 1, filter("country: US"))).await.unwrap();
    let none = ledger.delivered(&number("1001")).await.unwrap_err();
    assert!(matches!(none, LedgerError::NoSuchOrder(_)), "it was never released: {none}");

    ledger.judge(&judged("1001", 2, release("1001", &[("TEE", 2)]))).await.unwrap();
    let in_doubt = Delivered { round: 0, awaits_release: false };
    assert_eq!(
        ledger.delivered(&number("1001")).await.unwrap(),
        in_doubt,
        "nobody knows that it was published"
    );

    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    assert!(ledger.delivered(&number("1001")).await.unwrap().awaits_release);
    answer_1001(&*ledger, 5, Answer::Accepted).await;
    assert!(!ledger.delivered(&number("1001")).await.unwrap().awaits_release);
}

#[rstest]
#[tokio::test]
async fn a_release_after_a_refusal_is_awaited_too(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 2)]).await;
    answer_1001(&*ledger, 3, rejected("no such SKU")).await;
    ledger.note_delivered(&number("1001"), 1).await.unwrap();
    let id = OrderId::from("1001");
    ledger.retry(&au(), &id, &happening("retry", minute(4))).await.unwrap();
    ledger.told(&au(), &id, 2, minute(5)).await.unwrap();
    let delivered = ledger.delivered(&number("1001")).await.unwrap();
    assert_eq!(delivered, Delivered { round: 1, awaits_release: true });
}
