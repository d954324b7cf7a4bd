//! `legacy` in `[store.bigcommerce]`: an account by name and token, as BigCommerce has not issued them for years.

use crossdock_domain::Platform;
use secrecy::SecretString;
use url::Url;

use crate::base_url::parse_endpoint_url;
use crate::claims::Claims;
use crate::section::Section;

/// How an API path ends, as the control panel shows it.
const API_PATH_END: &str = "/api/v2/";

/// A BigCommerce shop behind a legacy account: Basic authentication, V2 alone, and no webhooks, so that it is only swept.
///
/// Source: BigCommerce's guide to API accounts (public repository bigcommerce/docs at 24f580ca, 2026-04-01).
#[derive(Debug, Clone)]
pub struct BigcommerceLegacy {
    /// For example `https://store-abc123.mybigcommerce.com/api/v2/`; ends in `/api/v2/`.
    pub api_path: Url,
    /// Of the account; holds no colon.
    pub username: String,
    /// Its password.
    pub token: SecretString,
}

impl BigcommerceLegacy {
    pub(super) fn read(mut section: Section<'_>, claims: &mut Claims) -> Option<Self> {
        let example = r#""https://store-abc123.mybigcommerce.com/api/v2/""#;
        let api_path = section.require("api_path", example).and_then(|item| {
            let path = item.parsed(parse_api_path)?;
            claims.shop(&item, Platform::Bigcommerce, shop_of(&path));
            Some(path)
        });
        let username = section.require("username", r#""…""#).and_then(|item| item.parsed(parse_username));
        let token = section.require("token", r#"{ env = "NAME" }"#).and_then(|item| item.header_secret());
        section.finish();
        Some(Self { api_path: api_path?, username: username?, token: token? })
    }
}

fn parse_api_path(text: &str) -> Result<Url, String> {
    let mut url = parse_endpoint_url(text.trim())?;
    if !url.path().ends_with('/') {
        url.set_path(&format!("{}/", url.path()));
    }
    if url.query().is_some() || !url.path().ends_with(API_PATH_END) {
        return Err(format!(
            "'{url}' is no API path; copy it from the account in the control panel, it ends in {API_PATH_END}"
        ));
    }
    Ok(url)
}

/// Basic authentication has a colon between name and token (RFC 7617).
fn parse_username(text: &str) -> Result<String, String> {
    if text.contains(|one: char| one == ':' || one.is_control()) {
        return Err("holds a colon or a control character, which no user name does; copy it again".to_owned());
    }
    Ok(text.to_owned())
}

/// The store's hash, which its host is named for, so that a shop is not configured by both kinds of account; else the host.
fn shop_of(api_path: &Url) -> &str {
    let host = api_path.host_str().unwrap_or_default();
    let named = host.strip_prefix("store-").and_then(|rest| rest.strip_suffix(".mybigcommerce.com"));
    // Hosts on this machine differ by their ports.
    named.unwrap_or_else(|| api_path.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_as_the_control_panel_shows_it_is_taken() {
        let whole = "https://store-abc123.mybigcommerce.com/api/v2/";
        for text in [whole, " https://store-abc123.mybigcommerce.com/api/v2/ ", whole.trim_end_matches('/')] {
            assert_eq!(parse_api_path(text).unwrap().as_str(), whole, "{text}");
        }
        assert_eq!(shop_of(&parse_api_path(whole).unwrap()), "abc123");
        let local = parse_api_path("http://127.0.0.1:9001/api/v2/").unwrap();
        assert_eq!(shop_of(&local), "http://127.0.0.1:9001/api/v2/");
    }

    #[test]
    fn another_address_is_no_api_path() {
        for text in [
            "http://store-abc123.mybigcommerce.com/api/v2/",
            "https://store-abc123.mybigcommerce.com/",
            "https://store-abc123.mybigcommerce.com/api/v3/",
            "https://store-abc123.mybigcommerce.com/api/v2/?page=1",
            "https://npf:hunter2@store-abc123.mybigcommerce.com/api/v2/",
            "store-abc123.mybigcommerce.com/api/v2/",
        ] {
            let told = parse_api_path(text).unwrap_err();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
