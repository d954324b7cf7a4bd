//! Finding SKUs in the catalogue.

use crossdock_domain::{Listing, Sku};
use crossdock_storefront::{Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{call, client_of, ok};

fn page(rows: &Value, current: u64, total: u64) -> ResponseTemplate {
    ok(&json!({ "data": rows, "meta": { "pagination": { "current_page": current, "total_pages": total } } }))
}

fn listing(sku: &str, product: &str, variant: Option<&str>, tracked: bool) -> Listing {
    let variant_id = variant.map(str::to_owned);
    Listing { sku: Sku::from(sku), product_id: product.to_owned(), variant_id, tracked }
}

#[tokio::test]
async fn the_documented_variants_are_listed_where_their_product_counts_them() {
    let server = MockServer::start().await;
    let variants: Value =
        serde_json::from_str(include_str!("../../fixtures/catalog/variants_of_product_192.json")).unwrap();
    call("GET", "/v3/catalog/variants")
        .and(query_param("sku:in", "SMIT,SMIT-2,smit-1"))
        .and(query_param("limit", "250"))
        .respond_with(ok(&variants))
        .expect(1)
        .mount(&server)
        .await;
    call("GET", "/v3/catalog/products")
        .and(query_param("id:in", "192"))
        .and(query_param("include_fields", "inventory_tracking"))
        .respond_with(page(&json!([{ "id": 192, "inventory_tracking": "variant" }]), 1, 1))
        .expect(1)
        .mount(&server)
        .await;
    let skus = ["SMIT-2", "SMIT", "smit-1", "SMIT", ""].map(Sku::from);
    let listings = client_of(&server.uri()).listings(&skus).await.unwrap();
    // `SMIT-1` is another SKU than `smit-1`.
    assert_eq!(
        listings,
        [listing("SMIT", "192", Some("382"), true), listing("SMIT-2", "192", Some("384"), true)]
    );
    server.verify().await;
}

#[tokio::test]
async fn a_product_that_counts_its_own_stock_is_listed_as_itself() {
    let server = MockServer::start().await;
    let options = json!([{ "id": 174, "label": "Beige" }]);
    let variants = json!([
        { "id": 1, "product_id": 10, "sku": "SIMPLE", "option_values": [] },
        { "id": 2, "product_id": 20, "sku": "SHARED", "option_values": options },
        { "id": 3, "product_id": 30, "sku": "UNTRACKED", "option_values": [] },
        { "id": 4, "product_id": 40, "sku": "GONE", "option_values": [] },
    ]);
    let products = json!([
        { "id": 10, "inventory_tracking": "product" },
        { "id": 20, "inventory_tracking": "product" },
        { "id": 30, "inventory_tracking": "none" },
    ]);
    call("GET", "/v3/catalog/variants").respond_with(page(&variants, 1, 1)).mount(&server).await;
    call("GET", "/v3/catalog/products").respond_with(page(&products, 1, 1)).mount(&server).await;
    let skus = ["SIMPLE", "SHARED", "UNTRACKED", "GONE"].map(Sku::from);
    assert_eq!(
        client_of(&server.uri()).listings(&skus).await.unwrap(),
        [
            listing("SIMPLE", "10", None, true),
            listing("SHARED", "20", Some("2"), false),
            listing("UNTRACKED", "30", Some("3"), false),
            listing("GONE", "40", Some("4"), false),
        ]
    );
}

#[tokio::test]
async fn every_page_is_read_and_a_sku_with_a_comma_is_asked_for_alone() {
    let server = MockServer::start().await;
    let row = |id: u64, sku: &str| json!([{ "id": id, "product_id": 10, "sku": sku, "option_values": [] }]);
    for current in 1..=3 {
        call("GET", "/v3/catalog/variants")
            .and(query_param("sku:in", "A"))
            .and(query_param("page", current.to_string()))
            .respond_with(page(&row(current, "A"), current, 3))
            .expect(1)
            .mount(&server)
            .await;
    }
    call("GET", "/v3/catalog/variants")
        .and(query_param("sku", "B,C"))
        .respond_with(page(&row(9, "B,C"), 1, 1))
        .expect(1)
        .mount(&server)
        .await;
    let products = json!([{ "id": 10, "inventory_tracking": "variant" }]);
    call("GET", "/v3/catalog/products").respond_with(page(&products, 1, 1)).mount(&server).await;
    let listings = client_of(&server.uri()).listings(&["A", "B,C"].map(Sku::from)).await.unwrap();
    let variants: Vec<_> = listings.iter().map(|listing| listing.variant_id.as_deref().unwrap()).collect();
    assert_eq!(variants, ["1", "2", "3", "9"]);
    server.verify().await;
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let server = MockServer::start().await;
    call("GET", "/v3/catalog/variants")
        .respond_with(page(&json!([]), 1, 9999))
        .expect(20)
        .mount(&server)
        .await;
    let error = client_of(&server.uri()).listings(&[Sku::from("A")]).await.unwrap_err();
    assert!(matches!(error, StorefrontError::Malformed { .. }), "{error}");
    server.verify().await;
}

#[tokio::test]
async fn no_sku_is_no_call() {
    let server = MockServer::start().await;
    assert_eq!(client_of(&server.uri()).listings(&[]).await.unwrap(), []);
    assert!(server.received_requests().await.unwrap().is_empty());
}
