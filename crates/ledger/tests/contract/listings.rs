//! Where shops list SKUs: read as a whole, kept up to date product by product.

use crossdock_domain::{Listing, ListingStock, Sku};
use crossdock_ledger::{Catalogue, Ledger, ProductTold, Reading};
use rstest::rstest;

use crate::database::{Engine, fresh};
use crate::samples::{au, level, listing, minute, store};

async fn known(ledger: &dyn Ledger, skus: &[&str]) -> Vec<Listing> {
    let skus: Vec<Sku> = skus.iter().map(|sku| Sku::from(*sku)).collect();
    ledger.listings(&au(), &skus).await.unwrap()
}

/// A reading of one page.
async fn read(ledger: &dyn Ledger, at: i64, page: &[Listing]) {
    ledger.learn_page(&au(), minute(at), page, None).await.unwrap();
}

async fn reread(ledger: &dyn Ledger, at: i64, products: &[&str], listings: &[Listing]) -> Vec<String> {
    let products: Vec<String> = products.iter().map(|id| (*id).to_owned()).collect();
    let news = ledger.learn_products(&au(), &products, listings, minute(at)).await.unwrap();
    news.iter().map(Sku::to_string).collect()
}

#[rstest]
#[tokio::test]
async fn a_catalogue_is_complete_after_its_last_page_and_a_reading_goes_on_where_it_was_left(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), Catalogue::default());
    ledger.learn_page(&au(), minute(1), &[listing("TEE", "11", None)], Some("after 11")).await.unwrap();
    let reading = Reading { began_at: minute(1), place: Some("after 11".into()) };
    let under_way = Catalogue { as_of: None, reading: Some(reading) };
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), under_way);
    ledger.learn_page(&au(), minute(1), &[listing("CAP", "12", None)], None).await.unwrap();
    let complete = Catalogue { as_of: Some(minute(1)), reading: None };
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), complete);
    assert_eq!(known(&*ledger, &["TEE", "CAP", "MUG"]).await.len(), 2);

    ledger.learn_page(&au(), minute(5), &[], Some("after 10")).await.unwrap();
    let again = Reading { began_at: minute(5), place: Some("after 10".into()) };
    let again = Catalogue { as_of: Some(minute(1)), reading: Some(again) };
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), again, "the former reading stands meanwhile");
    assert_eq!(ledger.catalogue(&store("acme-nz")).await.unwrap(), Catalogue::default());
    ledger.drop_reading(&au()).await.unwrap();
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), complete, "only the new reading is given up");
    ledger.doubt_catalogue(&au(), minute(6)).await.unwrap();
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), Catalogue::default());
    assert_eq!(known(&*ledger, &["TEE", "CAP"]).await.len(), 2, "what was read stands in doubt too");
}

#[rstest]
#[tokio::test]
async fn a_doubt_counts_also_against_a_reading_that_is_under_way(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    for (doubted, next) in [(5, Some("after 11")), (7, None)] {
        ledger.learn_page(&au(), minute(4), &[], Some("after 10")).await.unwrap();
        ledger.doubt_catalogue(&au(), minute(doubted)).await.unwrap();
        ledger.learn_page(&au(), minute(4), &[listing("TEE", "11", None)], next).await.unwrap();
        assert_eq!(ledger.catalogue(&au()).await.unwrap(), Catalogue::default(), "{next:?}");
    }
    read(&*ledger, 8, &[listing("TEE", "11", None)]).await;
    let complete = Catalogue { as_of: Some(minute(8)), reading: None };
    assert_eq!(ledger.catalogue(&au()).await.unwrap(), complete);
}

