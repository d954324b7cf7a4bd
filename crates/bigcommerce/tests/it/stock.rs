//! Setting quantities.

use std::sync::atomic::{AtomicUsize, Ordering};

use crossdock_domain::{Classify as _, Listing, ListingStock, Sku};
use crossdock_storefront::{Quantity, Storefront as _, StorefrontError, Taken};
use serde_json::{Map, Value, json};
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::shop::{call, client_of, ok};

const PATH: &str = "/v3/inventory/adjustments/absolute";

fn quantity(sku: &str, product: &str, variant: Option<&str>, units: i64) -> Quantity {
    let (sku, product_id, variant_id) = (Sku::from(sku), product.to_owned(), variant.map(str::to_owned));
    Quantity { listing: Listing { sku, product_id, variant_id, stock: ListingStock::Counted }, units }
}

#[tokio::test]
async fn each_listing_is_named_by_what_counts_its_stock() {
    let server = MockServer::start().await;
    call("PUT", PATH).respond_with(ok(&json!({ "transaction_id": "t" }))).expect(1).mount(&server).await;
    let quantities = [
        quantity("A", "10", Some("509"), 4),
        quantity("B", "11", None, 0),
        quantity("C", "12", Some("odd"), 7),
    ];
    let results = client_of(&server.uri()).set_stock(&quantities).await;
    assert!(matches!(
        results[..],
        [Ok(Taken::MayHaveChanged), Ok(Taken::MayHaveChanged), Ok(Taken::MayHaveChanged)]
    ));
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    let items = json!([
        { "location_id": 1, "variant_id": 509, "quantity": 4 },
        { "location_id": 1, "product_id": 11, "quantity": 0 },
        { "location_id": 1, "sku": "C", "quantity": 7 },
    ]);
    assert_eq!(sent, json!({ "reason": "crossdock", "items": items }));
    server.verify().await;
}

/// Variants 1, 2 and so on.
fn quantities(count: usize) -> Vec<Quantity> {
    (1..=count).map(|id| quantity("A", "10", Some(&id.to_string()), 1)).collect()
}

/// The variants of an adjustment.
fn variants(request: &Request) -> Vec<u64> {
    let body: Value = request.body_json().unwrap();
    body["items"].as_array().unwrap().iter().map(|item| item["variant_id"].as_u64().unwrap()).collect()
}

/// A shop that refuses every adjustment with one of these variants, in the words that `say` has for what it found: the bad variants,
/// each with its place.
async fn refusing(bad: &'static [u64], say: fn(&[(usize, u64)]) -> Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        let found: Vec<(usize, u64)> =
            variants(request).into_iter().enumerate().filter(|(_, id)| bad.contains(id)).collect();
        if found.is_empty() {
            return ok(&json!({ "transaction_id": "t" }));
        }
        ResponseTemplate::new(422).set_body_json(say(&found))
    };
    call("PUT", PATH).respond_with(answer).mount(&server).await;
    server
}

/// The variants that were refused, each with the shop's words.
fn refused(results: &[Result<Taken, StorefrontError>]) -> Vec<(usize, String)> {
    let told = |(place, result): (usize, &Result<Taken, StorefrontError>)| match result {
        Ok(_) => None,
        Err(StorefrontError::Refused { status: 422, message }) => Some((place + 1, message.clone())),
        Err(other) => panic!("{other}"),
    };
    results.iter().enumerate().filter_map(told).collect()
}

async fn calls(server: &MockServer) -> usize {
    server.received_requests().await.unwrap().len()
}

#[tokio::test]
async fn ten_thousand_quantities_go_in_five_adjustments() {
    let server = refusing(&[], |_| json!({})).await;
    let results = client_of(&server.uri()).set_stock(&quantities(10_000)).await;
    assert!(results.len() == 10_000 && results.iter().all(Result::is_ok));
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.iter().map(|one| variants(one).len()).collect::<Vec<_>>(), [2000; 5]);
}

