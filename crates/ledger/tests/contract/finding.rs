//! Finding orders.

use crossdock_domain::OrderNumber;
use crossdock_ledger::{Judged, Ledger, OrderState, OrdersWanted};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, filter, hold, judged, minute, store};

/// Orders by number, as they come.
async fn numbers(ledger: &dyn Ledger, wanted: OrdersWanted) -> Vec<String> {
    ledger.orders(&wanted).await.unwrap().into_iter().map(|order| order.number.to_string()).collect()
}

async fn three_orders(ledger: &dyn Ledger) {
    let placed = |minutes: i64, judged: Judged| Judged { placed_at: minute(minutes), ..judged };
    let nz = Judged {
        store: store("acme-nz"),
        number: OrderNumber::from("NZ1001"),
        ..judged("1001", 1, filter("country: US"))
    };
    for judged in [
        placed(20, judged("1001", 1, filter("country: US"))),
        placed(30, judged("1002", 1, hold("no SKU"))),
        placed(10, nz),
    ] {
        ledger.judge(&judged).await.unwrap();
    }
}

#[rstest]
#[tokio::test]
async fn orders_are_listed_from_the_latest_placed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    three_orders(&*ledger).await;
    let all = OrdersWanted { limit: 10, ..OrdersWanted::default() };
    assert_eq!(numbers(&*ledger, all.clone()).await, ["BG1002", "BG1001", "NZ1001"]);
    assert_eq!(numbers(&*ledger, OrdersWanted { limit: 2, ..all.clone() }).await, ["BG1002", "BG1001"]);
    assert_eq!(
        numbers(&*ledger, OrdersWanted { store: Some(au()), ..all.clone() }).await,
        ["BG1002", "BG1001"]
    );
    let filtered = OrdersWanted { state: Some(OrderState::Filtered), ..all };
    assert_eq!(numbers(&*ledger, filtered.clone()).await, ["BG1001", "NZ1001"]);
    assert_eq!(numbers(&*ledger, OrdersWanted { store: Some(au()), ..filtered }).await, ["BG1001"]);
}

#[rstest]
#[tokio::test]
async fn an_order_is_found_by_its_number_and_by_the_shops_id(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    three_orders(&*ledger).await;
    let named = async |text: &str| ledger.orders_named(text).await.unwrap();
    assert_eq!(named("NZ1001").await[0].store, store("acme-nz"));
    assert_eq!(named("1001").await.len(), 2);
    assert_eq!(named("bg1001").await, []);
    assert_eq!(named("' OR 1=1 --").await, []);
    assert_eq!(ledger.order_by_number(&"BG1002".into()).await.unwrap().unwrap().state, OrderState::Held);
    assert_eq!(ledger.order_by_number(&"BG9999".into()).await.unwrap(), None);
}
