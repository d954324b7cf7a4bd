//! One connection to RabbitMQ: probed, opened within a limit, watched; made anew after any error.

use secrecy::SecretString;

use crate::Topology;

/// Where RabbitMQ is, and what is declared there on every connection.
#[derive(Debug, Clone)]
pub struct Broker {
    /// `amqp://` or `amqps://`.
    pub url: SecretString,
    /// Declared anew after every connect: a broker that came back empty is made whole.
    pub topology: Topology,
}

/// How a connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// In use.
    Up,
    /// Connected, but RabbitMQ takes no messages now (memory or disk alarm).
    Blocked(String),
    /// Not connected, and why; it is being tried again.
    Down(String),
}

/// What `crossdock check --online` learns of a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Product and version, for example `RabbitMQ 3.10.8`.
    pub version: String,
}

impl Broker {
    /// Connects once, declares the topology, and leaves.
    ///
    /// # Errors
    /// A sentence that says what stands in the way and what to do.
    pub async fn probe(&self) -> Result<Probe, String> {
        todo!()
    }
}
