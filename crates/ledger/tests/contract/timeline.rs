//! What is told of an order.

use crossdock_domain::OrderId;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, happening, minute, store, told_of_1001};

#[rstest]
#[tokio::test]
async fn a_happening_is_told_once_per_order(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let order_id = OrderId::from("1001");
    for minute_told in [1, 1, 2] {
        ledger.tell(&au(), &order_id, &happening("e1", minute(minute_told))).await.unwrap();
    }
    let told = ledger.timeline(&au(), &order_id).await.unwrap();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].at, minute(1));

    ledger.tell(&au(), &OrderId::from("1002"), &happening("e1", minute(1))).await.unwrap();
    ledger.tell(&store("acme-nz"), &order_id, &happening("e1", minute(1))).await.unwrap();
    assert_eq!(ledger.timeline(&au(), &OrderId::from("1002")).await.unwrap().len(), 1);
    assert_eq!(ledger.timeline(&store("acme-nz"), &order_id).await.unwrap().len(), 1);
    assert_eq!(told_of_1001(&*ledger).await.len(), 1);
}

#[rstest]
#[tokio::test]
async fn the_timeline_runs_from_the_oldest_whatever_was_told_first(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for (key, at) in [("c", 3), ("a", 1), ("b", 3), ("d", 2)] {
        ledger.tell(&au(), &OrderId::from("1001"), &happening(key, minute(at))).await.unwrap();
    }
    // Of one moment, in the order told.
    assert_eq!(told_of_1001(&*ledger).await, ["told by a", "told by d", "told by c", "told by b"]);
}

#[rstest]
#[tokio::test]
async fn times_are_kept_to_the_microsecond(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let at = "2026-11-02T06:00:00.123456Z".parse().unwrap();
    ledger.tell(&au(), &OrderId::from("1001"), &happening("e1", at)).await.unwrap();
    assert_eq!(ledger.timeline(&au(), &OrderId::from("1001")).await.unwrap()[0].at, at);
}
