//! `[warehouse]`: who packs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret as _, SecretString};

use crate::item::Item;
use crate::section::Section;

/// How the warehouse's events are known to be the warehouse's.
#[derive(Debug, Clone)]
pub struct WarehouseSettings {
    /// One or two live `whsec_…` secrets (Standard Webhooks). None: `POST /warehouse/events` answers 401 to everyone, and the
    /// warehouse publishes to RabbitMQ instead.
    pub signing_secrets: Vec<SecretString>,
}

impl WarehouseSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let secrets = section.take("signing_secrets").and_then(|item| item.secrets(read_signing_secret));
        if let Some(item) = section.take("deliver")
            && item.one_of(&[("amqp", false), ("http", true)]) == Some(true)
        {
            item.refuse("\"http\" is not supported yet; use \"amqp\": the warehouse consumes crossdock.warehouse.orders");
        }
        section.take_unbuilt("url");
        section.finish();
        Self { signing_secrets: secrets.unwrap_or_default() }
    }
}

fn read_signing_secret(item: &Item<'_>) -> Option<SecretString> {
    let secret = item.secret()?;
    if !is_whsec(secret.expose_secret()) {
        item.refuse("a signing secret is 'whsec_' and base64, which this one is not; copy it again");
        return None;
    }
    Some(secret)
}

/// Source: standardwebhooks.com, specification 1.0.0, section on symmetric keys.
fn is_whsec(secret: &str) -> bool {
    let key = secret.strip_prefix("whsec_").and_then(|text| BASE64.decode(text).ok());
    key.is_some_and(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signing_secret_is_its_prefix_and_base64() {
        assert!(is_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        for bad in ["whsec_", "whsec_…", "whsec_a-b_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_ MfKQ"] {
            assert!(!is_whsec(bad), "{bad}");
        }
    }
}
