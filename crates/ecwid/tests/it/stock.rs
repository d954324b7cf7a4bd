//! Finding listings and setting their stock.

use crossdock_domain::{Classify, Listing, ListingStock, Sku};
use crossdock_storefront::{Quantity, Storefront as _};
use serde_json::json;
use wiremock::matchers::body_json;
use wiremock::{Request, ResponseTemplate};

use crate::shop::{Shop, fixture, get, put, refusal, updated};

pub(crate) fn listing(sku: &str, product_id: &str, variant_id: Option<&str>, tracked: bool) -> Listing {
    let variant_id = variant_id.map(str::to_owned);
    let stock = if tracked { ListingStock::Counted } else { ListingStock::Uncounted };
    Listing { sku: Sku::from(sku), product_id: product_id.to_owned(), variant_id, stock }
}

async fn listings(shop: &Shop, product_id: &str) -> Vec<Listing> {
    shop.ecwid.listings_of_products(&[product_id.to_owned()]).await.unwrap().listings
}

#[tokio::test]
async fn a_product_without_limit_is_listed_as_not_tracked() {
    let shop = Shop::start().await;
    let product = fixture("product/search_by_sku")["items"][0].clone();
    let answer = ResponseTemplate::new(200).set_body_json(product);
    get("products/692730761").respond_with(answer).mount(&shop.server).await;
    let listings = listings(&shop, "692730761").await;
    assert_eq!(listings[0], listing("123123", "692730761", None, false));
}

#[tokio::test]
async fn each_variation_with_a_sku_of_its_own_is_listed_under_its_product() {
    let shop = Shop::start().await;
    let variations = fixture("product/variations_2019");
    let product = json!({"id": 3, "sku": "000071 ", "unlimited": true, "combinations": variations});
    let answer = ResponseTemplate::new(200).set_body_json(product);
    get("products/3").respond_with(answer).mount(&shop.server).await;
    let expected = [
        listing("000071 ", "3", None, false),
        listing("000076", "3", Some("7084071"), true),
        listing("000075", "3", Some("7084072"), true),
        listing("000072", "3", Some("7084075"), true),
        listing("000071", "3", Some("7084076"), true),
    ];
    assert_eq!(listings(&shop, "3").await, expected, "SKUs are as they are written");
}

#[tokio::test]
async fn quantities_are_set_absolutely_and_one_that_fails_fails_alone() {
    let shop = Shop::start().await;
    let five = json!({"quantity": 5, "unlimited": false});
    put("products/1").and(body_json(&five)).respond_with(updated(1)).expect(1).mount(&shop.server).await;
    put("products/2/combinations/20")
        .and(body_json(&five))
        .respond_with(updated(1))
        .expect(1)
        .mount(&shop.server)
        .await;
    put("products/4")
        .respond_with(refusal(409, "NOT_ALLOWED_TO_UPDATE_PARAMETER", "no"))
        .mount(&shop.server)
        .await;
    let quantity = |product, variant| Quantity { listing: listing("TEE", product, variant, true), units: 5 };
    let written = shop
        .ecwid
        .set_stock(&[
            quantity("1", None),
            quantity("3", None),
            quantity("2", Some("20")),
            quantity("4", None),
        ])
        .await;
    let classes: Vec<_> =
        written.iter().map(|one| one.as_ref().map_or_else(Classify::class, |_| "done")).collect();
    assert_eq!(classes, ["done", "shop-not-found", "done", "shop-refused"]);
    assert_eq!(written[1].as_ref().unwrap_err().to_string(), "the shop has no product 3");
}

/// Ecwid's documentation of variations has it that they need a larger plan (ecwid-api-docs, `_combinations.md`).
#[tokio::test]
async fn a_variation_that_the_shops_plan_does_not_have_is_refused_alone() {
    let shop = Shop::start().await;
    let upgrade = refusal(402, "NOT_AVAILABLE_ON_CURRENT_PLAN", "upgrade");
    put("products/1/combinations/10").respond_with(upgrade).mount(&shop.server).await;
    put("products/2").respond_with(updated(1)).expect(2).mount(&shop.server).await;
    let quantity = |product, variant| Quantity { listing: listing("TEE", product, variant, true), units: 5 };
    for _ in 0..2 {
        let written = shop.ecwid.set_stock(&[quantity("1", Some("10")), quantity("2", None)]).await;
        let refused = written[0].as_ref().unwrap_err().to_string();
        assert_eq!(refused, "the shop refused it with 402: NOT_AVAILABLE_ON_CURRENT_PLAN: upgrade");
        assert!(written[1].is_ok(), "{:?}", written[1]);
    }
    shop.server.verify().await;
}

