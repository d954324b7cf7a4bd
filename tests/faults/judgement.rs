//! Whether everything is where it belongs: each order once at the warehouse, each parcel once at its shop, and nothing in a queue.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::Shipment;
use crossdock_ledger::Ledger;
use crossdock_tests::broker::Vhost;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::{Value, json};

use crate::accounting::TAPPED;
use crate::buyers::{Order, Shop};

/// BigCommerce's id of Completed.
const COMPLETED: i64 = 10;

/// Units that each shop is told fewer than are on hand.
const BUFFERS: [(&str, i64); 2] = [("acme-au", 1), ("acme-widgets", 0)];

/// The orders that are not where they belong, each with what is wrong.
pub(crate) async fn wrong_orders(world: &World, orders: &[Order]) -> Vec<String> {
    let listed = crossdock(&world.config, &["orders", "list", "--limit", "10000", "--json"]).await;
    let records: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap_or_default();
    let states: BTreeMap<&str, &str> = records
        .iter()
        .filter_map(|record| Some((record["number"].as_str()?, record["state"].as_str()?)))
        .collect();
    let mut wrong: Vec<String> =
        orders.iter().filter_map(|order| wrong_order(world, order, &states)).collect();
    let placed: BTreeSet<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    let there = world.warehouse.orders();
    // Of an order that is gone the ledger may know that it could not be imported.
    let imported = states.iter().filter(|(_, state)| **state != "not_imported").map(|(number, _)| *number);
    let known = imported.chain(there.iter().map(|order| order.number.as_str()));
    let strange: BTreeSet<&str> = known.filter(|number| !placed.contains(number)).collect();
    wrong.extend(strange.into_iter().map(|number| format!("{number} was never placed")));
    wrong
}

fn wrong_order(world: &World, order: &Order, states: &BTreeMap<&str, &str>) -> Option<String> {
    let number = order.number.as_str();
    let parcels = world.warehouse.shipments_of(number);
    let [parcel] = parcels.as_slice() else {
        let state = (states.get(number), world.warehouse.state(number));
        return Some(format!(
            "{number} has {} parcels; in the ledger and there it is {state:?}",
            parcels.len()
        ));
    };
    let shown = match order.shop {
        Shop::Bigcommerce => bigcommerce(world, &order.id),
        Shop::Ecwid => ecwid(world, &order.id),
    };
    let wanted = Shown {
        state: Some("shipped"),
        parcels: vec![parcel.tracking_number.clone()],
        statuses: vec![wanted_status(order.shop)],
        mails: 1,
    };
    let shown = Shown { state: states.get(number).copied(), ..shown };
    (shown != wanted).then(|| format!("{number} is {shown:?}, and not {wanted:?}, by {}", parcel_id(parcel)))
}

/// What became of an order: its state in the ledger, and what its shop shows.
#[derive(Debug, PartialEq, Eq)]
struct Shown<'s> {
    state: Option<&'s str>,
    /// A tracking number for each.
    parcels: Vec<String>,
    /// Each that was set.
    statuses: Vec<Value>,
    mails: usize,
}

fn bigcommerce(world: &World, id: &str) -> Shown<'static> {
    let shop = &world.bigcommerce;
    let number = |shipment: &Value| shipment["tracking_number"].as_str().unwrap_or_default().to_owned();
    Shown {
        state: None,
        parcels: shop.shipments(id).iter().map(number).collect(),
        statuses: shop.status_changes(id).into_iter().map(Value::from).collect(),
        mails: shop.buyer_mails(id),
    }
}

fn ecwid(world: &World, id: &str) -> Shown<'static> {
    let shop = &world.ecwid;
    let numbers = shop.order(id)["trackingNumber"].as_str().unwrap_or_default().to_owned();
    Shown {
        state: None,
        parcels: numbers.split(", ").filter(|number| !number.is_empty()).map(str::to_owned).collect(),
        statuses: shop.updates(id).iter().map(|update| update["fulfillmentStatus"].clone()).collect(),
        mails: shop.buyer_mails(id),
    }
}

fn wanted_status(shop: Shop) -> Value {
    match shop {
        Shop::Bigcommerce => json!(COMPLETED),
        Shop::Ecwid => json!("SHIPPED"),
    }
}

fn parcel_id(parcel: &Shipment) -> &str {
    parcel.shipment_id.as_str()
}

/// The SKUs of which a shop was not told last what the warehouse has.
pub(crate) async fn wrong_stock(world: &World, ledger: &dyn Ledger) -> Vec<String> {
    let mut wrong = Vec::new();
    for (store, buffer) in BUFFERS {
        let lines = ledger.stock(&store.parse().expect("it is an id")).await.expect("the ledger answers");
        for level in world.warehouse.levels() {
            let line = lines.iter().find(|line| line.level.sku == level.sku);
            let told = line.and_then(|line| line.pushed).map(|pushed| pushed.units);
            if told != Some(level.on_hand - buffer) {
                wrong.push(format!("{store} was told {told:?} of {}: {level:?}, {line:?}", level.sku));
            }
        }
    }
    wrong
}

/// No queue holds anything, dead letters included, and there is none that is nobody's.
///
/// # Panics
/// If one does.
pub(crate) async fn assert_no_message_is_left(vhost: &Vhost) {
    let taps = TAPPED.map(|kind| format!("tap.{kind}"));
    for queue in vhost.queues().await {
        if taps.contains(&queue) {
            continue;
        }
        let left = vhost.take(&queue).await;
        let why = |header: &str| left.first().and_then(|it| it.headers.get(header)).cloned();
        assert!(
            left.is_empty(),
            "{queue} still holds {} messages, the first of {:?}: {:?}, {:?}",
            left.len(),
            why("x-crossdock-subject"),
            why("x-crossdock-class"),
            why("x-crossdock-chain"),
        );
    }
}
