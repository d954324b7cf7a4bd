//! `[receiver]`: the HTTP edge.

use std::net::{Ipv4Addr, SocketAddr};

use url::Url;

use crate::base_url::parse_base_url;
use crate::section::Section;

/// Where the receiver listens if nothing else is said: behind a proxy on the same machine.
const LISTEN_DEFAULT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 8080);

/// Where the receiver listens, and where shops reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverSettings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// What shops call, without a path; `crossdock check` prints the webhooks' addresses from it.
    pub public_url: Option<Url>,
}

impl ReceiverSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let listen = section.take("listen").and_then(|item| item.parsed(parse_listen));
        let public_url = section.take("public_url").and_then(|item| item.parsed(parse_base_url));
        section.take_unbuilt_text("spool_dir");
        section.take_unbuilt("spool_bytes_max");
        section.finish();
        Self { listen: listen.unwrap_or(LISTEN_DEFAULT.into()), public_url }
    }
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let explain = |_| {
        format!("'{text}' is no IP address and port; write 127.0.0.1:8080, or 0.0.0.0:8080 for all networks")
    };
    text.parse().map_err(explain)
}
