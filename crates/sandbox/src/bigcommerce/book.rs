//! The orders of a shop, in memory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::statuses;
use super::webhooks::Event;

/// An order and all that belongs to it, each part as the API gives it.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: u64,
    /// Its own fields, without links.
    pub(super) fields: Map<String, Value>,
    /// Where it goes: at least one.
    pub(super) destinations: Vec<Destination>,
    pub(super) products: Vec<Map<String, Value>>,
    pub(super) shipments: Vec<Map<String, Value>>,
    pub(super) created: Timestamp,
    pub(super) modified: Timestamp,
    /// Mails to the buyer.
    pub(super) mails: usize,
    /// Status ids that came by the API.
    pub(super) status_changes: Vec<i64>,
}

/// A shipping address of an order.
#[derive(Debug, Clone)]
pub(super) struct Destination {
    /// As the API gives it; `id` is the `order_address_id` of the products that go there.
    pub(super) address: Map<String, Value>,
    pub(super) consignment_id: u64,
}

impl Destination {
    /// The `order_address_id`.
    pub(super) fn address_id(&self) -> u64 {
        self.address["id"].as_u64().unwrap_or_default()
    }
}

/// The next free ids. Orders' ids are the owner's choice; the others start apart from each other, so that none is taken for another.
#[derive(Debug)]
pub(super) struct Ids {
    pub(super) order: u64,
    pub(super) order_product: u64,
    pub(super) order_address: u64,
    pub(super) consignment: u64,
    pub(super) shipment: u64,
}

/// All orders by id.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) orders: BTreeMap<u64, Order>,
    pub(super) next: Ids,
}

/// Takes an id and moves on to the next.
pub(super) fn take(next: &mut u64) -> u64 {
    *next += 1;
    *next - 1
}

impl Book {
    pub(super) fn new(first_order_id: u64) -> Self {
        let next = Ids {
            order: first_order_id,
            order_product: 501,
            order_address: 201,
            consignment: 301,
            shipment: 11,
        };
        Self { orders: BTreeMap::new(), next }
    }

    /// The order that a path or an owner names.
    pub(super) fn find(&self, id: &str) -> Option<&Order> {
        self.orders.get(&id.parse().ok()?)
    }

    pub(super) fn find_mut(&mut self, id: &str) -> Option<&mut Order> {
        self.orders.get_mut(&id.parse().ok()?)
    }
}

impl Order {
    pub(super) fn status_id(&self) -> i64 {
        self.fields["status_id"].as_i64().unwrap_or(statuses::INCOMPLETE)
    }

    /// Whether it is archived: not in lists, which are not documented to show such.
    pub(super) fn is_archived(&self) -> bool {
        self.fields.get("is_deleted") == Some(&Value::Bool(true))
    }

    /// The address of this `order_address_id`.
    pub(super) fn destination(&self, address_id: u64) -> Option<&Destination> {
        self.destinations.iter().find(|one| one.address_id() == address_id)
    }

    /// Changes fields and answers what that causes: a change of status, and in any case an update.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Vec<Event> {
        let previous = self.status_id();
        change(&mut self.fields);
        let new = self.status_id();
        let mut events = Vec::new();
        if new != previous {
            let name = statuses::name(new).unwrap_or_default();
            self.fields.insert("status".into(), json!(name));
            self.fields.insert("custom_status".into(), json!(name));
            events.push(Event::status_updated(self.id, previous, new));
        }
        self.touched_at(Timestamp::now());
        events.push(Event::order("store/order/updated", self.id));
        events
    }

    /// Sets a status and answers what that causes.
    pub(super) fn set_status(&mut self, status_id: i64) -> Vec<Event> {
        self.change(|fields| {
            fields.insert("status_id".into(), json!(status_id));
        })
    }

    /// It was last modified at this moment.
    pub(super) fn touched_at(&mut self, at: Timestamp) {
        self.modified = at;
        self.fields.insert("date_modified".into(), json!(rfc_2822(self.modified)));
    }
}

/// A moment as V2 prints it: `Tue, 05 Mar 2019 21:40:11 +0000`.
pub(super) fn rfc_2822(moment: Timestamp) -> String {
    moment.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S %z").to_string()
}
