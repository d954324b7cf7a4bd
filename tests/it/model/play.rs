//! The journey's course: shops, warehouse and processes, to which all that dice can think of happens.

use std::collections::BTreeMap;
use std::time::Duration;

use crossdock_sandbox::Callbacks;
use crossdock_tests::database::Engine;
use crossdock_tests::dice::dice;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use fastrand::Rng;
use jiff::Timestamp;

use super::changes::{LISTED_LATE, apply, changed, new_order, place};
use super::judgement::shape;
use super::truth::{Fate, Shop, Truth};

/// Most orders that buyers place, beside those that are placed for a crash.
const ORDERS_MAX: usize = 60;

/// Longest time between two steps, in milliseconds.
const PAUSE_MS_MAX: u64 = 120;

/// Seconds for which an order that leaves the warehouse has been left alone: what comes of a change while it leaves, nobody can say.
const SETTLED_SECS: i64 = 5;

/// Those roles whose death leaves nothing for minutes. A tracking-writer's does, and has its own journeys.
pub(super) const MORTAL: [&str; 2] = ["receiver,order-importer,reconciler", "order-importer"];

/// The events of which every copy is kept, to be looked at in the end.
pub(super) const TAPPED: [&str; 2] = ["order.released", "warehouse.order.rejected"];

/// An order and all that was done to it.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) number: String,
    id: String,
    /// All that its shop's API could have told, the present at the end.
    pub(super) history: Vec<Truth>,
    /// By the shop's clock.
    changed_second: i64,
    /// The warehouse has shipped it.
    left: bool,
    /// The warehouse has refused it for a reason of its own.
    pub(super) refused: bool,
}

impl Order {
    pub(super) fn now(&self) -> &Truth {
        self.history.last().expect("an order has been placed")
    }
}

/// A journey under way.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) orders: Vec<Order>,
    /// How often an importer was killed while an order's release was in doubt, by the order's number.
    pub(super) doubts: BTreeMap<String, usize>,
    pub(super) dice: Rng,
    /// Of [`MORTAL`] each.
    pub(super) processes: Vec<Process>,
    immortal: Process,
    /// Whether the second importer stands still.
    pub(super) frozen: bool,
    /// Whether a shop's webhooks are kept back, to be lost perhaps.
    holding: [bool; 2],
}

impl Play {
    pub(super) async fn begin(engine: Engine) -> Self {
        let world = World::create(engine).await;
        let settings = "[store.orders]\nsweep_every = \"1s\"\nhold_hours = 1\nstart_date = \"2020-01-01\"";
        world.change_config(|text| text.replace("[store.orders]", settings));
        let processes = start_mortals(&world);
        let immortal = Process::start_observed(&world.config, "tracking-writer,stock-writer");
        world.ready().await;
        for kind in TAPPED {
            world.vhost.tap(kind).await;
        }
        let (orders, dice) = (Vec::new(), dice());
        Self {
            world,
            orders,
            doubts: BTreeMap::new(),
            dice,
            processes,
            immortal,
            frozen: false,
            holding: [false; 2],
        }
    }

    /// Something, and then perhaps a pause.
    pub(super) async fn step(&mut self) {
        match self.dice.u32(0..100) {
            0..25 => self.place(),
            25..70 => self.change(),
            70..82 => self.disturb_webhooks(),
            82..90 => self.ship(),
            90..92 => self.refuse(),
            92 => self.world.warehouse.list(LISTED_LATE, 10),
            _ => self.freeze_or_thaw().await,
        }
        tokio::time::sleep(Duration::from_millis(self.dice.u64(..PAUSE_MS_MAX))).await;
    }

    fn place(&mut self) {
        if self.orders.len() < ORDERS_MAX {
            let truth = new_order(&mut self.dice);
            self.place_this(truth);
        }
    }

    pub(super) fn place_this(&mut self, truth: Truth) {
        let changed_second = Timestamp::now().as_second() + 1;
        let id = place(&self.world, &truth);
        let prefix = if truth.shop == Shop::Bigcommerce { "BG" } else { "W-" };
        let number = format!("{prefix}{id}");
        self.orders.push(Order {
            number,
            id,
            history: vec![truth],
            changed_second,
            left: false,
            refused: false,
        });
    }

