//! Takes dead letters into the ledger; groups, previews, replays, discards them.

mod address;
mod cause;
mod edit;
mod group;
mod housekeeping;
mod intake;
mod metrics;
mod preview;
mod runner;

use std::sync::Arc;

use crossdock_ledger::Ledger;
use crossdock_queue::{Broker, DeadLetterConsumer, Publisher};
use crossdock_storefront::Shops;
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use intake::Intake;
use metrics::DeskMetrics;
use runner::Runner;

pub use edit::{EditRefused, edited};
pub use preview::{Forecast, ForecastVerdict, Preview};

/// The role's name, in settings, logs and acts.
pub const ROLE: &str = "dead-letters";

/// The desk: keeps what failed, and sends what a person wants replayed.
pub struct DeadLetterDesk {
    ledger: Arc<dyn Ledger>,
    publisher: Publisher,
    runner: Runner,
    metrics: DeskMetrics,
}

impl DeadLetterDesk {
    /// Over these shops, which are sent nothing while they refuse our credentials, and this ledger; `publisher` carries the replays.
    pub fn new(shops: Shops, ledger: Arc<dyn Ledger>, publisher: Publisher, metrics: &Metrics) -> Self {
        let runner = Runner { shops, ledger: ledger.clone(), publisher: publisher.clone(), strangers: &[] };
        Self { ledger, publisher, runner, metrics: DeskMetrics::register(metrics) }
    }

    /// Roles whose queues are not worked by Crossdock: nobody tells what becomes of a replay there. It is done once it is on its queue.
    #[must_use]
    pub fn handing_over_to(mut self, strangers: &'static [&'static str]) -> Self {
        self.runner.strangers = strangers;
        self
    }

    /// Works until told to stop, through every loss of the broker and of the ledger.
    pub async fn run(self, broker: Broker, stop: CancellationToken) {
        let intake = Arc::new(Intake { ledger: self.ledger.clone() });
        let consumer = DeadLetterConsumer::new(broker, &self.publisher, intake);
        let counting = self.metrics.watch(self.ledger);
        tokio::join!(
            consumer.run(stop.clone()),
            self.runner.run(stop.clone()),
            stop.run_until_cancelled(counting)
        );
    }
}
