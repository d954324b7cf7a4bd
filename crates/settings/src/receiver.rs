//! `[receiver]`: the HTTP edge.

mod trusted_proxies;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use url::Url;

use crate::base_url::parse_base_url;
use crate::section::Section;

pub use trusted_proxies::TrustedProxies;

/// Where the receiver listens if nothing else is said: behind a proxy on the same machine.
const LISTEN_DEFAULT: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 8080);

/// The spool's folder if nothing else is said, in the working directory.
const SPOOL_DIR_DEFAULT: &str = "spool";

/// What the spool may hold if nothing else is said, in bytes: about a million events.
const SPOOL_BYTES_MAX_DEFAULT: u64 = 1024 * 1024 * 1024;

/// Where the receiver listens, and where shops reach it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceiverSettings {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Where shops reach the receiver, without a path.
    pub public_url: Option<Url>,
    /// Whose `X-Forwarded-For` is believed; by default nobody's.
    pub trusted_proxies: TrustedProxies,
    /// What takes events while RabbitMQ is away; none if it is turned off.
    pub spool: Option<SpoolSettings>,
}

/// What takes events while RabbitMQ is away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpoolSettings {
    /// Its folder, relative to the working directory; made if it is missing.
    pub dir: PathBuf,
    /// Most that it holds, in bytes of events.
    pub bytes_max: u64,
}

impl ReceiverSettings {
    /// Where webhooks of this route go, if it is said where shops reach the receiver.
    pub(crate) fn webhook_url(&self, route: &str) -> Option<Url> {
        let mut url = self.public_url.clone()?;
        url.set_path(route);
        Some(url)
    }

    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let listen = section.take("listen").and_then(|item| item.parsed(parse_listen));
        let public_url = section.take("public_url").and_then(|item| item.parsed(parse_base_url));
        let trusted_proxies = TrustedProxies::read(&mut section);
        let spool = SpoolSettings::read(&mut section);
        section.finish();
        Self { listen: listen.unwrap_or(LISTEN_DEFAULT.into()), public_url, trusted_proxies, spool }
    }
}

impl SpoolSettings {
    fn read(section: &mut Section<'_>) -> Option<Self> {
        let dir = section.take("spool_dir").and_then(|item| item.text_or_empty());
        let bytes_max = section.take("spool_bytes_max").and_then(|item| item.integer_from(1));
        let bytes_max = bytes_max.and_then(|bytes| u64::try_from(bytes).ok());
        let dir = dir.unwrap_or(SPOOL_DIR_DEFAULT);
        let on = Self { dir: dir.into(), bytes_max: bytes_max.unwrap_or(SPOOL_BYTES_MAX_DEFAULT) };
        (!dir.is_empty()).then_some(on)
    }
}

fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let explain = |_| {
        format!("'{text}' is no IP address and port; write 127.0.0.1:8080, or 0.0.0.0:8080 for all networks")
    };
    text.parse().map_err(explain)
}
