//! Whether a callback is the shop's own: its Standard Webhooks signature, or the older shared header, or both.

use crossdock_events::standard_webhooks::{
    self, ID_HEADER, Key, SIGNATURE_HEADER, SignatureError, SignedHeaders, TIMESTAMP_HEADER,
};
use crossdock_settings::BigcommerceConnection;
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use subtle::ConstantTimeEq as _;

/// One shop's secrets, ready for use. Its `Debug` shows none.
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    keys: Vec<Key>,
    shared: Option<SharedHeader>,
}

#[derive(Debug, Clone)]
struct SharedHeader {
    name: String,
    value: SecretString,
}

/// Why a callback is not believed. The sender is told no more than 'no'.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// The shop has neither a client secret nor a shared header configured: set one.
    #[error("no secret is configured to verify the shop's callbacks with")]
    NoSecret,
    /// A header that is needed is not there, or is no text.
    #[error("the header {name} is missing")]
    Missing {
        /// Lower case.
        name: String,
    },
    /// Two headers of one name: it would be unclear which of them was signed.
    #[error("the header {name} comes twice")]
    Doubled {
        /// Lower case.
        name: String,
    },
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature(#[source] SignatureError),
    /// The shared header has another value.
    #[error("the header {name} has another value than the configured one")]
    SharedHeader {
        /// Lower case.
        name: String,
    },
}

impl WebhookVerifier {
    /// Prepares a shop's secrets.
    ///
    /// The key is the client secret's own bytes: BigCommerce's documented verifier is given `base64(client_secret)`, which it
    /// decodes again (`docs/integrations/webhooks/https-webhook-overview.mdx` of bigcommerce/docs, 24f580ca, 2026-04-01).
    /// An empty secret is none: anyone could sign with it.
    pub fn new(connection: &BigcommerceConnection) -> Self {
        let secrets = connection.client_secrets.iter().map(SecretString::expose_secret);
        let keys =
            secrets.filter(|secret| !secret.is_empty()).map(|secret| secret.as_bytes().to_vec().into());
        let shared = connection.webhook_header.as_ref();
        let shared =
            shared.map(|header| SharedHeader { name: header.name.clone(), value: header.value.clone() });
        Self { keys: keys.collect(), shared }
    }

    /// Checks what is configured: the signature, the shared header, or both.
    ///
    /// # Errors
    /// [`WebhookRefusal`]: answer 401.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), WebhookRefusal> {
        if self.keys.is_empty() && self.shared.is_none() {
            return Err(WebhookRefusal::NoSecret);
        }
        if let Some(shared) = &self.shared {
            shared.verify(headers)?;
        }
        if self.keys.is_empty() {
            return Ok(());
        }
        let text = |name| {
            let value = std::str::from_utf8(only(headers, name)?);
            value.map_err(|_| WebhookRefusal::Missing { name: name.to_owned() })
        };
        let signed = SignedHeaders {
            id: text(ID_HEADER)?,
            timestamp: text(TIMESTAMP_HEADER)?,
            signature: text(SIGNATURE_HEADER)?,
        };
        standard_webhooks::verify(signed, body, &self.keys, now).map_err(WebhookRefusal::Signature)
    }
}

impl SharedHeader {
    fn verify(&self, headers: &HeaderMap) -> Result<(), WebhookRefusal> {
        let given = only(headers, &self.name)?;
        let expected = self.value.expose_secret().as_bytes();
        // An empty value is no secret.
        if expected.is_empty() || !bool::from(given.ct_eq(expected)) {
            return Err(WebhookRefusal::SharedHeader { name: self.name.clone() });
        }
        Ok(())
    }
}

