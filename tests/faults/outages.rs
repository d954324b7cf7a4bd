//! RabbitMQ or the database is away, and comes back.

use std::time::Duration;

use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use crossdock_tests::postgres::Postgres;
use fastrand::Rng;
use sqlx::{Connection as _, SqliteConnection};
use tokio::time::sleep;

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::report::Report;

/// How long RabbitMQ is stopped.
const STOPPED: Duration = Duration::from_secs(30);

/// How often RabbitMQ dies while all is bought. It dies once more while dead letters are replayed.
const KILLS: usize = 2;

/// How long a database is away, in milliseconds.
const AWAY_MS: std::ops::Range<u64> = 1_000..6_000;

/// How often a file is locked while all is bought, and again while dead letters are replayed.
const LOCKS: usize = 2;

pub(crate) async fn broker_stopped(attack: (String, u64), mut dice: Rng) -> Report {
    let node = Node::create().await;
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, node.vhost().await).await;
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await;
    if course.dice.bool() {
        stop_broker(&mut course, &node).await;
        replay(&mut course).await;
    } else {
        replay(&mut course).await;
        stop_broker(&mut course, &node).await;
    }
    course.end().await
}

async fn stop_broker(course: &mut Course, node: &Node) {
    course.pause().await;
    node.stop().await;
    sleep(STOPPED).await;
    node.start().await;
    course.struck("stops of RabbitMQ");
}

pub(crate) async fn broker_killed(attack: (String, u64), mut dice: Rng) -> Report {
    let node = Node::create().await;
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, node.vhost().await).await;
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await;
    for _ in 0..KILLS {
        kill_broker(&mut course, &node).await;
    }
    replay(&mut course).await;
    kill_broker(&mut course, &node).await;
    course.end().await
}

async fn kill_broker(course: &mut Course, node: &Node) {
    course.pause().await;
    node.kill().await;
    course.struck("kills of RabbitMQ");
    node.start().await;
}

pub(crate) async fn database_stopped(attack: (String, u64), dice: Rng) -> Report {
    let server = Postgres::create().await;
    let world = world(Engine::Sqlite, Vhost::create().await).await;
    let (before, now) = (world.ledger_url(), server.database().await);
    world.change_config(|text| text.replace(&before, &now));
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await;
    away(&mut course, &server, false).await;
    replay(&mut course).await;
    away(&mut course, &server, true).await;
    course.end().await
}

async fn away(course: &mut Course, server: &Postgres, killed: bool) {
    course.pause().await;
    if killed {
        server.kill().await;
        course.struck("kills of PostgreSQL");
    } else {
        server.stop().await;
        course.struck("stops of PostgreSQL");
    }
    sleep(Duration::from_millis(course.dice.u64(AWAY_MS))).await;
    server.start().await;
}

/// Somebody else holds SQLite's file, as a backup that went wrong would.
pub(crate) async fn database_locked(attack: (String, u64), dice: Rng) -> Report {
    let world = world(Engine::Sqlite, Vhost::create().await).await;
    let mut course = Course::begin(attack, world, Buying::FAILING, dice).await;
    for _ in 0..LOCKS {
        lock(&mut course).await;
    }
    replay(&mut course).await;
    for _ in 0..LOCKS {
        lock(&mut course).await;
    }
    course.end().await
}

async fn lock(course: &mut Course) {
    course.pause().await;
    let mut file =
        SqliteConnection::connect(&course.world.ledger_url()).await.expect("the ledger can be opened");
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut file).await.expect("the file can be had");
    sleep(Duration::from_millis(course.dice.u64(AWAY_MS))).await;
    sqlx::query("COMMIT").execute(&mut file).await.expect("the file is still ours");
    course.struck("locks of SQLite's file");
}

/// Lets everything fail that cannot be done, and begins to replay it.
pub(crate) async fn replay(course: &mut Course) {
    course.calms_down().await;
    course.sku_becomes_known();
    course.replay().await;
}
