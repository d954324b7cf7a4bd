//! Requests to a shop for orders, against the fewest that its API allows.

use std::time::Duration;

use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;
use tokio::time::{Instant, sleep_until};

use super::installation::{Installation, draft};
use super::report::{Report, Target};

/// Orders of a burst and of a sweep.
const ORDERS: u32 = 1_000;

/// Orders of a trickle, each placed when the one before has arrived.
const TRICKLE: u32 = 20;

/// Orders that one BigCommerce list can hold.
const BIGCOMMERCE_LIST: u32 = 250;

/// Orders that one Ecwid list can hold.
const ECWID_LIST: u32 = 100;

/// Of the fewest calls, for a burst (issue: 1,000 new orders within a minute).
const BURST_OF_FEWEST_MAX: f64 = 1.2;

/// A sweep lists and then reads.
const SWEEP_OF_FEWEST_MAX: f64 = 2.0;

/// What changed so shortly ago is left to the next sweep, in seconds: its webhook may still be on its way.
const WEBHOOK_SECS: u64 = 31;

/// Longest time for one of these to arrive, in seconds.
const SECS_MAX: u64 = 180;

/// Measures all of them, each in an installation of its own.
pub(super) async fn measure(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("calls: burst, a minute, one by one, sweep");
    let fewest = f64::from(ORDERS.div_ceil(BIGCOMMERCE_LIST));
    for (name, pause) in [
        ("calls for 1,000 orders announced at once", Duration::ZERO),
        ("calls for 1,000 orders announced within a minute", Duration::from_mins(1) / ORDERS),
    ] {
        let calls = burst(node, pause).await?;
        // The first notice of a quiet shop goes at once: one call for it, and lists for the others.
        let fewest = 1.0 + f64::from((ORDERS - 1).div_ceil(BIGCOMMERCE_LIST));
        report.add(name, (calls, fewest), "calls", Some(Target::AtMost(BURST_OF_FEWEST_MAX)));
    }
    let trickle = f64::from(ORDERS / TRICKLE) * trickle(node).await?;
    let each = f64::from(ORDERS);
    report.add(
        "calls for 1,000 orders, each placed alone",
        (trickle, each),
        "calls",
        Some(Target::AtMost(1.0)),
    );
    let (bigcommerce, ecwid) = sweep(node).await?;
    let target = Some(Target::AtMost(SWEEP_OF_FEWEST_MAX));
    report.add(
        "calls for 1,000 orders found by a sweep, BigCommerce",
        (bigcommerce, fewest),
        "calls",
        target,
    );
    let fewest = f64::from(ORDERS.div_ceil(ECWID_LIST));
    report.add("calls for 1,000 orders found by a sweep, Ecwid", (ecwid, fewest), "calls", target);
    Ok(())
}

/// Places all orders, so far apart, and counts the calls until they have arrived.
async fn burst(node: &Node, pause: Duration) -> anyhow::Result<f64> {
    let installation = Installation::set(node, Engine::Sqlite, 1).await?;
    let (_receiver, arrivals) = installation.open().await?;
    let _importer = installation.start("order-importer")?;
    installation.announce();
    let mut next = Instant::now();
    for _ in 0..ORDERS {
        installation.place(0).await;
        next += pause;
        sleep_until(next).await;
    }
    arrivals.reach(ORDERS as usize, Duration::from_secs(SECS_MAX)).await?;
    Ok(count(installation.order_calls(0)))
}

async fn trickle(node: &Node) -> anyhow::Result<f64> {
    let installation = Installation::set(node, Engine::Sqlite, 1).await?;
    let (_receiver, arrivals) = installation.open().await?;
    let _importer = installation.start("order-importer")?;
    installation.announce();
    for order in 0..TRICKLE as usize {
        installation.place(0).await;
        arrivals.reach(order + 1, Duration::from_secs(SECS_MAX)).await?;
    }
    Ok(count(installation.order_calls(0)))
}

/// No webhook tells of any order.
async fn sweep(node: &Node) -> anyhow::Result<(f64, f64)> {
    let installation = Installation::set(node, Engine::Sqlite, 1).await?;
    let (_receiver, arrivals) = installation.open().await?;
    let _importer = installation.start("order-importer")?;
    for _ in 0..ORDERS {
        installation.place(0).await;
        installation.ecwid.place_order(&draft());
    }
    sleep_until(Instant::now() + Duration::from_secs(WEBHOOK_SECS)).await;
    let _reconciler = installation.start("reconciler")?;
    arrivals.reach(2 * ORDERS as usize, Duration::from_secs(SECS_MAX)).await?;
    Ok((count(installation.order_calls(0)), count(installation.ecwid_order_calls())))
}

fn count(calls: usize) -> f64 {
    f64::from(u32::try_from(calls).unwrap_or(u32::MAX))
}
