//! Reading the whole catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_bigcommerce::{Bigcommerce, http_client};
use crossdock_domain::{Listing, ListingStock};
use crossdock_sandbox::{BigcommerceOptions, BigcommerceShop, Item, Whole};
use crossdock_settings::BigcommerceConnection;
use crossdock_storefront::{Place, ProductListings, Storefront as _, StorefrontError};
use serde_json::json;
use wiremock::matchers::query_param;
use wiremock::{MockServer, Request, ResponseTemplate};

use crate::listings::page;
use crate::shop::{call, client_of, connection, tracking};

const PRODUCTS: &str = "/v3/catalog/products";

fn item(product_id: u64, variant_id: u64, sku: &str, stock: Option<i64>) -> Item {
    Item {
        product_id,
        variant_id,
        sku: sku.to_owned(),
        name: format!("Product {product_id}"),
        options: BTreeMap::new(),
        price: 10.into(),
        stock,
    }
}

/// A sandbox shop of products without options, and a client of it.
pub(crate) async fn shop(products: &[(&str, Option<i64>)]) -> (Arc<BigcommerceShop>, Bigcommerce) {
    let items = (1..).zip(products).map(|(id, (sku, stock))| item(id, 10_000 + id, sku, *stock));
    let options = BigcommerceOptions { catalog: items.collect(), ..BigcommerceOptions::default() };
    let shop = BigcommerceShop::start(options).await.unwrap();
    let access_token = "sandbox-access-token".to_owned().into();
    let connection = BigcommerceConnection { access_token, ..connection(shop.url().as_str()) };
    let client = Bigcommerce::new(http_client().unwrap(), &connection, &tracking(), Arc::default()).unwrap();
    (shop, client)
}

/// The whole catalogue; `meanwhile` happens between its pages.
async fn read(client: &Bigcommerce, mut meanwhile: impl FnMut()) -> Vec<Listing> {
    let (mut all, mut place) = (Vec::new(), None::<Place>);
    loop {
        let page = client.catalogue(place.as_ref()).await.unwrap();
        all.extend(page.products.listings);
        match page.next {
            Some(next) => place = Some(next),
            None => return all,
        }
        meanwhile();
    }
}

fn names(count: u64) -> Vec<String> {
    (1..=count).map(|number| format!("SKU-{number}")).collect()
}

#[tokio::test]
async fn a_catalogue_is_read_in_as_few_pages_as_it_has() {
    let names = names(600);
    let (shop, client) = shop(&names.iter().map(|sku| (sku.as_str(), Some(1))).collect::<Vec<_>>()).await;
    let listings = read(&client, || ()).await;
    let skus: Vec<_> = listings.iter().map(|listing| listing.sku.as_str()).collect();
    assert_eq!(skus, names);
    assert_eq!(shop.requests().len(), 3);
}

