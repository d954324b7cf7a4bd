//! Many orders are few calls for a sweep, and one that is broken spoils no other.

use std::time::Duration;

use crossdock_domain::{OrderId, ShopOrder};
use crossdock_storefront::{Priority, Storefront as _, StorefrontError};
use serde_json::json;
use wiremock::{Request, ResponseTemplate};

use crate::sandbox::Sandbox;
use crate::shop::{Shop, fixture, get};

fn read(results: &[Result<ShopOrder, StorefrontError>]) -> Vec<OrderId> {
    results.iter().map(|order| order.as_ref().unwrap().order_id.clone()).collect()
}

#[tokio::test]
async fn a_sweep_reads_a_hundred_orders_in_a_call() {
    let sandbox = Sandbox::with_orders(250).await;
    let orders = sandbox.client().orders(&sandbox.ids, Priority::Sweep).await;
    assert_eq!(read(&orders), sandbox.ids);
    assert_eq!(sandbox.calls(), [""; 3]);
}

#[tokio::test]
async fn an_order_that_somebody_waits_for_is_not_searched() {
    let sandbox = Sandbox::with_orders(2).await;
    let orders = sandbox.client().orders(&sandbox.ids, Priority::Urgent).await;
    assert_eq!(read(&orders), sandbox.ids);
    assert!(sandbox.calls().iter().all(|call| call.len() > 1), "{:?}", sandbox.calls());
}

#[tokio::test]
async fn a_malformed_and_a_missing_order_fail_alone() {
    let sandbox = Sandbox::with_orders(10).await;
    sandbox.shop.change_order(sandbox.ids[3].as_str(), |order| {
        order.insert("total".to_owned(), json!("a lot"));
    });
    sandbox.shop.remove_order(sandbox.ids[5].as_str());
    let orders = sandbox.client().orders(&sandbox.ids, Priority::Sweep).await;
    assert_eq!(orders.iter().filter(|order| order.is_ok()).count(), 8);
    assert!(matches!(orders[3], Err(StorefrontError::Malformed { .. })));
    assert!(matches!(orders[5], Err(StorefrontError::NotFound { .. })));
    assert_eq!(sandbox.calls().len(), 3);
}

#[tokio::test]
async fn a_search_that_is_not_found_says_of_no_order_that_it_is_gone() {
    let shop = Shop::start().await;
    get("orders").respond_with(ResponseTemplate::new(404)).mount(&shop.server).await;
    let ids = ["N1", "N2"].map(OrderId::from);
    let orders = shop.ecwid.orders(&ids, Priority::Sweep).await;
    assert!(
        orders.iter().all(|order| matches!(order, Err(StorefrontError::Unavailable { .. }))),
        "{orders:?}"
    );
}

#[tokio::test]
async fn an_order_that_the_search_does_not_know_yet_is_read_by_itself() {
    let sandbox = Sandbox::lagging(3, Duration::from_mins(1)).await;
    let orders = sandbox.client().orders(&sandbox.ids, Priority::Sweep).await;
    assert_eq!(read(&orders), sandbox.ids);
    assert_eq!(sandbox.calls().len(), 1 + 3);
}

#[tokio::test]
async fn an_order_for_which_the_shop_fails_fails_alone_and_in_few_calls() {
    let shop = Shop::start().await;
    let ids: Vec<OrderId> = (1..=100).map(|number| OrderId::new(format!("N{number}"))).collect();
    let order = |id: &str| {
        let mut order = fixture("order/paid_download");
        (order["id"], order["vendorOrderNumber"]) = (id.into(), id.into());
        order
    };
    let search = move |request: &Request| {
        let (_, ids) = request.url.query_pairs().find(|(key, _)| key == "ids").unwrap();
        if ids.split(',').any(|id| id == "N17") {
            return ResponseTemplate::new(500);
        }
        let items: Vec<_> = ids.split(',').map(order).collect();
        ResponseTemplate::new(200).set_body_json(json!({ "items": items }))
    };
    get("orders").respond_with(search).mount(&shop.server).await;
    for id in ["N16", "N18"] {
        let alone = ResponseTemplate::new(200).set_body_json(order(id));
        get(&format!("orders/{id}")).respond_with(alone).mount(&shop.server).await;
    }
    get("orders/N17").respond_with(ResponseTemplate::new(500)).expect(1).mount(&shop.server).await;
    let orders = shop.ecwid.orders(&ids, Priority::Sweep).await;
    let failed: Vec<usize> = (0..100).filter(|at| orders[*at].is_err()).collect();
    assert_eq!(failed, [16]);
    assert!(matches!(orders[16], Err(StorefrontError::Unavailable { .. })));
    let calls = shop.server.received_requests().await.unwrap().len();
    assert!(calls <= 17, "the profile, seven halvings, and what was left over alone: {calls}");
}
