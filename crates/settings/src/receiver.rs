//! `[receiver]`: the HTTP edge.

use std::net::SocketAddr;

use url::Url;

/// Where the receiver listens, and where shops reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverSettings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// What shops call, without a path; `crossdock check` prints the webhooks' addresses from it.
    pub public_url: Option<Url>,
}