#[tokio::test]
async fn products_that_come_and_go_meanwhile_hide_no_other() {
    let names = names(600);
    let (shop, client) = shop(&names.iter().map(|sku| (sku.as_str(), Some(1))).collect::<Vec<_>>()).await;
    let mut next_id = 1000;
    let listings = read(&client, || {
        let mut items = shop.catalog().items();
        items.drain(..20);
        items.push(item(next_id, 10_000 + next_id, &format!("NEW-{next_id}"), None));
        next_id += 1;
    })
    .await;
    let standing = shop.catalog().items().clone();
    assert!(standing.len() < 600);
    let missing: Vec<_> =
        standing.iter().filter(|item| !listings.iter().any(|one| one.sku.as_str() == item.sku)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[tokio::test]
async fn stock_goes_to_where_the_shop_counts_it() {
    let (shop, client) = shop(&[("MUG", Some(1)), ("POSTER", None)]).await;
    {
        let mut items = shop.catalog().items();
        for (product, variant, sku, size) in
            [(20, 201, "TEE-S", "S"), (20, 202, "", "M"), (30, 301, "CAP-S", "S"), (30, 302, "", "M")]
        {
            let options = [("Size".to_owned(), size.to_owned())].into();
            items.push(Item { options, ..item(product, variant, sku, Some(1)) });
        }
    }
    shop.catalog().set_whole(20, Whole { sku: "TEE".to_owned(), stock: None });
    shop.catalog().set_whole(30, Whole { sku: "CAP".to_owned(), stock: Some(1) });
    let listings = read(&client, || ()).await;
    let told: Vec<_> =
        listings.iter().map(|it| (it.sku.as_str(), it.variant_id.as_deref(), it.stock)).collect();
    let expected = [
        ("MUG", None, ListingStock::Counted),
        ("POSTER", None, ListingStock::Uncounted),
        ("TEE-S", Some("201"), ListingStock::Counted),
        ("TEE", Some("202"), ListingStock::Counted),
        ("CAP", None, ListingStock::Counted),
        ("CAP-S", Some("301"), ListingStock::Shared),
    ];
    assert_eq!(told, expected);

    let products: Vec<String> = listings.iter().map(|listing| listing.product_id.clone()).collect();
    let found = client.listings_of_products(&products).await.unwrap().listings;
    assert_eq!(found, listings, "by product the same is found");

    let counted = listings.into_iter().filter(Listing::takes_quantity);
    let quantities: Vec<_> =
        counted.map(|listing| crossdock_storefront::Quantity { listing, units: 7 }).collect();
    assert!(client.set_stock(&quantities).await.iter().all(Result::is_ok));
    let items = shop.catalog().items().clone();
    let stock: Vec<_> = items.iter().map(|item| (item.variant_id, item.stock)).collect();
    let untouched = [(301, Some(1)), (302, Some(1))];
    assert_eq!(stock[..4], [(10_001, Some(7)), (10_002, None), (201, Some(7)), (202, Some(7))]);
    assert_eq!(stock[4..], untouched, "their product counts for them");
    assert_eq!(shop.catalog().whole(30).stock, Some(7));
}

#[tokio::test]
async fn a_page_that_is_too_large_is_asked_for_in_smaller_ones() {
    let server = MockServer::start().await;
    let long = ResponseTemplate::new(200).set_body_string(" ".repeat(17 * 1024 * 1024));
    call("GET", PRODUCTS).and(query_param("limit", "250")).respond_with(long).expect(1).mount(&server).await;
    let row = json!([{ "id": 5, "sku": "MUG", "inventory_tracking": "none", "variants": [] }]);
    call("GET", PRODUCTS)
        .and(query_param("limit", "125"))
        .respond_with(page(&row, 1, 2))
        .expect(1)
        .mount(&server)
        .await;
    let page = client_of(&server.uri()).catalogue(None).await.unwrap();
    assert_eq!(page.next, Some(Place::new("6")));
    server.verify().await;
}

#[tokio::test]
async fn a_shop_that_answers_another_list_than_asked_for_is_not_believed() {
    let row = |id: u64| json!({ "id": id, "sku": "", "inventory_tracking": "none", "variants": [] });
    for (rows, from) in [
        (json!([row(9), row(8)]), None),
        (json!([row(3)]), Some("5")),
        (json!([{ "sku": "nameless" }]), None),
        (json!([]), Some("another storefront's")),
    ] {
        let server = MockServer::start().await;
        call("GET", PRODUCTS).respond_with(page(&rows, 1, 2)).mount(&server).await;
        let place = from.map(Place::new);
        let error = client_of(&server.uri()).catalogue(place.as_ref()).await.unwrap_err();
        assert!(matches!(error, StorefrontError::Malformed { .. }), "{rows}: {error}");
    }
}

#[tokio::test]
async fn an_odd_product_hides_no_other_and_is_known_to_be_there() {
    let server = MockServer::start().await;
    let odd = json!({ "id": 1, "inventory_tracking": "by hand", "variants": [] });
    let mug = json!({ "id": 2, "sku": "MUG", "inventory_tracking": "product", "variants": [] });
    let rows = json!([odd, mug]);
    let answer = move |_: &Request| page(&rows, 1, 1);
    call("GET", PRODUCTS).respond_with(answer).mount(&server).await;
    let page = client_of(&server.uri()).catalogue(None).await.unwrap();
    let ProductListings { listings, unread } = page.products;
    assert_eq!(listings.iter().map(|one| one.sku.as_str()).collect::<Vec<_>>(), ["MUG"]);
    assert_eq!(unread, ["1"]);
}
