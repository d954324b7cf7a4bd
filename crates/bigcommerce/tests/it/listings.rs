//! What products list.

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_storefront::{ProductListings, Storefront as _, StorefrontError};
use serde_json::{Value, json};
use wiremock::matchers::query_param;
use wiremock::{MockServer, ResponseTemplate};

use crate::shop::{call, client_of, ok};

const PRODUCTS: &str = "/v3/catalog/products";

pub(crate) fn page(rows: &Value, current: u64, total: u64) -> ResponseTemplate {
    ok(&json!({ "data": rows, "meta": { "pagination": { "current_page": current, "total_pages": total } } }))
}

fn listing(sku: &str, product: &str, variant: Option<&str>, stock: ListingStock) -> Listing {
    let variant_id = variant.map(str::to_owned);
    Listing { sku: Sku::from(sku), product_id: product.to_owned(), variant_id, stock }
}

/// A product without options, counted as a whole.
fn simple(id: u64, sku: &str) -> Value {
    let variants = json!([{ "id": 100 + id, "product_id": id, "sku": sku, "option_values": [] }]);
    json!({ "id": id, "sku": sku, "inventory_tracking": "product", "variants": variants })
}

#[tokio::test]
async fn the_documented_variants_are_listed_where_their_product_counts_them() {
    let server = MockServer::start().await;
    let variants: Value =
        serde_json::from_str(include_str!("../../fixtures/catalog/variants_of_product_192.json")).unwrap();
    let product =
        json!([{ "id": 192, "sku": "", "inventory_tracking": "variant", "variants": variants["data"] }]);
    call("GET", PRODUCTS)
        .and(query_param("id:in", "192"))
        .and(query_param("limit", "250"))
        .and(query_param("include", "variants"))
        .and(query_param("include_fields", "sku,inventory_tracking"))
        .respond_with(page(&product, 1, 1))
        .expect(1)
        .mount(&server)
        .await;
    let listings = client_of(&server.uri()).listings_of_products(&["192".to_owned()]).await.unwrap().listings;
    let counted = |sku, variant| listing(sku, "192", Some(variant), ListingStock::Counted);
    assert_eq!(listings, [counted("SMIT", "382"), counted("SMIT-1", "383"), counted("SMIT-2", "384")]);
    server.verify().await;
}

#[tokio::test]
async fn every_page_is_read_and_many_products_are_asked_for_in_several_calls() {
    let server = MockServer::start().await;
    let asked = |ids: std::ops::RangeInclusive<u64>| {
        let ids = ids.map(|id| id.to_string()).collect::<Vec<_>>().join(",");
        call("GET", PRODUCTS).and(query_param("id:in", ids))
    };
    for current in 1..=3 {
        asked(1..=50)
            .and(query_param("page", current.to_string()))
            .respond_with(page(&json!([simple(current, "A")]), current, 3))
            .expect(1)
            .mount(&server)
            .await;
    }
    asked(51..=60).respond_with(page(&json!([simple(60, "B")]), 1, 1)).expect(1).mount(&server).await;
    let ids: Vec<String> = (1..=60).map(|id: u64| id.to_string()).collect();
    let listings = client_of(&server.uri()).listings_of_products(&ids).await.unwrap().listings;
    let products: Vec<_> = listings.iter().map(|listing| listing.product_id.as_str()).collect();
    assert_eq!(products, ["1", "2", "3", "60"]);
    server.verify().await;
}

#[tokio::test]
async fn what_products_list_is_read_together_and_one_that_is_gone_has_no_entry() {
    let server = MockServer::start().await;
    call("GET", PRODUCTS)
        .and(query_param("id:in", "10,11,12"))
        .respond_with(page(&json!([simple(10, "MUG"), simple(12, "HAT")]), 1, 1))
        .expect(1)
        .mount(&server)
        .await;
    let ids = ["12", "11", "10", "12", "no-number"].map(str::to_owned);
    let listings = client_of(&server.uri()).listings_of_products(&ids).await.unwrap().listings;
    let skus: Vec<_> = listings.iter().map(|listing| listing.sku.as_str()).collect();
    assert_eq!(skus, ["MUG", "HAT"]);
    server.verify().await;
}

#[tokio::test]
async fn a_product_that_is_not_as_documented_hides_no_other_and_is_known_to_be_there() {
    let server = MockServer::start().await;
    let odd = json!({ "id": 11, "sku": "TEE", "inventory_tracking": "by hand", "variants": [] });
    let rows = json!([simple(10, "MUG"), odd, { "id": {} }]);
    call("GET", PRODUCTS).respond_with(page(&rows, 1, 1)).expect(1).mount(&server).await;
    let found =
        client_of(&server.uri()).listings_of_products(&["10", "11"].map(str::to_owned)).await.unwrap();
    assert_eq!(found.listings, [listing("MUG", "10", None, ListingStock::Counted)]);
    assert_eq!(found.unread, ["11"]);
    server.verify().await;
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let server = MockServer::start().await;
    call("GET", PRODUCTS).respond_with(page(&json!([]), 1, 9999)).expect(20).mount(&server).await;
    let error = client_of(&server.uri()).listings_of_products(&["1".to_owned()]).await.unwrap_err();
    assert!(matches!(error, StorefrontError::Malformed { .. }), "{error}");
    server.verify().await;
}

#[tokio::test]
async fn nothing_wanted_is_no_call() {
    let server = MockServer::start().await;
    let shop = client_of(&server.uri());
    assert_eq!(shop.listings_of_products(&[]).await.unwrap(), ProductListings::default());
    assert!(server.received_requests().await.unwrap().is_empty());
}
