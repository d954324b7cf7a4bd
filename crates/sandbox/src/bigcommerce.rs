//! A BigCommerce shop: the Orders V2 and Catalog V3 endpoints that an order's way needs, and signed webhooks.
//!
//! Source: BigCommerce's documentation and OpenAPI files (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
//! Where they say nothing, the strictest reading is taken, so that a client that only works by luck fails here.

mod adjustments;
mod book;
mod catalog;
mod consignments;
mod gate;
mod hooks;
mod inventory;
mod legacy;
mod line_document;
mod money;
mod options;
mod order_document;
mod order_filter;
mod order_view;
mod orders;
mod params;
mod refusal;
mod routes;
mod shipment;
mod shipment_request;
mod shipments;
mod state;
mod statuses;
mod store;
#[cfg(test)]
mod tests;
mod webhooks;

use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::book::Book;
use self::order_view::Include;
use self::state::State;
use self::webhooks::{Announcer, Event, Route, Signer};
use crate::journal::Journal;
use crate::quota::Meter;
use crate::{Callbacks, Catalog, Draft, Faults, Item, Request, server};

pub use legacy::LegacyAccount;
pub use options::{BigcommerceOptions, BigcommerceScope};

/// The store's numeric id in webhooks, as the documented samples print it.
const STORE_ID: u64 = 1_025_646;

/// The store's one currency.
const CURRENCY: &str = "AUD";

/// A running shop. It serves until it is dropped or stopped.
pub struct BigcommerceShop {
    state: Arc<State>,
    stop: CancellationToken,
}

