//! A shop behind a legacy account: Basic authentication, and V2 alone.

mod answers;
mod catalogue;

use std::sync::Arc;

use crossdock_bigcommerce::{Bigcommerce, http_client};
use crossdock_domain::{OrderId, ShopOrder};
use crossdock_sandbox::{
    BigcommerceOptions, BigcommerceScope, BigcommerceShop, Draft, Item, LegacyAccount, Quota,
};
use crossdock_settings::BigcommerceLegacy;
use crossdock_storefront::{Budget, Priority, Storefront as _, StorefrontError, Window};
use jiff::Timestamp;
use url::Url;

use crate::sandbox::ids;
use crate::shop::tracking;

/// Nobody but the shop may see it.
const TOKEN: &str = "legacy-token";

fn account(api_path: Url) -> BigcommerceLegacy {
    BigcommerceLegacy { api_path, username: "npf".to_owned(), token: TOKEN.to_owned().into() }
}

fn client_of(api_path: Url) -> Bigcommerce {
    Bigcommerce::legacy(http_client().unwrap(), &account(api_path), &tracking(), Arc::new(Budget::default()))
}

/// A shop that is reached by [`account`], with these goods.
async fn shop(catalog: Vec<Item>, options: BigcommerceOptions) -> Arc<BigcommerceShop> {
    let legacy = options.legacy.clone().unwrap_or(older());
    let options =
        BigcommerceOptions { access_token: TOKEN.to_owned(), catalog, legacy: Some(legacy), ..options };
    BigcommerceShop::start(options).await.unwrap()
}

/// A shop that does not know of consignments.
fn older() -> LegacyAccount {
    LegacyAccount { username: "npf".to_owned(), includes_consignments: false }
}

/// What is sold of a product, in so many variants; none: a product without options.
fn item(product_id: u64, option: Option<u64>, sku: &str, stock: Option<i64>) -> Item {
    Item {
        product_id,
        variant_id: product_id * 100 + option.unwrap_or_default(),
        sku: sku.to_owned(),
        name: format!("Product {product_id}"),
        options: option.map(|option| ("Size".to_owned(), option.to_string())).into_iter().collect(),
        price: 10.into(),
        stock,
    }
}

/// A simple product, one with two sizes, and one that is not counted.
fn goods() -> Vec<Item> {
    vec![
        item(77, None, "MUG", Some(10)),
        item(78, Some(1), "TEE-S", Some(5)),
        item(78, Some(2), "TEE-M", Some(5)),
        item(79, None, "POSTER", None),
    ]
}

/// Paths below the API, without their queries.
fn paths(shop: &BigcommerceShop) -> Vec<String> {
    let path = |request: crossdock_sandbox::Request| {
        let path = request.path_and_query.split('?').next().unwrap_or_default().to_owned();
        assert!(path.starts_with("/api/v2/"), "{path}");
        format!("{} {}", request.method, path.trim_start_matches("/api/v2"))
    };
    shop.requests().into_iter().map(path).collect()
}

async fn read(client: &Bigcommerce, id: &str) -> Result<ShopOrder, StorefrontError> {
    client.orders(&[OrderId::from(id)], Priority::Urgent).await.remove(0)
}

#[tokio::test]
async fn an_order_is_the_same_whether_its_consignments_are_included_or_read_by_themselves() {
    let draft = Draft::of(&[("MUG", 2), ("TEE-M", 1)]);
    let mut orders = Vec::new();
    for includes_consignments in [true, false] {
        let legacy = Some(LegacyAccount { includes_consignments, ..older() });
        let shop = shop(goods(), BigcommerceOptions { legacy, ..BigcommerceOptions::default() }).await;
        let id = shop.place_order(&draft);
        let order = read(&client_of(shop.api_path()), &id).await.unwrap();
        let mut calls = paths(&shop);
        calls.sort();
        let one = ["GET /orders/1001", "GET /orders/1001/products", "GET /orders/1001/shipping_addresses"];
        let of_this = if includes_consignments { &one[..1] } else { &one[..] };
        assert_eq!(calls, of_this);
        orders.push(ShopOrder { modified_at: draft.placed_at, ..order });
    }
    assert_eq!(orders[0], orders[1]);
    assert_eq!(orders[1].ship_to.as_ref().unwrap().postcode, "3000");
    assert_eq!(orders[1].lines.len(), 2);
}

#[tokio::test]
async fn orders_are_listed_and_many_are_read_though_no_list_holds_their_lines() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    for _ in 0..3 {
        shop.place_order(&Draft::of(&[("MUG", 1)]));
    }
    let client = client_of(shop.api_path());
    let window = Window::ModifiedSince(Timestamp::UNIX_EPOCH);
    let listed = client.list(&window, None).await.unwrap();
    let listed: Vec<OrderId> = listed.orders.into_iter().map(|order| order.order_id).collect();
    assert_eq!(listed, ids(1001..1004));
    for order in client.orders(&listed, Priority::Sweep).await {
        assert_eq!(order.unwrap().lines.len(), 1);
    }
    assert_eq!(paths(&shop).len(), 1 + 1 + 3 * 3);
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_the_right_one_tells_the_shops_name() {
    let shop = shop(goods(), BigcommerceOptions::default()).await;
    let client = client_of(shop.api_path());
    assert_eq!(client.check().await.unwrap(), "Sandbox");
    assert!(client.webhooks().is_none());
    assert!(client.remarks().await.unwrap()[0].contains("only swept"));
    shop.set_access_token("another");
    let error = client.check().await.unwrap_err();
    assert!(matches!(error, StorefrontError::CredentialsRefused { .. }), "{error}");
}

#[tokio::test]
async fn what_the_account_may_not_do_is_named() {
    use BigcommerceScope::{InformationReadOnly, OrdersModify, ProductsModify};
    for (scopes, wanted) in [
        (vec![OrdersModify, ProductsModify], "read information & settings"),
        (vec![InformationReadOnly, ProductsModify], "modify orders"),
        (vec![InformationReadOnly, OrdersModify], "modify products"),
    ] {
        let scopes = scopes.into_iter().collect();
        let shop = shop(goods(), BigcommerceOptions { scopes, ..BigcommerceOptions::default() }).await;
        let error = client_of(shop.api_path()).check().await.unwrap_err();
        assert!(matches!(&error, StorefrontError::MissingScope { scope, .. } if scope == wanted), "{error}");
    }
}

#[tokio::test]
async fn a_shop_that_tells_no_quota_is_asked_within_the_smallest_plans() {
    let quota = Quota { requests: 150, window: std::time::Duration::from_secs(30) };
    let shop = shop(goods(), BigcommerceOptions { quota, ..BigcommerceOptions::default() }).await;
    shop.place_order(&Draft::of(&[("MUG", 1)]));
    let client = client_of(shop.api_path());
    let window = Window::ModifiedSince(Timestamp::UNIX_EPOCH);
    let refused = loop {
        if let Err(error) = client.list(&window, None).await {
            break error;
        }
    };
    assert!(matches!(refused, StorefrontError::Throttled { .. }), "{refused}");
    assert_eq!(paths(&shop).len(), 75, "half is left to what is more urgent than a sweep");
    read(&client, "1001").await.unwrap();
    assert!(shop.requests().iter().all(|request| request.status != 429));
}
