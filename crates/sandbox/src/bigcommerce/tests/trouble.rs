//! Faults, as a client meets them.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::Stand;
use crate::Fault;

#[tokio::test]
async fn an_error_on_request_is_answered_once_in_the_platforms_words() {
    let stand = Stand::open().await;
    stand.shop.faults().next("GET", "/v2/orders", Fault::Status(503));
    stand.shop.faults().next("GET", "/v3/", Fault::Status(500));
    assert_eq!(stand.get("v2/store").await.status, 200, "the fault is for orders");
    let v2 = stand.get("v2/orders").await;
    assert_eq!((v2.status, &v2.body[0]["status"]), (503, &json!(503)));
    assert_eq!(stand.get("v2/orders").await.status, 204);
    assert!(!stand.shop.faults().all_met());
    assert_eq!(stand.get("v3/catalog/products").await.body["status"], 500);
    assert!(stand.shop.faults().all_met());
}

#[tokio::test]
async fn a_throttled_client_is_told_the_wait_and_an_overloaded_platform_tells_none() {
    let stand = Stand::open().await;
    stand.shop.faults().next("", "", Fault::Throttle(Duration::from_millis(1500)));
    let answer = stand.get("v2/store").await;
    assert_eq!((answer.status, answer.header("x-rate-limit-time-reset-ms")), (429, "1500"));
    assert_eq!(answer.header("x-rate-limit-requests-left"), "0");
    stand.shop.faults().next("", "", Fault::Status(429));
    let answer = stand.get("v2/store").await;
    assert_eq!((answer.status, answer.headers.get("x-rate-limit-time-reset-ms")), (429, None));
}

#[tokio::test]
async fn a_cut_after_the_deed_leaves_the_deed() {
    let stand = Stand::open().await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    stand.shop.faults().next("POST", "/shipments", Fault::DoneThenCut);
    let sent = stand.request(Method::POST, &path).json(&stand.parcel(&id, &[(0, 1)])).send().await;
    assert!(sent.is_err(), "{sent:?}");
    assert_eq!(stand.get(&path).await.body.as_array().unwrap().len(), 1);
    let requests = stand.shop.requests();
    assert_eq!(requests.iter().map(|request| request.status).collect::<Vec<_>>(), [0, 200]);
    assert_eq!(requests[0].path_and_query, format!("/stores/abc123/{path}"));
}

#[tokio::test]
async fn what_is_done_late_is_done_though_nobody_waits_for_it() {
    let stand = Stand::open().await;
    let id = stand.order();
    let path = format!("v2/orders/{id}/shipments");
    stand.shop.faults().next("POST", "/shipments", Fault::DoneLate(Duration::from_secs(1)));
    let sent = stand.request(Method::POST, &path).json(&stand.parcel(&id, &[(0, 1)]));
    let arrived = async {
        while !stand.shop.faults().all_met() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        answer = sent.send() => panic!("it was answered: {answer:?}"),
        arrived = tokio::time::timeout(Duration::from_secs(20), arrived) => arrived.unwrap(),
    }
    assert_eq!(stand.shop.shipments(&id).len(), 0);
    let done = async {
        while stand.shop.shipments(&id).is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
    assert_eq!((stand.shop.shipments(&id).len(), stand.shop.buyer_mails(&id)), (1, 1));
}

#[tokio::test]
async fn half_a_body_is_announced_whole_and_breaks_off() {
    let stand = Stand::open().await;
    let id = stand.order();
    stand.shop.faults().next("GET", "/orders/", Fault::HalfBody);
    let answer = stand.request(Method::GET, &format!("v2/orders/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let announced = answer.content_length().unwrap();
    assert!(announced > 1000, "{announced}");
    assert!(answer.bytes().await.is_err());
    assert_eq!(stand.get(&format!("v2/orders/{id}")).await.body["id"], id.parse::<u64>().unwrap());
}

#[tokio::test]
async fn a_hanging_shop_answers_rightly_in_the_end() {
    let stand = Stand::open().await;
    stand.shop.faults().next("GET", "", Fault::Hang(Duration::from_millis(300)));
    let hasty = stand.request(Method::GET, "v2/store").timeout(Duration::from_millis(50)).send().await;
    assert!(hasty.unwrap_err().is_timeout());
    stand.shop.faults().next("GET", "", Fault::Hang(Duration::from_millis(300)));
    let start = Instant::now();
    assert_eq!(stand.get("v2/store").await.status, 200);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn a_stopped_shop_is_gone() {
    let stand = Stand::open().await;
    assert_eq!(stand.get("v2/store").await.status, 200);
    stand.shop.stop();
    let start = Instant::now();
    while stand.request(Method::GET, "v2/store").send().await.is_ok() {
        assert!(start.elapsed() < Duration::from_secs(10), "the shop still answers");
        tokio::task::yield_now().await;
    }
}
