//! Pushes over a real ledger, to a shop that answers as it is told.

mod refusals;
pub(crate) mod shop;

use std::io;
use std::sync::Arc;

use crossdock_domain::{Listing, Mend, Sku, StockLevel};
use crossdock_ledger::{Ledger, ProductTold, StockLine};
use crossdock_queue::{Failure, Turn};
use crossdock_storefront::{Quantity, StorefrontError, Taken};
use jiff::{SignedDuration, Timestamp};

use crate::push_stock::{Leftover, PushStock};
use crate::read_catalogue::ReadCatalogue;
use crate::reread_products::RereadProducts;
use crate::wanted::Wanted;
use shop::{Fake, listing};

pub(crate) struct Bench {
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) push_stock: PushStock,
    pub(crate) shop: Fake,
    counts: std::cell::Cell<i64>,
    _folder: tempfile::TempDir,
}

impl Bench {
    pub(crate) async fn with(shop: Fake) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("ledger.db").display());
        let ledger = crossdock_ledger::open(&url.into()).await.unwrap();
        let push_stock = PushStock {
            ledger: ledger.clone(),
            read_catalogue: ReadCatalogue { ledger: ledger.clone() },
            reread_products: RereadProducts { ledger: ledger.clone() },
        };
        Self { ledger, push_stock, shop, counts: std::cell::Cell::default(), _folder: folder }
    }

    /// Each count is newer than the one before.
    pub(crate) async fn count(&self, skus: &[&str], on_hand: i64) {
        self.counts.set(self.counts.get() + 1);
        let counted_at = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(self.counts.get());
        let level = |sku: &&str| StockLevel { sku: Sku::from(*sku), on_hand, allocated: None };
        let levels: Vec<StockLevel> = skus.iter().map(level).collect();
        self.ledger.counted(counted_at, &levels).await.unwrap();
    }

    /// What is refused, somebody is told of.
    async fn push(&self, wanted: &Wanted) -> (Result<(), Failure>, Leftover) {
        let (shop, mut leftover) = (self.shop.shop(), Leftover::default());
        let pushed = self.push_stock.push(&shop, wanted, Turn::begin(), &mut leftover).await;
        self.push_stock.give_up(&shop.settings.id, &leftover.refused).await.unwrap();
        (pushed, leftover)
    }

    pub(crate) async fn push_changes(&self) -> (Result<(), Failure>, Leftover) {
        self.push(&Wanted { all: true, ..Wanted::default() }).await
    }

    pub(crate) async fn lines(&self) -> Vec<StockLine> {
        self.ledger.stock(&self.shop.shop().settings.id).await.unwrap()
    }

    async fn is_echo(&self, product_id: &str) -> bool {
        let store = self.shop.shop().settings.id.clone();
        let told = ProductTold { product_id: product_id.to_owned(), event_id: fastrand::u64(..).to_string() };
        self.ledger.are_echoes(&store, &[told], Timestamp::UNIX_EPOCH).await.unwrap() == [true]
    }
}

/// It has arrived, and nobody learns of it.
pub(crate) fn lost(_: &Quantity) -> Result<Taken, StorefrontError> {
    Err(StorefrontError::Unavailable { cause: io::Error::from(io::ErrorKind::TimedOut).into() }.of_a_write())
}

fn refused(_: &Quantity) -> Result<Taken, StorefrontError> {
    Err(StorefrontError::Refused { status: 400, message: "no".to_owned() })
}

#[tokio::test]
async fn a_quantity_that_may_have_reached_the_shop_is_never_taken_for_the_one_told_before() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    bench.count(&["MUG"], 5).await;
    bench.push_changes().await.0.unwrap();
    bench.count(&["MUG"], 9).await;
    bench.shop.inside().answer = Some(lost);
    assert_eq!(bench.push_changes().await.0.unwrap_err().mend, Mend::Wait);
    assert_eq!(bench.shop.inside().units["1"], 9, "it has arrived");

    bench.shop.inside().answer = None;
    bench.count(&["MUG"], 5).await;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().units["1"], 5);
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().writes, 3, "what the shop has confirmed is not told again");
}

#[tokio::test]
async fn a_listing_that_nobody_told_of_is_found_within_a_day_also_without_full_pushes() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    bench.count(&["MUG"], 5).await;
    let (store, hours) =
        (bench.shop.shop().settings.id.clone(), |hours| Timestamp::now() - SignedDuration::from_hours(hours));
    for (read_at, told) in [(hours(24), false), (hours(26), true)] {
        bench.ledger.learn_page(&store, read_at, &[listing("MUG", "1")], None).await.unwrap();
        bench.push_changes().await.0.unwrap();
        bench.shop.inside().pages[0].push(listing("MUG", "2"));
        bench.push_changes().await.0.unwrap();
        assert_eq!(bench.shop.inside().units.contains_key("2"), told, "read at {read_at}");
    }
}

