//! Setting many quantities at once.

use std::time::Duration;

use crossdock_domain::{Classify, Listing};
use crossdock_sandbox::{EcwidOptions, Fault};
use crossdock_storefront::{Budget, Quantity, SharedLedger, Storefront as _, StorefrontError, Taken};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path, query_param};
use wiremock::{Mock, MockBuilder, Request, ResponseTemplate};

use crate::catalogue::{client_of, names, shop_of};
use crate::shop::{Shop, get, refusal};
use crate::stock::listing;

/// Most requests that go into one batch.
const REQUESTS_MAX: usize = 500;

fn batches() -> MockBuilder {
    Mock::given(method("POST")).and(path("/api/v3/1003/batch"))
}

fn ticket() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"ticket": "11kl140a2"}))
}

fn progress(answers: &Value) -> ResponseTemplate {
    let body =
        json!({"status": "COMPLETED", "totalRequests": 6, "completedRequests": 6, "responses": answers});
    ResponseTemplate::new(200).set_body_json(body)
}

/// Six products, of which the last is a variation.
fn six() -> Vec<Quantity> {
    let quantity = |id: &str, variation| Quantity { listing: listing("TEE", id, variation, true), units: 5 };
    let mut six: Vec<_> = ["1", "2", "3", "4", "5"].map(|id| quantity(id, None)).into();
    six.push(quantity("6", Some("60")));
    six
}

fn classes(results: &[Result<Taken, StorefrontError>]) -> Vec<&'static str> {
    results.iter().map(|one| one.as_ref().map_or_else(Classify::class, |_| "done")).collect()
}

#[tokio::test]
async fn each_request_of_a_batch_has_its_own_outcome() {
    let shop = Shop::start().await;
    let request = |id: &str, path: &str| json!({"id": id, "path": path, "method": "PUT", "body": {"quantity": 5, "unlimited": false}});
    let sent = json!([
        request("0", "/products/1"),
        request("1", "/products/2"),
        request("2", "/products/3"),
        request("3", "/products/4"),
        request("4", "/products/5"),
        request("5", "/products/6/combinations/60"),
    ]);
    batches()
        .and(query_param("stopOnFirstFailure", "false"))
        .and(body_json(sent))
        .respond_with(ticket())
        .expect(1)
        .mount(&shop.server)
        .await;
    let started = ResponseTemplate::new(200)
        .set_body_json(json!({"status": "IN_PROGRESS", "totalRequests": 6, "completedRequests": 5}));
    let asked = get("batch").and(query_param("ticket", "11kl140a2")).and(query_param("escapedJson", "true"));
    asked.respond_with(started).up_to_n_times(1).expect(1).mount(&shop.server).await;
    let updated = |count: u64| json!({"updateCount": count}).to_string();
    let no = json!({"errorCode": "NOT_ALLOWED_TO_UPDATE_PARAMETER", "errorMessage": "no"}).to_string();
    let gone = json!({"errorCode": "COMBINATION_NOT_FOUND", "errorMessage": "gone"}).to_string();
    // In another order than they were asked for.
    let answers = json!([
        {"id": "5", "status": "FAILED", "escapedHttpBody": gone, "httpStatusCode": 404},
        {"id": "1", "status": "FAILED", "escapedHttpBody": no, "httpStatusCode": 409},
        {"id": "0", "status": "COMPLETED", "escapedHttpBody": updated(1), "httpStatusCode": 200},
        {"id": "3", "status": "COMPLETED", "escapedHttpBody": updated(0), "httpStatusCode": 200},
        {"id": "4", "status": "COMPLETED", "escapedHttpBody": updated(0), "httpStatusCode": 200},
        {"id": "2", "status": "NOT_EXECUTED"},
    ]);
    get("batch").respond_with(progress(&answers)).expect(1).mount(&shop.server).await;
    for (product, stands) in [("products/4", 5), ("products/5", 4)] {
        let standing = ResponseTemplate::new(200).set_body_json(json!({"quantity": stands}));
        get(product).respond_with(standing).expect(1).mount(&shop.server).await;
    }
    let results = shop.ecwid.set_stock(&six()).await;
    let expected = ["done", "shop-refused", "shop-unavailable", "done", "shop-refused", "shop-not-found"];
    assert_eq!(classes(&results), expected);
    let taken: Vec<_> = results.iter().filter_map(|one| one.as_ref().ok()).collect();
    assert_eq!(taken, [&Taken::Changed, &Taken::Stands], "of what stood, the shop tells nobody");
    let words = results[1].as_ref().unwrap_err().to_string();
    assert_eq!(words, "the shop refused it with 409: NOT_ALLOWED_TO_UPDATE_PARAMETER: no");
    assert_eq!(results[5].as_ref().unwrap_err().to_string(), "the shop has no variation 60 of product 6");
    shop.server.verify().await;
}

