//! Many orders are few calls, and one that is broken spoils no other.

use std::ops::RangeInclusive;
use std::time::Duration;

use crossdock_domain::ShopOrder;
use crossdock_sandbox::{BigcommerceOptions, Fault};
use crossdock_storefront::{Priority, Storefront as _, StorefrontError};
use serde_json::json;
use wiremock::matchers::{path_regex, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::sandbox::{Sandbox, ids};
use crate::shop::{call, chain, client_of, ok};

/// The ids of those that were read, and for the others `-`.
fn read(results: &[Result<ShopOrder, StorefrontError>]) -> Vec<&str> {
    results.iter().map(|one| one.as_ref().map_or("-", |order| order.order_id.as_str())).collect()
}

#[tokio::test]
async fn a_thousand_neighbours_are_four_calls() {
    let sandbox = Sandbox::with_orders(1000, BigcommerceOptions::default()).await;
    let wanted = ids((1001..=2000).rev());
    let orders = sandbox.client().orders(&wanted, Priority::Urgent).await;
    assert_eq!(sandbox.calls(), [""; 4]);
    assert!(orders.iter().zip(&wanted).all(|(order, id)| order.as_ref().unwrap().order_id == *id));
    assert_eq!(orders[0].as_ref().unwrap().lines[0].sku.as_str(), "TEE");
}

#[tokio::test]
async fn an_order_without_wanted_neighbours_is_read_by_its_id() {
    let sandbox = Sandbox::with_orders(600, BigcommerceOptions::default()).await;
    let orders = sandbox.client().orders(&ids([1001, 1300, 1310, 1600]), Priority::Sweep).await;
    assert_eq!(read(&orders), ["1001", "1300", "1310", "1600"]);
    let mut calls = sandbox.calls();
    calls.sort();
    assert_eq!(calls, ["", "/1001", "/1600"]);
}

#[tokio::test]
async fn a_malformed_an_archived_and_a_missing_order_fail_alone() {
    let sandbox = Sandbox::with_orders(100, BigcommerceOptions::default()).await;
    sandbox.shop.change_order("1003", |order| {
        order.insert("total_inc_tax".to_owned(), json!("a lot"));
    });
    sandbox.shop.change_order("1004", |order| {
        order.insert("id".to_owned(), json!("unreadable"));
    });
    sandbox.shop.archive_order("1005");
    sandbox.shop.remove_order("1007");
    let orders = sandbox.client().orders(&ids(1001..=1100), Priority::Urgent).await;
    let fine = orders.iter().filter(|order| order.is_ok()).count();
    assert_eq!((fine, read(&orders)[..8].join(" ")), (96, "1001 1002 - - - 1006 - 1008".to_owned()));
    let error = |position: usize| orders[position].as_ref().unwrap_err();
    assert!(chain(error(2)).contains("total_inc_tax: not an amount of money"), "{}", chain(error(2)));
    assert!(matches!(error(3), StorefrontError::Malformed { .. }));
    assert!(matches!(error(4), StorefrontError::NotFound { .. }));
    assert!(matches!(error(6), StorefrontError::NotFound { .. }));
    assert_eq!(sandbox.calls().len(), 1 + 4);
}

#[tokio::test]
async fn a_list_that_is_not_found_says_of_no_order_that_it_is_gone() {
    let sandbox = Sandbox::with_orders(10, BigcommerceOptions::default()).await;
    sandbox.shop.faults().next("GET", "/v2/orders", Fault::Status(404));
    let orders = sandbox.client().orders(&ids(1001..=1010), Priority::Urgent).await;
    assert!(
        orders.iter().all(|order| matches!(order, Err(StorefrontError::Unavailable { .. }))),
        "{orders:?}"
    );
}

#[tokio::test]
async fn a_shop_with_shorter_pages_is_asked_for_the_rest() {
    let options = BigcommerceOptions { orders_on_page_max: 50, ..BigcommerceOptions::default() };
    let sandbox = Sandbox::with_orders(120, options).await;
    let orders = sandbox.client().orders(&ids(1001..=1120), Priority::Urgent).await;
    assert!(orders.iter().all(Result::is_ok));
    assert_eq!(sandbox.calls(), [""; 3]);
}

#[tokio::test]
async fn the_same_order_asked_for_twice_is_read_once() {
    let sandbox = Sandbox::with_orders(1, BigcommerceOptions::default()).await;
    let orders = sandbox.client().orders(&ids([1001, 9999, 1001, 9999]), Priority::Urgent).await;
    assert_eq!(read(&orders), ["1001", "-", "1001", "-"]);
    assert_eq!(sandbox.calls().len(), 2);
}

#[tokio::test]
async fn a_list_that_is_no_list_is_taken_apart() {
    let server = MockServer::start().await;
    let garbled = ResponseTemplate::new(200).set_body_string("[{\"id\": 1},");
    call("GET", "/v2/orders").respond_with(garbled).expect(3).mount(&server).await;
    let mut order: serde_json::Value =
        serde_json::from_str(include_str!("../../fixtures/orders/218_with_consignments.json")).unwrap();
    for id in 1..=4 {
        order["id"] = json!(id);
        call("GET", &format!("/v2/orders/{id}"))
            .and(query_param("consignment_structure", "object"))
            .respond_with(ok(&order))
            .expect(1)
            .mount(&server)
            .await;
    }
    let orders = client_of(&server.uri()).orders(&ids(1..=4), Priority::Urgent).await;
    assert_eq!(read(&orders), ["1", "2", "3", "4"]);
    server.verify().await;
}

#[tokio::test]
async fn a_shop_that_is_busy_is_not_asked_for_each_order() {
    let sandbox = Sandbox::with_orders(10, BigcommerceOptions::default()).await;
    sandbox.shop.faults().next("GET", "/v2/orders", Fault::Throttle(Duration::from_secs(20)));
    let orders = sandbox.client().orders(&ids(1001..=1010), Priority::Urgent).await;
    assert!(orders.iter().all(|order| matches!(order, Err(StorefrontError::Throttled { .. }))));
    assert_eq!(sandbox.calls(), [""]);
}

/// A shop with these orders that fails for every list, and every reading, of which one of `bad` would be part.
async fn failing_for(bad: &'static [u64], count: u64) -> MockServer {
    let server = MockServer::start().await;
    let order = include_str!("../../fixtures/orders/218_with_consignments.json");
    let order: serde_json::Value = serde_json::from_str(order).unwrap();
    let answer = move |ids: RangeInclusive<u64>, list: bool| {
        if ids.clone().any(|id| bad.contains(&id)) {
            return ResponseTemplate::new(500);
        }
        let with_id = |id: u64| {
            let mut order = order.clone();
            order["id"] = json!(id);
            order
        };
        let orders: Vec<_> = ids.filter(|id| *id <= count).map(with_id).collect();
        ok(&if list { json!(orders) } else { orders[0].clone() })
    };
    let alone = answer.clone();
    Mock::given(path_regex(r"/v2/orders/\d+$"))
        .respond_with(move |request: &Request| {
            let id = request.url.path().rsplit('/').next().unwrap().parse().unwrap();
            alone(id..=id, false)
        })
        .mount(&server)
        .await;
    call("GET", "/v2/orders")
        .respond_with(move |request: &Request| {
            let bound = |name: &str| {
                let (_, value) = request.url.query_pairs().find(|(key, _)| key == name).unwrap();
                value.parse::<u64>().unwrap()
            };
            answer(bound("min_id")..=bound("max_id"), true)
        })
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn an_order_for_which_the_shop_fails_fails_alone_and_in_few_calls() {
    let server = failing_for(&[17], 250).await;
    let orders = client_of(&server.uri()).orders(&ids(1..=250), Priority::Urgent).await;
    let failed: Vec<usize> = (0..250).filter(|at| orders[*at].is_err()).collect();
    assert_eq!(failed, [16]);
    assert!(matches!(orders[16], Err(StorefrontError::Unavailable { .. })));
    assert_eq!(server.received_requests().await.unwrap().len(), 17, "eight halvings");
}

#[tokio::test]
async fn a_shop_that_fails_for_every_order_is_asked_few_times() {
    static ALL: [u64; 250] = {
        let (mut all, mut at) = ([0; 250], 0);
        while at < 250 {
            all[at] = at as u64 + 1;
            at += 1;
        }
        all
    };
    let server = failing_for(&ALL, 250).await;
    let orders = client_of(&server.uri()).orders(&ids(1..=250), Priority::Urgent).await;
    assert!(orders.iter().all(|order| matches!(order, Err(StorefrontError::Unavailable { .. }))));
    let calls = server.received_requests().await.unwrap().len();
    assert!(calls <= 15, "{calls}");
}
