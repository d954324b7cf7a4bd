//! What a running shop holds.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Map, Value};

use super::EcwidScope;
use super::batches::Batches;
use super::order::Order;
use super::webhooks::{Announcer, Event};
use crate::journal::Journal;
use crate::quota::Meter;
use crate::{Catalog, Faults};

/// Shared by the routes and the shop's owner.
pub(super) struct State {
    /// Scheme, host and port, without a slash at the end.
    pub(super) origin: String,
    /// `/api/v3/{storeId}/`
    pub(super) base: String,
    pub(super) store_id: u64,
    pub(super) currency: String,
    pub(super) search_lag: Duration,
    pub(super) only_changes_count: bool,
    pub(super) access_token: Mutex<String>,
    pub(super) scopes: BTreeSet<EcwidScope>,
    pub(super) meter: Meter,
    pub(super) journal: Journal,
    pub(super) faults: Faults,
    pub(super) catalog: Catalog,
    pub(super) announcer: Announcer,
    /// The custom statuses that are turned on, by id.
    pub(super) status_names: Mutex<BTreeMap<String, String>>,
    pub(super) book: Mutex<Book>,
    pub(super) batches: Batches,
}

/// The orders of a shop, in memory, by internal id.
pub(super) struct Book {
    pub(super) orders: BTreeMap<u64, Order>,
    /// Those that are gone, in order of their going, each with when that was, in UNIX seconds.
    pub(super) deleted: Vec<(Order, i64)>,
    pub(super) dice: Rng,
    pub(super) next_internal_id: u64,
    pub(super) next_item_id: u64,
}

impl Book {
    pub(super) fn new(seed: u64) -> Self {
        let dice = Rng::with_seed(seed);
        Self {
            orders: BTreeMap::new(),
            deleted: Vec::new(),
            dice,
            next_internal_id: 516_483_487,
            next_item_id: 1_828_115_520,
        }
    }

    /// The order of this id: the one that buyers see, or the internal one.
    pub(super) fn find(&self, id: &str) -> Option<&Order> {
        self.orders.values().find(|order| order.is(id))
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Order> {
        self.orders.values_mut().find(|order| order.is(id))
    }
}

impl State {
    pub(super) fn access_token(&self) -> MutexGuard<'_, String> {
        self.access_token.lock().expect("nobody panics while holding the token")
    }

    pub(super) fn status_names(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.status_names.lock().expect("nobody panics while holding the statuses")
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the orders")
    }

    /// Changes an order and tells of it; answers whether there is one.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) -> bool {
        let event = self.book().find_mut(id).map(|order| order.change(change));
        let found = event.is_some();
        self.announce(event.as_slice());
        found
    }

    pub(super) fn announce(&self, events: &[Event]) {
        self.announcer.announce(events);
    }
}
