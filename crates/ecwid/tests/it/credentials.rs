//! A dead token: nothing is asked with it, by no process.

use std::sync::Arc;

use crossdock_domain::{Classify as _, Mend};
use crossdock_storefront::{
    Account, Budget, Priority, SharedLedger, ShopMetrics, Storefront as _, StorefrontError, Window,
};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use wiremock::ResponseTemplate;

use crate::sandbox::Sandbox;
use crate::shop::{Shop, get, put, refusal};

#[tokio::test]
async fn a_token_that_dies_among_a_hundred_orders_is_not_used_again() {
    let sandbox = Sandbox::with_orders(100).await;
    let folder = TempDir::new().unwrap();
    let url = format!("sqlite://{}/ledger.db", folder.path().display());
    let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
    let processes = [(); 3].map(|()| {
        let (shared, account) =
            (SharedLedger::default(), Account::new("acme-widgets".parse().unwrap(), &["token"]));
        assert!(shared.set(ledger.clone()).is_ok());
        let budget = Budget::counted(account.store.clone(), shared.clone());
        Arc::new(sandbox.client_within(budget.shared(account, shared, ShopMetrics::default())))
    });
    for process in &processes {
        process.orders(&sandbox.ids[..1], Priority::Urgent).await.remove(0).unwrap();
    }
    sandbox.shop.set_access_token("another token");
    let before = sandbox.shop.requests().len();
    for process in &processes {
        let read = process.orders(&sandbox.ids, Priority::Urgent).await;
        assert!(
            read.iter().all(|order| order.as_ref().is_err_and(|error| error.mend() == Mend::Credentials))
        );
        let listed = process.list(&Window::ModifiedSince(Timestamp::now()), None).await;
        assert!(matches!(listed, Err(StorefrontError::CredentialsRefused { .. })));
    }
    let knocks = sandbox.shop.requests().len() - before;
    assert!((1..=12).contains(&knocks), "four at once were under way, in each process at most: {knocks}");
}

#[tokio::test]
async fn what_the_plan_does_not_have_pauses_nothing_else() {
    let shop = Shop::start().await;
    let upgrade = refusal(402, "NOT_AVAILABLE_ON_CURRENT_PLAN", "upgrade");
    put("orders/0").respond_with(upgrade).expect(1).mount(&shop.server).await;
    let none = ResponseTemplate::new(200).set_body_json(json!({ "total": 0, "items": [] }));
    get("orders").respond_with(none).mount(&shop.server).await;
    for _ in 0..2 {
        let error = shop.ecwid.check().await.unwrap_err();
        assert!(
            matches!(&error, StorefrontError::MissingScope { scope, .. } if scope == "update_orders"),
            "{error}"
        );
    }
    shop.ecwid.list(&Window::ModifiedSince(Timestamp::now()), None).await.unwrap();
}
