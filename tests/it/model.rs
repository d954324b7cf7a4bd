//! A model of what becomes of orders, against the real thing: random changes at both shops, webhooks lost, doubled and reordered,
//! releases in doubt and importers frozen and killed, while sweeps go on.

mod changes;
mod course;
mod judgement;
mod play;
mod trouble;
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use rstest::rstest;
use serde_json::Value;
use tokio::time::timeout;

use judgement::wrong;
use play::{Play, TAPPED, tap};

/// Things that happen.
const STEPS: usize = 200;

/// The step at which releases find no way.
const STRANDED_AT: usize = 15;

/// Steps between two crashes, and after the last one.
const CRASH_EVERY: usize = 45;

/// Longest time from the last trouble until all is well, in seconds: a crash leaves releases and sweeps for 30 s, and what
/// failed several times waits for two minutes.
const CALM_SECS_MAX: u64 = 300;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 250;

/// Sweeps of each shop after which nothing may have changed any more.
const SWEEPS_MORE: usize = 2;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_order_ends_as_the_model_says_whatever_happens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut play = Play::begin(engine).await;
    for step in 0..STEPS {
        if step == STRANDED_AT {
            play.strand().await;
        }
        if step % CRASH_EVERY == CRASH_EVERY - 1 {
            play.crash().await;
        }
        play.step().await;
    }
    play.calm().await;

    all_is_well(&play).await;
    let before = play.sweeps();
    eventually("both shops were swept again", || async {
        let after = play.sweeps();
        before.iter().zip(after).all(|(before, after)| after >= before + SWEEPS_MORE).then_some(())
    })
    .await;
    all_is_well(&play).await;
    let refused = assert_released_once_a_round(&play).await;
    assert_nothing_else_is_dead(&play, &refused).await;
}

/// Waits until nothing is on its way and each order is where the model says.
async fn all_is_well(play: &Play) {
    let mut complaints = Vec::new();
    let well = async {
        loop {
            let quiet = play.is_quiet().await;
            complaints = wrong(&play.world, &play.orders).await;
            if quiet && complaints.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    };
    let well = timeout(Duration::from_secs(CALM_SECS_MAX), well).await;
    assert!(well.is_ok(), "within {CALM_SECS_MAX} s: {}", complaints.join("\n"));
}

/// An order is released under one id, and under one more after each refusal; copies under one id say the same, and only a crash
/// while one is under way makes any. Returns the numbers of those that were ever refused.
async fn assert_released_once_a_round(play: &Play) -> BTreeSet<String> {
    let mut refusals: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for taken in play.world.vhost.take(&tap(TAPPED[1])).await {
        let number = taken.json()["data"]["number"].as_str().unwrap().to_owned();
        refusals.entry(number).or_default().insert(taken.id);
    }
    let mut releases: BTreeMap<String, BTreeMap<String, Vec<Value>>> = BTreeMap::new();
    for taken in play.world.vhost.take(&tap(TAPPED[0])).await {
        let order = taken.json()["data"].clone();
        let number = order["number"].as_str().unwrap().to_owned();
        releases.entry(number).or_default().entry(taken.id).or_default().push(order);
    }
    assert!(!releases.is_empty());
    for (number, rounds) in releases {
        let refused = refusals.get(&number).map_or(0, BTreeSet::len);
        let ids: Vec<&String> = rounds.keys().collect();
        assert!(rounds.len() <= 1 + refused, "{number} was refused {refused} times, and released as {ids:?}");
        let copies: usize = rounds.values().map(Vec::len).sum();
        assert_eq!(play.world.warehouse.received(&number), copies, "{number} at the warehouse");
        let most = rounds.len() + play.doubts.get(&number).unwrap_or(&0);
        assert!(copies <= most, "{copies} copies of {ids:?}, of which {most} can be explained");
        for (id, copies) in rounds {
            assert!(copies.iter().all(|copy| *copy == copies[0]), "{id} says different things: {copies:#?}");
        }
    }
    refusals.into_keys().collect()
}

/// But refused orders, and notices of orders that were gone before anybody could read them.
async fn assert_nothing_else_is_dead(play: &Play, refused: &BTreeSet<String>) {
    for letter in play.world.vhost.take("crossdock.dead-letters").await {
        if letter.id.strip_prefix("refused/").is_some_and(|number| refused.contains(number)) {
            continue;
        }
        let number = letter.headers.get("x-crossdock-subject").cloned().unwrap_or_default();
        let order = play.orders.iter().find(|order| order.number.ends_with(&number));
        let unseen = letter.headers["x-crossdock-class"] == "shop-not-found";
        assert!(unseen && order.is_some_and(|order| order.now().gone), "{letter:?}");
    }
}
