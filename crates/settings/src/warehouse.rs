//! `[warehouse]`: who packs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::{ExposeSecret as _, SecretString};

use url::Url;

use crate::base_url::parse_endpoint_url;
use crate::item::Item;
use crate::section::Section;

/// How the warehouse's events are known to be the warehouse's, and how it gets its orders.
#[derive(Debug, Clone)]
pub struct WarehouseSettings {
    /// One or two live `whsec_…` secrets (Standard Webhooks). None: `POST /warehouse/events` answers 401 to everyone, and the
    /// warehouse publishes to RabbitMQ instead.
    pub signing_secrets: Vec<SecretString>,
    /// How orders get there.
    pub deliver: Deliver,
}

/// How orders get to the warehouse.
#[derive(Debug, Clone)]
pub enum Deliver {
    /// It consumes `crossdock.warehouse.orders`.
    Amqp,
    /// They are posted.
    Http {
        /// Where.
        url: Url,
        /// What they are signed with: the first of the signing secrets.
        signing_secret: SecretString,
    },
}

impl PartialEq for Deliver {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Amqp, Self::Amqp) => true,
            (Self::Http { url, signing_secret }, Self::Http { url: to, signing_secret: with }) => {
                url == to && signing_secret.expose_secret() == with.expose_secret()
            }
            (Self::Amqp, Self::Http { .. }) | (Self::Http { .. }, Self::Amqp) => false,
        }
    }
}

impl WarehouseSettings {
    pub(crate) fn read(mut section: Section<'_>) -> Self {
        let given = section.take("signing_secrets");
        let secrets = given.as_ref().and_then(|item| item.secrets(read_signing_secret));
        let deliver = section.take("deliver");
        let http = deliver.and_then(|item| item.one_of(&[("amqp", false), ("http", true)])) == Some(true);
        let first = secrets.as_ref().and_then(|secrets| secrets.first().cloned());
        if http && given.is_none() {
            section.refuse("signing_secrets", MISSING_SECRET);
        }
        let url = read_url(&mut section, http);
        section.finish();
        let deliver = match (url, first) {
            (Some(url), Some(signing_secret)) => Deliver::Http { url, signing_secret },
            // Over AMQP, or a problem was recorded.
            _ => Deliver::Amqp,
        };
        Self { signing_secrets: secrets.unwrap_or_default(), deliver }
    }
}

const MISSING_SECRET: &str = "is missing; with deliver = \"http\" orders are signed with the first one: add signing_secrets = [{ env = \"NAME\" }]";

/// Where orders are posted; none, or a problem, where they are not.
fn read_url(section: &mut Section<'_>, http: bool) -> Option<Url> {
    if http {
        let url = section.require("url", "\"https://wms.example.com/crossdock\"")?;
        return url.parsed(parse_endpoint_url);
    }
    let unused = section.take("url")?;
    unused.refuse("is only for deliver = \"http\"; set that, or remove it");
    None
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
    use std::path::Path;

    use super::*;
    use crate::Settings;

    const SECRET: &str = "signing_secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'whsec_aHVudGVyMg==']";

    fn read(warehouse: &str) -> Result<Deliver, String> {
        let shop = "[[store]]\nid = 'a'\ntime_zone = 'UTC'\n[store.ecwid]\nstore_id = 1\nclient_secrets = ['s']\naccess_token = 't'";
        let text = format!("[warehouse]\n{warehouse}\n{shop}");
        let settings = Settings::parse(&text, Path::new("crossdock.toml"), &|_| None);
        settings.map(|settings| settings.warehouse.deliver).map_err(|problems| problems.to_string())
    }

    #[test]
    fn posted_orders_have_an_address_and_are_signed_with_the_first_secret() {
        let url = "url = 'https://wms.example.com/crossdock'";
        let Deliver::Http { url: to, signing_secret } =
            read(&format!("deliver = 'http'\n{url}\n{SECRET}")).unwrap()
        else {
            panic!("over AMQP")
        };
        assert_eq!(to.as_str(), "https://wms.example.com/crossdock");
        assert_eq!(signing_secret.expose_secret(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        assert!(matches!(read(SECRET).unwrap(), Deliver::Amqp));
        for (wrong, says) in [
            (format!("deliver = 'http'\n{SECRET}"), "warehouse.url: is missing"),
            (format!("deliver = 'http'\n{url}"), "warehouse.signing_secrets: is missing"),
            (format!("deliver = 'amqp'\n{url}\n{SECRET}"), "warehouse.url: is only for deliver = \"http\""),
            (format!("deliver = 'http'\nurl = 'http://wms.example.com'\n{SECRET}"), "is not encrypted"),
            (format!("deliver = 'ftp'\n{SECRET}"), "warehouse.deliver: 'ftp' is not known here"),
        ] {
            let told = read(&wrong).unwrap_err();
            assert!(told.contains(says) && told.lines().count() == 1, "{told}");
        }
    }

    #[test]
    fn a_signing_secret_is_its_prefix_and_base64() {
        assert!(is_whsec("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        for bad in ["whsec_", "whsec_…", "whsec_a-b_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_ MfKQ"] {
            assert!(!is_whsec(bad), "{bad}");
        }
    }
}