#[tokio::test]
async fn a_shop_that_does_not_answer_is_asked_once_and_everything_is_due_again() {
    let skus: Vec<String> = (0..4_001).map(|sku| format!("SKU{sku:04}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.count(&skus, 7).await;
    bench.shop.inside().answer = Some(lost);
    assert_eq!(bench.push_changes().await.0.unwrap_err().class, StorefrontError::IN_DOUBT);
    assert_eq!(bench.shop.inside().writes, 1);

    bench.shop.inside().answer = None;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().writes, 4, "in three parts");
    assert!(bench.lines().await.iter().all(|line| line.pushed.is_some()));
}

/// What is sold out must not wait until a whole catalogue was told.
#[tokio::test]
async fn what_is_sold_and_what_there_is_less_of_is_told_before_all_that_a_full_push_repeats() {
    let skus: Vec<String> = (0..100).map(|sku| format!("SKU{sku:02}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.count(&skus, 7).await;
    bench.push_changes().await.0.unwrap();
    bench.count(&["SKU90"], 3).await;
    bench.count(&["SKU10"], 9).await;
    bench.shop.inside().units.clear();
    bench.shop.inside().takes = Some(2);
    let full_since = Some(Timestamp::now());
    let changed = [Sku::from("SKU95")].into();
    bench.push(&Wanted { changed, full_since, ..Wanted::default() }).await.0.unwrap_err();
    let told: Vec<String> = bench.shop.inside().units.keys().cloned().collect();
    assert_eq!(told, ["SKU90", "SKU95"]);
}

#[tokio::test]
async fn what_is_sold_after_the_shops_budget_ran_out_is_told_before_all_that_was_left_over() {
    let skus: Vec<String> = (0..100).map(|sku| format!("SKU{sku:02}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.count(&skus, 7).await;
    bench.push_changes().await.0.unwrap();
    bench.count(&skus, 9).await;
    bench.shop.inside().takes = Some(2);
    bench.push_changes().await.0.unwrap_err();

    bench.count(&["SKU90"], 3).await;
    bench.shop.inside().units.clear();
    bench.shop.inside().takes = Some(1);
    bench.push_changes().await.0.unwrap_err();
    assert_eq!(bench.shop.inside().units, [("SKU90".to_owned(), 3)].into());
    bench.shop.inside().takes = None;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().units.len(), 98, "of which two were told before");
}

#[tokio::test]
async fn what_one_listing_took_is_told_anew_also_when_the_count_is_again_what_all_were_told_before() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("MUG", "2")])).await;
    bench.count(&["MUG"], 5).await;
    bench.push_changes().await.0.unwrap();
    bench.count(&["MUG"], 9).await;
    bench.shop.inside().takes = Some(1);
    bench.push_changes().await.0.unwrap_err();
    assert_eq!(bench.shop.inside().units["1"], 9);
    bench.shop.inside().takes = None;
    bench.count(&["MUG"], 5).await;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().units.values().collect::<Vec<_>>(), [&5, &5]);
}

#[tokio::test]
async fn what_an_open_push_may_have_overtaken_is_told_once_more_when_that_has_settled() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE"], 5).await;
    bench.push_changes().await.0.unwrap();
    // As a process left it that died eleven minutes ago, and as another one pushed since. What was left open has arrived last.
    let (store, mug) = (bench.shop.shop().settings.id.clone(), Sku::from("MUG"));
    let left_open = Timestamp::now() - SignedDuration::from_mins(11);
    bench.ledger.begin_push(&store, &[listing("MUG", "1")], left_open, Timestamp::UNIX_EPOCH).await.unwrap();
    bench.ledger.pushed(&store, &[(mug, 5)], Timestamp::now()).await.unwrap();
    bench.shop.inside().units.insert("1".to_owned(), 3);
    for _ in 0..2 {
        bench.push_changes().await.0.unwrap();
        assert_eq!(bench.shop.writes_and_units(), (2, [("1".to_owned(), 5), ("2".to_owned(), 5)].into()));
    }

    bench.count(&["MUG"], 9).await;
    bench.shop.inside().answer = Some(lost);
    bench.push_changes().await.0.unwrap_err();
    bench.shop.inside().answer = None;
    bench.push_changes().await.0.unwrap();
    let mug = bench.lines().await.remove(0);
    assert!(mug.in_doubt_since.is_some() && mug.pushed.is_some(), "it may still come: {mug:?}");
    bench.count(&["MUG"], 8).await;
    bench.shop.inside().answer = Some(refused);
    bench.push_changes().await.0.unwrap();
    let mug = bench.lines().await.remove(0);
    assert!(!mug.refused.is_empty() && mug.in_doubt_since.is_some(), "{mug:?}");
}

