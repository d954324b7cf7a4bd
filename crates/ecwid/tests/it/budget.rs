//! The shop's minute, which it tells nobody: counted in the ledger, and never overrun.

use std::sync::Arc;
use std::time::Duration;

use crossdock_ecwid::Ecwid;
use crossdock_ledger::Ledger;
use crossdock_sandbox::Fault;
use crossdock_storefront::{
    Account, Budget, Priority, SharedLedger, ShopMetrics, Storefront as _, StorefrontError, Window,
};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::sandbox::Sandbox;

/// Calls of a sweep: half of the minute, but for a batch of calls that a slow machine lets expire unused.
const HALF: std::ops::RangeInclusive<usize> = 284..=300;

async fn ledger(folder: &TempDir) -> Arc<dyn Ledger> {
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    crossdock_ledger::open(&url.into()).await.unwrap()
}

/// A process that counts in this ledger.
fn process(sandbox: &Sandbox, ledger: Option<&Arc<dyn Ledger>>) -> Ecwid {
    let shared = SharedLedger::default();
    if let Some(ledger) = ledger {
        assert!(shared.set(Arc::clone(ledger)).is_ok());
    }
    let account = Account::new("acme-widgets".parse().unwrap(), &["token"]);
    let budget = Budget::counted(account.store.clone(), shared.clone());
    sandbox.client_within(budget.shared(account, shared, ShopMetrics::default()))
}

async fn read(shop: &Ecwid, sandbox: &Sandbox) -> Result<(), StorefrontError> {
    shop.orders(&sandbox.ids[..1], Priority::Urgent).await.remove(0).map(drop)
}

async fn swept(shop: &Ecwid) -> usize {
    let mut swept = 0;
    while shop.list(&Window::ModifiedSince(Timestamp::now()), None).await.is_ok() {
        swept += 1;
    }
    swept
}

fn throttled(sandbox: &Sandbox) -> usize {
    sandbox.shop.requests().iter().filter(|request| request.status == 429).count()
}

#[tokio::test]
async fn processes_together_keep_within_the_shops_minute_and_sweeps_within_half_of_it() {
    let (sandbox, folder) = (Arc::new(Sandbox::with_orders(1).await), TempDir::new().unwrap());
    let ledger = ledger(&folder).await;
    assert!(HALF.contains(&swept(&process(&sandbox, Some(&ledger))).await));
    assert_eq!(swept(&process(&sandbox, Some(&ledger))).await, 0);
    let mut callers = JoinSet::new();
    for _ in 0..2 {
        let shop = Arc::new(process(&sandbox, Some(&ledger)));
        for _ in 0..2 {
            let (shop, sandbox) = (Arc::clone(&shop), Arc::clone(&sandbox));
            callers.spawn(async move { while read(&shop, &sandbox).await.is_ok() {} });
        }
    }
    callers.join_all().await;
    let requests = sandbox.shop.requests().len();
    assert_eq!(throttled(&sandbox), 0);
    assert!((520..=570).contains(&requests), "{requests}");
}

#[tokio::test]
async fn a_process_without_a_ledger_keeps_to_a_small_part() {
    let sandbox = Sandbox::with_orders(1).await;
    let shop = process(&sandbox, None);
    while read(&shop, &sandbox).await.is_ok() {}
    assert_eq!(sandbox.shop.requests().len(), 57);
}

#[tokio::test]
async fn what_one_process_is_told_by_a_429_holds_for_all_also_once_the_minute_is_used_up() {
    let (sandbox, folder) = (Sandbox::with_orders(1).await, TempDir::new().unwrap());
    let ledger = ledger(&folder).await;
    let [one, other] = [(); 2].map(|()| process(&sandbox, Some(&ledger)));
    assert!(HALF.contains(&swept(&one).await));
    sandbox.shop.faults().next("GET", "/orders/", Fault::Throttle(Duration::from_mins(5)));
    assert!(read(&one, &sandbox).await.is_err());
    let before = sandbox.shop.requests().len();
    let error = read(&other, &sandbox).await.unwrap_err();
    assert!(
        matches!(error, StorefrontError::Throttled { wait } if (290..=300).contains(&wait.as_secs())),
        "longer than the minute is counted: {error}"
    );
    assert_eq!(sandbox.shop.requests().len(), before);
}
