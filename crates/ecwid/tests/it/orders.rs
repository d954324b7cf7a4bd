//! Reading orders.

use crossdock_domain::OrderId;
use crossdock_storefront::{Priority, Storefront as _, StorefrontError};
use serde_json::json;
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, ResponseTemplate};

use crate::shop::{Shop, TOKEN, fixture, get, json_of};

fn ids(ids: &[&str]) -> Vec<OrderId> {
    ids.iter().copied().map(OrderId::from).collect()
}

#[tokio::test]
async fn orders_come_in_the_order_asked_for_and_one_that_is_gone_fails_alone() {
    let shop = Shop::start().await;
    for id in ["A1", "B2", "C3", "D4", "E5", "F6"] {
        let mut order = fixture("order/paid_download");
        order["id"] = id.into();
        get(&format!("orders/{id}"))
            .respond_with(ResponseTemplate::new(200).set_body_json(order))
            .mount(&shop.server)
            .await;
    }
    let orders =
        shop.ecwid.orders(&ids(&["F6", "A1", "GONE", "E5", "B2", "D4", "C3"]), Priority::Urgent).await;
    let read: Vec<_> =
        orders.iter().map(|one| one.as_ref().map_or("-", |order| order.order_id.as_str())).collect();
    assert_eq!(read, ["F6", "A1", "-", "E5", "B2", "D4", "C3"]);
    assert!(matches!(&orders[2], Err(StorefrontError::NotFound { what }) if what == "order GONE"));
    assert_eq!(orders[0].as_ref().unwrap().currency, "EUR");
}

#[tokio::test]
async fn the_token_goes_in_a_header_and_the_currency_is_read_once() {
    let shop = Shop::bare(crossdock_ecwid::http_client().unwrap(), |_| ()).await;
    get("profile").respond_with(json_of("profile/name_and_currency")).expect(1).mount(&shop.server).await;
    get("orders/K8XTQ")
        .and(header("authorization", format!("Bearer {TOKEN}")))
        .respond_with(json_of("order/paid_download"))
        .expect(2)
        .mount(&shop.server)
        .await;
    for _ in 0..2 {
        shop.ecwid.orders(&ids(&["K8XTQ"]), Priority::Urgent).await.remove(0).unwrap();
    }
    let requests = shop.server.received_requests().await.unwrap();
    assert!(requests.iter().all(|request| !request.url.as_str().contains(TOKEN)));
}

#[tokio::test]
async fn an_order_whose_currency_is_unknown_is_not_guessed() {
    for status in [503, 404] {
        let shop = Shop::bare(crossdock_ecwid::http_client().unwrap(), |_| ()).await;
        get("profile").respond_with(ResponseTemplate::new(status)).mount(&shop.server).await;
        get("orders/K8XTQ").respond_with(json_of("order/paid_download")).mount(&shop.server).await;
        let error = shop.ecwid.orders(&ids(&["K8XTQ"]), Priority::Urgent).await.remove(0).unwrap_err();
        assert!(matches!(error, StorefrontError::Unavailable { .. }), "{status}");
    }
}

#[tokio::test]
async fn a_merchants_prefix_cannot_break_out_of_the_path() {
    let shop = Shop::start().await;
    let mut order = fixture("order/paid_download");
    order["id"] = "A/B ?#%".into();
    Mock::given(method("GET"))
        .and(path("/api/v3/1003/orders/A%2FB%20%3F%23%25"))
        .respond_with(ResponseTemplate::new(200).set_body_json(order))
        .mount(&shop.server)
        .await;
    let order = shop.ecwid.orders(&ids(&["A/B ?#%"]), Priority::Urgent).await.remove(0).unwrap();
    assert_eq!(order.order_id.as_str(), "A/B ?#%");
    for id in ["", ".", ".."] {
        let error = shop.ecwid.orders(&ids(&[id]), Priority::Urgent).await.remove(0).unwrap_err();
        assert!(matches!(error, StorefrontError::NotFound { .. }), "{id}");
    }
}

#[tokio::test]
async fn another_order_than_asked_for_is_not_taken_for_it() {
    let shop = Shop::start().await;
    get("orders/last").respond_with(json_of("order/paid_download")).mount(&shop.server).await;
    get("orders/516483487").respond_with(json_of("order/paid_download")).mount(&shop.server).await;
    let orders = shop.ecwid.orders(&ids(&["last", "516483487"]), Priority::Urgent).await;
    assert!(matches!(orders[0], Err(StorefrontError::NotFound { .. })));
    assert_eq!(orders[1].as_ref().unwrap().order_id.as_str(), "K8XTQ", "asked for by the internal id");
}

#[tokio::test]
async fn a_page_of_orders_is_no_order() {
    let shop = Shop::start().await;
    let empty = json!({"total": 0, "count": 0, "offset": 0, "limit": 100, "items": []});
    get("orders/deleted")
        .respond_with(ResponseTemplate::new(200).set_body_json(empty))
        .mount(&shop.server)
        .await;
    let full = json!({"total": 1, "items": [fixture("order/paid_download")]});
    get("orders/all").respond_with(ResponseTemplate::new(200).set_body_json(full)).mount(&shop.server).await;
    for id in ["deleted", "all"] {
        let error = shop.ecwid.orders(&ids(&[id]), Priority::Urgent).await.remove(0).unwrap_err();
        assert!(
            matches!(error, StorefrontError::NotFound { .. } | StorefrontError::Malformed { .. }),
            "{error}"
        );
    }
}
