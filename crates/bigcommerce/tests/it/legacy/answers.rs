//! Answers that a legacy account may get, and those that nobody should believe.

use std::time::Duration;

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_storefront::{Priority, Quantity, Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockBuilder, MockServer, ResponseTemplate};

use super::client_of;
use crate::shop::{chain, ok};

/// `npf:legacy-token`, encoded by hand (`base64` of coreutils).
const BASIC: &str = "Basic bnBmOmxlZ2FjeS10b2tlbg==";

fn call(verb: &str, resource: &str) -> MockBuilder {
    Mock::given(method(verb))
        .and(path(format!("/api/v2{resource}")))
        .and(header("authorization", BASIC))
        .and(header("accept", "application/json"))
}

fn client(server: &MockServer) -> crossdock_bigcommerce::Bigcommerce {
    client_of(format!("{}/api/v2/", server.uri()).parse().unwrap())
}

async fn answering(resource: &str, answer: ResponseTemplate) -> MockServer {
    let server = MockServer::start().await;
    call("GET", resource).respond_with(answer).mount(&server).await;
    server
}

#[tokio::test]
async fn the_documented_order_without_consignments_is_read_with_its_lines_and_address() {
    let documented: Value = serde_json::from_str(include_str!("../../../fixtures/orders/218.json")).unwrap();
    let products: Value =
        serde_json::from_str(include_str!("../../../fixtures/products/order_149.json")).unwrap();
    let place = &products[0]["order_address_id"];
    let address = json!([{ "id": place, "first_name": "Ann", "last_name": "Lee", "street_1": "1 Main St",
        "city": "Austin", "zip": "78726", "state": "Texas", "country_iso2": "US", "shipping_method": "By Weight" }]);
    let link = json!({ "url": "https://store-abc.mybigcommerce.com/api/v2/orders/218/consignments.json",
        "resource": "/orders/218/consignments" });
    for consignments in [None, Some(link), Some(json!([]))] {
        let mut order = documented.clone();
        assert!(order.get("consignments").is_none());
        if let Some(consignments) = consignments {
            order["consignments"] = consignments;
        }
        let server = answering("/orders/218", ok(&order)).await;
        call("GET", "/orders/218/products").respond_with(ok(&products)).mount(&server).await;
        call("GET", "/orders/218/shipping_addresses").respond_with(ok(&address)).mount(&server).await;
        let read = client(&server).orders(&["218".into()], Priority::Urgent).await.remove(0).unwrap();
        let ship_to = read.ship_to.unwrap();
        assert_eq!((ship_to.name.as_str(), ship_to.postcode.as_str()), ("Ann Lee", "78726"));
        assert_eq!((read.shipping_method.as_str(), read.lines.len()), ("By Weight", 2));
    }
}

#[tokio::test]
async fn a_throttled_account_waits_as_long_as_it_is_told() {
    for (answer, seconds) in [
        (ResponseTemplate::new(429).insert_header("x-retry-after", "12"), 12),
        (ResponseTemplate::new(429).insert_header("retry-after", "7"), 7),
        (ResponseTemplate::new(429).insert_header("x-retry-after", "99999"), 900),
        (ResponseTemplate::new(429), 30),
    ] {
        let server = answering("/store", answer).await;
        let client = client(&server);
        let error = client.check().await.unwrap_err();
        let wait = Duration::from_secs(seconds);
        assert!(matches!(error, StorefrontError::Throttled { wait: told } if told == wait), "{error}");
        client.check().await.unwrap_err();
        assert_eq!(server.received_requests().await.unwrap().len(), 1, "nobody knocks");
    }
}

#[tokio::test]
async fn a_catalogue_of_another_shape_is_an_error_and_never_a_quantity() {
    let product = |id: u64, tracking: &str| json!({ "id": id, "sku": "A", "inventory_tracking": tracking });
    for (rows, says) in [
        (json!([product(1, "by hand")]), "[0].inventory_tracking"),
        (json!([{ "id": 1, "inventory_tracking": "simple" }]), "missing field `sku`"),
        (json!([{ "id": "one", "sku": "A", "inventory_tracking": "simple" }]), "not an id"),
        (json!([product(2, "simple"), product(1, "simple")]), "not sorted by id"),
        (json!([product(0, "simple")]), "does not begin at the id"),
        (json!({ "data": [] }), "invalid type: map"),
    ] {
        let server = answering("/products", ok(&rows)).await;
        let error = client(&server).catalogue(None).await.unwrap_err();
        assert!(matches!(error, StorefrontError::Malformed { .. }), "{error}");
        assert!(chain(&error).contains(says), "{}", chain(&error));
    }
}

#[tokio::test]
async fn a_quantity_counts_as_set_only_if_the_answer_shows_it() {
    let listing = Listing {
        sku: Sku::from("TEE-S"),
        product_id: "7".to_owned(),
        variant_id: Some("sku:5".to_owned()),
        stock: ListingStock::Counted,
    };
    for (answer, is_set) in [
        (json!({ "id": 5, "product_id": 7, "inventory_level": 3 }), true),
        (json!({ "id": 5, "product_id": 7, "inventory_level": "3" }), true),
        (json!({ "id": 5, "product_id": 7, "inventory_level": 4 }), false),
        (json!({ "id": 6, "product_id": 7, "inventory_level": 3 }), false),
        (json!({ "id": 5 }), false),
    ] {
        let server = MockServer::start().await;
        let body = wiremock::matchers::body_json(json!({ "inventory_level": 3 }));
        call("PUT", "/products/7/skus/5").and(body).respond_with(ok(&answer)).mount(&server).await;
        let quantity = Quantity { listing: listing.clone(), units: 3 };
        let result = client(&server).set_stock(&[quantity]).await.remove(0);
        let malformed = matches!(result, Err(StorefrontError::Malformed { .. }));
        assert_eq!((result.is_ok(), malformed), (is_set, !is_set), "{answer}");
    }
}