#[tokio::test]
async fn a_bad_item_that_the_shop_does_not_name_is_searched_for_and_fails_alone() {
    let server = refusing(&[1234], |_| json!({ "status": 422, "title": "Something is odd" })).await;
    let results = client_of(&server.uri()).set_stock(&quantities(2500)).await;
    assert_eq!(refused(&results), [(1234, "Something is odd".to_owned())]);
    let calls = calls(&server).await;
    assert!(calls <= 2 + 2 * 11, "{calls}");
}

#[tokio::test]
async fn items_that_the_shop_names_are_left_out_at_once() {
    let by_path = |found: &[(usize, u64)]| {
        let errors =
            found.iter().map(|(place, _)| (format!("items.{place}.variant_id"), json!("no such item")));
        json!({ "status": 422, "title": "Payload contains invalid fields", "errors": errors.collect::<Map<_, _>>() })
    };
    let server = refusing(&[3, 1999], by_path).await;
    let results = client_of(&server.uri()).set_stock(&quantities(2000)).await;
    let words = "Payload contains invalid fields (variant_id: no such item)".to_owned();
    assert_eq!(refused(&results), [(3, words.clone()), (1999, words)]);
    assert_eq!(calls(&server).await, 2);

    let by_id = |_: &[(usize, u64)]| {
        serde_json::from_str(include_str!("../../fixtures/errors/v3_422_tracked_by_product.json")).unwrap()
    };
    let server = refusing(&[106], by_id).await;
    let results = client_of(&server.uri()).set_stock(&quantities(2000)).await;
    let words = "[Item with variant_id 106 is tracked by product, please update stock by product id]";
    assert_eq!(refused(&results), [(106, words.to_owned())]);
    assert_eq!(calls(&server).await, 2);
}

#[tokio::test]
async fn the_search_for_bad_items_has_an_end_and_the_rest_waits() {
    let server = MockServer::start().await;
    let refusal = json!({ "status": 422, "title": "No" });
    call("PUT", PATH).respond_with(ResponseTemplate::new(422).set_body_json(refusal)).mount(&server).await;
    let results = client_of(&server.uri()).set_stock(&quantities(4000)).await;
    assert!(
        results.iter().all(|result| result.as_ref().is_err_and(|error| error.class() == "shop-unavailable"))
    );
    assert_eq!(calls(&server).await, 62);
}

/// Some 16 calls tell each of them.
#[tokio::test]
async fn each_search_for_bad_items_finds_some_however_many_there_are() {
    let bad = (0..40).map(|nth| 50 * nth + 1).collect::<Vec<u64>>().leak();
    let server = refusing(bad, |_| json!({ "status": 422, "title": "No" })).await;
    let results = client_of(&server.uri()).set_stock(&quantities(2000)).await;
    let found = results.iter().filter(|result| class(result) == "shop-refused").count();
    let set = results.iter().filter(|result| result.is_ok()).count();
    assert!(found >= 4 && set >= 49 * found, "{found} found, {set} set");
    assert!(
        results.iter().all(|result| ["shop-refused", "shop-unavailable", "done"].contains(&class(result)))
    );
}

#[tokio::test]
async fn items_that_the_shop_names_one_at_a_time_are_known_however_many_there_are() {
    let bad = (0..100).map(|nth| 20 * nth + 1).collect::<Vec<u64>>().leak();
    let by_id = |found: &[(usize, u64)]| {
        let words = format!("[Item with variant_id {} is tracked by product]", found[0].1);
        json!({ "status": 422, "title": words })
    };
    let server = refusing(bad, by_id).await;
    let wanted = quantities(2000);
    let results = client_of(&server.uri()).set_stock(&wanted).await;
    let known = results.iter().filter(|result| class(result) == "shop-refused").count();
    assert_eq!(known, 61, "one for each call");
    // What is known is told no more.
    let left = wanted.into_iter().zip(&results).filter(|(_, result)| class(result) != "shop-refused");
    let left: Vec<Quantity> = left.map(|(one, _)| one).collect();
    let results = client_of(&server.uri()).set_stock(&left).await;
    let set = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!((set, refused(&results).len()), (1900, 39));
}