#[tokio::test]
async fn a_variation_that_the_shops_plan_does_not_have_is_refused_alone_in_a_batch_too() {
    let shop = Shop::start().await;
    batches().respond_with(ticket()).expect(2).mount(&shop.server).await;
    let upgrade =
        json!({"errorCode": "NOT_AVAILABLE_ON_CURRENT_PLAN", "errorMessage": "upgrade"}).to_string();
    let mut answers: Vec<_> = (0..5).map(|id| json!({"id": id.to_string(), "status": "COMPLETED"})).collect();
    answers.push(json!({"id": "5", "status": "FAILED", "escapedHttpBody": upgrade, "httpStatusCode": 402}));
    get("batch").respond_with(progress(&json!(answers))).mount(&shop.server).await;
    for _ in 0..2 {
        let results = shop.ecwid.set_stock(&six()).await;
        assert_eq!(classes(&results), ["done", "done", "done", "done", "done", "shop-refused"]);
    }
    shop.server.verify().await;
}

#[tokio::test]
async fn what_a_batch_surely_did_not_do_is_told_from_what_may_come_yet() {
    let shop = Shop::start().await;
    batches().respond_with(ticket()).mount(&shop.server).await;
    // Nothing of the last one.
    let answers = json!([
        {"id": "0", "status": "COMPLETED"},
        {"id": "1", "status": "NOT_EXECUTED"},
        {"id": "2", "status": "FAILED"},
        {"id": "3", "status": "FAILED", "httpStatusCode": 504},
        {"id": "4", "status": "SUSPENDED"},
    ]);
    get("batch").respond_with(progress(&answers)).mount(&shop.server).await;
    let results = shop.ecwid.set_stock(&six()).await;
    let doubt = "shop-in-doubt";
    assert_eq!(classes(&results), ["done", "shop-unavailable", doubt, doubt, doubt, doubt]);
}

#[tokio::test]
async fn a_doubtful_batch_is_sent_again_as_the_same_and_another_has_another_key() {
    let shop = Shop::start().await;
    batches().respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&shop.server).await;
    batches().respond_with(ticket()).mount(&shop.server).await;
    let done: Vec<_> = (0..6).map(|id| json!({"id": id.to_string(), "status": "COMPLETED"})).collect();
    get("batch").respond_with(progress(&json!(done))).mount(&shop.server).await;
    for _ in 0..2 {
        assert_eq!(classes(&shop.ecwid.set_stock(&six()).await), ["done"; 6]);
    }
    let key = |request: &Request| {
        let key = request.url.query_pairs().find(|(name, _)| name == "deduplicationKey");
        (request.method == "POST").then(|| key.unwrap().1.into_owned())
    };
    let keys: Vec<_> = shop.server.received_requests().await.unwrap().iter().filter_map(key).collect();
    assert!(keys.len() == 3 && keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}

#[tokio::test]
async fn of_a_lost_batch_nothing_is_known_and_everything_is_repeated_and_what_may_still_run_is_cancelled() {
    let odd = ResponseTemplate::new(200).set_body_json(json!({"responses": 7}));
    for (answer, class) in [
        (refusal(404, "", "no such ticket"), "shop-in-doubt"),
        (refusal(400, "WRONG_PARAMETER", "ticket"), "shop-in-doubt"),
        (odd, "shop-malformed"),
    ] {
        let shop = Shop::start().await;
        batches().respond_with(ticket()).mount(&shop.server).await;
        get("batch").respond_with(answer).expect(1).mount(&shop.server).await;
        let cancel = Mock::given(method("DELETE")).and(path("/api/v3/1003/batch"));
        let cancel = cancel.and(query_param("ticketId", "11kl140a2"));
        cancel.respond_with(json_answer(&json!({}))).expect(1).mount(&shop.server).await;
        assert_eq!(classes(&shop.ecwid.set_stock(&six()).await), [class; 6]);
        shop.server.verify().await;
    }
}

