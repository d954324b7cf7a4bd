//! The course of every attack: buyers order at both shops, the warehouse ships everything, and in the end all is counted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossdock_ledger::{ActId, Acting, DeadLettersWanted, Ledger, Swept};
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::accounting::{Account, TAPPED, account};
use crate::around::UNITS;
use crate::breach::Wrong;
use crate::buyers::{Bought, Buying, NEW_SKU};
use crate::crew::Crew;
use crate::dead::Fallen;
use crate::judgement::wrong_orders;
use crate::left::left_over;
use crate::report::Report;
use crate::shelves::wrong_stock;
use crate::traffic::Traffic;

/// Time between two strikes, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 200..1_500;

/// Longest time from the last strike until all is well, in seconds. What an importer that died had begun is left alone for half a minute.
const CALM_SECS_MAX: u64 = 180;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 300;

/// Time between two ends of waiting, in milliseconds: what fails again and again is dead after twelve.
const HASTEN_MS: u64 = 2_000;

/// Events of two shops that pass through at least.
const EVENTS_MIN: usize = 500;

/// A course under way.
pub(crate) struct Course {
    pub(crate) world: World,
    pub(crate) crew: Crew,
    pub(crate) dice: Rng,
    /// What was survived: how often what happened.
    pub(crate) strikes: BTreeMap<&'static str, usize>,
    /// Ids of events that the attack itself told, and that were answered 200.
    pub(crate) told_besides: Vec<String>,
    pub(crate) bought: Bought,
    attack: (String, u64),
    ledger: Arc<dyn Ledger>,
    buying: Option<AbortOnDropHandle<Bought>>,
    fallen: Fallen,
    began: Instant,
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
            bought: Bought::default(),
            attack,
            ledger,
            buying: Some(buying),
            fallen: Fallen { replays: 0, sku_is_known: false, disturbed: true },
            began: Instant::now(),
        }
    }

    /// Nobody is in the way of who handles messages: what fails, fails just once each time.
    pub(crate) fn undisturbed(mut self) -> Self {
        self.fallen.disturbed = false;
        self
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
        self.stock_comes_right().await;
        // It tells things by itself: what it has told last is still to be handled.
        self.crew.stop_role("reconciler").await;
        self.comes_to_rest().await;
        let (account, wrong) = self.verdict().await;
        assert!(wrong.is_empty(), "{}", some(&wrong));
        assert!(account.events >= EVENTS_MIN, "there were only {} events", account.events);
        self.report(account)
    }

    /// Stops Crossdock, and tells what is wrong with how it left everything.
    pub(crate) async fn verdict(&mut self) -> (Account, Vec<Wrong>) {
        self.crew.stop().await;
        let mut wrong = self.crew.greedy().to_vec();
        wrong.extend(left_over(&self.world.vhost).await);
        wrong.extend(self.wrong().await);
        wrong.extend(wrong_stock(&self.world));
        let (account, lost) = account(&self.world, &self.bought.orders, &self.told_besides).await;
        wrong.extend(lost);
        (account, wrong)
    }

    /// What it did.
    pub(crate) fn report(&self, account: Account) -> Report {
        let (attack, strikes, took) = (self.attack.clone(), self.strikes.clone(), self.began.elapsed());
        Report { attack, strikes, account, peak_kib: self.crew.peak_kib, took }
    }

    /// Waits until all is bought, and everything is where it belongs.
    pub(crate) async fn calms_down(&mut self) {
        if let Some(buying) = self.buying.take() {
            self.bought = buying.await.expect("buyers do not fail");
        }
        self.comes_right(async || self.wrong().await).await;
    }

    /// The warehouse counts everything, and both shops come to know.
    pub(crate) async fn stock_comes_right(&mut self) {
        self.world.warehouse.count_all();
        self.comes_right(async || wrong_stock(&self.world)).await;
    }

    /// Waits until nothing is on its way any more, however wrong it is.
    pub(crate) async fn comes_to_rest(&self) {
        self.comes_right(async || Vec::new()).await;
    }

    /// The warehouse has what it refused orders for.
    pub(crate) fn sku_becomes_known(&mut self) {
        self.world.warehouse.put_away(NEW_SKU, UNITS);
        self.fallen.sku_is_known = true;
    }

    /// Replays all dead letters: what was refused for its SKU goes through once that is known, all others fail once more.
    pub(crate) async fn replay(&mut self) -> ActId {
        let wanted = DeadLettersWanted::default();
        let act = Acting { who: "the attack".to_owned(), at: Timestamp::now(), note: String::new() };
        let begun = self.ledger.begin_replay(&wanted, &act).await.expect("the ledger answers");
        self.fallen.replays += 1;
        self.struck("replays");
        begun.expect("there are dead letters")
    }

    async fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = wrong_orders(&self.world, &self.bought.orders, self.fallen.sku_is_known).await;
        wrong.extend(self.fallen.wrong(&self.world, &*self.ledger, &self.bought).await);
        wrong
    }

    /// Waits until nothing is on its way, and nothing is wrong.
    async fn comes_right(&self, wrong: impl AsyncFn() -> Vec<Wrong>) {
        let (began, mut hastened, mut traffic) = (Instant::now(), Instant::now(), Traffic::default());
        loop {
            let under_way = traffic.under_way(&self.world, &self.crew).await;
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
                self.world.doubts_run_out().await;
                self.world.vhost.hasten().await;
                hastened = Instant::now();
            }
            sleep(Duration::from_millis(LOOK_MS)).await;
        }
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
fn some(wrong: &[Wrong]) -> String {
    const MOST: usize = 20;
    let shown = wrong.iter().take(MOST).map(Wrong::to_string);
    let more = (wrong.len() > MOST).then(|| format!("and {} more", wrong.len() - MOST));
    shown.chain(more).collect::<Vec<_>>().join("\n")
}
