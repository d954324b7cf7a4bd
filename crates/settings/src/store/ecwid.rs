//! `[store.ecwid]`: how an Ecwid shop is reached.

use crossdock_domain::Platform;
use secrecy::SecretString;
use url::Url;

use crate::base_url::parse_base_url;
use crate::claims::Claims;
use crate::item::Item;
use crate::section::Section;

/// Source: docs.ecwid.com, REST API reference (2026-01-14).
const API_URL_DEFAULT: &str = "https://app.ecwid.com";

/// An Ecwid shop.
#[derive(Debug, Clone)]
pub struct EcwidConnection {
    /// The shop's number: in API paths, and in a callback's `storeId`.
    pub store_id: u64,
    /// One or two live secrets that sign webhooks.
    pub client_secrets: Vec<SecretString>,
    /// Sent as `Authorization: Bearer`.
    pub access_token: SecretString,
    /// `https://app.ecwid.com` by default.
    pub api_url: Url,
}

impl EcwidConnection {
    pub(super) fn read(mut section: Section<'_>, claims: &mut Claims) -> Option<Self> {
        let store_id = section.require("store_id", "12239080").and_then(|item| {
            let id = item.integer_from(1)?;
            claims.shop(&item, Platform::Ecwid, &id.to_string());
            u64::try_from(id).ok()
        });
        let client_secrets = section
            .require("client_secrets", r#"[{ env = "NAME" }]"#)
            .and_then(|item| item.secrets(Item::secret));
        let access_token =
            section.require("access_token", r#"{ env = "NAME" }"#).and_then(|item| item.header_secret());
        let api_url = section.take("api_url").and_then(|item| item.parsed(parse_base_url));
        section.finish();

        Some(Self {
            store_id: store_id?,
            client_secrets: client_secrets?,
            access_token: access_token?,
            api_url: api_url.unwrap_or_else(|| Url::parse(API_URL_DEFAULT).expect("the constant is a URL")),
        })
    }
}
