//! When all that was told has been dealt with.

use std::cell::Cell;
use std::time::Duration;

use url::Url;

use crate::eventually;
use crate::http;
use crate::process::Process;
use crate::world::World;

/// Looks in a row that find nothing. A message on its way from RabbitMQ to a process is in neither's count for a moment.
const LOOKS: u32 = 3;

/// Longest wait for a process to tell its metrics, in seconds: one that stands still tells nothing.
const METRICS_SECS_MAX: u64 = 5;

impl World {
    /// Whether no webhook and no event of the warehouse is on its way, no message is in a work queue or waits to be tried again, and
    /// none is in the hands of the process with the receiver or of one of these others, which are observed.
    ///
    /// # Panics
    /// If Crossdock has not declared its queues.
    pub async fn is_at_rest(&self, others: &[&Process]) -> bool {
        let on_their_way =
            self.bigcommerce.callbacks().on_their_way() + self.ecwid.callbacks().on_their_way();
        if on_their_way + self.warehouse.untold() > 0 || self.vhost.unfinished().await > 0 {
            return false;
        }
        // Asked after the queues: what has left these in between is seen here.
        let observed = others.iter().map(|process| process.metrics_url());
        for url in observed.chain([self.at("metrics")]) {
            if held(url).await != Some(0) {
                return false;
            }
        }
        true
    }

    /// Waits until it is at rest.
    pub async fn rests(&self, others: &[&Process]) {
        let calm = Cell::new(0);
        eventually("all that was told has been dealt with", || async {
            calm.set(if self.is_at_rest(others).await { calm.get() + 1 } else { 0 });
            (calm.get() == LOOKS).then_some(())
        })
        .await;
    }

    /// Waits until it is at rest, and finds no dead letter then.
    ///
    /// # Panics
    /// If there is one.
    pub async fn rests_without_dead_letters(&self, others: &[&Process]) {
        self.rests(others).await;
        assert_eq!(self.vhost.depth("crossdock.dead-letters").await, 0, "dead letters");
    }
}

/// Messages that a process has taken and not yet answered for; none if it does not tell.
async fn held(metrics: Url) -> Option<u64> {
    let asked = http().get(metrics).timeout(Duration::from_secs(METRICS_SECS_MAX));
    let text = asked.send().await.ok()?.text().await.ok()?;
    let of_a_role =
        |line: &str| line.strip_prefix("crossdock_queue_held{")?.rsplit_once(' ')?.1.parse::<u64>().ok();
    Some(text.lines().filter_map(of_a_role).sum::<u64>())
}