#[tokio::test]
async fn a_search_that_is_throttled_leaves_what_was_set() {
    let server = MockServer::start().await;
    let refusal = json!({ "status": 422, "title": "No" });
    let answers = AtomicUsize::new(0);
    let answer = move |_: &Request| match answers.fetch_add(1, Ordering::Relaxed) {
        0 => ResponseTemplate::new(422).set_body_json(&refusal),
        1 => ok(&json!({ "transaction_id": "t" })),
        _ => ResponseTemplate::new(429).insert_header("x-rate-limit-time-reset-ms", "30000"),
    };
    call("PUT", PATH).respond_with(answer).mount(&server).await;
    let results = client_of(&server.uri()).set_stock(&quantities(10)).await;
    assert!(results[..5].iter().all(Result::is_ok));
    let throttled =
        |result: &Result<Taken, StorefrontError>| matches!(result, Err(StorefrontError::Throttled { .. }));
    assert!(results[5..].iter().all(throttled));
    assert_eq!(calls(&server).await, 3);
}

#[tokio::test]
async fn the_sandboxs_shop_takes_all_but_what_is_out_of_range() {
    let (shop, client) =
        crate::catalogue::shop(&[("MUG", Some(1)), ("TEE", Some(1)), ("HAT", Some(1))]).await;
    let listings = client.catalogue(None).await.unwrap().products.listings;
    let units = |listing: &Listing| if listing.sku.as_str() == "TEE" { 2_147_483_648 } else { 7 };
    let wanted: Vec<_> =
        listings.into_iter().map(|listing| Quantity { units: units(&listing), listing }).collect();
    let results = client.set_stock(&wanted).await;
    let refused: Vec<_> = wanted
        .iter()
        .zip(&results)
        .filter(|(_, result)| result.is_err())
        .map(|(one, _)| one.listing.sku.as_str())
        .collect();
    assert_eq!(refused, ["TEE"]);
    assert_eq!(["MUG", "TEE", "HAT"].map(|sku| shop.catalog().stock(sku)), [Some(7), Some(1), Some(7)]);
}

#[tokio::test]
async fn a_shop_that_takes_nothing_is_asked_once() {
    for (status, sent, kept_back) in [
        (429, "shop-throttled", "shop-throttled"),
        (401, "shop-credentials-refused", "shop-credentials-refused"),
    ] {
        let server = MockServer::start().await;
        call("PUT", PATH).respond_with(ResponseTemplate::new(status)).expect(1).mount(&server).await;
        let results = client_of(&server.uri()).set_stock(&quantities(4001)).await;
        assert_eq!(results.len(), 4001);
        assert!(results[..2000].iter().all(|result| class(result) == sent), "{sent}");
        assert!(results[2000..].iter().all(|result| class(result) == kept_back), "{kept_back}");
        server.verify().await;
    }
}

/// A shop that answers this to every adjustment of which that is so.
async fn failing(status: u16, fails: impl Fn(&[u64]) -> bool + Send + Sync + 'static) -> MockServer {
    let server = MockServer::start().await;
    let answer = move |request: &Request| {
        if fails(&variants(request)) {
            return ResponseTemplate::new(status);
        }
        ok(&json!({ "transaction_id": "t" }))
    };
    call("PUT", PATH).respond_with(answer).mount(&server).await;
    server
}

/// The sizes of the adjustments that came, after so many.
async fn sizes(server: &MockServer, after: usize) -> Vec<usize> {
    let requests = server.received_requests().await.unwrap();
    requests[after..].iter().map(|one| variants(one).len()).collect()
}

#[tokio::test]
async fn an_item_for_which_the_shop_fails_is_in_doubt_alone_and_keeps_nothing_back() {
    for bad in [1, 777, 2000, 4001] {
        let server = failing(500, move |variants| variants.contains(&bad)).await;
        let results = client_of(&server.uri()).set_stock(&quantities(4001)).await;
        // What was sent with it may come once more; the last one goes alone.
        let sent_again = results.iter().filter(|it| matches!(it, Ok(Taken::SentAgain))).count();
        assert_eq!(sent_again, if bad == 4001 { 0 } else { 1999 });
        let doubtful: Vec<usize> =
            results.iter().enumerate().filter(|(_, it)| it.is_err()).map(|(at, _)| at + 1).collect();
        assert_eq!(doubtful, [usize::try_from(bad).unwrap()]);
        assert_eq!(class(&results[doubtful[0] - 1]), "shop-in-doubt");
        let sizes = sizes(&server, 0).await;
        assert_eq!(sizes[..3], [2000, 2000, 1], "the others go first");
        assert!(sizes.len() <= 3 + 2 * 11, "{}", sizes.len());
    }
}

