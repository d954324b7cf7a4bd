//! Many requests in one.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Stand, options};
use crate::ecwid::EcwidOptions;
use crate::{Fault, Quota};

fn set(id: &str, path: &str, quantity: i64) -> Value {
    json!({ "id": id, "path": path, "method": "PUT", "body": { "quantity": quantity, "unlimited": false } })
}

async fn submit(stand: &Stand, query: &str, batch: &Value) -> Answer {
    let request = stand.bare(Method::POST, &format!("batch{query}")).bearer_auth("secret_sandbox");
    Stand::send(request.json(batch)).await
}

/// What became of a batch once it is over.
async fn outcome(stand: &Stand, query: &str, batch: &Value) -> Value {
    let ticket = submit(stand, query, batch).await.body["ticket"].clone();
    loop {
        let progress =
            stand.get(&format!("batch?escapedJson=true&ticket={}", ticket.as_str().unwrap())).await.body;
        if progress["status"] == "COMPLETED" {
            return progress;
        }
        tokio::task::yield_now().await;
    }
}

fn statuses(outcome: &Value) -> Vec<(&str, &str, Option<u64>)> {
    let told = |one: &'_ Value| one["httpStatusCode"].as_u64();
    let rows = outcome["responses"].as_array().unwrap();
    rows.iter().map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap(), told(one))).collect()
}

#[tokio::test]
async fn a_batch_is_worked_off_and_one_failure_stops_it_unless_it_says_otherwise() {
    let batch = json!([
        set("a", "/products/701", 7),
        set("b", "/products/9", 7),
        set("c", "/products/702/combinations/1703", 7)
    ]);
    let stand = Stand::open().await;
    let stopped = outcome(&stand, "", &batch).await;
    let expected = [("a", "COMPLETED", Some(200)), ("b", "FAILED", Some(404)), ("c", "NOT_EXECUTED", None)];
    assert_eq!(statuses(&stopped), expected);
    assert_eq!((&stopped["totalRequests"], &stopped["completedRequests"]), (&json!(3), &json!(2)));
    let stock = |sku| stand.shop.catalog().stock(sku);
    assert_eq!((stock("MUG"), stock("TEE-M")), (Some(7), Some(5)));
    let whole = outcome(&stand, "?stopOnFirstFailure=false", &batch).await;
    assert_eq!(statuses(&whole)[2], ("c", "COMPLETED", Some(200)));
    assert_eq!(stock("TEE-M"), Some(7));
    let body: Value =
        serde_json::from_str(whole["responses"][1]["escapedHttpBody"].as_str().unwrap()).unwrap();
    assert_eq!(body["errorCode"], "PRODUCT_NOT_FOUND");
}

#[tokio::test]
async fn the_same_key_is_the_same_batch() {
    let stand = Stand::open().await;
    let (first, second) = (json!([set("a", "/products/701", 7)]), json!([set("a", "/products/701", 8)]));
    let ticket = |answer: Answer| answer.body["ticket"].clone();
    let one = ticket(submit(&stand, "?deduplicationKey=k", &first).await);
    assert_eq!(ticket(submit(&stand, "?deduplicationKey=k", &second).await), one);
    assert_ne!(ticket(submit(&stand, "?deduplicationKey=l", &first).await), one);
    outcome(&stand, "", &first).await;
    assert_eq!(stand.shop.catalog().stock("MUG"), Some(7), "the second was never carried out");
}

#[tokio::test]
async fn a_batch_has_one_to_five_hundred_requests() {
    let stand = Stand::open().await;
    for count in [0, 501] {
        let batch: Vec<Value> = (0..count).map(|id| set(&id.to_string(), "/products/701", 1)).collect();
        assert_eq!(submit(&stand, "", &json!(batch)).await.status, 400, "{count}");
    }
    let pathless = json!([{ "id": "a", "method": "PUT", "body": {} }]);
    assert_eq!(submit(&stand, "", &pathless).await.status, 400);
    assert_eq!(stand.get("batch?ticket=none").await.status, 404);
}

#[tokio::test]
async fn its_requests_meet_trouble_like_others_and_a_5xx_is_tried_again() {
    let stand = Stand::open().await;
    for _ in 0..2 {
        stand.shop.faults().next("PUT", "/products/701", Fault::Status(500));
    }
    stand.shop.faults().next("PUT", "/products/703", Fault::Status(409));
    let batch = json!([set("a", "/products/701", 7), set("b", "/products/703", 7)]);
    let done = outcome(&stand, "?stopOnFirstFailure=false", &batch).await;
    assert_eq!(statuses(&done), [("a", "COMPLETED", Some(200)), ("b", "FAILED", Some(409))]);
}

#[tokio::test]
async fn its_requests_count_against_the_minute() {
    let quota = Quota { requests: 4, window: Duration::from_mins(1) };
    let stand = Stand::with(EcwidOptions { quota, ..options() }).await;
    let sets: Vec<Value> = (1..=6).map(|units| set(&units.to_string(), "/products/701", units)).collect();
    assert_eq!(submit(&stand, "?stopOnFirstFailure=false", &json!(sets)).await.status, 200);
    while stand.shop.catalog().stock("MUG") == Some(10) {
        tokio::task::yield_now().await;
    }
    assert_eq!(stand.get("products/701").await.status, 429);
    assert_eq!(stand.shop.catalog().stock("MUG"), Some(3), "three after the batch itself");
}

#[tokio::test]
async fn what_is_cancelled_is_not_carried_out_and_of_what_is_under_way_nothing_is_told() {
    let stand = Stand::with(EcwidOptions { batch_pace: Duration::from_mins(1), ..options() }).await;
    let batch = json!([set("a", "/products/701", 7), set("b", "/products/703", 7)]);
    let ticket = submit(&stand, "", &batch).await.body["ticket"].clone();
    let ticket = ticket.as_str().unwrap();
    while stand.get(&format!("batch?ticket={ticket}")).await.body["status"] == "QUEUED" {
        tokio::task::yield_now().await;
    }
    let request =
        stand.bare(Method::DELETE, &format!("batch?ticketId={ticket}")).bearer_auth("secret_sandbox");
    assert_eq!(Stand::send(request).await.status, 200);
    let over = stand.get(&format!("batch?ticket={ticket}&escapedJson=true")).await.body;
    assert_eq!(over["status"], "COMPLETED");
    assert_eq!(statuses(&over), [("b", "NOT_EXECUTED", None)]);
}
