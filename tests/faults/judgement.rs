//! Whether every order is where it belongs: once at the warehouse, and its parcel, status and mail once at its shop.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::Shipment;
use crossdock_sandbox::OrderState;
use crossdock_tests::process::crossdock;
use crossdock_tests::world::World;
use serde_json::{Value, json};

use crate::breach::{Breach, Wrong};
use crate::buyers::{Order, Shop};

/// BigCommerce's id of Completed.
const COMPLETED: i64 = 10;

/// The orders that are not where they belong. Those of a SKU that the warehouse does not know belong nowhere until it does.
pub(crate) async fn wrong_orders(world: &World, orders: &[Order], sku_is_known: bool) -> Vec<Wrong> {
    let listed = crossdock(&world.config, &["orders", "list", "--limit", "10000", "--json"]).await;
    let records: Vec<Value> = serde_json::from_slice(&listed.stdout).unwrap_or_default();
    let states: BTreeMap<&str, &str> = records
        .iter()
        .filter_map(|record| Some((record["number"].as_str()?, record["state"].as_str()?)))
        .collect();
    let mut wrong = Vec::new();
    for order in orders {
        let state = states.get(order.number.as_str()).copied();
        wrong.extend(if order.sku_is_new && !sku_is_known {
            wrong_refusal(world, order, state)
        } else {
            wrong_order(world, order, state)
        });
    }
    wrong.extend(from_nowhere(world, orders, &states));
    wrong
}

/// Orders that nobody placed.
fn from_nowhere(world: &World, orders: &[Order], states: &BTreeMap<&str, &str>) -> Vec<Wrong> {
    let placed: BTreeSet<&str> = orders.iter().map(|order| order.number.as_str()).collect();
    let there = world.warehouse.orders();
    // Of an order that is gone the ledger may know that it could not be imported.
    let imported = states.iter().filter(|(_, state)| **state != "not_imported").map(|(number, _)| *number);
    let known = imported.chain(there.iter().map(|order| order.number.as_str()));
    let strange: BTreeSet<&str> = known.filter(|number| !placed.contains(number)).collect();
    let nobodys = |number| Wrong::new(Breach::OrderFromNowhere, number, "nobody placed it");
    strange.into_iter().map(nobodys).collect()
}

fn wrong_refusal(world: &World, order: &Order, state: Option<&str>) -> Vec<Wrong> {
    let there = (state, world.warehouse.state(&order.number));
    let refused = there == (Some("rejected"), Some(OrderState::Rejected));
    let says = || format!("it is not refused: in the ledger and at the warehouse it is {there:?}");
    (!refused).then(|| Wrong::new(Breach::OrderMissing, &order.number, says())).into_iter().collect()
}

fn wrong_order(world: &World, order: &Order, state: Option<&str>) -> Vec<Wrong> {
    let number = order.number.as_str();
    let parcels = world.warehouse.shipments_of(number);
    let Some(parcel) = parcels.first() else {
        let there = (state, world.warehouse.state(number));
        let says = format!("nothing has left the warehouse; in the ledger and there it is {there:?}");
        return vec![Wrong::new(Breach::OrderMissing, number, says)];
    };
    let shown = Shown::of(world, order);
    let says =
        |what: &str| format!("{what}, and not one of {}: in the ledger {state:?}, {shown:?}", name(parcel));
    [
        (Breach::OrderTwice, parcels.len() == 1, format!("{} parcels left", parcels.len())),
        (Breach::State, state == Some("shipped"), "not shipped".to_owned()),
        (Breach::Parcels, shown.parcels == [parcel.tracking_number.clone()], "other parcels".to_owned()),
        (Breach::Status, shown.statuses == [wanted_status(order.shop)], "other statuses".to_owned()),
        (Breach::Mails, shown.mails == 1, "other mails".to_owned()),
    ]
    .into_iter()
    .filter(|(_, right, _)| !right)
    .map(|(breach, _, what)| Wrong::new(breach, number, says(&what)))
    .collect()
}

/// What a shop shows of an order.
#[derive(Debug)]
struct Shown {
    /// A tracking number for each.
    parcels: Vec<String>,
    /// Each that was set.
    statuses: Vec<Value>,
    mails: usize,
}

impl Shown {
    fn of(world: &World, order: &Order) -> Self {
        match order.shop {
            Shop::Bigcommerce => Self::bigcommerce(world, &order.id),
            Shop::Ecwid => Self::ecwid(world, &order.id),
        }
    }

    fn bigcommerce(world: &World, id: &str) -> Self {
        let shop = &world.bigcommerce;
        let number = |shipment: &Value| shipment["tracking_number"].as_str().unwrap_or_default().to_owned();
        Self {
            parcels: shop.shipments(id).iter().map(number).collect(),
            statuses: shop.status_changes(id).into_iter().map(Value::from).collect(),
            mails: shop.buyer_mails(id),
        }
    }

    fn ecwid(world: &World, id: &str) -> Self {
        let shop = &world.ecwid;
        let numbers = shop.order(id)["trackingNumber"].as_str().unwrap_or_default().to_owned();
        Self {
            parcels: numbers.split(", ").filter(|number| !number.is_empty()).map(str::to_owned).collect(),
            statuses: shop.updates(id).iter().map(|update| update["fulfillmentStatus"].clone()).collect(),
            mails: shop.buyer_mails(id),
        }
    }
}

fn wanted_status(shop: Shop) -> Value {
    match shop {
        Shop::Bigcommerce => json!(COMPLETED),
        Shop::Ecwid => json!("SHIPPED"),
    }
}

fn name(parcel: &Shipment) -> &str {
    parcel.shipment_id.as_str()
}