#[tokio::test]
async fn of_a_batch_whose_submission_is_not_answered_everything_is_in_doubt_and_what_comes_after_is_not() {
    for second in
        [ResponseTemplate::new(502), refusal(429, "", "slowly"), refusal(403, "INVALID_API_TOKEN", "no")]
    {
        let shop = Shop::start().await;
        batches().respond_with(ResponseTemplate::new(502)).up_to_n_times(1).mount(&shop.server).await;
        batches().respond_with(second).expect(1).mount(&shop.server).await;
        let many: Vec<Quantity> = six().into_iter().cycle().take(REQUESTS_MAX + 3).collect();
        let results = shop.ecwid.set_stock(&many).await;
        let classes = classes(&results);
        let sent = classes.iter().take_while(|class| **class == "shop-in-doubt").count();
        assert!((1..=REQUESTS_MAX).contains(&sent), "{sent}");
        assert!(classes[sent..].iter().all(|class| *class == "shop-unavailable"), "they were not sent");
        shop.server.verify().await;
    }
}

fn json_answer(body: &Value) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(body)
}

#[tokio::test]
async fn a_batch_that_is_refused_as_a_whole_refuses_no_quantity() {
    let shop = Shop::start().await;
    batches().respond_with(refusal(413, "", "too large")).expect(1).mount(&shop.server).await;
    let results = shop.ecwid.set_stock(&six()).await;
    assert_eq!(classes(&results), ["shop-unavailable"; 6]);
    shop.server.verify().await;
}

#[tokio::test]
async fn a_look_at_the_ticket_may_fail_without_harm() {
    let (shop, client) = small_shop(20).await;
    shop.faults().next("GET", "/batch", Fault::Status(503));
    shop.faults().next("GET", "/batch", Fault::HalfBody);
    let results = client.set_stock(&quantities(&client, 20).await).await;
    assert!(results.iter().all(Result::is_ok));
    assert!(shop.catalog().items().iter().all(|item| item.stock == Some(7)));
}

#[tokio::test]
async fn a_batch_is_asked_after_however_often_the_shop_asks_for_a_pause() {
    let (shop, client) = small_shop(20).await;
    for _ in 0..3 {
        shop.faults().next("GET", "/batch", Fault::Throttle(Duration::from_secs(1)));
    }
    let results = client.set_stock(&quantities(&client, 20).await).await;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
    assert!(shop.faults().all_met());
    assert!(shop.requests().iter().all(|request| request.method != "DELETE"), "it was at work");
}

async fn small_shop(products: u64) -> (std::sync::Arc<crossdock_sandbox::EcwidShop>, crossdock_ecwid::Ecwid) {
    let shop = shop_of(&names(products), EcwidOptions::default()).await;
    let client = client_of(&shop, Budget::told());
    (shop, client)
}

/// What the shop lists, each with seven units.
async fn quantities(client: &crossdock_ecwid::Ecwid, count: usize) -> Vec<Quantity> {
    let page = client.catalogue(None).await.unwrap();
    assert_eq!(page.products.listings.len(), count);
    page.products.listings.into_iter().map(|listing: Listing| Quantity { listing, units: 7 }).collect()
}

#[tokio::test]
async fn one_bad_request_of_a_batch_fails_alone() {
    let (shop, client) = small_shop(60).await;
    let quantities = quantities(&client, 60).await;
    shop.catalog().items().remove(17);
    shop.faults().next("PUT", "/products/30", Fault::Status(409));
    let results = client.set_stock(&quantities).await;
    let failed: Vec<usize> = (0..60).filter(|place| results[*place].is_err()).collect();
    assert_eq!(
        (failed, classes(&results)[17], classes(&results)[29]),
        (vec![17, 29], "shop-not-found", "shop-refused")
    );
    let posts = shop.requests().iter().filter(|request| request.method == "POST").count();
    assert_eq!(posts, 1);
}

