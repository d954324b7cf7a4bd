//! Kills a tracking-writer at every point of its way, and sees what it leaves behind.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use crossdock_domain::Platform;
use crossdock_queue::Outcome;
use crossdock_tests::database::Engine;

use super::scene::Scene;

/// Moves that no way has: a test that counts so far waits for something that never comes.
const MOVES_MAX: usize = 5_000;

/// How often each way is gone from its first move to its last, at least and at most: a move is as long as nothing has to be waited for, so
/// no two ways stop at all the same points.
const PASSES: RangeInclusive<usize> = 2..=20;

/// What a writer left behind: how the order stood ([`Scene::stands`]), and what had become of its message, unless it was killed.
pub(crate) struct Left {
    pub(crate) stood: String,
    pub(crate) outcome: Option<Outcome>,
}

/// Lets a writer be killed after one move, after two, and so on, until it lives and has an outcome. The orders stood then as named here,
/// each way at least once, and no other way.
pub(crate) async fn at_every_point(
    (engine, platform): (Engine, Platform),
    stood: &[&str],
    killed_after: impl AsyncFn(&Scene, usize) -> Left,
) {
    let scene = Scene::open(engine, platform).await;
    let stood: BTreeSet<String> = stood.iter().map(|it| (*it).to_owned()).collect();
    let mut left_behind = BTreeSet::new();
    let mut passes = 0;
    while passes < *PASSES.start() || passes < *PASSES.end() && !left_behind.is_superset(&stood) {
        let mut moves = 1;
        loop {
            let left = killed_after(&scene, moves).await;
            if left.outcome.is_some() {
                break;
            }
            left_behind.insert(left.stood);
            moves += 1;
            assert!(moves < MOVES_MAX, "it never comes to its end");
        }
        passes += 1;
    }
    assert_eq!(left_behind, stood);
}

/// One of these.
pub(crate) fn of(
    platform: Platform,
    bigcommerce: &'static [&'static str],
    ecwid: &'static [&'static str],
) -> &'static [&'static str] {
    match platform {
        Platform::Bigcommerce => bigcommerce,
        Platform::Ecwid => ecwid,
    }
}

/// On the way of a parcel: nothing is put down; it is intended; the shop has it, at BigCommerce before its status; it is noted as done.
pub(crate) fn while_written(platform: Platform) -> &'static [&'static str] {
    let bigcommerce = &["", "intended", "intended T1", "intended T1 10", "done T1 10"];
    of(platform, bigcommerce, &["", "intended", "intended T1 SHIPPED", "done T1 SHIPPED"])
}
