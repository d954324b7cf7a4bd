//! Lists of orders: none is skipped, whatever moves meanwhile.

use std::collections::BTreeSet;

use crossdock_bigcommerce::Bigcommerce;
use crossdock_sandbox::{BigcommerceOptions, Draft};
use crossdock_storefront::{ListedOrder, Place, Storefront as _, StorefrontError, Window};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::sandbox::{Sandbox, now};

/// All pages; something happens after each.
async fn listed(shop: &Bigcommerce, window: &Window, mut after: impl FnMut()) -> Vec<ListedOrder> {
    let (mut orders, mut place) = (Vec::new(), None);
    loop {
        let page = shop.list(window, place.as_ref()).await.unwrap();
        orders.extend(page.orders);
        after();
        place = page.next;
        if place.is_none() {
            return orders;
        }
    }
}

fn short_pages() -> BigcommerceOptions {
    BigcommerceOptions { orders_on_page_max: 50, ..BigcommerceOptions::default() }
}

#[tokio::test]
async fn orders_that_change_while_the_list_is_read_are_not_skipped() {
    let since = now();
    let sandbox = Sandbox::with_orders(180, short_pages()).await;
    let mut changed = 1001..;
    // Each page's first orders move to the end of time, and every third order with them.
    let change = || {
        for id in changed.by_ref().step_by(3).take(40) {
            sandbox.shop.set_status(&id.to_string(), 12);
        }
    };
    let orders = listed(&sandbox.client(), &Window::ModifiedSince(since), change).await;
    let ids: BTreeSet<_> = orders.iter().map(|order| order.order_id.to_string()).collect();
    assert_eq!(ids, (1001..=1180).map(|id| id.to_string()).collect());
    assert_eq!((orders.len(), sandbox.calls().len()), (180, 4));
    assert!(orders.iter().all(|order| order.modified_at.unwrap() >= order.placed_at.unwrap()));
}

#[tokio::test]
async fn a_thousand_orders_are_listed_in_as_many_pages_as_it_takes() {
    let since = now();
    let sandbox = Sandbox::with_orders(1010, BigcommerceOptions::default()).await;
    assert_eq!(listed(&sandbox.client(), &Window::ModifiedSince(since), || ()).await.len(), 1010);
    assert_eq!(sandbox.calls().len(), 5);
}

#[tokio::test]
async fn a_quiet_shop_is_one_empty_page() {
    let sandbox = Sandbox::with_orders(1, BigcommerceOptions::default()).await;
    let later = Window::ModifiedSince(now() + SignedDuration::from_mins(1));
    assert_eq!(listed(&sandbox.client(), &later, || ()).await, []);
    assert_eq!(sandbox.calls().len(), 1);
}

#[tokio::test]
async fn a_day_has_the_orders_placed_in_it() {
    let sandbox = Sandbox::with_orders(0, BigcommerceOptions::default()).await;
    let from: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let until = from + SignedDuration::from_hours(24);
    let place = |placed_at| sandbox.shop.place_order(&Draft { placed_at, ..Draft::of(&[("TEE", 1)]) });
    let second = SignedDuration::from_secs(1);
    let [_, first, last, _, archived] = [from - second, from, until - second, until, from].map(place);
    sandbox.shop.archive_order(&archived);
    let orders = listed(&sandbox.client(), &Window::Placed { from, until }, || ()).await;
    assert_eq!(orders.iter().map(|order| order.order_id.to_string()).collect::<Vec<_>>(), [first, last]);
    assert_eq!(orders[0].placed_at, Some(from));
}

#[tokio::test]
async fn an_order_that_cannot_be_read_does_not_end_the_list() {
    let since = now();
    let sandbox = Sandbox::with_orders(60, short_pages()).await;
    sandbox.shop.change_order("1003", |order| {
        order.insert("id".to_owned(), json!({}));
    });
    sandbox.shop.change_order("1004", |order| {
        order.insert("date_created".to_owned(), json!("some day"));
    });
    let orders = listed(&sandbox.client(), &Window::ModifiedSince(since), || ()).await;
    assert_eq!(orders.len(), 59);
    let odd = orders.iter().find(|order| order.order_id.as_str() == "1004").unwrap();
    assert!(odd.placed_at.is_none() && odd.modified_at.is_some());
}

#[tokio::test]
async fn a_place_of_another_list_is_refused() {
    let sandbox = Sandbox::with_orders(1, BigcommerceOptions::default()).await;
    let error = sandbox.client().list(&Window::ModifiedSince(now()), Some(&Place::new("1/2/3"))).await;
    assert!(matches!(error, Err(StorefrontError::Malformed { .. })));
    assert!(sandbox.calls().is_empty());
}
