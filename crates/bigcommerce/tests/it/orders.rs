//! Reading orders.

use std::time::Duration;

use crossdock_domain::{OrderId, ShopStatus};
use crossdock_storefront::{Priority, Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{call, client_of, ok};

fn documented() -> Value {
    serde_json::from_str(include_str!("../../fixtures/orders/218_with_consignments.json")).unwrap()
}

fn products() -> Value {
    serde_json::from_str(include_str!("../../fixtures/products/order_149.json")).unwrap()
}

async fn mount_order(server: &MockServer, id: u64, answer: ResponseTemplate) {
    call("GET", &format!("/v2/orders/{id}"))
        .and(query_param("include", "consignments,consignments.line_items"))
        .and(query_param("consignment_structure", "object"))
        .respond_with(answer)
        .expect(1)
        .mount(server)
        .await;
}

#[tokio::test]
async fn an_order_with_its_lines_is_one_call() {
    let server = MockServer::start().await;
    mount_order(&server, 218, ok(&documented())).await;
    let order =
        client_of(&server.uri()).orders(&[OrderId::from("218")], Priority::Urgent).await.remove(0).unwrap();
    assert_eq!(order.status, ShopStatus::Order("awaiting_payment".to_owned()));
    assert_eq!(order.lines.iter().map(|line| line.sku.as_str()).collect::<Vec<_>>(), ["S-ORAN", "ABS"]);
    assert_eq!((order.destinations, order.ship_to.unwrap().city.as_str()), (1, "Austin"));
    server.verify().await;
}

#[tokio::test]
async fn lines_that_the_consignments_lack_are_read_by_themselves() {
    for line_items in [json!([]), json!([{ "url": "…", "resource": "/orders/218/products/65" }])] {
        let server = MockServer::start().await;
        let mut order = documented();
        order["consignments"]["shipping"][0]["line_items"] = line_items;
        let mut lines = products();
        lines[0]["order_address_id"] = json!(99);
        lines[1]["order_address_id"] = json!(99);
        mount_order(&server, 218, ok(&order)).await;
        call("GET", "/v2/orders/218/products").respond_with(ok(&lines)).expect(1).mount(&server).await;
        let order = client_of(&server.uri())
            .orders(&[OrderId::from("218")], Priority::Urgent)
            .await
            .remove(0)
            .unwrap();
        assert_eq!((order.lines.len(), order.destinations), (2, 1));
        server.verify().await;
    }
}

#[tokio::test]
async fn lines_come_in_pages() {
    let server = MockServer::start().await;
    let mut order = documented();
    order["consignments"]["shipping"][0]["line_items"] = json!([]);
    mount_order(&server, 218, ok(&order)).await;
    let page = |from: u64, rows: u64| {
        let rows: Vec<Value> = (from..from + rows)
            .map(|id| json!({ "id": id, "order_address_id": 99, "sku": "A", "type": "physical", "price_inc_tax": "1", "quantity": 1 }))
            .collect();
        ok(&json!(rows))
    };
    let path = "/v2/orders/218/products";
    // A shop may cap its pages below the 250 that are asked for.
    call("GET", path).and(query_param("page", "1")).respond_with(page(1, 50)).expect(1).mount(&server).await;
    call("GET", path).and(query_param("page", "2")).respond_with(page(51, 50)).expect(1).mount(&server).await;
    let none = ResponseTemplate::new(204);
    call("GET", path).and(query_param("page", "3")).respond_with(none).expect(1).mount(&server).await;
    let order =
        client_of(&server.uri()).orders(&[OrderId::from("218")], Priority::Urgent).await.remove(0).unwrap();
    assert_eq!(order.lines.len(), 100);
    server.verify().await;
}

#[tokio::test]
async fn an_order_that_is_gone_is_not_found() {
    let mut archived = documented();
    archived["is_deleted"] = json!(true);
    let lacks = json!([{ "status": 404, "message": "The requested resource was not found." }]);
    let not_found = ResponseTemplate::new(404).set_body_json(lacks);
    for answer in [ResponseTemplate::new(204), not_found, ok(&archived)] {
        let server = MockServer::start().await;
        mount_order(&server, 218, answer).await;
        let error = client_of(&server.uri())
            .orders(&[OrderId::from("218")], Priority::Urgent)
            .await
            .remove(0)
            .unwrap_err();
        assert!(matches!(&error, StorefrontError::NotFound { what } if what == "order 218"), "{error}");
    }
}

#[tokio::test]
async fn an_id_that_is_no_number_never_reaches_a_path() {
    let server = MockServer::start().await;
    let ids = [OrderId::from("../../other"), OrderId::from("K8XTQ"), OrderId::from("")];
    for result in client_of(&server.uri()).orders(&ids, Priority::Urgent).await {
        assert!(matches!(result, Err(StorefrontError::NotFound { .. })));
    }
    assert!(server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn results_stand_in_the_order_asked_for_and_one_failure_spares_the_others() {
    let server = MockServer::start().await;
    for id in (1..=9_u64).map(|id| id * 1000) {
        let mut order = documented();
        order["id"] = json!(id);
        // The first answers last.
        let answer = if id == 5000 {
            ResponseTemplate::new(500)
        } else {
            ok(&order).set_delay(Duration::from_millis(100 - id / 100))
        };
        mount_order(&server, id, answer).await;
    }
    let ids: Vec<OrderId> = (1..=9).map(|id: u64| OrderId::new((id * 1000).to_string())).collect();
    let results = client_of(&server.uri()).orders(&ids, Priority::Urgent).await;
    for (id, result) in ids.iter().zip(&results) {
        match result {
            Ok(order) => assert_eq!(&order.order_id, id),
            Err(error) => assert_eq!(id.as_str(), "5000", "{error}"),
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
}
