//! The disk takes no more of the spool while RabbitMQ is away, and the receiver dies of it.

use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use crossdock_tests::process::Process;
use crossdock_tests::shop_sender::{Answer, answered};
use fastrand::Rng;

use crate::accounting::event_id;
use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::report::Report;

/// How far the spool's file can grow, in bytes.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// BigCommerce's orders that are told of again and again until the file is full: all that are bought there.
const TOLD: std::ops::RangeInclusive<u32> = 1_001..=1_060;

/// Times that each of them is told of until the file must be full.
const TIMES_MAX: usize = 500;

pub(crate) async fn full(attack: (String, u64), dice: Rng) -> Report {
    let node = Node::create().await;
    let world = world(Engine::Sqlite, node.vhost().await).await;
    let mut course = Course::begin(attack, world, Buying::USUAL, dice).await;
    let last = TOLD.end().to_string();
    eventually("the orders are placed", || async {
        (!course.world.bigcommerce.order(&last).is_null()).then_some(())
    })
    .await;
    course.crew.kill("receiver").await;
    let limited = Process::start_with_files_up_to(&course.world.config, "receiver", FILE_BYTES_MAX);
    course.crew.run_instead("receiver", limited);
    course.world.drained().await;
    node.stop().await;
    fill(&mut course).await;
    course.struck("full disks");

    // Killed at its worst moment, and started where there is room again.
    course.crew.kill("receiver").await;
    course.struck("kills");
    course.crew.start_role("receiver");
    node.start().await;
    course.end().await
}

/// Tells of the same orders until the receiver takes no more.
async fn fill(course: &mut Course) {
    let shop = course.world.shop();
    for _ in 0..TIMES_MAX {
        // All at once: so many share a commit.
        let answers = shop.send_all(TOLD, TOLD.count(), |_, _| {}).await;
        let taken = answered(&answers, Answer::OK).into_iter();
        course.told_besides.extend(taken.map(|order| event_id(shop.webhook(order).body.as_bytes())));
        if !answered(&answers, Answer::Status(503)).is_empty() {
            return;
        }
    }
    panic!("the spool's file holds {} events", course.told_besides.len());
}
