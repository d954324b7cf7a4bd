//! What was told, what was answered, what came of it, and how often: every event that was answered 200 is in the books.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_events::{EventData as _, OrderReleased, ShopOrderChanged, ShopProductChanged};
use crossdock_tests::broker::Taken;
use crossdock_tests::world::World;
use serde_json::Value;

use crate::breach::{Breach, Wrong};
use crate::buyers::Order;

/// Events of which copies are kept: what shops tell, and what the warehouse is told.
pub(crate) const TAPPED: [&str; 3] = [ShopOrderChanged::TYPE, ShopProductChanged::TYPE, OrderReleased::TYPE];

/// How much of everything there was.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Account {
    /// Webhooks that shops sent, each try of them.
    pub(crate) sent: usize,
    /// Answers 200 to them.
    pub(crate) taken: usize,
    /// Different events that were answered 200.
    pub(crate) events: usize,
    /// Orders at the warehouse, each shipped, and shown by its shop.
    pub(crate) orders: usize,
    /// Events that shops told again after a 200.
    pub(crate) told_again: usize,
    /// Events that were queued again.
    pub(crate) queued_again: usize,
    /// Orders that the warehouse was told again.
    pub(crate) released_again: usize,
}

/// Counts. Besides the shops, somebody else told events of these ids, each answered 200. Also tells which events that were answered 200
/// are nowhere, which are there that nobody told, and which orders the warehouse was told as two.
pub(crate) async fn account(world: &World, orders: &[Order], besides: &[String]) -> (Account, Vec<Wrong>) {
    let told: Vec<_> =
        [world.bigcommerce.callbacks(), world.ecwid.callbacks()].iter().flat_map(|it| it.told()).collect();
    let all: BTreeSet<String> =
        told.iter().map(|it| event_id(&it.body)).chain(besides.iter().cloned()).collect();
    let answered = told.iter().filter(|it| it.status == 200).map(|it| event_id(&it.body));
    let answered: Vec<String> = answered.chain(besides.iter().cloned()).collect();
    let taken: BTreeSet<&String> = answered.iter().collect();

    let mut queued = BTreeMap::<String, usize>::new();
    for kind in &TAPPED[..2] {
        for copy in world.vhost.take(&format!("tap.{kind}")).await {
            // The reconciler's are nobody's webhooks.
            if copy.json()["source"].as_str().is_some_and(|source| source.starts_with("/stores/")) {
                *queued.entry(copy.id).or_default() += 1;
            }
        }
    }
    let lost = taken.iter().filter(|id| !queued.contains_key(id.as_str()));
    let lost =
        lost.map(|id| Wrong::new(Breach::EventLost, id.as_str(), "it was answered 200, and never queued"));
    let strange = queued.keys().filter(|id| !all.contains(*id));
    let strange = strange.map(|id| Wrong::new(Breach::EventFromNowhere, id, "nobody told it"));
    let releases = world.vhost.take(&format!("tap.{}", TAPPED[2])).await;
    let wrong = lost.chain(strange).chain(released_twice(&releases, orders)).collect();

    let received: usize = orders.iter().map(|order| world.warehouse.received(&order.number)).sum();
    let account = Account {
        sent: told.len() + besides.len(),
        taken: answered.len(),
        events: taken.len(),
        orders: world.warehouse.orders().len(),
        told_again: answered.len() - taken.len(),
        queued_again: queued.values().sum::<usize>() - queued.len(),
        released_again: received.saturating_sub(orders.iter().map(Order::rounds).sum()),
    };
    (account, wrong)
}

/// Each order went out under one id, and under a second one if it was refused under the first; whatever went out under one says the same.
fn released_twice(releases: &[Taken], orders: &[Order]) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let (mut rounds, mut first) = (BTreeMap::<String, BTreeSet<&str>>::new(), BTreeMap::new());
    for release in releases {
        let number = release.json()["data"]["number"].as_str().unwrap_or_default().to_owned();
        let said = first.entry(&release.id).or_insert_with(|| release.json()["data"].clone());
        if *said != release.json()["data"] {
            wrong.push(Wrong::new(Breach::ReleasedTwice, &number, format!("{} is two things", release.id)));
        }
        rounds.entry(number).or_default().insert(&release.id);
    }
    for (number, ids) in rounds {
        let order = orders.iter().find(|order| order.number == number);
        if ids.len() > order.map_or(1, Order::rounds) {
            wrong.push(Wrong::new(Breach::ReleasedTwice, &number, format!("it was released as {ids:?}")));
        }
    }
    wrong
}

/// The id that a webhook's event has: Ecwid gives one; BigCommerce tells events apart by scope, second and hash.
pub(crate) fn event_id(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).expect("webhooks are JSON");
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    match body["eventId"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{}/{}/{}", text("scope"), body["created_at"], text("hash")),
    }
}
