//! Shops that do not answer as they should.

use crossdock_ledger::{Pause, PauseCause};
use crossdock_storefront::{Account, StorefrontError};
use jiff::{SignedDuration, Timestamp};

use super::bench::{Bench, Failed, shipment};
use super::shop::{ECWID, Fake, MAIN, order};
use super::{all, changed};
use crate::preview::read_orders::read_orders;
use crate::preview::told::{ORDER_IMPORTER, TRACKING_WRITER};

#[tokio::test]
async fn a_shop_that_does_not_answer_hides_only_what_is_its_own() {
    let bench = Bench::new().await;
    bench.main.answers("1", || StorefrontError::Unavailable { cause: "timed out".into() });
    bench.ecwid.has(order("K8XTQ", "MUG"));
    bench.buried(Failed::of(ORDER_IMPORTER, "shop-unavailable").about("1"), changed(MAIN, "1", "x")).await;
    let failed = Failed::of(ORDER_IMPORTER, "shop-unavailable").about("K8XTQ").at(ECWID);
    bench.buried(failed, changed(ECWID, "K8XTQ", "x")).await;
    let mut told = bench.told(&all()).await;
    told.sort();
    assert_eq!(told, [("1".to_owned(), "unknown"), ("K8XTQ".to_owned(), "goes_through")]);
    assert!(bench.says(&all()).await.iter().any(|says| says.contains("timed out")));
}

#[tokio::test(start_paused = true)]
async fn a_shop_that_asks_for_time_is_given_some() {
    let shop = Fake::default();
    shop.has(order("1", "MUG"));
    shop.throttles(2);
    let read = read_orders(&shop, vec!["1".into()]).await;
    assert!(read[0].1.is_ok());
    shop.throttles(1000);
    let read = read_orders(&shop, vec!["1".into()]).await;
    assert!(matches!(read[0].1, Err(StorefrontError::Throttled { .. })), "its patience ends");
}

#[tokio::test]
async fn a_shop_that_refuses_our_credentials_is_not_asked() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.buried(Failed::of(ORDER_IMPORTER, "shop-unavailable").about("1"), changed(MAIN, "1", "x")).await;
    let cause = PauseCause::Credentials;
    begin_pause(&bench, &cause).await;
    assert_eq!(bench.verdicts(&all()).await, ["credentials_refused"]);
    assert_eq!(bench.main.calls(), 0);
    end_pause(&bench, &cause).await;
    assert_eq!(bench.verdicts(&all()).await, ["goes_through"]);
}

#[tokio::test]
async fn a_shop_that_refuses_our_token_a_scope_keeps_back_only_what_needs_that() {
    let bench = Bench::new().await;
    bench.main.has(order("1", "MUG"));
    bench.released(MAIN, "1").await;
    bench.main.has(order("2", "MUG"));
    bench.buried(Failed::of(ORDER_IMPORTER, "shop-unavailable").about("2"), changed(MAIN, "2", "x")).await;
    let failed = Failed::of(TRACKING_WRITER, "shop-unavailable").about("BG1");
    bench.buried(failed, shipment("S1", "BG1", "T1")).await;
    let told = async || {
        let mut told = bench.told(&all()).await;
        told.sort();
        told.into_iter().map(|(_, verdict)| verdict).collect::<Vec<_>>()
    };
    for (scope, verdicts) in [
        ("modify orders", ["goes_through", "credentials_refused"]),
        ("read orders", ["credentials_refused", "credentials_refused"]),
        ("modify store inventory", ["goes_through", "goes_through"]),
    ] {
        let cause = PauseCause::Scope(scope.to_owned());
        begin_pause(&bench, &cause).await;
        assert_eq!(told().await, verdicts, "{scope}");
        let refused = format!("acme-au has refused our token the scope to {scope} since ");
        let said = bench.says(&all()).await.into_iter().filter(|says| says.starts_with(&refused)).count();
        assert_eq!(said, verdicts.iter().filter(|it| **it == "credentials_refused").count(), "{scope}");
        end_pause(&bench, &cause).await;
    }
}

async fn begin_pause(bench: &Bench, cause: &PauseCause) {
    let (now, account) = (Timestamp::now(), account(bench));
    let until = now + SignedDuration::from_mins(1);
    let pause = Pause { cause: cause.clone(), since: now, until, answer: "no".into() };
    bench.ledger.begin_pause(&account.store, &account.fingerprint, &pause).await.unwrap();
}

async fn end_pause(bench: &Bench, cause: &PauseCause) {
    let account = account(bench);
    bench.ledger.end_pause(&account.store, &account.fingerprint, cause).await.unwrap();
}

/// Of the main shop.
fn account(bench: &Bench) -> Account {
    Account::of(&bench.shops.get(&MAIN.parse().unwrap()).unwrap().settings)
}
