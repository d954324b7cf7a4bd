//! Stock by the old catalogue.

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_sandbox::{BigcommerceOptions, Fault, Item, Whole};
use crossdock_storefront::{Quantity, Storefront as _, StorefrontError, Taken};

use super::{client_of, goods, item, paths, shop};

/// SKU, product, variant, and how its stock is kept; by SKU.
fn told(listings: &[Listing]) -> Vec<String> {
    let told = |it: &Listing| {
        let variant = it.variant_id.as_deref().unwrap_or("-");
        format!("{} {} {variant} {}", it.sku, it.product_id, it.stock)
    };
    let mut told: Vec<String> = listings.iter().map(told).collect();
    told.sort();
    told
}

async fn whole(client: &impl crossdock_storefront::Storefront) -> Vec<Listing> {
    let mut listings = Vec::new();
    let mut from = None;
    loop {
        let page = client.catalogue(from.as_ref()).await.unwrap();
        listings.extend(page.products.listings);
        from = page.next;
        if from.is_none() {
            return listings;
        }
    }
}

const ALL: [&str; 4] = [
    "MUG 77 - counted",
    "POSTER 79 - uncounted",
    "TEE-M 78 sku:107802 counted",
    "TEE-S 78 sku:107801 counted",
];

#[tokio::test]
async fn the_same_is_found_by_product_and_in_the_whole_catalogue() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    assert_eq!(told(&whole(&client).await), ALL);
    let products = ["77", "78", "79", "404", "x"].map(str::to_owned);
    assert_eq!(told(&client.listings_of_products(&products).await.unwrap().listings), ALL);
}

#[tokio::test]
async fn options_that_share_their_products_count_are_not_told_apart() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    shop.catalog().set_whole(78, Whole { sku: "TEE".to_owned(), stock: Some(9) });
    let client = client_of(shop.api_path());
    let of_tee = client.listings_of_products(&["78".to_owned()]).await.unwrap().listings;
    assert_eq!(
        told(&of_tee),
        ["TEE 78 - counted", "TEE-M 78 sku:107802 shared", "TEE-S 78 sku:107801 shared"]
    );
    let listing = of_tee.into_iter().find(Listing::takes_quantity).unwrap();
    assert!(client.set_stock(&[Quantity { listing, units: 4 }]).await[0].is_ok());
    assert_eq!((shop.catalog().whole(78).stock, shop.catalog().stock("TEE-S")), (Some(4), Some(5)));
}

#[tokio::test]
async fn quantities_are_set_one_a_call_and_one_that_is_gone_fails_alone() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    let mut quantities: Vec<Quantity> =
        whole(&client).await.into_iter().map(|listing| Quantity { listing, units: 42 }).collect();
    quantities.retain(|quantity| quantity.listing.stock == ListingStock::Counted);
    let gone = |product_id: &str, variant_id: &str| Listing {
        sku: Sku::from("GONE"),
        product_id: product_id.to_owned(),
        variant_id: Some(variant_id.to_owned()),
        stock: ListingStock::Counted,
    };
    // The second was remembered from an account with a token.
    quantities.insert(1, Quantity { listing: gone("78", "sku:9"), units: 7 });
    quantities.insert(2, Quantity { listing: gone("78", "7801"), units: 7 });
    let before = shop.requests().len();
    let results = client.set_stock(&quantities).await;
    let missing =
        |result: &Result<Taken, StorefrontError>| matches!(result, Err(StorefrontError::NotFound { .. }));
    assert_eq!(results.iter().map(missing).collect::<Vec<_>>(), [false, true, true, false, false]);
    assert!([0, 3, 4].iter().all(|place| results[*place].is_ok()), "{results:?}");
    for (sku, units) in [("MUG", Some(42)), ("TEE-S", Some(42)), ("TEE-M", Some(42)), ("POSTER", None)] {
        assert_eq!(shop.catalog().stock(sku), units, "{sku}");
    }
    let calls = paths(&shop).split_off(before);
    let puts = [
        "PUT /products/77",
        "PUT /products/78/skus/9",
        "PUT /products/78/skus/107801",
        "PUT /products/78/skus/107802",
    ];
    assert_eq!(calls, puts);
}

#[tokio::test]
async fn what_befalls_all_is_not_tried_for_each() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    let quantities: Vec<Quantity> =
        whole(&client).await.into_iter().map(|listing| Quantity { listing, units: 1 }).collect();
    shop.set_access_token("another");
    let before = shop.requests().len();
    let results = client.set_stock(&quantities).await;
    assert!(results.iter().all(|result| matches!(result, Err(StorefrontError::CredentialsRefused { .. }))));
    assert_eq!(shop.requests().len() - before, 1);
}

#[tokio::test]
async fn a_quantity_for_which_the_shop_fails_keeps_no_other_back() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    let mut quantities: Vec<Quantity> =
        whole(&client).await.into_iter().map(|listing| Quantity { listing, units: 1 }).collect();
    quantities.retain(|quantity| quantity.listing.stock == ListingStock::Counted);
    shop.faults().next("PUT", "/products/77", Fault::Status(500));
    let results = client.set_stock(&quantities).await;
    assert!(matches!(results[0], Err(StorefrontError::InDoubt { .. })), "{:?}", results[0]);
    assert!(results.len() == 3 && results[1..].iter().all(Result::is_ok), "{results:?}");
}

#[tokio::test]
async fn a_shop_that_fails_for_the_first_eight_is_not_asked_for_the_rest() {
    let goods = (1..=20).map(|id| item(id, None, &format!("P{id}"), Some(1))).collect();
    let shop = shop(goods, BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    let quantities: Vec<Quantity> =
        whole(&client).await.into_iter().map(|listing| Quantity { listing, units: 1 }).collect();
    (0..20).for_each(|_| shop.faults().next("PUT", "/products/", Fault::Status(503)));
    let before = shop.requests().len();
    let results = client.set_stock(&quantities).await;
    assert_eq!(shop.requests().len() - before, 8);
    assert!(results[..8].iter().all(|result| matches!(result, Err(StorefrontError::InDoubt { .. }))));
    assert!(results[8..].iter().all(|result| matches!(result, Err(StorefrontError::Unavailable { .. }))));
}

#[tokio::test]
async fn a_large_catalogue_is_read_in_pages_and_every_sku_is_in_one() {
    // Ids with gaps, and SKUs of every fifth product.
    let product = |number: u64| -> Vec<Item> {
        let id = number * 3;
        if number.is_multiple_of(5) {
            (1..=3).map(|option| item(id, Some(option), &format!("P{id}-{option}"), Some(1))).collect()
        } else {
            vec![item(id, None, &format!("P{id}"), Some(1))]
        }
    };
    let goods: Vec<Item> = (1..=400).flat_map(product).collect();
    let mut skus: Vec<Sku> = goods.iter().map(|item| Sku::from(item.sku.as_str())).collect();
    let shop = shop(goods, BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    let mut found: Vec<Sku> = whole(&client).await.into_iter().map(|listing| listing.sku).collect();
    skus.sort();
    found.sort();
    assert_eq!(found, skus);
    assert!(shop.requests().len() <= 20, "{:?}", paths(&shop));
}