#[tokio::test]
async fn a_shop_that_fails_large_adjustments_gets_smaller_ones_from_then_on() {
    let server = failing(504, |variants| variants.len() > 500).await;
    let client = client_of(&server.uri());
    let mut after = 0;
    for expected in [
        vec![2000, 1000, 1000, 500, 500, 500, 500],
        vec![1000, 1000, 500, 500, 500, 500],
        vec![250; 8],
        vec![450, 450, 450, 450, 200],
    ] {
        assert!(client.set_stock(&quantities(2000)).await.iter().all(Result::is_ok));
        assert_eq!(sizes(&server, after).await, expected);
        after += expected.len();
    }
}

#[tokio::test]
async fn a_shop_that_answers_no_adjustment_as_it_should_is_not_asked_for_each_item() {
    let server = failing(503, |_| true).await;
    let results = client_of(&server.uri()).set_stock(&quantities(4001)).await;
    assert!(results.len() == 4001 && results.iter().all(|result| class(result) == "shop-in-doubt"));
    assert_eq!(sizes(&server, 0).await, [2000, 2000, 1, 1000, 1000, 1000, 1000, 500]);
}

#[tokio::test]
async fn a_shop_that_breaks_down_in_the_middle_of_a_push_is_let_alone() {
    let server = failing(503, |variants| variants[0] > 25).await;
    let client = client_of(&server.uri());
    for _ in 0..8 {
        client.set_stock(&quantities(2000)[1000..]).await;
    }
    let before = calls(&server).await;
    let results = client.set_stock(&quantities(2000)).await;
    assert!(results[..25].iter().all(Result::is_ok) && class(&results[1999]) == "shop-unavailable");
    assert_eq!(sizes(&server, before).await, [25; 17]);
}

#[tokio::test]
async fn what_is_in_doubt_stays_so_whatever_keeps_the_rest_back() {
    let server = MockServer::start().await;
    let once = call("PUT", PATH).respond_with(ResponseTemplate::new(502)).up_to_n_times(1);
    once.mount(&server).await;
    call("PUT", PATH).respond_with(ResponseTemplate::new(429)).expect(1).mount(&server).await;
    let results = client_of(&server.uri()).set_stock(&quantities(4000)).await;
    assert!(results[..2000].iter().all(|result| class(result) == "shop-in-doubt"));
    assert!(results[2000..].iter().all(|result| class(result) == "shop-throttled"));
    server.verify().await;
}

#[tokio::test]
async fn a_call_that_is_refused_as_a_whole_refuses_no_quantity() {
    for status in [404, 405, 413] {
        let server = MockServer::start().await;
        let refusal = json!({ "status": status, "title": "Not here", "type": "about:blank" });
        let answer = ResponseTemplate::new(status).set_body_json(refusal);
        call("PUT", PATH).respond_with(answer).expect(1).mount(&server).await;
        let results = client_of(&server.uri()).set_stock(&quantities(2001)).await;
        assert!(results.len() == 2001 && results.iter().all(|result| class(result) == "shop-unavailable"));
        let words = std::error::Error::source(results[2000].as_ref().unwrap_err()).unwrap().to_string();
        assert!(words.starts_with("the shop "), "in the shop's own words: {words}");
        server.verify().await;
    }
}

fn class(result: &Result<Taken, StorefrontError>) -> &'static str {
    result.as_ref().map_or_else(crossdock_domain::Classify::class, |_| "done")
}

#[tokio::test]
async fn nothing_to_set_is_no_call() {
    let server = MockServer::start().await;
    assert!(client_of(&server.uri()).set_stock(&[]).await.is_empty());
    assert!(server.received_requests().await.unwrap().is_empty());
}
