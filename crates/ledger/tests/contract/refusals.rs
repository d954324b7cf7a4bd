//! What shops refuse, listing by listing.

use std::slice;

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_ledger::{Ledger, Refused};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, level, listing, minute, store};

/// Two places of TEE, one of them a variant, and one of CAP beside the variant.
fn listings() -> [Listing; 3] {
    [listing("TEE", "11", None), listing("TEE", "12", Some("7")), listing("CAP", "12", Some("8"))]
}

/// Listed by two shops under the same ids, and counted.
async fn listed(ledger: &dyn Ledger) {
    for shop in [au(), store("acme-nz")] {
        ledger.learn_page(&shop, minute(1), &listings(), None).await.unwrap();
    }
    ledger.counted(minute(1), &[level("TEE", 10), level("CAP", 10)]).await.unwrap();
}

async fn refuse(ledger: &dyn Ledger, shop: &str, refused: &[Listing], at: i64) {
    let refusals: Vec<_> = refused.iter().map(|it| (it.clone(), format!("no, {}", it.product_id))).collect();
    ledger.stock_refused(&store(shop), &refusals, minute(at)).await.unwrap();
}

/// By the places, of CAP and of TEE.
async fn refused(ledger: &dyn Ledger, shop: &str) -> [Vec<String>; 2] {
    let lines = ledger.stock(&store(shop)).await.unwrap();
    let some = ledger.stock_of(&store(shop), &["CAP", "TEE", "NEVER"].map(Sku::from)).await.unwrap();
    assert_eq!(lines, some);
    let place = |it: &Refused| format!("{}/{}", it.product_id, it.variant_id.as_deref().unwrap_or_default());
    let places: Vec<Vec<String>> =
        lines.iter().map(|line| line.refused.iter().map(place).collect()).collect();
    places.try_into().unwrap()
}

#[rstest]
#[tokio::test]
async fn what_a_shop_refused_at_one_listing_is_known_until_it_is_told_that_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    listed(&*ledger).await;
    let [tee, variant, cap] = listings();
    refuse(&*ledger, "acme-au", slice::from_ref(&tee), 2).await;
    refuse(&*ledger, "acme-au", &[cap.clone(), variant.clone(), listing("NEVER", "99", None)], 3).await;
    refuse(&*ledger, "acme-au", slice::from_ref(&tee), 4).await;
    assert_eq!(refused(&*ledger, "acme-au").await, [vec!["12/8"], vec!["11/", "12/7"]]);
    assert_eq!(refused(&*ledger, "acme-nz").await, [[""; 0]; 2], "another shop");
    let lines = ledger.stock(&au()).await.unwrap();
    let of_tee = Refused { product_id: "11".into(), variant_id: None, why: "no, 11".into(), at: minute(4) };
    assert_eq!(lines[1].refused[0], of_tee);

    ledger.pushed(&au(), &[("TEE".into(), 10)], minute(5)).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await[1].len(), 2, "what the others took says nothing of these");
    ledger.begin_push(&au(), &[variant], minute(6), minute(0)).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec!["12/8"], vec!["11/"]]);
    assert_eq!(ledger.stock(&au()).await.unwrap()[1].pushed, None, "the SKU is told anew");
    ledger.begin_push(&au(), &[tee, cap], minute(7), minute(0)).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [[""; 0]; 2]);
}

#[rstest]
#[tokio::test]
async fn a_listing_that_is_another_than_it_was_or_gone_is_refused_no_more(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    listed(&*ledger).await;
    let [tee, variant, cap] = listings();
    refuse(&*ledger, "acme-au", &listings(), 9).await;
    ledger.learn_page(&au(), minute(3), &listings(), None).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec!["12/8"], vec!["11/", "12/7"]], "all is as it was");

    let uncounted = Listing { stock: ListingStock::Uncounted, ..cap.clone() };
    ledger.learn_page(&au(), minute(4), &[tee.clone(), variant, uncounted], None).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec![], vec!["11/", "12/7"]]);
    ledger.learn_page(&au(), minute(5), &[tee.clone(), cap.clone()], None).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec![], vec!["11/"]], "the variant is gone");
    let other = Listing { sku: "CAP".into(), ..tee };
    ledger.learn_page(&au(), minute(6), &[other, cap], None).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [[""; 0]; 2]);
}

#[rstest]
#[tokio::test]
async fn what_was_refused_before_a_catalogue_was_read_is_to_be_told_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    listed(&*ledger).await;
    let [tee, _, cap] = listings();
    refuse(&*ledger, "acme-au", &[tee], 2).await;
    refuse(&*ledger, "acme-au", &[cap], 3).await;
    ledger.pushed(&au(), &["CAP", "TEE"].map(|sku| (Sku::from(sku), 10)), minute(3)).await.unwrap();
    ledger.learn_page(&au(), minute(3), &listings()[..1], Some("2")).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec!["12/8"], vec!["11/"]], "it is being read");
    ledger.learn_page(&au(), minute(3), &listings()[1..], None).await.unwrap();
    assert_eq!(refused(&*ledger, "acme-au").await, [vec!["12/8"], vec![]]);
    let told: Vec<bool> =
        ledger.stock(&au()).await.unwrap().iter().map(|line| line.pushed.is_some()).collect();
    assert_eq!(told, [true, false]);
}

#[rstest]
#[tokio::test]
async fn what_is_refused_of_a_product_that_changed_is_to_be_told_again(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    listed(&*ledger).await;
    let [tee, _, cap] = listings();
    for shop in ["acme-au", "acme-nz"] {
        refuse(&*ledger, shop, &[tee.clone(), cap.clone()], 2).await;
        let told = ["CAP", "TEE"].map(|sku| (Sku::from(sku), 10));
        ledger.pushed(&store(shop), &told, minute(3)).await.unwrap();
    }
    let again = async |products: &[&str]| {
        let products: Vec<String> = products.iter().map(|id| (*id).to_owned()).collect();
        let skus = ledger.reconsider_refused(&au(), &products).await.unwrap();
        skus.iter().map(Sku::to_string).collect::<Vec<_>>()
    };
    assert_eq!(again(&["13", "never"]).await, [""; 0]);
    assert_eq!(again(&["12", "12"]).await, ["CAP"]);
    assert_eq!(again(&["12"]).await, [""; 0]);
    assert_eq!(refused(&*ledger, "acme-au").await, [vec![], vec!["11/"]]);
    let told: Vec<bool> =
        ledger.stock(&au()).await.unwrap().iter().map(|line| line.pushed.is_some()).collect();
    assert_eq!(told, [false, true]);
    assert_eq!(refused(&*ledger, "acme-nz").await, [vec!["12/8"], vec!["11/"]], "another shop");
}