#[rstest]
#[tokio::test]
async fn what_a_later_reading_does_not_see_is_gone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let uncounted = Listing { stock: ListingStock::Uncounted, ..listing("TEE", "11", None) };
    let twice = [uncounted, listing("TEE", "12", Some("7")), listing("TEE", "12", Some("8"))];
    read(&*ledger, 1, &[&twice[..], &[listing("CAP", "13", None)]].concat()).await;
    assert_eq!(known(&*ledger, &["TEE"]).await, twice);
    assert_eq!(ledger.listings(&store("acme-nz"), &[Sku::from("TEE")]).await.unwrap(), []);
    // A product that moves between pages comes twice.
    let page = [twice[0].clone(), twice[1].clone(), twice[0].clone()];
    ledger.learn_page(&au(), minute(2), &page, Some("2")).await.unwrap();
    assert_eq!(known(&*ledger, &["TEE", "CAP"]).await.len(), 4, "before the end nothing is gone");
    ledger.learn_page(&au(), minute(2), &page[..1], None).await.unwrap();
    assert_eq!(known(&*ledger, &["TEE", "CAP"]).await, twice[..2]);
}

#[rstest]
#[tokio::test]
async fn a_product_is_as_it_was_read_last_and_gone_if_it_was_not_there(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    read(
        &*ledger,
        1,
        &[listing("TEE", "11", Some("1")), listing("CAP", "11", Some("2")), listing("MUG", "12", None)],
    )
    .await;
    let renamed = [listing("TEE-M", "11", Some("1"))];
    assert_eq!(reread(&*ledger, 2, &["11"], &renamed).await, ["TEE-M"]);
    assert_eq!(known(&*ledger, &["TEE", "CAP", "TEE-M"]).await, renamed);
    assert_eq!(reread(&*ledger, 3, &["11"], &renamed).await, [""; 0], "nothing is new");
    assert_eq!(reread(&*ledger, 4, &["11", "never"], &[]).await, [""; 0]);
    assert_eq!(known(&*ledger, &["TEE-M", "MUG"]).await, [listing("MUG", "12", None)]);
}

#[rstest]
#[tokio::test]
async fn what_products_list_that_a_reading_saw_and_could_not_read_stands(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let odd = [listing("TEE", "11", Some("1")), listing("CAP", "11", Some("2"))];
    read(&*ledger, 1, &[odd[0].clone(), odd[1].clone(), listing("MUG", "12", None)]).await;
    ledger.keep_products(&au(), minute(2), &["11", "never"].map(str::to_owned)).await.unwrap();
    read(&*ledger, 2, &[]).await;
    assert_eq!(known(&*ledger, &["CAP", "TEE", "MUG"]).await, [odd[1].clone(), odd[0].clone()]);
    // An older reading that ends later takes nothing back.
    ledger.keep_products(&au(), minute(1), &["11".to_owned()]).await.unwrap();
    ledger.keep_products(&au(), minute(3), &[]).await.unwrap();
    read(&*ledger, 2, &[]).await;
    assert_eq!(known(&*ledger, &["TEE"]).await, odd[..1]);
    read(&*ledger, 3, &[]).await;
    assert_eq!(known(&*ledger, &["CAP", "TEE"]).await, []);
}

#[rstest]
#[tokio::test]
async fn a_listing_that_is_new_was_not_told_and_one_that_is_as_it_was_was(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let skus = ["CAP", "MUG", "TEE"];
    ledger.counted(minute(1), &skus.map(|sku| level(sku, 5))).await.unwrap();
    let listings = [listing("CAP", "11", None), listing("MUG", "12", None), listing("TEE", "13", None)];
    read(&*ledger, 1, &listings).await;
    let tell = async || {
        ledger.pushed(&au(), &skus.map(|sku| (Sku::from(sku), 5)), minute(2)).await.unwrap();
        ledger.pushed(&store("acme-nz"), &skus.map(|sku| (Sku::from(sku), 5)), minute(2)).await.unwrap();
    };
    let told = async |shop: &str| {
        let lines = ledger.stock(&store(shop)).await.unwrap();
        let told = lines.into_iter().filter(|line| line.pushed.is_some());
        told.map(|line| line.level.sku.to_string()).collect::<Vec<_>>()
    };
    tell().await;
    read(&*ledger, 3, &listings).await;
    assert_eq!(reread(&*ledger, 4, &["11"], &listings[..1]).await, [""; 0]);
    assert_eq!(told("acme-au").await, skus, "our own push comes back as a changed product");

    // MUG is listed once more, TEE begins to be uncounted.
    let uncounted = Listing { stock: ListingStock::Uncounted, ..listings[2].clone() };
    let more = [listings[1].clone(), listing("MUG", "14", Some("1")), uncounted];
    assert_eq!(reread(&*ledger, 5, &["12", "13", "14"], &more).await, ["MUG", "TEE"]);
    assert_eq!(told("acme-au").await, ["CAP"]);
    assert_eq!(told("acme-nz").await, skus, "another shop's products may have the same ids");
    tell().await;
    read(&*ledger, 6, &[&more[..], &[listing("CAP", "11", Some("1"))]].concat()).await;
    assert_eq!(told("acme-au").await, ["MUG", "TEE"]);
}

