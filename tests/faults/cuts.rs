//! Connections to RabbitMQ break off at the worst moments.

use std::time::Duration;

use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::way::{Cut, Way};
use fastrand::Rng;
use tokio::time::{sleep, timeout};

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::outages::replay;
use crate::report::Report;

/// How often a connection is cut while all is bought.
const CUTS: usize = 16;

/// How often one is cut while dead letters are replayed.
const CUTS_IN_THE_REPLAY: usize = 6;

/// Fewest that must have come to it: near the end there may be nothing left to cut.
const CUTS_MIN: usize = 5;

/// Time between two cuts, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 50..400;

/// Bytes after a method's name that still pass: any part of a publish, its properties and its body; any part of an acknowledgement.
const PUBLISH_BYTES: std::ops::Range<usize> = 0..1_000;
const ACK_BYTES: std::ops::Range<usize> = 0..10;

/// Longest wait for what is to be cut, in seconds.
const WAIT_SECS: u64 = 2;

pub(crate) async fn cuts(attack: (String, u64), cut: Cut, mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let direct = world.vhost.address();
    let way = Way::open(&direct.parse().expect("an address is a URL")).await;
    world.change_config(|text| text.replace(&direct, way.url().as_str()));
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await;
    cut_again_and_again(&mut course, &way, cut, CUTS).await;
    let made = course.strikes.get("cuts").copied().unwrap_or_default();
    assert!(made >= CUTS_MIN, "{made} connections were cut");
    replay(&mut course).await;
    cut_again_and_again(&mut course, &way, cut, CUTS_IN_THE_REPLAY).await;
    course.end().await
}

async fn cut_again_and_again(course: &mut Course, way: &Way, cut: Cut, times: usize) {
    for _ in 0..times {
        sleep(Duration::from_millis(course.dice.u64(PAUSE_MS))).await;
        let bytes = if cut == Cut::Publish { PUBLISH_BYTES } else { ACK_BYTES };
        let cutting = way.cut(cut, course.dice.usize(bytes));
        if timeout(Duration::from_secs(WAIT_SECS), cutting).await.is_ok() {
            course.struck("cuts");
        }
    }
}
