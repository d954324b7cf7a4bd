//! What arrives in RabbitMQ of what was sent.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::broker::{Taken, Vhost};

/// Takes the shops' events out of their queue: how often each order's is there, each with the id that it always has.
///
/// # Panics
/// If two orders share an event's id, or one order's event came with two.
pub async fn arrived(vhost: &Vhost) -> BTreeMap<u32, usize> {
    let mut ids = BTreeMap::<u32, (String, usize)>::new();
    for Taken { id, body, .. } in vhost.take(crossdock_order_importer::QUEUE.name).await {
        let event: Value = serde_json::from_slice(&body).expect("events are JSON");
        assert_eq!(event["id"], id.as_str());
        let order = event["data"]["order_id"].as_str().and_then(|id| id.parse().ok());
        let order = order.expect("the sender numbers its orders");
        let seen = ids.entry(order).or_insert((id.clone(), 0));
        assert_eq!(seen.0, id, "the same event keeps its id");
        seen.1 += 1;
    }
    let distinct: BTreeSet<&String> = ids.values().map(|(id, _)| id).collect();
    assert_eq!(distinct.len(), ids.len(), "each event has an id of its own");
    ids.into_iter().map(|(order, (_, count))| (order, count)).collect()
}

/// Takes the warehouse's events out of their queue: the numbers of the shipments of each order, as they stood there.
///
/// # Panics
/// If an event is not one that the warehouse's sender tells.
pub async fn shipments_arrived(vhost: &Vhost) -> BTreeMap<String, Vec<u32>> {
    let mut shipments = BTreeMap::<String, Vec<u32>>::new();
    for taken in vhost.take(crossdock_tracking_writer::QUEUE.name).await {
        let event = taken.json();
        let id = event["id"].as_str().expect("an event has an id");
        assert_eq!(taken.id, format!("/warehouse#{id}"));
        let number = id.strip_prefix("w-").and_then(|number| number.parse().ok());
        let order = event["data"]["number"].as_str().expect("a shipment is of an order").to_owned();
        shipments.entry(order).or_default().push(number.expect("the sender numbers its shipments"));
    }
    shipments
}
