//! Why a sandbox could not start.

use std::io;
use std::net::SocketAddr;

use crossdock_domain::StoreId;
use url::Url;

/// What stands in the way of a sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No store of the settings is meant for the sandbox.
    #[error(
        "no store is on this machine; give one a loopback address with a port, for example \
         api_url = \"http://127.0.0.1:9001\" under [store.bigcommerce] or [store.ecwid]"
    )]
    NoStore,
    /// A shop's port is taken, or its address cannot be listened on.
    #[error("the sandbox cannot open {store} on {address}; free the port, or change the store's api_url")]
    Listen {
        /// Which shop.
        store: StoreId,
        /// Where it should listen.
        address: SocketAddr,
        /// Why it does not.
        source: io::Error,
    },
    /// Orders are posted to another machine, or another path.
    #[error(
        "the sandbox's warehouse cannot be {url}; give it a loopback address and its path, for example \
         url = \"http://127.0.0.1:9010/orders\" under [warehouse], or deliver = \"amqp\""
    )]
    Warehouse {
        /// As the settings have it.
        url: Url,
    },
    /// The warehouse's port is taken, or its address cannot be listened on.
    #[error("the sandbox cannot open its warehouse on {address}; free the port, or change warehouse.url")]
    Door {
        /// Where it should listen.
        address: SocketAddr,
        /// Why it does not.
        source: io::Error,
    },
    /// Crossdock is not up.
    #[error("{url} was not ready within {secs} seconds; start crossdock run with the same settings")]
    NotReady {
        /// What was asked.
        url: Url,
        /// For how long.
        secs: u64,
    },
}
