//! Publishing that is only done when RabbitMQ has confirmed it.

use crossdock_domain::{Classify, Mend};
use crossdock_telemetry::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use crate::{Broker, Link, Message};

/// Publishes persistent, mandatory, confirmed messages over a connection of its own that heals itself. Cheap to clone.
#[derive(Clone)]
pub struct Publisher {}

/// A message that RabbitMQ has not confirmed. It may have arrived nonetheless: send it again with the same id.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// No connection, or RabbitMQ blocks publishing (memory or disk alarm).
    #[error("RabbitMQ is not available: {0}")]
    Unavailable(String),
    /// No confirm within the limit.
    #[error("RabbitMQ did not confirm the message in time")]
    Unconfirmed,
    /// RabbitMQ took it and said no (a full queue).
    #[error("RabbitMQ refused the message")]
    Refused,
    /// No queue takes this routing key.
    #[error("no queue is bound for '{0}'")]
    Unroutable(String),
}

impl Classify for PublishError {
    fn mend(&self) -> Mend {
        match self {
            Self::Unavailable(_) | Self::Unconfirmed | Self::Refused | Self::Unroutable(_) => Mend::Wait,
        }
    }

    fn class(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "broker-unavailable",
            Self::Unconfirmed => "broker-unconfirmed",
            Self::Refused => "broker-refused",
            Self::Unroutable(_) => "broker-unroutable",
        }
    }
}

impl Publisher {
    /// Starts connecting in the background and returns at once; the connection is kept until `stop`.
    pub fn start(_broker: Broker, _metrics: &Metrics, _stop: CancellationToken) -> Self {
        todo!()
    }

    /// Publishes to the events exchange and waits for the confirm. `Ok` means that a quorum of RabbitMQ's nodes has it on disk.
    pub async fn publish(&self, _message: Message) -> Result<(), PublishError> {
        todo!()
    }

    /// How the connection stands now, for readiness.
    pub fn link(&self) -> Link {
        todo!()
    }
}