#[tokio::test]
async fn what_was_taken_when_it_was_sent_once_more_is_told_and_may_be_overtaken() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    bench.count(&["MUG"], 5).await;
    bench.shop.inside().answer = Some(|_| Ok(Taken::SentAgain));
    bench.push_changes().await.0.unwrap();
    let mug = bench.lines().await.remove(0);
    assert!(mug.in_doubt_since.is_some() && mug.pushed.is_some_and(|told| told.units == 5), "{mug:?}");
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().writes, 1, "until that has settled");
}

#[tokio::test]
async fn what_the_shop_fails_for_each_time_keeps_nothing_back_however_urgent_it_is() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    let fails = |quantity: &Quantity| {
        if quantity.listing.sku.as_str() == "MUG" { lost(quantity) } else { Ok(Taken::Changed) }
    };
    bench.shop.inside().answer = Some(fails);
    bench.count(&["MUG"], 5).await;
    let (pushed, leftover) = bench.push_changes().await;
    pushed.unwrap_err();
    assert_eq!(
        leftover.doubted,
        [],
        "a shop that says nothing of what it has not failed for lately may be down"
    );
    bench.count(&["TEE"], 7).await;
    let both = Wanted { changed: [Sku::from("MUG")].into(), all: true, ..Wanted::default() };
    let (pushed, leftover) = bench.push(&both).await;
    assert_eq!(pushed.unwrap_err().class, "shop-in-doubt");
    assert_eq!(leftover.doubted, [Sku::from("MUG")]);
    assert_eq!(bench.shop.inside().units["2"], 7);
}

#[tokio::test]
async fn a_doubt_heals_a_refusal_before_the_next_full_push() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1")])).await;
    bench.count(&["MUG"], 5).await;
    bench.shop.inside().answer = Some(refused);
    bench.push_changes().await.0.unwrap();
    bench.shop.inside().answer = Some(lost);
    let alone = Wanted { again: [Sku::from("MUG")].into(), ..Wanted::default() };
    bench.push(&alone).await.0.unwrap_err();
    bench.shop.inside().answer = None;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.writes_and_units(), (3, [("1".to_owned(), 5)].into()));
}

#[tokio::test]
async fn a_large_part_that_is_refused_whole_gives_no_sku_up_and_holds_up_no_other() {
    let skus: Vec<String> = (0..2_001).map(|sku| format!("SKU{sku:04}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.count(&skus, 7).await;
    bench.shop.inside().answer =
        Some(
            |quantity| {
                if quantity.listing.sku.as_str() < "SKU2000" { refused(quantity) } else { Ok(Taken::Changed) }
            },
        );
    let (pushed, leftover) = bench.push_changes().await;
    let failure = pushed.unwrap_err();
    assert_eq!((failure.class, failure.mend), ("many-quantities-refused", Mend::Wait));
    assert!(failure.chain.ends_with("the shop refused it with 400: no"), "{}", failure.chain);
    assert!(leftover.refused.is_empty());
    let lines = bench.lines().await;
    assert!(lines.iter().all(|line| line.refused.is_empty()));
    assert_eq!(lines.iter().filter(|line| line.pushed.is_some()).count(), 1);
    assert_eq!(bench.shop.inside().units["SKU2000"], 7, "the second part");

    bench.shop.inside().answer =
        Some(
            |quantity| {
                if quantity.listing.sku.as_str() < "SKU0051" { refused(quantity) } else { Ok(Taken::Changed) }
            },
        );
    let (pushed, leftover) = bench.push_changes().await;
    pushed.unwrap();
    assert_eq!(leftover.refused.len(), 51, "what the shop takes of the part shows that it means these");
}

/// As BigCommerce answers that refuses all of a part and names one quantity each time, until it is asked no more.
#[tokio::test]
async fn of_sixty_refusals_in_a_part_of_which_nothing_was_taken_fifty_are_given_up_and_the_rest_later() {
    let skus: Vec<String> = (0..100).map(|sku| format!("SKU{sku:02}")).collect();
    let skus: Vec<&str> = skus.iter().map(String::as_str).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.count(&skus, 7).await;
    let answer = |quantity: &Quantity| {
        let is_named = quantity.listing.sku.as_str() < "SKU60";
        if is_named { refused(quantity) } else { Err(StorefrontError::Unavailable { cause: "later".into() }) }
    };
    bench.shop.inside().answer = Some(answer);
    for given_up in [50, 10, 0] {
        let (pushed, leftover) = bench.push_changes().await;
        assert_eq!((pushed.unwrap_err().mend, leftover.refused.len()), (Mend::Wait, given_up));
    }
    bench.shop.inside().answer = None;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().units.len(), 40);
}

#[tokio::test]
async fn what_a_refused_product_turns_out_to_list_is_left_to_be_told() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE", "CAP"], 5).await;
    bench.push_changes().await.0.unwrap();
    bench.count(&["MUG"], 6).await;
    bench.shop.inside().pages = vec![vec![listing("CAP", "1"), listing("TEE", "2")]];
    bench.shop.inside().answer = Some(refused);
    let (pushed, leftover) = bench.push_changes().await;
    pushed.unwrap();
    assert!(leftover.refused.is_empty(), "the mug is not there any more");
    assert_eq!(leftover.found, [Sku::from("CAP")].into_iter().collect());
}