/// The only header of this name.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], WebhookRefusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(WebhookRefusal::Missing { name: name.to_owned() }),
        (Some(_), Some(_)) => Err(WebhookRefusal::Doubled { name: name.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use crossdock_settings::WebhookHeader;
    use http::HeaderValue;

    use super::*;

    const BODY: &[u8] = br#"{"scope":"store/order/created"}"#;
    const NOW_SECS: i64 = 1_760_000_000;

    fn verifier(secrets: &[&str], header: Option<(&str, &str)>) -> WebhookVerifier {
        let secret = |text: &str| SecretString::from(text.to_owned());
        WebhookVerifier::new(&BigcommerceConnection {
            store_hash: "abc123".to_owned(),
            client_id: "id".to_owned(),
            client_secrets: secrets.iter().map(|text| secret(text)).collect(),
            access_token: secret("token"),
            api_url: "https://api.bigcommerce.com".parse().unwrap(),
            webhook_header: header
                .map(|(name, value)| WebhookHeader { name: name.to_owned(), value: secret(value) }),
        })
    }

    fn signed(secret: &str, sent_secs: i64) -> HeaderMap {
        let key: Key = secret.as_bytes().to_vec().into();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
        headers.insert("webhook-timestamp", sent_secs.to_string().parse().unwrap());
        let signature = standard_webhooks::sign(&key, "msg_1", sent_secs, BODY);
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn check(verifier: &WebhookVerifier, headers: &HeaderMap) -> Result<(), WebhookRefusal> {
        verifier.verify(headers, BODY, Timestamp::from_second(NOW_SECS).unwrap())
    }

    #[test]
    fn either_live_secret_verifies_and_no_other() {
        let rotating = verifier(&["old", "new"], None);
        for (secret, holds) in [("old", true), ("new", true), ("older", false)] {
            assert_eq!(check(&rotating, &signed(secret, NOW_SECS)).is_ok(), holds, "{secret}");
        }
        let late = check(&rotating, &signed("new", NOW_SECS - 301));
        assert_eq!(late, Err(WebhookRefusal::Signature(SignatureError::Window)));
        let other_body =
            rotating.verify(&signed("new", NOW_SECS), b"{}", Timestamp::from_second(NOW_SECS).unwrap());
        assert_eq!(other_body, Err(WebhookRefusal::Signature(SignatureError::Mismatch)));
    }

    #[test]
    fn a_missing_or_doubled_header_is_refused() {
        let verifier = verifier(&["new"], None);
        for name in [ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER] {
            let mut headers = signed("new", NOW_SECS);
            let value = headers.remove(name).unwrap();
            assert_eq!(check(&verifier, &headers), Err(WebhookRefusal::Missing { name: name.to_owned() }));
            headers.append(name, value.clone());
            headers.append(name, value);
            assert_eq!(check(&verifier, &headers), Err(WebhookRefusal::Doubled { name: name.to_owned() }));
        }
    }

    #[test]
    fn the_shared_header_is_required_besides_the_signature() {
        let both = verifier(&["new"], Some(("x-crossdock-token", "open sesame")));
        let with = |value: &'static str| {
            let mut headers = signed("new", NOW_SECS);
            headers.insert("x-crossdock-token", HeaderValue::from_static(value));
            headers
        };
        let name = || "x-crossdock-token".to_owned();
        assert_eq!(check(&both, &with("open sesame")), Ok(()));
        assert_eq!(check(&both, &signed("new", NOW_SECS)), Err(WebhookRefusal::Missing { name: name() }));
        assert_eq!(check(&both, &with("open sesam")), Err(WebhookRefusal::SharedHeader { name: name() }));
        let mut unsigned = with("open sesame");
        unsigned.remove(SIGNATURE_HEADER);
        assert!(check(&both, &unsigned).is_err());
        assert_eq!(check(&verifier(&[], Some(("x-crossdock-token", "open sesame"))), &unsigned), Ok(()));
    }

    #[test]
    fn an_empty_secret_lets_nobody_in() {
        assert_eq!(check(&verifier(&[""], None), &signed("", NOW_SECS)), Err(WebhookRefusal::NoSecret));
        let mut headers = HeaderMap::new();
        headers.insert("x-token", HeaderValue::from_static(""));
        assert!(check(&verifier(&[], Some(("x-token", ""))), &headers).is_err());
    }

    #[test]
    fn no_secret_is_shown_by_debug() {
        let shown = format!("{:?}", verifier(&["hush"], Some(("x-token", "quiet"))));
        assert!(!shown.contains("hush") && !shown.contains("quiet") && !shown.contains("104"), "{shown}");
    }
}