    /// One change in a second of an order at most: what the shops' dates cannot tell apart, only webhooks do, and these get lost.
    fn change(&mut self) {
        let now = Timestamp::now().as_second();
        let free: Vec<_> = self.orders.iter_mut().filter(|order| order.changed_second < now).collect();
        let Some(order) = self.dice.choice(free) else { return };
        let before = order.now();
        // No list of BigCommerce's shows what was archived: only its webhook tells.
        let untold = before.shop == Shop::Bigcommerce && self.holding[0];
        let may_go = !order.left && !untold;
        let truth = changed(&mut self.dice, before, order.left, may_go);
        if truth != *before {
            apply(&self.world, &order.id, before, &truth);
            order.changed_second = Timestamp::now().as_second();
            order.history.push(truth);
        }
    }

    fn disturb_webhooks(&mut self) {
        let at = self.dice.usize(..2);
        let callbacks = self.callbacks()[at].clone();
        callbacks.double(self.dice.usize(..3));
        self.holding[at] = !self.holding[at];
        if self.holding[at] {
            callbacks.hold();
        } else if self.dice.bool() {
            callbacks.release_reversed();
        } else {
            callbacks.lose_held();
        }
    }

    fn ship(&mut self) {
        let now = Timestamp::now().as_second();
        let there = self.world.warehouse.orders();
        let settled = |order: &&mut Order| {
            let (truth, there) = (order.now(), there.iter().find(|it| it.number.as_str() == order.number));
            let as_at_the_shop = there.is_some_and(|there| truth.shape() == Ok(shape(there)));
            let open = !truth.gone && !matches!(truth.fate(), Fate::Cancelled(_));
            open && as_at_the_shop && !order.left && order.changed_second + SETTLED_SECS < now
        };
        let settled: Vec<_> = self.orders.iter_mut().filter(settled).collect();
        if let Some(order) = self.dice.choice(settled) {
            order.left = self.world.warehouse.ship(&order.number, None).is_ok();
        }
    }

    fn refuse(&mut self) {
        if let Some(order) = self.dice.choice(&mut self.orders)
            && self.world.warehouse.reject(&order.number, "the box is too small").is_ok()
        {
            order.refused = true;
        }
    }

    /// No more trouble: what is on its way arrives.
    pub(super) async fn calm(&mut self) {
        if self.frozen {
            self.freeze_or_thaw().await;
        }
        for callbacks in self.callbacks() {
            callbacks.double(0);
            callbacks.release_reversed();
        }
        self.world.warehouse.list(LISTED_LATE, 10);
    }

    /// Whether all that was told has been dealt with.
    pub(super) async fn is_quiet(&self) -> bool {
        self.world.is_at_rest(&[&self.processes[1], &self.immortal]).await
    }

    /// How often each shop was asked for what it changed.
    pub(super) fn sweeps(&self) -> [usize; 2] {
        let (bigcommerce, ecwid) = (self.world.bigcommerce.requests(), self.world.ecwid.requests());
        [(bigcommerce, "min_date_modified"), (ecwid, "updatedFrom")].map(|(requests, part)| {
            requests.iter().filter(|request| request.path_and_query.contains(part)).count()
        })
    }

    fn callbacks(&self) -> [&Callbacks; 2] {
        [self.world.bigcommerce.callbacks(), self.world.ecwid.callbacks()]
    }
}

/// Those of [`MORTAL`].
pub(super) fn start_mortals(world: &World) -> Vec<Process> {
    [0, 1].map(|at| start_mortal(world, at)).into()
}

pub(super) fn start_mortal(world: &World, at: usize) -> Process {
    match at {
        0 => Process::start(&world.config, Some(MORTAL[at])),
        _ => Process::start_observed(&world.config, MORTAL[at]),
    }
}

/// The queue with copies of all events of this kind.
pub(super) fn tap(kind: &str) -> String {
    format!("tap.{kind}")
}