#[tokio::test]
async fn what_a_product_lists_that_cannot_be_read_any_more_stays_as_it_was() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE"], 5).await;
    bench.push_changes().await.0.unwrap();
    bench.shop.inside().pages.clear();
    bench.shop.inside().unread.insert("1".to_owned());
    let (shop, changed) = (bench.shop.shop(), ["1", "2"].map(str::to_owned).into());
    assert_eq!(bench.push_stock.reread_products.handle(&shop, changed).await.unwrap(), []);
    let listings = bench.ledger.listings(&shop.settings.id, &["MUG", "TEE"].map(Sku::from)).await.unwrap();
    assert_eq!(listings, [listing("MUG", "1")], "the tee is gone");
    bench.count(&["MUG", "TEE"], 6).await;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.writes_and_units().1, [("1".to_owned(), 6), ("2".to_owned(), 5)].into());
}

#[tokio::test]
async fn what_a_product_lists_that_no_reading_of_the_catalogue_can_read_any_more_stays_as_it_was() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE"], 5).await;
    bench.push_changes().await.0.unwrap();
    bench.shop.inside().pages = vec![vec![], vec![listing("MUG", "1")]];
    bench.shop.inside().unread.insert("1".to_owned());
    let store = bench.shop.shop().settings.id.clone();
    bench.ledger.doubt_catalogue(&store, Timestamp::now()).await.unwrap();
    bench.count(&["MUG", "TEE"], 6).await;
    bench.push_changes().await.0.unwrap();
    let listings = bench.ledger.listings(&store, &["MUG", "TEE"].map(Sku::from)).await.unwrap();
    assert_eq!(listings, [listing("MUG", "1")], "the tee is gone");
    assert_eq!(bench.shop.writes_and_units().1, [("1".to_owned(), 6), ("2".to_owned(), 5)].into());
}

#[tokio::test]
async fn only_a_write_that_changed_something_is_expected_to_be_told_of() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE"], 5).await;
    bench.shop.inside().answer =
        Some(|it| Ok(if it.listing.product_id == "1" { Taken::Changed } else { Taken::Stands }));
    bench.push_changes().await.0.unwrap();
    assert!(bench.is_echo("1").await);
    assert!(!bench.is_echo("2").await, "an edit by the merchant");
    assert!(bench.lines().await.iter().all(|line| line.pushed.is_some()));
}

/// BigCommerce's answer to an adjustment says nothing of it.
#[tokio::test]
async fn what_a_full_push_repeats_to_a_shop_that_does_not_say_what_changed_is_not_expected_to_be_told_of() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("TEE", "2")])).await;
    bench.count(&["MUG", "TEE"], 5).await;
    bench.shop.inside().answer = Some(|_| Ok(Taken::MayHaveChanged));
    bench.push_changes().await.0.unwrap();
    assert!(bench.is_echo("1").await && bench.is_echo("2").await, "both are new to the shop");
    bench.count(&["MUG"], 6).await;
    let full = Wanted { full_since: Some(Timestamp::now()), ..Wanted::default() };
    bench.push(&full).await.0.unwrap();
    assert_eq!(bench.shop.inside().writes, 2);
    assert!(bench.is_echo("1").await);
    assert!(!bench.is_echo("2").await, "an edit by the merchant");
}

#[tokio::test]
async fn a_reading_that_fails_halfway_leaves_the_catalogue_that_stands() {
    let pages: [Vec<Listing>; 2] = [vec![listing("MUG", "1")], vec![listing("TEE", "2")]];
    let bench = Bench::with(Fake::default()).await;
    bench.shop.inside().pages = pages.into();
    bench.count(&["MUG", "TEE"], 5).await;
    bench.push_changes().await.0.unwrap();

    bench.shop.inside().forgets_places = true;
    let full = Wanted { full_since: Some(Timestamp::now()), ..Wanted::default() };
    assert_eq!(bench.push(&full).await.0.unwrap_err().mend, Mend::Wait);
    bench.count(&["MUG", "TEE"], 6).await;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().units.values().collect::<Vec<_>>(), [&6, &6]);
    bench.shop.inside().forgets_places = false;
    bench.push(&full).await.0.unwrap();
}
