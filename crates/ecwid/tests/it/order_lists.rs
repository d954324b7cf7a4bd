//! Lists of orders: none is skipped, whatever moves meanwhile.

use std::collections::BTreeSet;
use std::time::Duration;

use crossdock_domain::OrderId;
use crossdock_sandbox::Draft;
use crossdock_storefront::{ListedOrder, Place, Storefront as _, StorefrontError, Window};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::sandbox::Sandbox;

/// All pages; something happens after each.
async fn listed(sandbox: &Sandbox, window: &Window, mut after: impl FnMut(usize)) -> Vec<ListedOrder> {
    let shop = sandbox.client();
    let (mut orders, mut place) = (Vec::new(), None);
    for page in 0.. {
        let read = shop.list(window, place.as_ref()).await.unwrap();
        orders.extend(read.orders);
        after(page);
        place = read.next;
        if place.is_none() {
            break;
        }
    }
    orders
}

fn ids(orders: &[ListedOrder]) -> BTreeSet<OrderId> {
    orders.iter().map(|order| order.order_id.clone()).collect()
}

/// The shop's clock ticks in seconds: what changes after this is changed later than what was changed before.
async fn next_second() {
    let before = Timestamp::now().as_second();
    while Timestamp::now().as_second() <= before {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn orders_that_leave_the_window_while_it_is_read_hide_no_other() {
    let since = Timestamp::now();
    let sandbox = Sandbox::with_orders(250).await;
    let shop = sandbox.client();
    let window = Window::ModifiedSince(since);
    let first = shop.list(&window, None).await.unwrap();
    // The list ends a second after it was begun: what changes then is in it no more.
    next_second().await;
    next_second().await;
    for id in sandbox.ids.iter().rev().take(60) {
        sandbox.shop.set_statuses(id.as_str(), "PAID", "PROCESSING");
    }
    let (mut orders, mut place) = (first.orders, first.next);
    while place.is_some() {
        let page = shop.list(&window, place.as_ref()).await.unwrap();
        orders.extend(page.orders);
        place = page.next;
    }
    assert_eq!(ids(&orders), sandbox.ids.iter().cloned().collect());
    assert!(orders.len() > 250, "it went back over what had been read");
}

#[tokio::test]
async fn orders_that_are_deleted_while_the_list_is_read_hide_no_other() {
    let from = Timestamp::now() - SignedDuration::from_mins(1);
    let sandbox = Sandbox::with_orders(320).await;
    let window = Window::Placed { from, until: from + SignedDuration::from_mins(5) };
    let remove = |page: usize| {
        // The newest come first, so these stood before what is still to be read.
        for id in sandbox.ids.iter().rev().skip(page * 30).take(15) {
            sandbox.shop.remove_order(id.as_str());
        }
    };
    let orders = ids(&listed(&sandbox, &window, remove).await);
    let kept = sandbox.ids.iter().filter(|id| !sandbox.shop.order(id.as_str()).is_null());
    assert!(kept.into_iter().all(|id| orders.contains(id)));
}

#[tokio::test]
async fn a_still_list_is_read_once() {
    let since = Timestamp::now();
    let sandbox = Sandbox::with_orders(250).await;
    let orders = listed(&sandbox, &Window::ModifiedSince(since), |_| ()).await;
    assert_eq!((orders.len(), sandbox.calls().len()), (250, 3));
    let later = Window::ModifiedSince(since + SignedDuration::from_mins(1));
    assert_eq!(listed(&sandbox, &later, |_| ()).await, []);
}

#[tokio::test]
async fn a_day_has_the_orders_placed_in_it_and_no_carts() {
    let sandbox = Sandbox::with_orders(0).await;
    let from: Timestamp = "2026-11-02T00:00:00Z".parse().unwrap();
    let until = from + SignedDuration::from_hours(24);
    let place = |placed_at| sandbox.shop.place_order(&Draft { placed_at, ..Draft::of(&[("TEE", 1)]) });
    let second = SignedDuration::from_secs(1);
    let [_, first, last, _, cart, odd] = [from - second, from, until - second, until, from, from].map(place);
    sandbox.shop.set_statuses(&cart, "INCOMPLETE", "AWAITING_PROCESSING");
    sandbox.shop.set_statuses(&first, "CUSTOM_PAYMENT_STATUS_2", "AWAITING_PROCESSING");
    sandbox.shop.change_order(&odd, |order| {
        order.insert("updateDate".to_owned(), json!({}));
    });
    let orders = listed(&sandbox, &Window::Placed { from, until }, |_| ()).await;
    assert_eq!(ids(&orders), [first, last, odd].into_iter().map(OrderId::new).collect());
    assert!(orders.iter().all(|order| order.placed_at.is_some() && order.modified_at.is_some()));
}

#[tokio::test]
async fn a_place_of_another_list_is_refused() {
    let sandbox = Sandbox::with_orders(1).await;
    let window = Window::ModifiedSince(Timestamp::now());
    let error = sandbox.client().list(&window, Some(&Place::new("1251"))).await;
    assert!(matches!(error, Err(StorefrontError::Malformed { .. })));
    assert!(sandbox.calls().is_empty());
}

#[tokio::test]
async fn deleted_orders_are_told_by_the_id_that_they_had() {
    let since = Timestamp::now();
    let sandbox = Sandbox::with_orders(130).await;
    for id in &sandbox.ids[..120] {
        sandbox.shop.remove_order(id.as_str());
    }
    let deleted = sandbox.client().deleted(since).await.unwrap();
    assert_eq!(deleted, sandbox.ids[..120]);
    assert_eq!(sandbox.calls(), ["/deleted"; 2]);
    assert!(sandbox.client().deleted(since + SignedDuration::from_mins(1)).await.unwrap().is_empty());
}
