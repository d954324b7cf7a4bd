//! Gives dead letters to the desk, through every loss of the broker and of the desk.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Desk;
use super::session::Intake;
use crate::connection::supervise;
use crate::{Broker, Publisher};

/// The connection's name, in logs and metrics.
pub(super) const NAME: &str = "dead-letters";

/// Takes messages off the dead letters' queue and gives them to the desk. Each leaves the queue only when the desk has it.
pub struct DeadLetterConsumer {
    broker: Broker,
    intake: Intake,
}

impl DeadLetterConsumer {
    /// For this desk. What it counts goes to the metrics with which the publisher was started.
    pub fn new(broker: Broker, publisher: &Publisher, desk: Arc<dyn Desk>) -> Self {
        let intake = Intake::new(broker.topology.clone(), publisher.metrics(), desk);
        Self { broker, intake }
    }

    /// Runs until cancelled. What the desk does not have by then stays on its queue.
    pub async fn run(self, stop: CancellationToken) {
        let Self { broker, mut intake } = self;
        intake.stop_with(stop.clone());
        supervise(&broker, NAME, &stop, &mut intake).await;
        info!("the dead letters' consumer stopped");
    }
}
