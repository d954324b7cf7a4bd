//! Reading the whole catalogue.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossdock_domain::{Listing, ListingStock};
use crossdock_ecwid::{Ecwid, http_client};
use crossdock_sandbox::{EcwidOptions, EcwidShop, Item, Whole};
use crossdock_settings::{EcwidConnection, TrackingSettings};
use crossdock_storefront::{Budget, Place, Quantity, Storefront as _, StorefrontError};

use crate::shop::connection;

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

/// So many SKUs.
pub(crate) fn names(count: u64) -> Vec<String> {
    (1..=count).map(|number| format!("SKU-{number}")).collect()
}

/// A sandbox shop that has one of each: products 1, 2 and so on.
pub(crate) async fn shop_of(skus: &[String], options: EcwidOptions) -> Arc<EcwidShop> {
    let catalog = (1..).zip(skus).map(|(id, sku)| item(id, 10_000 + id, sku, Some(1))).collect();
    EcwidShop::start(EcwidOptions { catalog, ..options }).await.unwrap()
}

pub(crate) fn client_of(shop: &EcwidShop, budget: Budget) -> Ecwid {
    let connection =
        EcwidConnection { api_url: shop.url(), ..connection("http://ignored", "secret_sandbox") };
    Ecwid::new(http_client().unwrap(), &connection, &TrackingSettings::default(), Arc::new(budget)).unwrap()
}

/// The whole catalogue; `meanwhile` happens between its pages.
async fn read(client: &Ecwid, mut meanwhile: impl FnMut()) -> Vec<Listing> {
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

#[tokio::test]
async fn a_catalogue_is_read_in_as_few_pages_as_it_has() {
    let names = names(280);
    let shop = shop_of(&names, EcwidOptions::default()).await;
    let listings = read(&client_of(&shop, Budget::told()), || ()).await;
    let mut skus: Vec<_> = listings.iter().map(|listing| listing.sku.as_str()).collect();
    skus.dedup();
    assert_eq!(skus, names);
    assert_eq!(shop.requests().len(), 3);
}

#[tokio::test]
async fn as_many_products_that_come_as_go_hide_no_other() {
    let shop = shop_of(&names(350), EcwidOptions::default()).await;
    let mut next_id = 1000;
    let listings = read(&client_of(&shop, Budget::told()), || {
        let mut items = shop.catalog().items();
        if next_id < 1030 {
            items.drain(..10);
            items.extend((0..10).map(|more| item(next_id + more, 20_000 + next_id + more, "NEW", None)));
            next_id += 10;
        }
    })
    .await;
    let missing: Vec<_> = shop
        .catalog()
        .items()
        .iter()
        .filter(|item| item.product_id < 1000 && !listings.iter().any(|one| one.sku.as_str() == item.sku))
        .map(|item| item.sku.clone())
        .collect();
    assert_eq!(missing, Vec::<String>::new());
}

#[tokio::test]
async fn stock_goes_to_where_the_shop_counts_it() {
    let shop = shop_of(&["MUG".to_owned(), "SET".to_owned()], EcwidOptions::default()).await;
    {
        let mut items = shop.catalog().items();
        items.push(item(3, 10_003, "POSTER", None));
        items.push(item(4, 10_004, "MUG", Some(1)));
        for (variation, sku, size) in [(501, "TEE-S", "S"), (502, "", "M"), (503, "TEE", "L")] {
            let options = [("Size".to_owned(), size.to_owned())].into();
            items.push(Item { options, ..item(5, variation, sku, Some(1)) });
        }
    }
    shop.catalog().set_whole(5, Whole { sku: "TEE".to_owned(), stock: Some(1) });
    shop.catalog().compose("SET", &[("MUG", 2)]);
    let client = client_of(&shop, Budget::told());
    let listings = read(&client, || ()).await;
    let told: Vec<_> = listings
        .iter()
        .map(|it| (it.product_id.as_str(), it.variant_id.as_deref(), it.sku.as_str(), it.stock))
        .collect();
    let expected = [
        ("1", None, "MUG", ListingStock::Counted),
        ("2", None, "SET", ListingStock::Composite),
        ("3", None, "POSTER", ListingStock::Uncounted),
        ("4", None, "MUG", ListingStock::Counted),
        ("5", None, "TEE", ListingStock::Counted),
        ("5", Some("501"), "TEE-S", ListingStock::Counted),
    ];
    assert_eq!(told, expected);
    let counted = listings.into_iter().filter(Listing::takes_quantity);
    let quantities: Vec<_> = counted.map(|listing| Quantity { listing, units: 7 }).collect();
    assert!(client.set_stock(&quantities).await.iter().all(Result::is_ok));
    let stock: Vec<_> = shop.catalog().items().iter().map(|item| (item.variant_id, item.stock)).collect();
    let (told, untouched) = (Some(7), Some(1));
    let expected = [
        (10_001, told),
        (10_002, untouched),
        (10_003, None),
        (10_004, told),
        (501, told),
        (502, untouched),
        (503, untouched),
    ];
    assert_eq!(stock, expected);
    assert_eq!(shop.catalog().whole(5).stock, told, "two of its variations are sold as the product");
}

#[tokio::test]
async fn a_place_of_another_storefront_is_refused() {
    let shop = shop_of(&[], EcwidOptions::default()).await;
    let error = client_of(&shop, Budget::told()).catalogue(Some(&Place::new("elsewhere"))).await.unwrap_err();
    assert!(matches!(error, StorefrontError::Malformed { .. }), "{error}");
}
