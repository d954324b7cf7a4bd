//! Finding orders.

use crossdock_domain::{OrderId, OrderNumber};
use crossdock_ledger::{Judged, Ledger, OrderState, OrdersWanted};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, filter, happening, hold, judged, minute, store};

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
async fn orders_are_counted_whatever_the_limit(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    let count = async |wanted: &OrdersWanted| ledger.count_orders(wanted).await.unwrap();
    let all = OrdersWanted { limit: 1, ..OrdersWanted::default() };
    assert_eq!(count(&all).await, 0);
    three_orders(&*ledger).await;
    let filtered = OrdersWanted { state: Some(OrderState::Filtered), ..all.clone() };
    let of_one_shop = OrdersWanted { store: Some(au()), ..all.clone() };
    let both = OrdersWanted { store: Some(au()), ..filtered.clone() };
    for (wanted, orders) in [(all, 3), (filtered, 2), (of_one_shop, 2), (both, 1)] {
        assert_eq!(count(&wanted).await, orders, "{wanted:?}");
    }
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

#[rstest]
#[tokio::test]
async fn an_order_that_could_not_be_imported_is_found_by_what_is_told_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let order_id = OrderId::from("1001");
    for (shop, key) in [("b-shop", "e1"), ("acme-au", "e1"), ("a-shop", "e1"), ("a-shop", "e2")] {
        ledger.tell(&store(shop), &order_id, &happening(key, minute(1))).await.unwrap();
    }
    ledger.tell(&store("a-shop"), &OrderId::from("1002"), &happening("e1", minute(1))).await.unwrap();
    ledger.judge(&judged("1001", 2, filter("country: US"))).await.unwrap();

    let unrecorded = async |text: &str| ledger.unrecorded_named(text).await.unwrap();
    let two = [(store("a-shop"), order_id.clone()), (store("b-shop"), order_id.clone())];
    assert_eq!(unrecorded("1001").await, two, "the one of acme-au has its record");
    assert_eq!(unrecorded("1002").await, [(store("a-shop"), OrderId::from("1002"))]);
    assert_eq!(unrecorded("BG1001").await, []);
}
