//! How long an order takes from its shop's webhook to the warehouse's queue.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use crossdock_sandbox::Fault;
use crossdock_tests::database::Engine;
use crossdock_tests::node::Node;

use super::arrivals::Arrivals;
use super::installation::Installation;
use super::report::{Report, Target};
use crate::figures::percentile;

/// Orders whose way is timed, each way: what is printed as p99 is the longest.
const ORDERS: usize = 40;

/// Before each order of a quiet shop, in milliseconds: longer than it takes until a shop counts as quiet again.
const QUIET_MS: u64 = 2_500;

/// Before these, so that all connections stand.
const WARM: usize = 5;

/// Orders of the shop that hangs, and requests that it leaves without an answer.
const HANGING: usize = 50;

/// Longer than this measures.
const HANG: Duration = Duration::from_mins(10);

/// Longest way of an order, in seconds.
const SECS_MAX: u64 = 60;

/// A single order is at the warehouse within a second, in milliseconds.
const ALONE_MS_MAX: f64 = 1000.0;

/// Beside a shop that hangs, of what it is alone.
const HANGING_OF_ALONE_MAX: f64 = 1.5;

/// Times single orders of one shop, then those that follow each other closely, then single ones while another shop hangs.
pub(super) async fn measure(node: &Node, report: &mut Report) -> anyhow::Result<()> {
    eprintln!("arrival: alone, and while another shop hangs");
    let installation = Installation::set(node, Engine::Sqlite, 2).await?;
    let (_receiver, arrivals) = installation.open().await?;
    let _importer = installation.start("order-importer")?;
    installation.announce();
    let (quiet, busy) = (Duration::from_millis(QUIET_MS), Duration::ZERO);
    ways(&installation, &arrivals, WARM, busy).await?;
    let alone = ways(&installation, &arrivals, ORDERS, quiet).await?;
    let close = ways(&installation, &arrivals, ORDERS, busy).await?;
    for _ in 0..HANGING {
        installation.shops[1].faults().next("GET", "/v2/orders", Fault::Hang(HANG));
        installation.place(1).await;
    }
    let hanging = ways(&installation, &arrivals, ORDERS, quiet).await?;
    for percent in [50, 99] {
        let of = |ways: &[Duration]| percentile(ways, percent);
        let name = format!("p{percent} from webhook to warehouse's queue, alone, of a second");
        report.add(name, (of(&alone), ALONE_MS_MAX), "ms", Some(Target::AtMost(1.0)));
        let name = format!("p{percent} from webhook to warehouse's queue, close behind another, of a second");
        report.add(name, (of(&close), ALONE_MS_MAX), "ms", None);
        let name = format!("p{percent} from webhook to warehouse's queue, another shop hangs, of alone");
        report.add(name, (of(&hanging), of(&alone)), "ms", Some(Target::AtMost(HANGING_OF_ALONE_MAX)));
    }
    Ok(())
}

/// The times of so many orders, each placed so long after the one before has arrived; sorted.
async fn ways(
    installation: &Installation,
    arrivals: &Arrivals,
    orders: usize,
    pause: Duration,
) -> anyhow::Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(orders);
    for _ in 0..orders {
        tokio::time::sleep(pause).await;
        let (before, began) = (arrivals.count(), Instant::now());
        let number = installation.place(0).await;
        arrivals.reach(before + 1, Duration::from_secs(SECS_MAX)).await?;
        let arrived = arrivals.at(&number).with_context(|| format!("another order than {number} arrived"))?;
        took.push(arrived.duration_since(began));
    }
    took.sort_unstable();
    Ok(took)
}
