//! Requests to a shop for shipments, against the fewest that its API allows; and how soon the shop knows of one.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossdock_domain::{OrderNumber, Shipment, ShipmentId};
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use jiff::Timestamp;

use super::installation::{Installation, TOKEN, draft};
use super::report::{Report, Target};
use super::warehouse::Warehouse;
use crate::figures::percentile;

/// Shipments for each shop.
const SHIPMENTS: u32 = 1_000;

/// Fewest calls for a shipment at BigCommerce: to read the order, as a person may have shipped or cancelled it since it was imported; the
/// shipment; and the order's status. Who does not mind a second mail, or to undo what that person did, makes do with two.
const BIGCOMMERCE_CALLS: u32 = 3;

/// Fewest calls for one at Ecwid: to read the order, for the same reason; number and status go together.
const ECWID_CALLS: u32 = 2;

/// Of the fewest calls: a refused or repeated one here and there.
const OF_FEWEST: Target = Target::AtMost(1.05);

/// BigCommerce's status of an order that is done. Source: `GET /v2/order_statuses`.
const COMPLETED: i64 = 10;

/// Longest time for all orders to arrive.
const ARRIVE: Duration = Duration::from_mins(5);

/// Longest time for all parcels to stand at their shops: Ecwid's minutes have room for some 280 each.
const LEAVE: Duration = Duration::from_mins(8);

/// Time between two looks at the shops.
const LOOK: Duration = Duration::from_millis(500);

/// Shipments whose way to the shop is timed, one after the other.
const TIMED: usize = 100;

/// Time between two looks at a timed one, in milliseconds.
const TIMED_LOOK_MS: u64 = 1;

/// Longest way of a timed one.
const TIMED_MAX: Duration = Duration::from_mins(1);

/// Lets orders arrive, then stops importing, then lets all of them leave in one parcel each.
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
    let mut timed = Vec::new();
    for _ in 0..TIMED {
        timed.push(installation.place(0).await);
    }
    arrivals.reach(numbers.len() + timed.len(), ARRIVE).await?;
    drop(importer);
    let before = installation.all_calls();
    let _writer = installation.start("tracking-writer")?;
    for number in &numbers {
        let shipment = shipment(number);
        let id = shipment.shipment_id.to_string();
        warehouse.tell(&id, shipment).await?;
    }
    let all_are_done = async {
        while !numbers.iter().all(|number| is_done(&installation, number)) {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(LEAVE, all_are_done).await.context("not all orders are done at their shops")?;
    let after = installation.all_calls();
    for (shop, name, fewest) in [(0, "BigCommerce", BIGCOMMERCE_CALLS), (1, "Ecwid", ECWID_CALLS)] {
        let calls = u32::try_from(after[shop] - before[shop]).unwrap_or(u32::MAX);
        let name = format!("calls for 1,000 shipments, {name}");
        report.add(name, (calls.into(), (fewest * SHIPMENTS).into()), "calls", Some(OF_FEWEST));
    }
    let ways = ways(&installation, &warehouse, &timed).await?;
    let calls = calls_alone(&installation, &timed[0]).await?;
    for percent in [50, 99] {
        let name =
            format!("p{percent} from a shipment's event to the shop's order, of its three calls alone");
        report.add(name, (percentile(&ways, percent), percentile(&calls, percent)), "ms", None);
    }
    Ok(())
}

/// The times from an event that the broker has confirmed to the order's last status at the shop; sorted.
async fn ways(
    installation: &Installation,
    warehouse: &Warehouse,
    numbers: &[String],
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(numbers.len());
    for number in numbers {
        let shipment = shipment(number);
        let id = shipment.shipment_id.to_string();
        warehouse.tell(&id, shipment).await?;
        let began = Instant::now();
        let is_done = async {
            while !is_done(installation, number) {
                tokio::time::sleep(Duration::from_millis(TIMED_LOOK_MS)).await;
            }
        };
        tokio::time::timeout(TIMED_MAX, is_done).await.with_context(|| format!("{number} is not done"))?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took)
}

/// The times that as many calls as a shipment needs take if nothing else is done, as often; sorted.
async fn calls_alone(installation: &Installation, number: &str) -> anyhow::Result<Vec<Duration>> {
    let (_, id) = number.split_once('-').context("a number has a prefix")?;
    let (http, url) = (reqwest::Client::new(), installation.shops[0].url());
    let order = url.join(&format!("stores/bench1/v2/orders/{id}"))?;
    let mut took = Vec::with_capacity(TIMED);
    for _ in 0..TIMED {
        let began = Instant::now();
        for _ in 0..BIGCOMMERCE_CALLS {
            let call =
                http.get(order.clone()).header("X-Auth-Token", TOKEN).header("Accept", "application/json");
            call.send().await?.error_for_status()?.bytes().await?;
        }
        took.push(began.elapsed());
    }
    took.sort_unstable();
    Ok(took)
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
