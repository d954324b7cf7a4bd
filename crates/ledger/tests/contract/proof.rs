//! Up to which day a shop's orders are accounted for, and the records of many orders at once.

use crossdock_domain::OrderId;
use crossdock_ledger::Swept;
use jiff::civil::date;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, filter, hold, judged, minute, release, store};

#[rstest]
#[tokio::test]
async fn a_shops_proved_day_is_kept_beside_its_cursor(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(ledger.proved_day(&au()).await.unwrap(), None);
    let swept = Swept { from: None, to: minute(5) };
    ledger.keep_swept(&au(), swept).await.unwrap();
    assert_eq!(ledger.proved_day(&au()).await.unwrap(), None, "swept, and never proved");
    for day in [date(2026, 9, 30), date(2027, 11, 2), date(2026, 11, 2)] {
        ledger.keep_proved_day(&au(), day).await.unwrap();
    }
    assert_eq!(
        ledger.proved_day(&au()).await.unwrap(),
        Some(date(2026, 11, 2)),
        "of a clock that was ahead, too"
    );
    assert_eq!(ledger.swept(&au()).await.unwrap(), Some(swept));
    assert_eq!(ledger.proved_day(&store("acme-nz")).await.unwrap(), None);
}

#[rstest]
#[tokio::test]
async fn records_are_read_by_id_many_at_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    ledger.judge(&judged("1001", 1, filter("country: US"))).await.unwrap();
    ledger.judge(&judged("1002", 1, hold("no SKU"))).await.unwrap();
    ledger.judge(&judged("1003", 1, release("1003", &[("MUG", 1)]))).await.unwrap();
    let ids: Vec<OrderId> = (1002..1700).map(|id| OrderId::new(id.to_string())).collect();
    let mut records = ledger.records(&au(), &ids).await.unwrap();
    records.sort_by(|one, other| one.order_id.cmp(&other.order_id));
    let told: Vec<_> = records.iter().map(|it| (it.order_id.as_str(), it.reason.as_str())).collect();
    assert_eq!(told, [("1002", "no SKU"), ("1003", "")]);
    assert_eq!(records[1], ledger.orders_named("1003").await.unwrap()[0]);
    assert_eq!(ledger.records(&store("acme-nz"), &ids).await.unwrap(), []);
    assert_eq!(ledger.records(&au(), &[]).await.unwrap(), []);
}
