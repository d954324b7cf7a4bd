//! The course of every attack: buyers order at both shops, the warehouse ships everything, and in the end all is counted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_ledger::{Acting, DeadLettersWanted, Ledger, Swept};
use crossdock_sandbox::Quota;
use crossdock_tests::broker::Vhost;
use crossdock_tests::configuration::ROOMY;
use crossdock_tests::database::Engine;
use crossdock_tests::surroundings::Surroundings;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::accounting::{TAPPED, account};
use crate::buyers::{Bought, Buying};
use crate::crew::Crew;
use crate::dead::wrong_dead_letters;
use crate::judgement::{assert_no_message_is_left, wrong_orders, wrong_stock};
use crate::report::Report;

/// More than anything here asks for.
const NO_QUOTA: Quota = Quota { requests: 1_000_000, window: Duration::from_secs(30) };

/// Units of each SKU: more than is sold.
const UNITS: i64 = 5_000;

/// How long the warehouse packs an order, in milliseconds.
const PACKING_MS: u64 = 300;

/// Shipments after which it counts its shelf.
const COUNT_AFTER: u32 = 20;

/// Time between two strikes, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 200..1_500;

/// Longest time from the last strike until all is well, in seconds. A shop that did not say whether it has written something is left
/// alone for half a minute, and so is what an importer that died had begun.
const CALM_SECS_MAX: u64 = 180;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 500;

/// Time between two ends of waiting, in milliseconds: what fails again and again is dead after twelve.
const HASTEN_MS: u64 = 2_000;

/// A course under way.
pub(crate) struct Course {
    pub(crate) world: World,
    pub(crate) crew: Crew,
    pub(crate) dice: Rng,
    /// What was survived: how often what happened.
    pub(crate) strikes: BTreeMap<&'static str, usize>,
    /// Ids of events that the attack itself told, and that were answered 200.
    pub(crate) told_besides: Vec<String>,
    attack: (String, u64),
    ledger: Arc<dyn Ledger>,
    buying: Option<AbortOnDropHandle<Bought>>,
    bought: Bought,
    /// How often what cannot be done became a dead letter.
    failures: u32,
    began: Instant,
}

/// Everything but Crossdock itself. No sweep makes up for what is lost.
pub(crate) async fn world(engine: Engine, vhost: Vhost) -> World {
    let surroundings = Surroundings {
        goods: ["TEE-M", "MUG"].map(|sku| (sku, UNITS)).into(),
        bigcommerce_quota: NO_QUOTA,
        ecwid_quota: NO_QUOTA,
        posts_events: true,
        ship_after: Some(Duration::from_millis(PACKING_MS)),
        count_after_shipments: Some(COUNT_AFTER),
        ..Surroundings::default()
    };
    let world = World::amid(engine, vhost, surroundings).await;
    world.turn_spool_on(ROOMY);
    world.change_config(|text| text.replace("[store.orders]", "[store.orders]\nsweep_every = \"24h\""));
    world
}

impl Course {
    /// Starts Crossdock, and lets the buyers in.
    pub(crate) async fn begin(attack: (String, u64), world: World, buying: Buying, mut dice: Rng) -> Self {
        let (ledger, now) = (world.ledger().await, Timestamp::now());
        for store in ["acme-au", "acme-widgets"] {
            let (store, swept) = (store.parse().expect("it is an id"), Swept { from: Some(now), to: now });
            ledger.keep_swept(&store, swept).await.expect("the ledger answers");
        }
        let crew = Crew::start(&world).await;
        for kind in TAPPED {
            world.vhost.tap(kind).await;
        }
        for callbacks in [world.bigcommerce.callbacks(), world.ecwid.callbacks()] {
            callbacks.keep_told();
        }
        let shops = (world.bigcommerce.clone(), world.ecwid.clone());
        let buying = AbortOnDropHandle::new(tokio::spawn(buying.run(shops.0, shops.1, dice.fork())));
        Self {
            world,
            crew,
            dice,
            strikes: BTreeMap::new(),
            told_besides: Vec::new(),
            attack,
            ledger,
            buying: Some(buying),
            bought: Bought::default(),
            failures: 1,
            began: Instant::now(),
        }
    }

