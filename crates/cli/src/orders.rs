//! `crossdock orders`: what became of orders, and importing them by hand.

mod by_hand;
mod fate;
mod import;
mod list;
mod proof;
mod rejudge;
mod retry;
mod tally;

use std::path::Path;

use anyhow::bail;
use crossdock_domain::{OrderId, StoreId};
use crossdock_ledger::{Ledger, OrderRecord, ShipmentRecord, TimelineEntry};
use serde::Serialize;

use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};
use crate::{configuration, parts};

pub(crate) use import::import;
pub(crate) use list::list;
pub(crate) use proof::proof;
pub(crate) use rejudge::rejudge;
pub(crate) use retry::retry;

/// An order and all that happened to it.
#[derive(Debug, Serialize)]
struct Story {
    #[serde(flatten)]
    order: Order,
    shipments: Vec<ShipmentRecord>,
    timeline: Vec<TimelineEntry>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Order {
    Recorded(Box<OrderRecord>),
    /// Its shop told of it, but it could not be read so far.
    Unread {
        store: StoreId,
        order_id: OrderId,
        state: &'static str,
    },
}

/// `crossdock orders show`
pub(crate) async fn show(config: &Path, text: &str, json: bool) -> anyhow::Result<Exit> {
    let ledger = parts::open_existing_ledger(&configuration::load(config)?).await?;
    let stories = stories(ledger.as_ref(), text).await?;
    if stories.is_empty() {
        bail!("no order is known as '{text}'; `crossdock orders list` shows those that are");
    }
    if json {
        print_json(&stories)?;
        return Ok(Exit::Done);
    }
    for story in &stories {
        tell(story);
    }
    Ok(Exit::Done)
}

async fn stories(ledger: &dyn Ledger, text: &str) -> anyhow::Result<Vec<Story>> {
    let mut stories = Vec::new();
    for order in ledger.orders_named(text).await? {
        let shipments = ledger.shipments(&order.store, &order.order_id).await?;
        let timeline = ledger.timeline(&order.store, &order.order_id).await?;
        stories.push(Story { order: Order::Recorded(Box::new(order)), shipments, timeline });
    }
    for (store, order_id) in ledger.unrecorded_named(text).await? {
        let timeline = ledger.timeline(&store, &order_id).await?;
        let order = Order::Unread { store, order_id, state: "not_imported" };
        stories.push(Story { order, shipments: Vec::new(), timeline });
    }
    Ok(stories)
}

fn tell(Story { order, shipments, timeline }: &Story) {
    match order {
        Order::Recorded(order) => tell_record(order),
        Order::Unread { store, order_id, .. } => {
            say(&format!("Order {order_id} of {store} is not imported; what stands in its way:"));
        }
    }
    say("");
    if !shipments.is_empty() {
        tell_shipments(shipments);
    }
    let mut rows = table(&["WHEN", "WHO", "WHAT (WHY)"]);
    for TimelineEntry { at, role, what, cause } in timeline {
        rows.add_row([moment(*at), role.clone(), format!("{what} ({cause})")]);
    }
    print(&rows);
    say("");
}

fn tell_record(order: &OrderRecord) {
    let test = if order.released.as_ref().is_some_and(|order| order.test) { ", a test" } else { "" };
    say(&format!(
        "{} is order {} of {} ({}{test})",
        order.number, order.order_id, order.store, order.platform
    ));
    let why = if order.reason.is_empty() { String::new() } else { format!(": {}", order.reason) };
    say(&format!("  state   {}{why}", order.state));
    say(&format!("  shop    {} when last read, placed {}", order.shop_status, moment(order.placed_at)));
    if let Some(released) = &order.released {
        let lines: Vec<String> =
            released.lines.iter().map(|it| format!("{} × {}", it.quantity, it.sku)).collect();
        say(&format!("  packs   {}", lines.join(", ")));
    }
}

fn tell_shipments(shipments: &[ShipmentRecord]) {
    let mut rows = table(&["SHIPMENT", "STATE", "LEFT", "CARRIER", "TRACKING", "AT THE SHOP"]);
    for ShipmentRecord { shipment, former, state, shop_shipments, .. } in shipments {
        let formerly: Vec<&str> = former.iter().map(|it| it.tracking_number.as_str()).collect();
        let tracking = match formerly.as_slice() {
            [] => shipment.tracking_number.clone(),
            numbers => format!("{} (formerly {})", shipment.tracking_number, numbers.join(", ")),
        };
        rows.add_row([
            shipment.shipment_id.to_string(),
            state.to_string(),
            moment(shipment.dispatched_at),
            shipment.carrier.clone(),
            tracking,
            shop_shipments.join(", "),
        ]);
    }
    print(&rows);
    say("");
}
