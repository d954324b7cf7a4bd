//! Where shops list SKUs: learned, and forgotten when a product changes.

use crossdock_domain::{Listing, Sku};
use crossdock_ledger::Ledger;
use jiff::Timestamp;
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, level, listing, minute, store};

async fn known(ledger: &dyn Ledger, skus: &[&str]) -> Vec<(String, Vec<Listing>)> {
    let skus: Vec<Sku> = skus.iter().map(|sku| Sku::from(*sku)).collect();
    let known = ledger.listings(&au(), &skus).await.unwrap();
    known.into_iter().map(|(sku, listings)| (sku.to_string(), listings)).collect()
}

async fn learn(ledger: &dyn Ledger, found: &[(&str, Vec<Listing>)]) {
    let found: Vec<_> = found.iter().map(|(sku, listings)| (Sku::from(*sku), listings.clone())).collect();
    ledger.learn_listings(&au(), &found, minute(1)).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn what_was_looked_up_is_known_and_nothing_else(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(known(&*ledger, &["TEE"]).await, []);
    let untracked = Listing { tracked: false, ..listing("TEE", "11", None) };
    let twice = vec![untracked, listing("TEE", "12", Some("7")), listing("TEE", "12", Some("8"))];
    learn(&*ledger, &[("TEE", twice.clone()), ("MUG", vec![])]).await;
    assert_eq!(
        known(&*ledger, &["TEE", "MUG", "CAP"]).await,
        [("MUG".into(), vec![]), ("TEE".into(), twice)]
    );
    assert_eq!(ledger.listings(&store("acme-nz"), &[Sku::from("TEE")]).await.unwrap(), []);
    assert_eq!(known(&*ledger, &[]).await, []);
}

#[rstest]
#[tokio::test]
async fn a_new_lookup_replaces_the_old_one(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (ledger, _database) = fresh(engine).await;
    learn(&*ledger, &[("TEE", vec![listing("TEE", "11", None)]), ("CAP", vec![listing("CAP", "12", None)])])
        .await;
    for _ in 0..2 {
        learn(&*ledger, &[("TEE", vec![listing("TEE", "13", None)])]).await;
    }
    let cap = ("CAP".into(), vec![listing("CAP", "12", None)]);
    assert_eq!(known(&*ledger, &["TEE", "CAP"]).await[0], cap);
    assert_eq!(known(&*ledger, &["TEE"]).await[0].1, [listing("TEE", "13", None)]);
    learn(&*ledger, &[("TEE", vec![])]).await;
    assert_eq!(known(&*ledger, &["TEE"]).await, [("TEE".into(), vec![])]);
}

#[rstest]
#[tokio::test]
async fn a_changed_product_is_forgotten_but_not_what_was_told_of_it(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let skus = ["CAP", "MUG", "TEE"];
    ledger.counted(minute(1), &skus.map(|sku| level(sku, 5))).await.unwrap();
    // TEE stands in two products, MUG in none.
    let tee = vec![listing("TEE", "11", None), listing("TEE", "12", None)];
    let cap = ("CAP".to_owned(), vec![listing("CAP", "13", None)]);
    learn(&*ledger, &[("TEE", tee), ("CAP", cap.1.clone()), ("MUG", vec![])]).await;
    ledger.pushed(&au(), &skus.map(|sku| (Sku::from(sku), 5)), minute(2)).await.unwrap();

    ledger.forget_product(&store("acme-nz"), "11", minute(2)).await.unwrap();
    assert_eq!(known(&*ledger, &skus).await.len(), 3, "another shop's product may have the same id");
    ledger.forget_product(&au(), "11", minute(2)).await.unwrap();
    assert_eq!(known(&*ledger, &skus).await, [cap]);
    ledger.forget_product(&au(), "11", minute(2)).await.unwrap();
    ledger.forget_product(&au(), "13", minute(2)).await.unwrap();
    assert_eq!(known(&*ledger, &skus).await, []);
    let lines = ledger.stock(&au()).await.unwrap();
    assert!(lines.iter().all(|line| line.pushed == Some(5)), "{lines:?}");
}

#[rstest]
#[tokio::test]
async fn many_listings_are_learned_and_forgotten_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let names: Vec<String> = (0..1_700).map(|sku| format!("SKU{sku:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found: Vec<_> = names.iter().map(|sku| (*sku, vec![listing(sku, "11", Some(sku))])).collect();
    learn(&*ledger, &found).await;
    assert_eq!(known(&*ledger, &names).await.len(), 1_700);
    ledger.forget_product(&au(), "11", minute(1)).await.unwrap();
    assert_eq!(known(&*ledger, &names).await, []);
}

#[rstest]
#[tokio::test]
async fn what_was_not_found_is_not_looked_up_again_at_each_change(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    // Looked up at minute 1.
    let tee = vec![listing("TEE", "11", None)];
    learn(&*ledger, &[("TEE", tee), ("MUG", vec![])]).await;
    ledger.forget_product(&au(), "11", minute(1)).await.unwrap();
    assert_eq!(known(&*ledger, &["TEE", "MUG"]).await, [("MUG".into(), vec![])]);
    ledger.forget_product(&au(), "11", minute(2)).await.unwrap();
    assert_eq!(known(&*ledger, &["MUG"]).await, []);
    ledger.forget_product(&au(), "11", Timestamp::MIN).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn skus_whose_listing_is_gone_are_forgotten_and_no_others(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let names: Vec<String> = (0..700).map(|sku| format!("SKU{sku:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found: Vec<_> = names.iter().map(|sku| (*sku, vec![listing(sku, "11", Some(sku))])).collect();
    learn(&*ledger, &found).await;
    learn(&*ledger, &[("MUG", vec![])]).await;

    let gone: Vec<Sku> = names[..600].iter().copied().chain(["MUG", "NEVER"]).map(Sku::from).collect();
    ledger.forget_listings(&store("acme-nz"), &gone).await.unwrap();
    ledger.forget_listings(&au(), &[]).await.unwrap();
    assert_eq!(known(&*ledger, &names).await.len(), 700);
    ledger.forget_listings(&au(), &gone).await.unwrap();
    assert_eq!(known(&*ledger, &["MUG"]).await, []);
    let left: Vec<String> = known(&*ledger, &names).await.into_iter().map(|(sku, _)| sku).collect();
    assert_eq!(left, names[600..]);
}
