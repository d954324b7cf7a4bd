//! What is told of an order.

use crossdock_domain::OrderId;
use crossdock_ledger::Happening;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{
    answer_1001, au, happening, minute, order_1001, rejected, release_1001, store, told_of_1001,
};

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

#[rstest]
#[tokio::test]
async fn whatever_a_shop_or_the_warehouse_says_can_be_told(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    release_1001(&*ledger, &[("TEE", 1)]).await;
    // More than an index of PostgreSQL takes, however well it is packed, and what no text of it may hold.
    let long: String = (0..20_000_u32).map(|n| char::from(b'!' + (n * n % 89).to_le_bytes()[0])).collect();
    let what = format!("without {long}\0");
    let told = Happening { what: what.clone(), ..happening(&format!("event/{what}"), minute(3)) };
    for _ in 0..2 {
        ledger.tell(&au(), &OrderId::from("1001"), &told).await.unwrap();
    }
    assert_eq!(ledger.told_at(&au(), &OrderId::from("1001"), &told.key).await.unwrap(), Some(minute(3)));
    answer_1001(&*ledger, 4, rejected("no \0 here")).await;
    assert_eq!(order_1001(&*ledger).await.reason.chars().count(), "no \0 here".len());
    let without = told_of_1001(&*ledger).await.iter().filter(|it| it.starts_with("without ")).count();
    assert_eq!(without, 1);
}
