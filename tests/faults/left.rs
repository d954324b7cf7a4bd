//! Whether a queue still holds messages once Crossdock is gone.

use std::time::Duration;

use crossdock_order_importer::WAREHOUSE_ORDERS;
use crossdock_tests::broker::Vhost;
use tokio::time::{Instant, sleep};

use crate::accounting::TAPPED;
use crate::breach::{Breach, Wrong};

/// Longest time for RabbitMQ to see that a process has gone, and to put what it held back on its queue, in seconds.
const GONE_SECS_MAX: u64 = 5;

/// Time between two looks, in milliseconds.
const LOOK_MS: u64 = 100;

/// The queues that hold anything, dead letters and what nobody has acknowledged included.
///
/// A message that a process held is back on its queue when that process is gone. A queue that nobody consumes has none out: so what is
/// ready there is all there is.
pub(crate) async fn left_over(vhost: &Vhost) -> Vec<Wrong> {
    let taps = TAPPED.map(|kind| format!("tap.{kind}"));
    let mut wrong = Vec::new();
    for queue in vhost.queues().await.into_iter().filter(|queue| !taps.contains(queue)) {
        // The warehouse still opens its door for orders.
        let consumers_max = u32::from(queue == WAREHOUSE_ORDERS.name);
        let consumers = nobody_consumes(vhost, &queue, consumers_max).await;
        if consumers > consumers_max {
            let says = format!("{consumers} still hold messages of it, or wait for some");
            wrong.push(Wrong::new(Breach::Left, &queue, says));
        }
        let left = vhost.take(&queue).await;
        let why =
            |header: &str| left.first().and_then(|it| it.headers.get(header)).cloned().unwrap_or_default();
        if !left.is_empty() {
            let [subject, class, chain] =
                ["subject", "class", "chain"].map(|it| why(&format!("x-crossdock-{it}")));
            let says = format!("{} messages, the first of '{subject}': {class}: {chain}", left.len());
            wrong.push(Wrong::new(Breach::Left, &queue, says));
        }
    }
    wrong
}

/// How many consume a queue, once no more do than may, or in the end.
async fn nobody_consumes(vhost: &Vhost, queue: &str, consumers_max: u32) -> u32 {
    let began = Instant::now();
    loop {
        let consumers = vhost.consumers(queue).await;
        if consumers <= consumers_max || began.elapsed() > Duration::from_secs(GONE_SECS_MAX) {
            return consumers;
        }
        sleep(Duration::from_millis(LOOK_MS)).await;
    }
}