impl BigcommerceShop {
    /// Opens the shop.
    ///
    /// # Errors
    /// If the address cannot be listened on: choose another, or port 0.
    pub async fn start(options: BigcommerceOptions) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(options.listen).await?;
        let stop = CancellationToken::new();
        let signer = Arc::new(Signer { client_secret: options.client_secret });
        let receiver = options.receiver.filter(|_| options.legacy.is_none());
        let callbacks = Callbacks::new(reqwest::Client::new(), receiver, signer, stop.clone());
        let route =
            Route { path: options.callback_path, headers: options.webhook_header.into_iter().collect() };
        let announcer = Announcer::new(callbacks, route, &options.store_hash, options.first_order_id);
        let state = Arc::new(State {
            origin: format!("http://{}", listener.local_addr()?),
            base: match options.legacy {
                Some(_) => "/api/".to_owned(),
                None => format!("/stores/{}/", options.store_hash),
            },
            legacy: options.legacy,
            store_hash: options.store_hash,
            access_token: Mutex::new(options.access_token),
            scopes: options.scopes,
            orders_on_page_max: options.orders_on_page_max,
            shipment_moves_status: options.shipment_moves_status,
            meter: Meter::new(options.quota),
            journal: Journal::default(),
            faults: Faults::default(),
            catalog: Catalog::new(options.catalog),
            announcer,
            book: Mutex::new(Book::new(options.first_order_id)),
            hooks: Mutex::default(),
        });
        server::serve(listener, routes::router(&state), stop.clone());
        Ok(Arc::new(Self { state, stop }))
    }

    /// Ends serving and sending; connections that wait are cut.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// What goes into `api_url`, for example `http://127.0.0.1:40123/`.
    pub fn url(&self) -> Url {
        self.state.origin.parse().expect("an origin made of an address is a URL")
    }

    /// What goes into `api_path` of a legacy account, for example `http://127.0.0.1:40123/api/v2/`.
    pub fn api_path(&self) -> Url {
        self.url().join("/api/v2/").expect("a path fits behind an origin")
    }

    /// A buyer's order: stock goes down, webhooks go out. Answers the order's id.
    ///
    /// # Panics
    /// If a SKU is not in the catalogue.
    pub fn place_order(&self, draft: &Draft) -> String {
        let sold = self.state.catalog.sell(&draft.lines);
        let (id, status_id) = {
            let mut book = self.state.book();
            let order = order_document::enter(&mut book, draft, &sold, CURRENCY);
            (order.id, order.status_id())
        };
        self.state.announce(&[
            Event::order("store/order/created", id),
            Event::status_updated(id, statuses::INCOMPLETE, status_id),
            Event::order("store/order/updated", id),
        ]);
        id.to_string()
    }

    /// The merchant changes fields of an order: `date_modified` follows and `store/order/updated` goes out, with another
    /// `status_id` also `statusUpdated`. Nothing happens if there is no such order.
    pub fn change_order(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let events = self.state.book().find_mut(id).map(|order| order.change(change));
        self.state.announce(&events.unwrap_or_default());
    }

    /// The merchant sets a status: `store/order/statusUpdated` and `updated` go out.
    pub fn set_status(&self, id: &str, status_id: i64) {
        self.change_order(id, |fields| {
            fields.insert("status_id".into(), status_id.into());
        });
    }

    /// The merchant changes an order's products, for example into a kit and its parts, or refunds units;
    /// `store/order/updated` goes out.
    pub fn change_products(&self, id: &str, change: impl FnOnce(&mut Vec<Map<String, Value>>)) {
        let events = self.state.book().find_mut(id).map(|order| {
            change(&mut order.products);
            order.change(|_| ())
        });
        self.state.announce(&events.unwrap_or_default());
    }

    /// The merchant changes where an order goes, or if it goes to several addresses, the last of these; `store/order/updated` goes out.
    pub fn change_address(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        let events = self.state.book().find_mut(id).map(|order| {
            if let Some(to) = order.destinations.last_mut() {
                change(&mut to.address);
            }
            order.change(|_| ())
        });
        self.state.announce(&events.unwrap_or_default());
    }

    /// The merchant changes a product, each item of it: `store/product/updated` goes out. Nothing happens if there is no such product.
    pub fn change_product(&self, product_id: u64, change: impl Fn(&mut Item)) {
        let mut events = Vec::new();
        for item in self.state.catalog.items().iter_mut().filter(|item| item.product_id == product_id) {
            change(item);
            events = vec![Event::product_updated(product_id)];
        }
        self.state.announce(&events);
    }

    /// Nobody has touched the order since this moment. No webhook tells of it.
    pub fn leave_untouched_since(&self, id: &str, since: Timestamp) {
        if let Some(order) = self.state.book().find_mut(id) {
            order.touched_at(since);
        }
    }

    /// The order is gone: reads answer 404. No webhook tells of it.
    pub fn remove_order(&self, id: &str) {
        let mut book = self.state.book();
        if let Some(id) = book.find(id).map(|order| order.id) {
            book.orders.remove(&id);
        }
    }

    /// The merchant archives an order: reads still show it, with `is_deleted`, lists do not (not documented), and
    /// `store/order/archived` goes out.
    pub fn archive_order(&self, id: &str) {
        let archived = self.state.book().find_mut(id).map(|order| {
            order.change(|fields| {
                fields.insert("is_deleted".into(), true.into());
            });
            Event::order("store/order/archived", order.id)
        });
        self.state.announce(archived.as_slice());
    }

    /// The order as the API gives it; null if there is none.
    pub fn order(&self, id: &str) -> Value {
        let book = self.state.book();
        book.find(id).map_or(Value::Null, |order| order_view::order(&self.state, order, Include::default()))
    }

    /// Its status id.
    pub fn status(&self, id: &str) -> Option<i64> {
        self.state.book().find(id).map(book::Order::status_id)
    }

    /// Its shipments as the API gives them.
    pub fn shipments(&self, id: &str) -> Vec<Value> {
        let book = self.state.book();
        book.find(id)
            .map_or_else(Vec::new, |order| order.shipments.iter().cloned().map(Value::Object).collect())
    }

    /// Mails to its buyer: one for each shipment that was created.
    pub fn buyer_mails(&self, id: &str) -> usize {
        self.state.book().find(id).map_or(0, |order| order.mails)
    }

    /// Every status id that came by the API, repeats included.
    pub fn status_changes(&self, id: &str) -> Vec<i64> {
        self.state.book().find(id).map_or_else(Vec::new, |order| order.status_changes.clone())
    }

    /// What is sold.
    pub fn catalog(&self) -> &Catalog {
        &self.state.catalog
    }

    /// Trouble to come.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// The webhooks' sender.
    pub fn callbacks(&self) -> &Callbacks {
        self.state.announcer.callbacks()
    }

    /// Every request seen so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.state.journal.all()
    }

    /// Another token from now on; the old one is answered 401.
    pub fn set_access_token(&self, token: &str) {
        token.clone_into(&mut self.state.access_token());
    }
}

impl Drop for BigcommerceShop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