    /// Waits for some moment.
    pub(crate) async fn pause(&mut self) {
        sleep(Duration::from_millis(self.dice.u64(PAUSE_MS))).await;
    }

    /// Notes that something happened.
    pub(crate) fn struck(&mut self, what: &'static str) {
        *self.strikes.entry(what).or_default() += 1;
    }

    /// Lets all that is on its way arrive, stops Crossdock, and counts.
    ///
    /// # Panics
    /// If something was lost, was done twice, or is left over.
    pub(crate) async fn end(mut self) -> Report {
        self.calms_down().await;
        self.world.warehouse.count_all();
        self.comes_right(async || wrong_stock(&self.world, &*self.ledger).await).await;
        let peak_kib = self.crew.stop().await;
        assert_no_message_is_left(&self.world.vhost).await;
        // Crossdock is gone: this is how it left everything.
        let wrong = self.wrong().await;
        assert!(wrong.is_empty(), "{}", some(&wrong));
        let account = account(&self.world, &self.bought.orders, &self.told_besides).await;
        let (attack, strikes, took) = (self.attack.clone(), self.strikes.clone(), self.began.elapsed());
        Report { attack, strikes, account, peak_kib, took }
    }

    /// Waits until all is bought, and everything is where it belongs.
    pub(crate) async fn calms_down(&mut self) {
        if let Some(buying) = self.buying.take() {
            self.bought = buying.await.expect("buyers do not fail");
        }
        self.comes_right(async || self.wrong().await).await;
    }

    /// Replays all dead letters: each fails once more.
    pub(crate) async fn replay(&mut self) {
        let wanted = DeadLettersWanted::default();
        let act = Acting { who: "the attack".to_owned(), at: Timestamp::now(), note: String::new() };
        let begun = self.ledger.begin_replay(&wanted, &act).await.expect("the ledger answers");
        assert!(begun.is_some(), "there are dead letters");
        self.failures += 1;
    }

    async fn wrong(&self) -> Vec<String> {
        let Bought { orders, vanished } = &self.bought;
        let mut wrong = wrong_orders(&self.world, orders).await;
        wrong.extend(wrong_dead_letters(&self.world, &*self.ledger, vanished, self.failures).await);
        wrong
    }

    /// Waits until nothing is on its way, and nothing is wrong.
    async fn comes_right(&self, wrong: impl AsyncFn() -> Vec<String>) {
        let (began, mut hastened) = (Instant::now(), Instant::now());
        loop {
            let under_way = self.under_way().await;
            let late = began.elapsed() > Duration::from_secs(CALM_SECS_MAX);
            // What is not there yet is not wrong yet.
            if under_way.is_none() || late {
                let wrong = wrong().await;
                if wrong.is_empty() && !late {
                    return;
                }
                let (attack, seed) = &self.attack;
                assert!(
                    !late,
                    "{attack} with seed {seed}: after {CALM_SECS_MAX} s {} on their way, and this is wrong:\n{}",
                    under_way.unwrap_or("no messages are still"),
                    some(&wrong)
                );
            }
            if hastened.elapsed() > Duration::from_millis(HASTEN_MS) {
                self.world.vhost.hasten().await;
                hastened = Instant::now();
            }
            sleep(Duration::from_millis(LOOK_MS)).await;
        }
    }

    /// What still is on its way, if anything is.
    async fn under_way(&self) -> Option<&'static str> {
        let world = &self.world;
        if world.bigcommerce.callbacks().on_their_way() + world.ecwid.callbacks().on_their_way() > 0 {
            return Some("webhooks are");
        }
        if world.warehouse.untold() > 0 {
            return Some("events of the warehouse are");
        }
        (world.vhost.unfinished().await > 0).then_some("messages are")
    }
}

impl Drop for Course {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.crew.keep_logs(&format!("{}-{}", self.attack.0, self.attack.1));
        }
    }
}

/// As many lines as a person reads.
fn some(lines: &[String]) -> String {
    const MOST: usize = 20;
    let shown = &lines[..lines.len().min(MOST)];
    let more = (lines.len() > MOST).then(|| format!("and {} more", lines.len() - MOST));
    shown.iter().cloned().chain(more).collect::<Vec<_>>().join("\n")
}
