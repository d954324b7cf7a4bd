//! `[store.bigcommerce]`: how a BigCommerce shop is reached.

mod legacy;

pub use legacy::BigcommerceLegacy;

use crossdock_domain::Platform;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use crate::base_url::parse_base_url;
use crate::claims::Claims;
use crate::item::Item;
use crate::section::Section;

use super::Connection;

/// Source: BigCommerce's API reference (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
const API_URL_DEFAULT: &str = "https://api.bigcommerce.com";

/// Fewest characters of a shared header's value that is enough alone: 16 random ones can't be guessed, words can.
const ALONE_CHARS_MIN: usize = 16;

/// Most characters of a shared header's name: far more than any has.
const HEADER_NAME_CHARS_MAX: usize = 100;

/// Keys of an account with an access token.
const ACCOUNT: [&str; 4] = ["store_hash", "client_id", "client_secrets", "access_token"];

/// Keys that may go with these.
const ADDED: [&str; 2] = ["api_url", "webhook_header"];

/// A BigCommerce shop behind an account with an access token.
#[derive(Debug, Clone)]
pub struct BigcommerceConnection {
    /// The shop's hash: in API paths, and in a callback's `producer`.
    pub store_hash: String,
    /// Of the API account.
    pub client_id: String,
    /// One or two live secrets that sign webhooks; empty only where `webhook_header` is enough alone.
    pub client_secrets: Vec<SecretString>,
    /// Sent as `X-Auth-Token`.
    pub access_token: SecretString,
    /// `https://api.bigcommerce.com` by default; without a trailing slash or path in use.
    pub api_url: Url,
    /// The older shared-header scheme; if set, a callback without it is refused.
    pub webhook_header: Option<WebhookHeader>,
}

/// A header that the shop sends with every callback.
#[derive(Debug, Clone)]
pub struct WebhookHeader {
    /// Lower case, a header's name by RFC 9110.
    pub name: String,
    /// Its secret value.
    pub value: SecretString,
    /// Whether it is enough for a callback without a signature, as hooks send that were made before there were signatures.
    ///
    /// Off unless the file says so. It shows nothing of the body or the time: whoever has seen one request can send others.
    pub alone: bool,
}

/// Reads the section: an account with an access token, or a legacy one.
pub(super) fn read(mut section: Section<'_>, claims: &mut Claims) -> Option<Connection> {
    let legacy = section.take("legacy");
    let given: Vec<&str> = ACCOUNT.into_iter().chain(ADDED).filter(|key| section.has(key)).collect();
    match legacy {
        Some(legacy) if given.is_empty() => {
            section.finish();
            BigcommerceLegacy::read(legacy.section()?, claims).map(Connection::BigcommerceLegacy)
        }
        Some(legacy) => {
            legacy.refuse(&format!(
                "does not go with {}; keep the one account that this store is reached by",
                given.join(", ")
            ));
            BigcommerceConnection::read(section, claims).map(Connection::Bigcommerce)
        }
        None if !given.iter().any(|key| ACCOUNT.contains(key)) => {
            let what = format!(
                "is missing; add {}, or legacy = {{ api_path, username, token }}",
                ACCOUNT.join(", ")
            );
            section.refuse("store_hash", &what);
            for key in ADDED {
                section.take(key);
            }
            section.finish();
            None
        }
        None => BigcommerceConnection::read(section, claims).map(Connection::Bigcommerce),
    }
}

impl BigcommerceConnection {
    fn read(mut section: Section<'_>, claims: &mut Claims) -> Option<Self> {
        let store_hash = section.require("store_hash", r#""abc123""#).and_then(|item| {
            let hash = item.parsed(parse_store_hash)?;
            claims.shop(&item, Platform::Bigcommerce, &hash);
            Some(hash)
        });
        let client_id = section.require("client_id", r#""…""#).and_then(|item| item.string());
        let access_token =
            section.require("access_token", r#"{ env = "NAME" }"#).and_then(|item| item.header_secret());
        let header = section.take("webhook_header");
        let webhook_header = header.as_ref().and_then(|item| WebhookHeader::read(item.section()?));
        let client_secrets = match (section.take("client_secrets"), &webhook_header) {
            (Some(item), _) => item.secrets(Item::secret),
            (None, Some(header)) if header.alone => Some(Vec::new()),
            (None, None) if header.is_some() => None,
            (None, _) => {
                let what = r#"is missing; add client_secrets = [{ env = "NAME" }], or a webhook_header with alone = true"#;
                section.refuse("client_secrets", what);
                None
            }
        };
        let api_url = section.take("api_url").and_then(|item| item.parsed(parse_base_url));
        section.finish();

        Some(Self {
            store_hash: store_hash?,
            client_id: client_id?,
            client_secrets: client_secrets?,
            access_token: access_token?,
            api_url: api_url.unwrap_or_else(|| Url::parse(API_URL_DEFAULT).expect("the constant is a URL")),
            webhook_header,
        })
    }
}

impl WebhookHeader {
    fn read(mut section: Section<'_>) -> Option<Self> {
        let name =
            section.require("name", r#""X-Crossdock-Token""#).and_then(|item| item.parsed(parse_header_name));
        let alone = section.take("alone").map_or(Some(false), |item| item.flag());
        let value = section
            .require("value", r#"{ env = "NAME" }"#)
            .and_then(|item| shared_value(&item, alone.unwrap_or_default()));
        section.finish();
        Some(Self { name: name?, value: value?, alone: alone? })
    }
}

fn shared_value(item: &Item<'_>, alone: bool) -> Option<SecretString> {
    let value = item.header_secret()?;
    let text = value.expose_secret();
    if text.trim() != text {
        item.refuse("begins or ends with a space, which HTTP drops; remove it");
        return None;
    }
    if alone && text.chars().count() < ALONE_CHARS_MIN {
        item.refuse(&format!(
            "is too short to be enough alone; give {ALONE_CHARS_MIN} random characters or more, or remove alone"
        ));
        return None;
    }
    Some(value)
}

fn parse_store_hash(text: &str) -> Result<String, String> {
    if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(text.to_owned());
    }
    Err(format!("'{text}' is no store hash; it is the letters and digits after /stores/ in the API path"))
}

/// Source: RFC 9110, section 5.6.2 (`token`).
fn parse_header_name(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.len() > HEADER_NAME_CHARS_MAX || !text.bytes().all(allowed) {
        return Err(format!("'{text}' is no header name; use letters, digits and '-'"));
    }
    let name = text.to_ascii_lowercase();
    if name.starts_with("webhook-") {
        return Err(format!(
            "'{text}' may be a header of the signature; use another name, for example X-Crossdock-Token"
        ));
    }
    Ok(name)
}
