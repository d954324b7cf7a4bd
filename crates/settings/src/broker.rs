//! `[broker]`: RabbitMQ.

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::section::Section;

/// RabbitMQ as it is just installed, on this machine.
const URL_DEFAULT: &str = "amqp://guest:guest@127.0.0.1:5672/%2f";

/// Where RabbitMQ is.
#[derive(Debug, Clone)]
pub struct BrokerSettings {
    /// `amqp://` or `amqps://`, with user, password and virtual host. Secret because of the password.
    pub url: SecretString,
}

impl BrokerSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Option<Self> {
        let item = section.take("url");
        section.finish();
        let Some(item) = item else { return Some(Self { url: URL_DEFAULT.into() }) };
        let url = item.secret()?;
        if !is_amqp(url.expose_secret()) {
            item.refuse("must be amqp://user:password@host:port/vhost, or amqps; write / in user, password or vhost as %2f");
            return None;
        }
        Some(Self { url })
    }
}

/// At most one path segment: a virtual host's own slashes are encoded.
fn is_amqp(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let vhost = url.path().trim_start_matches('/');
        matches!(url.scheme(), "amqp" | "amqps") && url.has_host() && !vhost.contains('/')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_amqp_addresses_are_taken() {
        for good in [URL_DEFAULT, "amqps://u:p%2fw@rabbit.example.com", "amqp://u:p@[::1]:5672/crossdock"] {
            assert!(is_amqp(good), "{good}");
        }
        for bad in ["", "rabbit", "http://u:p@host", "amqp:guest", "amqp://u:p/w@host", "amqp://host/a/b"] {
            assert!(!is_amqp(bad), "{bad}");
        }
    }
}
