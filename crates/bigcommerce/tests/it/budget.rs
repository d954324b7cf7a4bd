//! The shop's quota: kept by waiting, shared by all processes, and given to the urgent first.

use std::sync::Arc;
use std::time::Duration;

use crossdock_bigcommerce::Bigcommerce;
use crossdock_sandbox::{BigcommerceOptions, Quota};
use crossdock_storefront::{Priority, Storefront as _, StorefrontError, Window};
use tokio::task::JoinSet;

use crate::sandbox::{Sandbox, ids, now};

async fn shop_with(requests: u32, window: Duration) -> Sandbox {
    let options = BigcommerceOptions { quota: Quota { requests, window }, ..BigcommerceOptions::default() };
    Sandbox::with_orders(1, options).await
}

async fn read(shop: &Bigcommerce) -> Result<(), StorefrontError> {
    shop.orders(&ids([1001]), Priority::Urgent).await.remove(0).map(drop)
}

#[tokio::test]
async fn sweeps_stop_where_urgent_calls_still_go_through() {
    let sandbox = shop_with(40, Duration::from_mins(10)).await;
    let shop = sandbox.client();
    let mut swept = 0;
    while shop.list(&Window::ModifiedSince(now()), None).await.is_ok() {
        swept += 1;
    }
    assert_eq!(swept, 20, "half is left to others");
    let mut urgent = 0;
    while read(&shop).await.is_ok() {
        urgent += 1;
    }
    assert_eq!(urgent, 18, "all but the reserve for other apps");
    let refused = read(&shop).await.unwrap_err();
    assert!(matches!(refused, StorefrontError::Throttled { wait } if wait.as_secs() > 500), "{refused}");
    assert_eq!(sandbox.throttled(), 0);
}

#[tokio::test]
async fn a_short_window_is_waited_out_and_never_overrun() {
    let sandbox = shop_with(10, Duration::from_secs(1)).await;
    let shop = Arc::new(sandbox.client());
    let mut calls = JoinSet::new();
    for _ in 0..40 {
        let shop = Arc::clone(&shop);
        calls.spawn(async move {
            while let Err(error) = read(&shop).await {
                let StorefrontError::Throttled { wait } = error else { panic!("{error}") };
                tokio::time::sleep(wait).await;
            }
        });
    }
    calls.join_all().await;
    assert_eq!(sandbox.throttled(), 0);
    assert_eq!(sandbox.calls().len(), 40);
}

#[tokio::test]
async fn processes_share_the_quota_by_what_the_shop_tells_them() {
    let sandbox = shop_with(100, Duration::from_mins(10)).await;
    let mut callers = JoinSet::new();
    for _ in 0..2 {
        let process = Arc::new(sandbox.client());
        for _ in 0..3 {
            let shop = Arc::clone(&process);
            callers.spawn(async move { while read(&shop).await.is_ok() {} });
        }
    }
    callers.join_all().await;
    assert_eq!(sandbox.throttled(), 0);
    assert!((90..=100).contains(&sandbox.calls().len()), "{}", sandbox.calls().len());
}
