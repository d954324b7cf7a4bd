//! What a running shop holds.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard};

use super::BigcommerceScope;
use super::book::Book;
use super::hooks::HookBook;
use super::legacy::LegacyAccount;
use super::webhooks::{Announcer, Event};
use crate::journal::Journal;
use crate::quota::Meter;
use crate::{Catalog, Faults};

/// Shared by the routes and the shop's owner.
pub(super) struct State {
    /// Scheme, host and port, without a slash at the end.
    pub(super) origin: String,
    /// `/stores/{store_hash}/`, or a legacy account's `/api/`.
    pub(super) base: String,
    pub(super) legacy: Option<LegacyAccount>,
    pub(super) store_hash: String,
    pub(super) access_token: Mutex<String>,
    pub(super) scopes: BTreeSet<BigcommerceScope>,
    pub(super) orders_on_page_max: usize,
    pub(super) shipment_moves_status: bool,
    pub(super) meter: Meter,
    pub(super) journal: Journal,
    pub(super) faults: Faults,
    pub(super) catalog: Catalog,
    pub(super) announcer: Announcer,
    pub(super) book: Mutex<Book>,
    pub(super) hooks: Mutex<HookBook>,
}

impl State {
    pub(super) fn access_token(&self) -> MutexGuard<'_, String> {
        self.access_token.lock().expect("nobody panics while holding the token")
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().expect("nobody panics while holding the orders")
    }

    pub(super) fn hooks(&self) -> MutexGuard<'_, HookBook> {
        self.hooks.lock().expect("nobody panics while holding the hooks")
    }

    /// Tells whoever is to know what one change has caused.
    pub(super) fn announce(&self, events: &[Event]) {
        self.announcer.announce(events, &self.hooks());
    }

    /// `{url, resource}`, as orders link to what belongs to them.
    pub(super) fn link(&self, resource: &str) -> serde_json::Value {
        let url = format!("{}{}v2{resource}", self.origin, self.base);
        serde_json::json!({ "url": url, "resource": resource })
    }
}
