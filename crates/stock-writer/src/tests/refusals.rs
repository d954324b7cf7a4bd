//! What a shop refuses, listing by listing.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Listing, Sku};
use crossdock_ledger::StockLine;
use fastrand::Rng;
use jiff::Timestamp;
use rstest::rstest;

use super::shop::{Fake, listing};
use super::{Bench, lost};
use crate::wanted::Wanted;

fn everything() -> Wanted {
    Wanted { full_since: Some(Timestamp::now()), ..Wanted::default() }
}

#[tokio::test]
async fn of_two_listings_the_one_that_is_not_refused_goes_on() {
    let bench = Bench::with(Fake::listing([listing("MUG", "1"), listing("MUG", "2")])).await;
    bench.shop.inside().refuses = ["2".to_owned()].into();
    bench.count(&["MUG"], 10).await;
    let (pushed, leftover) = bench.push_changes().await;
    pushed.unwrap();
    assert_eq!(leftover.refused.len(), 1);
    for on_hand in [9, 0] {
        bench.count(&["MUG"], on_hand).await;
        let (pushed, leftover) = bench.push_changes().await;
        pushed.unwrap();
        assert!(leftover.refused.is_empty(), "it is not asked again");
        assert_eq!(bench.shop.writes_and_units().1, [("1".to_owned(), on_hand)].into());
    }
    let writes = bench.shop.inside().writes;
    bench.push_changes().await.0.unwrap();
    assert_eq!(bench.shop.inside().writes, writes, "the one listing that takes it has it");

    bench.shop.inside().refuses.clear();
    bench.push(&everything()).await.0.unwrap();
    assert_eq!(bench.shop.inside().units.values().collect::<Vec<_>>(), [&0, &0]);
}

#[tokio::test]
async fn a_refusal_does_not_have_others_of_its_product_told_again() {
    let variant = |sku, id: &str| Listing { variant_id: Some(id.to_owned()), ..listing(sku, "1") };
    let bench = Bench::with(Fake::listing([variant("CAP", "1"), variant("MUG", "2")])).await;
    bench.shop.inside().refuses = ["1".to_owned()].into();
    for sku in ["CAP", "MUG"] {
        bench.count(&[sku], 5).await;
        let (pushed, leftover) = bench.push_changes().await;
        pushed.unwrap();
        let refused: Vec<&str> = leftover.refused.iter().map(|(listing, _)| listing.sku.as_str()).collect();
        assert_eq!((refused, leftover.found.is_nothing()), (vec![sku], true));
    }
}

#[tokio::test]
async fn many_refusals_that_are_tried_again_settle_and_do_not_add_to_those_of_others() {
    let skus: Vec<String> = (0..100).map(|sku| format!("SKU{sku:02}")).collect();
    let bench = Bench::with(Fake::listing(skus.iter().map(|sku| listing(sku, sku)))).await;
    bench.shop.inside().refuses = skus.iter().cloned().collect();
    bench.count(&skus.iter().map(String::as_str).collect::<Vec<_>>(), 5).await;
    let again: BTreeSet<Sku> = skus[..60].iter().map(|sku| Sku::from(sku.as_str())).collect();
    let (pushed, leftover) = bench.push(&Wanted { again, all: true, ..Wanted::default() }).await;
    pushed.unwrap();
    assert_eq!(leftover.refused.len(), 100, "each is told of");
}

/// The products of each SKU.
const LISTED: [(&str, &[&str]); 2] = [("MUG", &["1", "2", "3"]), ("TEE", &["4", "5"])];

const PRODUCTS: [&str; 5] = ["1", "2", "3", "4", "5"];

const STEPS: u32 = 120;

/// The products that the shop is known to refuse, by SKU.
async fn given_up(bench: &Bench) -> BTreeMap<String, BTreeSet<String>> {
    let products = |line: StockLine| line.refused.into_iter().map(|refused| refused.product_id).collect();
    let lines = bench.lines().await.into_iter();
    lines.map(|line| (line.level.sku.to_string(), products(line))).collect()
}

/// Something happens; whether all is pushed then, and which product it has tried again.
async fn step(
    bench: &Bench,
    dice: &mut Rng,
    on_hand: &mut BTreeMap<&'static str, i64>,
) -> (bool, Option<&'static str>) {
    let product = PRODUCTS[dice.usize(..PRODUCTS.len())];
    match dice.u32(..12) {
        0..5 => {
            let sku = LISTED[dice.usize(..LISTED.len())].0;
            on_hand.insert(sku, dice.i64(0..50));
            bench.count(&[sku], on_hand[sku]).await;
        }
        5..7 => {
            let mut inside = bench.shop.inside();
            if !inside.refuses.remove(product) {
                inside.refuses.insert(product.to_owned());
            }
        }
        7 => {
            let changed = [product.to_owned()].into();
            bench.push_stock.reread_products.handle(&bench.shop.shop(), changed).await.unwrap();
            return (false, Some(product));
        }
        8 => return (true, None),
        9..11 => {
            bench.shop.inside().takes = Some(dice.usize(..3));
            let _ = bench.push_changes().await;
            bench.shop.inside().takes = None;
        }
        _ => {
            bench.shop.inside().answer = Some(lost);
            let _ = bench.push_changes().await;
            bench.shop.inside().answer = None;
        }
    }
    (false, None)
}

#[rstest]
#[tokio::test]
async fn what_is_not_refused_has_the_newest_count_after_every_push_and_what_is_is_left_alone(
    #[values(1, 2, 3)] seed: u64,
) {
    let listings = LISTED.iter().flat_map(|(sku, products)| products.iter().map(|id| listing(sku, id)));
    let (bench, mut dice) = (Bench::with(Fake::listing(listings)).await, Rng::with_seed(seed));
    let (mut on_hand, mut known) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..STEPS {
        let before = bench.shop.inside().refusals.clone();
        let (all, again) = step(&bench, &mut dice, &mut on_hand).await;
        let pushed = if all { bench.push(&everything()).await } else { bench.push_changes().await };
        pushed.0.unwrap();
        let (given_up, inside) = (given_up(&bench).await, bench.shop.inside());
        for (sku, products) in LISTED {
            let Some(on_hand) = on_hand.get(sku) else { continue };
            for product in products {
                let is_given_up = |of: &BTreeMap<String, BTreeSet<String>>| {
                    of.get(sku).is_some_and(|of| of.contains(*product))
                };
                if !is_given_up(&given_up) {
                    assert_eq!(inside.units.get(*product), Some(on_hand), "product {product}");
                }
                if is_given_up(&known) && !all && again.is_none() {
                    assert_eq!(
                        inside.refusals.get(*product),
                        before.get(*product),
                        "product {product} is asked again"
                    );
                }
            }
        }
        drop(inside);
        known = given_up;
    }
    assert!(bench.shop.inside().refusals.values().sum::<usize>() > 10, "the dice did something");
}