#[tokio::test]
async fn a_request_that_meets_a_dead_token_inside_a_batch_pauses_the_shop() {
    let (shop, client) = small_shop(10).await;
    let quantities = quantities(&client, 10).await;
    shop.faults().next("PUT", "/products/3", Fault::Status(403));
    let results = client.set_stock(&quantities).await;
    assert_eq!(classes(&results)[2], "shop-credentials-refused");
    let before = shop.requests().len();
    assert_eq!(classes(&client.set_stock(&quantities).await), ["shop-credentials-refused"; 10]);
    assert_eq!(shop.requests().len(), before, "nobody knocks");
}

#[tokio::test]
async fn however_much_is_to_be_set_a_shop_that_takes_the_token_again_is_found_out() {
    let (shop, client) = small_shop(10).await;
    let quantities = quantities(&client, 10).await;
    shop.faults().next("PUT", "/products/3", Fault::Status(403));
    assert_eq!(classes(&client.set_stock(&quantities).await)[2], "shop-credentials-refused");
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(1)).await;
    tokio::time::resume();
    let first = client.set_stock(&quantities).await;
    assert!(first[0].is_ok() && first[1..].iter().all(Result::is_err), "one of them finds out: {first:?}");
    assert_eq!(classes(&client.set_stock(&quantities).await), ["done"; 10]);
}

#[tokio::test]
async fn a_batchs_requests_count_against_the_shops_minute() {
    let shop = shop_of(&names(100), EcwidOptions::default()).await;
    // Without a ledger, a tenth of the minute: 60, of which stock leaves 21 to others.
    let budget = Budget::counted("acme-widgets".parse().unwrap(), SharedLedger::default());
    let client = client_of(&shop, budget);
    let quantities = quantities(&client, 100).await;
    let results = client.set_stock(&quantities).await;
    assert!(results[..38].iter().all(Result::is_ok), "the catalogue was the 39th");
    let waits =
        |result: &Result<Taken, StorefrontError>| matches!(result, Err(StorefrontError::Throttled { .. }));
    assert!(results[38..].iter().all(waits));
    let set = shop.catalog().items().iter().filter(|item| item.stock == Some(7)).count();
    assert_eq!(set, 38);
}

/// A shop that answers 0 for what it had, and a client that may send it 60 requests a minute, of which stock leaves 21 to others.
async fn shop_that_counts_changes(
    products: u64,
) -> (std::sync::Arc<crossdock_sandbox::EcwidShop>, crossdock_ecwid::Ecwid) {
    let options = EcwidOptions { only_changes_count: true, ..EcwidOptions::default() };
    let shop = shop_of(&names(products), options).await;
    let budget = Budget::counted("acme-widgets".parse().unwrap(), SharedLedger::default());
    let client = client_of(&shop, budget);
    (shop, client)
}

#[tokio::test]
async fn a_push_of_what_stands_already_costs_one_look_at_all_of_it() {
    let (shop, client) = shop_that_counts_changes(38).await;
    let quantities = quantities(&client, 38).await;
    shop.catalog().items().iter_mut().skip(1).for_each(|item| item.stock = Some(7));
    let results = client.set_stock(&quantities).await;
    let taken: Vec<Taken> = results.into_iter().map(Result::unwrap).collect();
    assert_eq!((taken[0], &taken[1..]), (Taken::Changed, [Taken::Stands; 37].as_slice()));
    let reads = shop.requests().into_iter().filter(|request| request.path_and_query.contains("/products"));
    assert_eq!(reads.count(), 2, "the catalogue before, and one search");
}

#[tokio::test]
async fn one_quantity_that_stands_already_is_looked_at_however_much_a_push_has_used_up() {
    let (shop, client) = shop_that_counts_changes(1).await;
    let quantity = quantities(&client, 1).await;
    shop.catalog().items()[0].stock = Some(7);
    while client.catalogue(None).await.is_ok() {}
    assert_eq!(client.set_stock(&quantity).await.remove(0).unwrap(), Taken::Stands);
}