#[tokio::test]
async fn a_quantity_that_the_shop_did_not_need_to_change_is_done() {
    for (stands, class) in [(json!(5), "done"), (json!(4), "shop-refused"), (json!(null), "shop-refused")] {
        let shop = Shop::start().await;
        put("products/1").respond_with(updated(0)).mount(&shop.server).await;
        let product = ResponseTemplate::new(200).set_body_json(json!({"quantity": stands}));
        get("products/1").respond_with(product).mount(&shop.server).await;
        let written =
            shop.ecwid.set_stock(&[Quantity { listing: listing("TEE", "1", None, true), units: 5 }]).await;
        assert_eq!(written[0].as_ref().map_or_else(Classify::class, |_| "done"), class, "{stands}");
    }
}

/// As where they are paged through.
#[tokio::test]
async fn a_product_that_is_not_as_documented_hides_no_other_and_is_known_to_be_there() {
    let shop = Shop::start().await;
    let product = |id: u64| json!({"id": id, "sku": format!("SKU-{id}"), "unlimited": false});
    let odd = json!({"id": 2, "sku": ["two"], "unlimited": "perhaps"});
    for (id, product) in [(1, product(1)), (2, odd.clone()), (4, json!([]))] {
        let answer = ResponseTemplate::new(200).set_body_json(product);
        get(&format!("products/{id}")).respond_with(answer).expect(1).mount(&shop.server).await;
    }
    let ids = |most: u64| (1..=most).map(|id| id.to_string()).collect::<Vec<_>>();
    let four = shop.ecwid.listings_of_products(&ids(4)).await.unwrap();
    assert_eq!(four.listings, [listing("SKU-1", "1", None, true)]);
    assert_eq!(four.unread, ["2", "4"], "the third is gone");
    let items: Vec<_> = (1..=20).map(|id| if id == 2 { odd.clone() } else { product(id) }).collect();
    let answer = ResponseTemplate::new(200).set_body_json(json!({"total": 20, "items": items}));
    get("products").respond_with(answer).expect(1).mount(&shop.server).await;
    let twenty = shop.ecwid.listings_of_products(&ids(20)).await.unwrap();
    assert_eq!((twenty.listings.len(), twenty.unread), (19, vec!["2".to_owned()]));
    shop.server.verify().await;
}

#[tokio::test]
async fn products_are_read_alone_where_they_are_few_and_by_searches_where_they_are_many() {
    let shop = Shop::start().await;
    let product = |id: u64| json!({"id": id, "sku": format!("SKU-{id}"), "unlimited": false});
    let answer = ResponseTemplate::new(200).set_body_json(product(1));
    get("products/1").respond_with(answer).expect(1).mount(&shop.server).await;
    let read = |ids: &[u64]| ids.iter().map(u64::to_string).chain(["odd".to_owned()]).collect::<Vec<_>>();
    let one = shop.ecwid.listings_of_products(&read(&[2, 1, 1])).await.unwrap();
    assert_eq!(one.listings, [listing("SKU-1", "1", None, true)], "the second is gone");
    assert_eq!(one.unread, [""; 0]);

    let search = move |request: &Request| {
        let (_, ids) = request.url.query_pairs().find(|(key, _)| key == "productId").unwrap();
        let items: Vec<_> = ids.split(',').map(|id| product(id.parse().unwrap())).collect();
        ResponseTemplate::new(200).set_body_json(json!({"total": items.len(), "items": items}))
    };
    get("products").respond_with(search).expect(3).mount(&shop.server).await;
    let ids: Vec<u64> = (1..=250).collect();
    assert_eq!(shop.ecwid.listings_of_products(&read(&ids)).await.unwrap().listings.len(), 250);
    shop.server.verify().await;
}
