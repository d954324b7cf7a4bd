//! The market: places orders at the shops in turn, and follows a limited run through its stages.

use std::sync::Arc;
use std::time::Duration;

use crossdock_events::{Event, EventData, Source, StockDue};
use crossdock_queue::{Message, Publisher};
use crossdock_telemetry::chain;
use jiff::Timestamp;
use tokio::time::Instant;
use uuid::Uuid;

use super::buyers::Buyers;
use super::goods;
use super::report::Report;
use super::shop::OpenShop;
use super::watch::Watch;
use crate::Warehouse;

/// Time between two looks at all orders and stock, in milliseconds.
const LOOK_MS: u64 = 100;

/// A run that waits ends when nothing at all has changed for so long.
const STALL_SECS_MAX: u64 = 120;

/// Shortest time between two orders, in milliseconds: orders without end must leave time to look at them.
const PACE_MS_MIN: u64 = 1;

/// Shops, warehouse, and what is known of both.
pub(super) struct Market {
    shops: Vec<OpenShop>,
    warehouse: Arc<Warehouse>,
    publisher: Publisher,
    buyers: Buyers,
    watch: Watch,
    limit: Option<u32>,
    pace: Duration,
    next_order: Instant,
    stage: Stage,
}

/// What a limited run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Every order is where it belongs.
    Orders,
    /// The shops know the stock of all that Crossdock saw change.
    Changes,
    /// A full push has also corrected the stock that sank by orders that Crossdock leaves alone.
    FullPush,
}

impl Market {
    /// A market where orders are placed without end, as fast as can be looked at.
    pub(super) fn new(
        shops: Vec<OpenShop>,
        warehouse: Arc<Warehouse>,
        publisher: Publisher,
        buyers: Buyers,
        watch: Watch,
    ) -> Self {
        let (pace, next_order) = (Duration::from_millis(PACE_MS_MIN), Instant::now());
        Self {
            shops,
            warehouse,
            publisher,
            buyers,
            watch,
            limit: None,
            pace,
            next_order,
            stage: Stage::Orders,
        }
    }

    /// Places so many orders at this pace, then waits until all that is expected of them has happened.
    pub(super) fn limited(self, limit: Option<u32>, pace: Duration) -> Self {
        Self { limit, pace: pace.max(self.pace), ..self }
    }

    /// Places orders and watches them, to the last stage of a limited run.
    pub(super) async fn trade(&mut self) {
        self.warehouse.count_all();
        self.next_order = Instant::now();
        let mut looks = tokio::time::interval(Duration::from_millis(LOOK_MS));
        loop {
            let now = looks.tick().await;
            self.place_due(now);
            self.restock();
            self.watch.look(&self.shops, &self.warehouse, now);
            if self.all_placed() && self.done().await {
                return;
            }
            if self.all_placed() && now.duration_since(self.watch.changed_at()).as_secs() >= STALL_SECS_MAX {
                tracing::warn!(
                    "nothing has changed for {STALL_SECS_MAX} seconds, the sandbox gives up waiting"
                );
                return;
            }
        }
    }

    fn all_placed(&self) -> bool {
        self.limit.is_some_and(|limit| self.watch.placed() >= limit as usize)
    }

    /// Places the orders that are due, over all shops in turn.
    fn place_due(&mut self, now: Instant) {
        while self.next_order <= now && !self.all_placed() {
            let at = self.watch.placed() % self.shops.len();
            let shop = &self.shops[at];
            let draft = self.buyers.draft(&shop.settings, &shop.catalog().items(), Timestamp::now());
            self.watch.place(at, shop, draft, now);
            self.next_order += self.pace;
        }
    }

    /// Puts new goods on the shelf before it is empty.
    fn restock(&mut self) {
        for level in self.warehouse.levels() {
            if level.on_hand - level.allocated.unwrap_or_default() < goods::RESTOCK_BELOW_UNITS {
                self.watch.restocked(level.sku.as_str(), goods::RESTOCK_UNITS);
                self.warehouse.put_away(level.sku.as_str(), goods::RESTOCK_UNITS);
            }
        }
    }

    /// Takes the next stage once the present one is reached; true after the last.
    async fn done(&mut self) -> bool {
        if self.warehouse.untold() > 0 {
            return false;
        }
        match self.stage {
            Stage::Orders if self.watch.orders_settled() => {
                self.warehouse.count_all();
                self.stage = Stage::Changes;
            }
            Stage::Changes if self.watch.changes_pushed(&self.shops) => {
                if self.ask_for_full_push().await {
                    self.stage = Stage::FullPush;
                }
            }
            Stage::FullPush => return self.watch.stock_right(&self.shops),
            Stage::Orders | Stage::Changes => {}
        }
        false
    }

    /// Asks for what a schedule asks for every evening.
    async fn ask_for_full_push(&self) -> bool {
        for shop in &self.shops {
            let due = StockDue { store: shop.settings.id.clone(), full: true, skus: None };
            let id = Uuid::now_v7().simple().to_string();
            let event = Event::new(&Source::Role("sandbox"), id.clone(), Timestamp::now(), due);
            let message = Message {
                routing_key: StockDue::TYPE.to_owned(),
                id,
                content_type: crossdock_events::CONTENT_TYPE.into(),
                body: event.to_json().into(),
            };
            if let Err(error) = self.publisher.publish(message).await {
                tracing::warn!(
                    error = chain(&error),
                    "the full push of stock was not asked for, it will be tried again"
                );
                return false;
            }
        }
        true
    }

    /// What was seen.
    pub(super) fn report(mut self) -> Report {
        self.watch.report(&self.shops, &self.warehouse, self.limit)
    }
}
