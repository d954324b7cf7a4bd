//! An Ecwid shop: the REST v3 endpoints that an order's way needs, and signed webhooks.
//!
//! Source: docs.ecwid.com (2026-01-14) and the official Java client (Ecwid/ecwid-java-api-client at b0eeb74, 2026-07-14).
//! Where they say nothing, the strictest reading is taken, so that a client that only works by luck fails here.

mod batches;
mod gate;
mod options;
mod order;
mod order_document;
mod orders;
mod params;
mod product_document;
mod products;
mod profile;
mod refusal;
mod response_fields;
mod routes;
mod state;
#[cfg(test)]
mod tests;
mod webhooks;

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use self::batches::Batches;
use self::order::Order;
use self::state::{Book, State};
use self::webhooks::{Announcer, Event, Signer};
use crate::journal::Journal;
use crate::quota::Meter;
use crate::{Callbacks, Catalog, Draft, Faults, Request, server};

pub use options::{EcwidOptions, EcwidScope};

/// A running shop. It serves until it is dropped or stopped.
pub struct EcwidShop {
    state: Arc<State>,
    stop: CancellationToken,
}

impl EcwidShop {
    /// Opens the shop.
    ///
    /// # Errors
    /// If the address cannot be listened on: choose another, or port 0.
    pub async fn start(options: EcwidOptions) -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind(options.listen).await?;
        let stop = CancellationToken::new();
        let signer = Arc::new(Signer { client_secret: options.client_secret });
        let callbacks = Callbacks::new(reqwest::Client::new(), options.receiver, signer, stop.clone());
        let seed = options.seed ^ options.store_id.rotate_left(32);
        let state = Arc::new(State {
            origin: format!("http://{}", listener.local_addr()?),
            base: format!("/api/v3/{}/", options.store_id),
            store_id: options.store_id,
            currency: options.currency,
            search_lag: options.search_lag,
            only_changes_count: options.only_changes_count,
            access_token: Mutex::new(options.access_token),
            scopes: options.scopes,
            meter: Meter::of_any_span(options.quota),
            journal: Journal::default(),
            faults: Faults::default(),
            catalog: Catalog::new(options.catalog),
            announcer: Announcer::new(callbacks, options.callback_path, options.store_id, seed),
            status_names: Mutex::default(),
            book: Mutex::new(Book::new(seed)),
            batches: Batches::new(options.batch_pace),
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

    /// A buyer's order: stock goes down, webhooks go out (`order.created`, and `product.updated` for each product).
    /// Answers the order's id, for example `K8XTQ`.
    ///
    /// # Panics
    /// If a SKU is not in the catalogue.
    pub fn place_order(&self, draft: &Draft) -> String {
        let sold = self.state.catalog.sell(&draft.lines);
        let (id, created) = {
            let mut book = self.state.book();
            let order = order_document::enter(&mut book, &self.state.catalog, draft, &sold);
            let data = json!({
                "orderId": order.fields["id"],
                "newPaymentStatus": order.fields["paymentStatus"],
                "newFulfillmentStatus": order.fields["fulfillmentStatus"],
            });
            let event = Event { kind: "order.created", entity_id: order.internal_id, data: Some(data) };
            (order.text("id").to_owned(), event)
        };
        let products: BTreeSet<u64> = sold.iter().map(|(item, _)| item.product_id).collect();
        let mut events = vec![created];
        events.extend(products.into_iter().map(Event::product_updated));
        self.state.announce(&events);
        id
    }

    /// The merchant changes fields of an order: `updateDate` follows and `order.updated` goes out. Nothing happens if there
    /// is no such order.
    pub fn change_order(&self, id: &str, change: impl FnOnce(&mut Map<String, Value>)) {
        self.state.change(id, change);
    }

    /// The merchant sets both statuses; `order.updated` goes out. What is cancelled so is back in stock, also what has left: Ecwid's help
    /// for merchants says so, and nothing of changes over the API (seen 2026-11-20).
    pub fn set_statuses(&self, id: &str, payment: &str, fulfillment: &str) {
        self.change_order(id, |fields| {
            let before = fields.insert("paymentStatus".into(), payment.into());
            fields.insert("fulfillmentStatus".into(), fulfillment.into());
            if payment == "CANCELLED" && before.is_none_or(|before| before != payment) {
                self.state.catalog.take_back(&order_document::units(fields));
            }
        });
    }

    /// The merchant turns a custom status on and gives it a name, for example `CUSTOM_PAYMENT_STATUS_1`.
    pub fn name_status(&self, id: &str, name: &str) {
        self.state.status_names().insert(id.to_owned(), name.to_owned());
    }

    /// The order is gone: reads answer 404, `/orders/deleted` lists it, and `order.deleted` goes out.
    pub fn remove_order(&self, id: &str) {
        let removed = {
            let mut book = self.state.book();
            let internal_id = book.find(id).map(|order| order.internal_id);
            let removed = internal_id.and_then(|internal_id| book.orders.remove(&internal_id));
            book.deleted.extend(removed.clone().map(|order| (order, Timestamp::now().as_second())));
            removed
        };
        if let Some(order) = removed {
            let data = json!({ "orderId": order.fields["id"] });
            let event = Event { kind: "order.deleted", entity_id: order.internal_id, data: Some(data) };
            self.state.announce(&[event]);
        }
    }

    /// The order as the API gives it; null if there is none.
    pub fn order(&self, id: &str) -> Value {
        self.read(id, |order| Value::Object(order.fields.clone())).unwrap_or_default()
    }

    /// Its payment and fulfilment statuses.
    pub fn statuses(&self, id: &str) -> Option<(String, String)> {
        let text = |order: &Order, name: &str| order.text(name).to_owned();
        self.read(id, |order| (text(order, "paymentStatus"), text(order, "fulfillmentStatus")))
    }

    /// Mails to its buyer: one for each change that sets another tracking number or comes to SHIPPED.
    pub fn buyer_mails(&self, id: &str) -> usize {
        self.read(id, |order| order.mails).unwrap_or_default()
    }

    /// The bodies of all PUTs to it that were carried out.
    pub fn updates(&self, id: &str) -> Vec<Value> {
        self.read(id, |order| order.updates.clone()).unwrap_or_default()
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

    /// Another token from now on; the old one is answered 403.
    pub fn set_access_token(&self, token: &str) {
        token.clone_into(&mut self.state.access_token());
    }

    fn read<T>(&self, id: &str, read: impl FnOnce(&Order) -> T) -> Option<T> {
        self.state.book().find(id).map(read)
    }
}

impl Drop for EcwidShop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
