//! The journey's course: shops, warehouse and processes, to which all that dice can think of happens.

use std::sync::Arc;
use std::time::Duration;

use crossdock_ledger::Ledger;
use crossdock_sandbox::Callbacks;
use crossdock_tests::database::Engine;
use crossdock_tests::dice::dice;
use crossdock_tests::process::Process;
use crossdock_tests::world::World;
use fastrand::Rng;

use super::credentials::Tokens;
use super::model::{Model, SKUS, Shop};
use super::post::Post;
use super::shops::{change, place, this_second};

/// Most orders that buyers place.
const ORDERS_MAX: usize = 32;

/// Longest time between two steps, in milliseconds.
const PAUSE_MS_MAX: u64 = 100;

/// What each process does. The writers are two, who get in each other's way.
pub(super) const ROLES: [&str; 3] =
    ["receiver,order-importer,reconciler", "tracking-writer,stock-writer", "tracking-writer,stock-writer"];

/// A journey under way.
pub(super) struct Play {
    pub(super) world: World,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) model: Model,
    pub(super) post: Post,
    pub(super) dice: Rng,
    /// Of [`ROLES`] each.
    pub(super) processes: Vec<Process>,
    /// Whether the last of them stands still.
    pub(super) frozen: bool,
    /// Shops that are yet to hang.
    pub(super) to_hang: Vec<Shop>,
    pub(super) tokens: Tokens,
    /// Whether the shops' webhooks are kept back.
    holding: bool,
}

impl Play {
    pub(super) async fn begin(engine: Engine) -> Self {
        let world = World::create(engine).await;
        world.change_config(|text| {
            text.replace("push = \"on_hand\"", "push = \"available\"\nbuffer = 2")
                .replace("[store.orders]", "[store.orders]\nsweep_every = \"5s\"")
                .replace("test_skus = [\"Test001\"]", "")
        });
        let processes = ROLES.map(|roles| Process::start(&world.config, Some(roles))).into();
        world.ready().await;
        let (ledger, post) = (world.ledger().await, Post::open(&world).await);
        let mut play = Self {
            world,
            ledger,
            model: Model::default(),
            post,
            dice: dice(),
            processes,
            frozen: false,
            to_hang: Shop::BOTH.into(),
            tokens: Tokens::default(),
            holding: false,
        };
        play.count(&SKUS).await;
        play
    }

    /// Something happens.
    pub(super) async fn step(&mut self) {
        match self.dice.u32(0..100) {
            0..14 => self.place(),
            14..22 => self.change(),
            22..34 => {
                let skus = self.some_skus();
                self.count(&skus).await;
            }
            34..56 => self.dispatch().await,
            56..64 => self.relabel().await,
            64..70 => self.void().await,
            70..78 => self.post.tell_late(&mut self.dice).await,
            78..84 => self.post.repeat(&mut self.dice).await,
            84..92 => self.fault(),
            92..94 => self.hold_or_release(),
            94..96 => self.freeze_or_thaw().await,
            96..98 => self.rotate_or_renew().await,
            _ => self.world.vhost.hasten().await,
        }
        tokio::time::sleep(Duration::from_millis(self.dice.u64(..PAUSE_MS_MAX))).await;
    }

    pub(super) fn place(&mut self) {
        if self.model.orders.len() < ORDERS_MAX {
            let order = place(&self.world, &mut self.dice);
            self.model.orders.push(order);
        }
    }

    fn change(&mut self) {
        let now = this_second();
        let free =
            |order: &&mut super::model::Order| order.consignments.is_empty() && order.changed_second < now;
        let free: Vec<_> = self.model.orders.iter_mut().filter(free).collect();
        if let Some(order) = self.dice.choice(free) {
            change(&self.world, &mut self.dice, order);
        }
    }

    /// Webhooks that are kept back let parcels leave before their order is known, and come in another order then.
    fn hold_or_release(&mut self) {
        self.holding = !self.holding;
        for callbacks in self.callbacks() {
            if self.holding {
                callbacks.hold();
            } else {
                callbacks.release_reversed();
            }
        }
    }

    /// No more trouble: what is on its way arrives.
    pub(super) async fn calm(&mut self) {
        if self.frozen {
            self.freeze_or_thaw().await;
        }
        self.renew_all().await;
        for callbacks in self.callbacks() {
            callbacks.release_reversed();
        }
        self.post.tell_all(&mut self.dice).await;
    }

    /// Whether all that was told has been dealt with.
    pub(super) async fn is_quiet(&self) -> bool {
        let on_their_way: usize = self.callbacks().iter().map(|callbacks| callbacks.on_their_way()).sum();
        on_their_way + self.world.warehouse.untold() == 0 && self.world.vhost.unfinished().await == 0
    }

    fn callbacks(&self) -> [&Callbacks; 2] {
        [self.world.bigcommerce.callbacks(), self.world.ecwid.callbacks()]
    }
}
