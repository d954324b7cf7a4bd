//! Setting quantities.

use crossdock_domain::{Classify as _, Listing, Sku};
use crossdock_storefront::{Quantity, Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{call, client_of, ok};

const PATH: &str = "/v3/inventory/adjustments/absolute";

fn quantity(sku: &str, product: &str, variant: Option<&str>, units: i64) -> Quantity {
    let (sku, product_id, variant_id) = (Sku::from(sku), product.to_owned(), variant.map(str::to_owned));
    Quantity { listing: Listing { sku, product_id, variant_id, tracked: true }, units }
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
    assert!(results.len() == 3 && results.iter().all(Result::is_ok));
    let sent: Value = server.received_requests().await.unwrap()[0].body_json().unwrap();
    let items = json!([
        { "location_id": 1, "variant_id": 509, "quantity": 4 },
        { "location_id": 1, "product_id": 11, "quantity": 0 },
        { "location_id": 1, "sku": "C", "quantity": 7 },
    ]);
    assert_eq!(sent, json!({ "reason": "crossdock", "items": items }));
    server.verify().await;
}

#[tokio::test]
async fn adjustments_are_bounded_and_a_refused_one_spares_the_next() {
    let server = MockServer::start().await;
    let refusal: Value =
        serde_json::from_str(include_str!("../../fixtures/errors/v3_422_tracked_by_product.json")).unwrap();
    let first = json!({ "items": [{ "location_id": 1, "variant_id": 1, "quantity": 1 }] });
    // The first chunk begins with variant 1.
    call("PUT", PATH)
        .and(body_begins_with(first))
        .respond_with(ResponseTemplate::new(422).set_body_json(refusal))
        .expect(1)
        .mount(&server)
        .await;
    call("PUT", PATH)
        .respond_with(ok(&json!({ "transaction_id": "t" })))
        .with_priority(9)
        .expect(1)
        .mount(&server)
        .await;
    let quantities: Vec<Quantity> =
        (1..=2001).map(|id| quantity("A", "10", Some(&id.to_string()), 1)).collect();
    let results = client_of(&server.uri()).set_stock(&quantities).await;
    assert_eq!(results.len(), 2001);
    for refused in &results[..2000] {
        let Err(StorefrontError::Refused { status: 422, message }) = refused else { panic!("{refused:?}") };
        assert!(message.contains("tracked by product"), "{message}");
    }
    assert!(results[2000].is_ok());
    server.verify().await;
}

#[tokio::test]
async fn a_shop_that_takes_nothing_is_asked_once() {
    for (status, class) in
        [(429, "shop-throttled"), (401, "shop-credentials-refused"), (503, "shop-unavailable")]
    {
        let server = MockServer::start().await;
        call("PUT", PATH).respond_with(ResponseTemplate::new(status)).expect(1).mount(&server).await;
        let quantities: Vec<Quantity> =
            (1..=4001).map(|id| quantity("A", "10", Some(&id.to_string()), 1)).collect();
        let results = client_of(&server.uri()).set_stock(&quantities).await;
        assert_eq!(results.len(), 4001);
        assert!(
            results.iter().all(|result| result.as_ref().is_err_and(|error| error.class() == class)),
            "{class}"
        );
        server.verify().await;
    }
}

#[tokio::test]
async fn nothing_to_set_is_no_call() {
    let server = MockServer::start().await;
    assert!(client_of(&server.uri()).set_stock(&[]).await.is_empty());
    assert!(server.received_requests().await.unwrap().is_empty());
}

fn body_begins_with(first: Value) -> impl wiremock::Match {
    move |request: &wiremock::Request| {
        let body: Value = request.body_json().unwrap();
        body["items"][0] == first["items"][0]
    }
}
