//! One connection to RabbitMQ: probed, opened within a limit, watched; made anew after any error.

mod error;
mod greeting;
mod legible;
mod line;
mod supervisor;

use crossdock_telemetry::chain;
use lapin::uri::AMQPUri;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::Topology;

pub(crate) use error::LinkError;
pub(crate) use line::{Line, Scissors};
pub(crate) use supervisor::{Session, supervise};

/// Heartbeat that we ask for, in seconds; a peer that is silent for twice as long is gone. The URL's `heartbeat` overrides it.
const HEARTBEAT_SECS: u16 = 15;

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
        let probed = async {
            let version = greeting::greet(&self.uri()?).await?;
            Line::open(self, "check").await?.close().await;
            Ok(Probe { version })
        };
        probed.await.map_err(|error: LinkError| chain(&error))
    }

    /// The URL, read. It holds the password: never log it.
    pub(crate) fn uri(&self) -> Result<AMQPUri, LinkError> {
        let url = self.url.expose_secret();
        let mut uri: AMQPUri = url.parse().map_err(|_| LinkError::Url)?;
        // amq-protocol-uri 10 takes any IPv6 address for 'localhost'.
        if let Some(Host::Ipv6(address)) = Url::parse(url).ok().as_ref().and_then(Url::host) {
            uri.authority.host = address.to_string();
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECS);
        Ok(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_is_the_one_that_the_address_names() {
        for (host, expected) in [
            ("[::1]", "::1"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("127.0.0.1", "127.0.0.1"),
            ("rabbit", "rabbit"),
        ] {
            let url = format!("amqp://guest:guest@{host}:5672/%2f").into();
            let broker = Broker { url, topology: Topology { work: Vec::new() } };
            assert_eq!(broker.uri().unwrap().authority.host, expected);
        }
    }
}
