//! A model of tracking and stock, against the real thing: parcels, labels, voids, counts and orders in any order, told twice and late,
//! while shops leave their callers in doubt, hang, and refuse their tokens, and writers stand still and are killed.

mod credentials;
mod judgement;
mod model;
mod play;
mod post;
mod shops;
mod trouble;
mod warehouse;

use std::time::Duration;

use crossdock_tests::database::Engine;
use rstest::rstest;
use tokio::time::{Instant, timeout};

use judgement::{Judgement, Stock};
use play::Play;

/// Things that happen.
const STEPS: usize = 180;

/// Steps between two crashes, and after the last one. In the first, everybody dies: what an importer began to tell the warehouse is left
/// alone for half a minute then.
const CRASH_EVERY: usize = 45;

/// Longest time from the last trouble until all is well, in seconds. Faults are left over that are met only then, an order whose shop
/// did not say whether it has written something is left alone until the journey lets that time pass, and a shop that hangs is waited for
/// for a minute.
const CALM_SECS_MAX: u64 = 300;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 250;

/// Time between two ends of waiting, in milliseconds. What fails again and again is dead after twelve: a shipment of an order that an
/// importer cannot read for a minute, because its shop hangs, must not be.
const HASTEN_MS: u64 = 6_000;

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn shops_end_with_the_parcels_and_the_stock_that_the_model_says_whatever_happens(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let mut play = Play::begin(engine).await;
    for step in 0..STEPS {
        if step % CRASH_EVERY == CRASH_EVERY - 1 {
            play.crash(step < CRASH_EVERY).await;
        }
        play.step().await;
    }
    play.calm().await;
    all_is_well(&play, Stock::Told).await;
    // What a shop sold by itself since it was told, and gave back, nobody told us: a full push says it anew.
    play.push_everything().await;
    all_is_well(&play, Stock::Shown).await;
    play.assert_nothing_is_dead().await;
}

/// Waits until nothing is on its way, and nothing is found wrong.
async fn all_is_well(play: &Play, stock: Stock) {
    let mut complaints = Vec::new();
    let well = async {
        let mut hastened = Instant::now();
        loop {
            let quiet = play.is_quiet().await;
            complaints = Judgement(play).wrong(stock).await;
            if quiet && complaints.is_empty() {
                return;
            }
            if hastened.elapsed() > Duration::from_millis(HASTEN_MS) {
                play.world.doubts_run_out().await;
                play.world.vhost.hasten().await;
                hastened = Instant::now();
            }
            tokio::time::sleep(Duration::from_millis(LOOK_MS)).await;
        }
    };
    let well = timeout(Duration::from_secs(CALM_SECS_MAX), well).await;
    let complaints = complaints.join("\n");
    assert!(well.is_ok(), "within {CALM_SECS_MAX} s something is still on its way, or wrong:\n{complaints}");
}
