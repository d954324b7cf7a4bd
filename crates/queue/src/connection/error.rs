//! Why there is no connection, or none any more.

use std::io;
use std::sync::Arc;

use crate::publisher::WireError;
use crate::topology::DeclareError;

/// Why a connection could not be made, or was lost. The sentences go to an operator.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    /// The text is not shown: it holds the password.
    #[error("the broker's URL cannot be read, expected amqp://user:password@host:port/virtual-host")]
    Url,
    /// No TCP or TLS connection, or one that broke off before anything was said.
    #[error("{address} cannot be reached; is RabbitMQ running there, and is broker.url right?")]
    Unreachable {
        /// Host and port.
        address: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It takes connections and says nothing.
    #[error("{address} does not answer")]
    Silent {
        /// Host and port.
        address: String,
    },
    /// It answers something else than AMQP 0-9-1.
    #[error("{address} does not speak AMQP 0-9-1: is it RabbitMQ's AMQP port?")]
    Foreign {
        /// Host and port.
        address: String,
    },
    /// RabbitMQ does not let us in: user, password or virtual host.
    #[error("RabbitMQ refused the connection; correct user, password or virtual host in broker.url")]
    Refused(#[source] lapin::Error),
    /// It began well and did not go on.
    #[error("RabbitMQ did not {0} in time")]
    Slow(&'static str),
    /// The topology could not be declared.
    #[error(transparent)]
    Declare(#[from] DeclareError),
    /// A connection or one of its channels that was in use.
    #[error("the connection was lost")]
    Lost(#[source] lapin::Error),
    /// As above, without a word.
    #[error("the connection ended")]
    Ended,
    /// Our own consumer was cancelled by RabbitMQ: its queue was deleted or moved.
    #[error("RabbitMQ cancelled the consumer: its queue is gone")]
    Cancelled,
    /// The connection on which messages leave: it could not be opened, or was lost.
    #[error("the publishing connection does not stand")]
    Wire(#[source] Arc<WireError>),
}

impl From<WireError> for LinkError {
    fn from(error: WireError) -> Self {
        Self::Wire(Arc::new(error))
    }
}