#[tokio::test]
async fn what_a_search_has_not_got_yet_is_read_by_itself_and_where_it_is_much_looked_at_again_later() {
    let shop = Shop::start().await;
    batches().respond_with(ticket()).mount(&shop.server).await;
    let done = |id: usize| json!({"id": id.to_string(), "status": "COMPLETED", "escapedHttpBody": r#"{"updateCount": 0}"#});
    let answers: Vec<_> = (0..12).map(done).collect();
    get("batch").respond_with(progress(&json!(answers))).mount(&shop.server).await;
    let stale = (1..=9).map(|id| json!({"id": id, "quantity": 4}));
    let variations = json!([{"id": 60, "quantity": 5}, {"id": 61}, {"id": 62, "quantity": 4}]);
    let fresh = [json!({"id": 10, "quantity": 5}), json!({"id": "11", "combinations": variations})];
    let items: Vec<_> = stale.chain(fresh).collect();
    let found = json_answer(&json!({"total": items.len(), "items": items}));
    let search = get("products").and(query_param("productId", "1,10,11,2,3,4,5,6,7,8,9"));
    search.respond_with(found).expect(1).mount(&shop.server).await;
    for (id, stands) in (1..=8).zip([5, 5, 5, 5, 5, 5, 4, 5]) {
        let standing = json_answer(&json!({"quantity": stands}));
        get(&format!("products/{id}")).respond_with(standing).expect(1).mount(&shop.server).await;
    }
    let quantity = |id: &str, variation| Quantity { listing: listing("TEE", id, variation, true), units: 5 };
    let mut all: Vec<_> = (1..=10).map(|id| quantity(&id.to_string(), None)).collect();
    all.extend(["60", "61"].map(|variation| quantity("11", Some(variation))));
    let results = shop.ecwid.set_stock(&all).await;
    let mut expected = ["done"; 12];
    (expected[6], expected[8], expected[11]) = ("shop-refused", "shop-slow", "shop-slow");
    assert_eq!(classes(&results), expected);
    shop.server.verify().await;
}

#[tokio::test]
async fn a_shop_that_was_seen_to_be_slow_is_asked_after_once_when_the_next_batch_is_done() {
    let options = EcwidOptions { batch_pace: Duration::from_millis(60), ..EcwidOptions::default() };
    let shop = shop_of(&names(50), options).await;
    let client = client_of(&shop, Budget::told());
    let fifty = quantities(&client, 50).await;
    let looks =
        || shop.requests().iter().filter(|request| request.path_and_query.contains("ticket=")).count();
    client.set_stock(&fifty).await;
    assert!(looks() >= 2, "nothing was known of it");
    // A machine that pauses in the middle of a batch makes it slower, or faster, than the next.
    let mut each = Vec::new();
    while each.last() != Some(&1) && each.len() < 5 {
        let before = looks();
        client.set_stock(&fifty).await;
        each.push(looks() - before);
    }
    assert_eq!(each.last(), Some(&1), "{each:?}");
}

#[tokio::test]
async fn what_a_batch_left_over_waits_for_one_that_is_as_large_and_a_few_quantities_do_not() {
    let shop = shop_of(&names(100), EcwidOptions::default()).await;
    let budget = Budget::counted("acme-widgets".parse().unwrap(), SharedLedger::default());
    let client = client_of(&shop, budget);
    let all = quantities(&client, 100).await;
    let told = client.set_stock(&all).await.iter().filter(|result| result.is_ok()).count();
    let before = shop.requests().len();
    let rest = client.set_stock(&all[told..]).await;
    let soon = Duration::from_secs(5);
    let waits = |result: &Result<Taken, StorefrontError>| matches!(result, Err(StorefrontError::Throttled { wait }) if *wait <= soon);
    assert!(rest.iter().all(waits));
    assert_eq!(shop.requests().len(), before);
    let sold = client.set_stock(&all[told..told + 4]).await;
    assert!(sold.iter().all(Result::is_ok), "{sold:?}");
    assert_eq!(shop.requests().len(), before + 4);
}

#[tokio::test]
async fn a_slow_batch_is_asked_after_gently() {
    let options = EcwidOptions { batch_pace: Duration::from_millis(40), ..EcwidOptions::default() };
    let shop = shop_of(&names(50), options).await;
    let client = client_of(&shop, Budget::told());
    let results = client.set_stock(&quantities(&client, 50).await).await;
    assert!(results.iter().all(Result::is_ok));
    let looks = shop.requests().iter().filter(|request| request.path_and_query.contains("ticket=")).count();
    assert!((2..=4).contains(&looks), "two seconds: {looks}");
}
