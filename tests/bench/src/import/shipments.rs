//! Requests to a shop for shipments, against the fewest that its API allows.

use std::time::Duration;

use crossdock_domain::{OrderNumber, Shipment, ShipmentId};
use crossdock_tests::database::Engine;
use crossdock_tests::eventually;
use crossdock_tests::node::Node;
use jiff::Timestamp;

use super::installation::{Installation, draft};
use super::report::Report;
use super::warehouse::Warehouse;

/// Shipments for each shop: Ecwid's minute has room for them.
const SHIPMENTS: u32 = 100;

/// What is printed is for so many.
const PRINTED: u32 = 1_000;

/// Fewest calls for a shipment at BigCommerce: the shipment, and the order's status.
const BIGCOMMERCE_CALLS: f64 = 2.0;

/// Fewest calls for one at Ecwid: number and status go together.
const ECWID_CALLS: f64 = 1.0;

/// BigCommerce's status of an order that is done. Source: `GET /v2/order_statuses`.
const COMPLETED: i64 = 10;

/// Longest time for all orders to arrive.
const ARRIVE: Duration = Duration::from_mins(2);

/// Lets orders arrive, then stops importing, then lets all of them leave in one parcel each. A shop is read before it is written to: the
/// fewest calls are those of somebody who does not mind writing twice.
pub(super) async fn measure(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("shipments: {SHIPMENTS} at each shop");
    let installation = Installation::set(node, Engine::Sqlite, 1).await?;
    let (_receiver, arrivals) = installation.open().await?;
    let warehouse = Warehouse::connect(&installation.vhost.address()).await?;
    let importer = installation.start("order-importer")?;
    installation.announce();
    installation.announce_ecwid();
    let mut numbers = Vec::new();
    for _ in 0..SHIPMENTS {
        numbers.push(installation.place(0).await);
        numbers.push(format!("W-{}", installation.ecwid.place_order(&draft())));
    }
    arrivals.reach(numbers.len(), ARRIVE).await?;
    drop(importer);
    let before = installation.all_calls();
    let _writer = installation.start("tracking-writer")?;
    for number in &numbers {
        let shipment = shipment(number);
        let id = shipment.shipment_id.to_string();
        warehouse.tell(&id, shipment).await?;
    }
    eventually("all orders are done at their shops", || async {
        numbers.iter().all(|number| is_done(&installation, number)).then_some(())
    })
    .await;
    let after = installation.all_calls();
    for (shop, name, fewest) in [(0, "BigCommerce", BIGCOMMERCE_CALLS), (1, "Ecwid", ECWID_CALLS)] {
        let each = f64::from(PRINTED) / f64::from(SHIPMENTS);
        let calls = f64::from(u32::try_from(after[shop] - before[shop]).unwrap_or(u32::MAX)) * each;
        let name = format!("calls for 1,000 shipments, {name}");
        report.add(name, (calls, fewest * f64::from(PRINTED)), "calls", None);
    }
    Ok(())
}

/// All of an order.
fn shipment(number: &str) -> Shipment {
    Shipment {
        shipment_id: ShipmentId::new(format!("P-{number}")),
        number: OrderNumber::new(number),
        carrier: "Australia Post".to_owned(),
        service: None,
        tracking_number: format!("AP{number}"),
        tracking_url: None,
        dispatched_at: Timestamp::now(),
        lines: None,
    }
}

fn is_done(installation: &Installation, number: &str) -> bool {
    match number.split_once('-') {
        Some(("W", id)) => installation.ecwid.statuses(id).is_some_and(|(_, status)| status == "SHIPPED"),
        Some((_, id)) => installation.shops[0].status(id) == Some(COMPLETED),
        None => false,
    }
}
