//! Forged webhooks amid genuine ones.

use std::net::Ipv4Addr;

use crossdock_tests::broker::Vhost;
use crossdock_tests::database::Engine;
use crossdock_tests::flood::flood;
use crossdock_tests::shop_sender::{Answer, ShopSender};
use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use crate::around::world;
use crate::buyers::Buying;
use crate::course::Course;
use crate::report::Report;

/// Orders at each shop: five webhooks for each two of them, and more.
const ORDERS: usize = 200;

/// Of the shops' own, so many are sent at least.
const GENUINE_MIN: usize = 1_000;

/// Forged webhooks of each shop that are answered, at least.
const FORGED_MIN: usize = 5_000;

/// Connections of the forgers of each shop.
const CONNECTIONS: usize = 32;

/// The number of the forgers' order.
const FORGED: u32 = 1_000_000;

pub(crate) async fn forgers(attack: (String, u64), mut dice: Rng) -> Report {
    let engine = if dice.bool() { Engine::Sqlite } else { Engine::Postgres };
    let world = world(engine, Vhost::create().await).await;
    let buying = Buying { orders: ORDERS, ..Buying::USUAL };
    let mut course = Course::begin(attack, world, buying, dice).await;
    course.pause().await;
    let receiver = course.world.receiver.clone();
    let forged = [course.world.forger(), ShopSender::ecwid(&receiver, 12_239_080, "a guess")];
    let (forged, over) = (forged.map(|forger| forger.webhook(FORGED)), CancellationToken::new());
    // Only so many: nobody says when it is over.
    over.cancel();
    let flood =
        |at: usize| flood(&receiver, &forged[at], Ipv4Addr::LOCALHOST, CONNECTIONS, FORGED_MIN, &over);
    let (first, second) = tokio::join!(flood(0), flood(1));
    for heard in [first, second] {
        // A forger who is shown the door without a word is refused too, but does not count.
        let refused = |answer: &Answer| {
            matches!(answer, Answer::Status(401 | 429 | 503) | Answer::Cut | Answer::Unreachable)
        };
        assert!(heard.keys().all(refused) && heard.contains_key(&Answer::Status(401)), "{heard:?}");
        let answered: usize = heard
            .iter()
            .filter(|(answer, _)| matches!(answer, Answer::Status(_)))
            .map(|(_, times)| times)
            .sum();
        assert!(answered >= FORGED_MIN, "{heard:?}");
        *course.strikes.entry("forged webhooks").or_default() += answered;
    }
    let report = course.end().await;
    let sent = report.account.sent;
    assert!(sent >= GENUINE_MIN, "only {sent} genuine webhooks were sent");
    report
}
