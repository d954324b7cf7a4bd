//! What a shop's API is reached by: an address, and a header with credentials.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crossdock_settings::{BigcommerceConnection, BigcommerceLegacy};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use crate::client::InvalidAccessToken;

/// An account at a shop.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// What `/v2/…` and `/v3/…` follow.
    base: String,
    /// Which versions of the API it reaches.
    versions: &'static [&'static str],
    header: HeaderName,
    /// Marked sensitive, so that no `Debug` prints it.
    credentials: HeaderValue,
    secret: SecretString,
}

impl Account {
    /// An account with an access token.
    pub(crate) fn of_token(connection: &BigcommerceConnection) -> Result<Self, InvalidAccessToken> {
        let token = connection.access_token.expose_secret();
        Ok(Self {
            base: format!(
                "{}/stores/{}",
                connection.api_url.as_str().trim_end_matches('/'),
                connection.store_hash
            ),
            versions: &["/v2/", "/v3/"],
            header: HeaderName::from_static("x-auth-token"),
            credentials: sensitive(token).ok_or(InvalidAccessToken)?,
            secret: connection.access_token.clone(),
        })
    }

    /// A legacy account.
    pub(crate) fn legacy(account: &BigcommerceLegacy) -> Self {
        let path = account.api_path.as_str().trim_end_matches('/');
        let pair = format!("{}:{}", account.username, account.token.expose_secret());
        let credentials = sensitive(&format!("Basic {}", STANDARD.encode(pair)));
        Self {
            base: path.strip_suffix("/v2").unwrap_or(path).to_owned(),
            versions: &["/v2/"],
            header: AUTHORIZATION,
            credentials: credentials.expect("base64 is made of visible characters"),
            secret: account.token.clone(),
        }
    }

    /// The address of a resource, which begins with `/v2/` or `/v3/`; none if the account does not reach that version.
    pub(crate) fn address(&self, resource: &str) -> Option<String> {
        let reaches = self.versions.iter().any(|version| resource.starts_with(version));
        reaches.then(|| format!("{}{resource}", self.base))
    }

    /// The header that every request carries.
    pub(crate) fn credentials(&self) -> (HeaderName, HeaderValue) {
        (self.header.clone(), self.credentials.clone())
    }

    /// A body that may be quoted: without the secret, should the shop repeat it.
    pub(crate) fn masked(&self, body: &[u8]) -> Vec<u8> {
        let credentials = self.credentials.to_str().expect("it was made from visible characters");
        let body = String::from_utf8_lossy(body).replace(credentials, "***");
        body.replace(self.secret.expose_secret(), "***").into_bytes()
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn legacy() -> Account {
        Account::legacy(&BigcommerceLegacy {
            api_path: "https://store-abc123.mybigcommerce.com/api/v2/".parse().unwrap(),
            username: "Aladdin".to_owned(),
            token: "open sesame".to_owned().into(),
        })
    }

    #[test]
    fn a_legacy_account_reaches_the_second_version_and_no_other() {
        let address = |resource| legacy().address(resource);
        let orders = "https://store-abc123.mybigcommerce.com/api/v2/orders/1001";
        assert_eq!(address("/v2/orders/1001").as_deref(), Some(orders));
        assert_eq!([address("/v3/hooks"), address("/orders"), address("/v22/orders")], [None, None, None]);
    }

    /// The pair and its encoding are the example of RFC 7617, section 2.
    #[test]
    fn name_and_token_are_sent_as_the_standard_has_it_and_shown_to_nobody() {
        let (header, value) = legacy().credentials();
        assert_eq!(
            (header.as_str(), value.to_str().unwrap()),
            ("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        );
        let shown = format!("{:?}", legacy());
        assert!(!shown.contains("sesame") && !shown.contains("QWxh"), "{shown}");
        let repeated = b"401 for Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ== (open sesame)";
        assert_eq!(legacy().masked(repeated), b"401 for *** (***)");
    }
}