#[rstest]
#[tokio::test]
async fn many_listings_are_learned_and_forgotten_at_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let names: Vec<String> = (0..1_700).map(|sku| format!("SKU{sku:04}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let found: Vec<_> = names.iter().map(|sku| listing(sku, "11", Some(sku))).collect();
    read(&*ledger, 1, &found).await;
    assert_eq!(known(&*ledger, &names).await, found);
    reread(&*ledger, 2, &["11"], &found[..600]).await;
    assert_eq!(known(&*ledger, &names).await, found[..600]);
}

#[rstest]
#[tokio::test]
async fn each_write_of_ours_has_one_echo_for_a_while(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let (ledger, _database) = fresh(engine).await;
    let wrote = async |products: &[&str], at: i64| {
        let products: Vec<String> = products.iter().map(|id| (*id).to_owned()).collect();
        ledger.expect_echoes(&au(), &products, minute(at), minute(at - 5)).await.unwrap();
    };
    let echoes = async |shop: &str, told: &[(&str, &str)], since: i64| {
        let told: Vec<ProductTold> = told
            .iter()
            .map(|(product, event)| ProductTold {
                product_id: (*product).to_owned(),
                event_id: (*event).to_owned(),
            })
            .collect();
        ledger.are_echoes(&store(shop), &told, minute(since)).await.unwrap()
    };
    let echo = async |product: &str, event: &str, since: i64| {
        echoes("acme-au", &[(product, event)], since).await == [true]
    };
    wrote(&["11", "12", "11"], 10).await;
    assert_eq!(echoes("acme-nz", &[("11", "a")], 5).await, [false]);
    assert!(!echo("13", "a", 5).await);
    assert!(echo("11", "a", 5).await && echo("11", "b", 5).await);
    assert!(!echo("11", "c", 5).await, "a third one is an edit");
    assert!(echo("11", "a", 5).await && echo("11", "b", 5).await, "told again, each is what it was");
    assert!(!echo("12", "a", 11).await, "too late");
    assert!(!echo("11", "a", 11).await, "too late, though it was one");
    wrote(&["12"], 20).await;
    wrote(&["12"], 21).await;
    assert!(echo("12", "a", 20).await && echo("12", "b", 20).await);
    assert!(!echo("12", "c", 20).await);
    wrote(&[], 22).await;
    // Each for its own time: echoes that never come do not live on with each further write.
    for at in [30, 34, 38] {
        wrote(&["14"], at).await;
    }
    assert!(echo("14", "a", 33).await && echo("14", "b", 33).await);
    assert!(!echo("14", "c", 33).await, "an edit by the merchant");

    // Told at once, in any order, each counts for itself.
    wrote(&["16", "15", "16"], 40).await;
    let told = [("16", "a"), ("17", "b"), ("16", "c"), ("15", "d"), ("16", "c"), ("16", "e")];
    assert_eq!(echoes("acme-au", &told, 40).await, [true, false, true, true, true, false]);
    assert!(echoes("acme-au", &[], 40).await.is_empty());
}
