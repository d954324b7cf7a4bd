//! Connections to RabbitMQ break off at the worst moments.

use std::time::Duration;

use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::way::{Cut, Way};
use fastrand::Rng;
use tokio::time::timeout;

use crate::buyers::Buying;
use crate::course::{Course, world};
use crate::report::Report;

/// How often a connection is cut.
const CUTS: usize = 25;

/// Fewest that must have come to it: near the end there may be nothing left to cut.
const CUTS_MIN: usize = 5;

/// Time between two cuts, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 50..400;

/// Bytes after a method's name that still pass: any part of a publish, its properties and its body; any part of an acknowledgement.
const PUBLISH_BYTES: std::ops::Range<usize> = 0..1_000;
const ACK_BYTES: std::ops::Range<usize> = 0..10;

/// Longest wait for what is to be cut.
const WAIT: Duration = Duration::from_secs(3);

pub(crate) async fn cuts(attack: (String, u64), cut: Cut, mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let direct = world.vhost.address();
    let way = Way::open(&direct.parse().expect("an address is a URL")).await;
    world.change_config(|text| text.replace(&direct, way.url().as_str()));
    let mut course = Course::begin(attack, world, Buying::USUAL, dice).await;
    let mut made = 0;
    for _ in 0..CUTS {
        tokio::time::sleep(Duration::from_millis(course.dice.u64(PAUSE_MS))).await;
        let bytes = if cut == Cut::Publish { PUBLISH_BYTES } else { ACK_BYTES };
        if timeout(WAIT, way.cut(cut, course.dice.usize(bytes))).await.is_ok() {
            made += 1;
            course.struck("cuts");
        }
    }
    assert!(made >= CUTS_MIN, "{made} connections were cut");
    course.end().await
}
