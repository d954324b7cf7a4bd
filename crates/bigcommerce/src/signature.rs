//! Whether a callback is the shop's own: its Standard Webhooks signature, or the older shared header, or both.
//!
//! The shared header says who sent a request and nothing of what is in it: it covers neither body nor id nor time. Whoever saw
//! one request (or the hook's settings) can send any callback of that shop for as long as the value stands, as often as
//! they like: make us read any of its orders and products anew, and so spend its request budget. No datum of the
//! callback becomes an order's: that is read from the shop. Where the signature is checked too, they can do nothing.

use crossdock_events::standard_webhooks::{
    self, ID_HEADER, Key, SIGNATURE_HEADER, SignatureError, SignedHeaders, TIMESTAMP_HEADER,
};
use crossdock_settings::BigcommerceConnection;
use http::{HeaderMap, HeaderName};
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
    name: HeaderName,
    value: SecretString,
    /// Enough for a request without any header of a signature.
    alone: bool,
}

/// The headers of Standard Webhooks.
static SIGNED_HEADERS: [HeaderName; 3] = [
    HeaderName::from_static(ID_HEADER),
    HeaderName::from_static(TIMESTAMP_HEADER),
    HeaderName::from_static(SIGNATURE_HEADER),
];

/// Why a callback is not believed. The sender is told no more than 'no'.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// The shop has no client secret configured, and no shared header that is enough alone: set one.
    #[error("no secret is configured to verify the shop's callbacks with")]
    NoSecret,
    /// A header that is needed is not there, or is no text.
    #[error("the header {name} is missing")]
    Missing {
        /// Lower case.
        name: HeaderName,
    },
    /// Two headers of one name: it would be unclear which of them was signed.
    #[error("the header {name} comes twice")]
    Doubled {
        /// Lower case.
        name: HeaderName,
    },
    /// The signature does not hold.
    #[error("the signature does not hold")]
    Signature(#[source] SignatureError),
    /// The shared header has another value.
    #[error("the header {name} has another value than the configured one")]
    SharedHeader {
        /// Lower case.
        name: HeaderName,
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
        let shared = connection.webhook_header.as_ref().map(|header| SharedHeader {
            name: header.name.parse().expect("the settings take only names of headers"),
            value: header.value.clone(),
            alone: header.alone,
        });
        Self { keys: keys.collect(), shared }
    }

    /// Checks what is configured: the signature, the shared header, or both.
    ///
    /// A shared header that is enough alone is so only for a request that carries no header of a signature, as those of hooks made
    /// before there were signatures; one that claims to be signed must be. A shop without a client secret has nothing
    /// to check a signature with, and takes signed requests by the shared header too: leaving the signature out
    /// would have brought a forger as far.
    ///
    /// # Errors
    /// [`WebhookRefusal`]: answer 401.
    pub fn verify(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<(), WebhookRefusal> {
        if let Some(shared) = &self.shared {
            shared.verify(headers)?;
        }
        let unsigned = || !SIGNED_HEADERS.iter().any(|name| headers.contains_key(name));
        let alone = self.shared.as_ref().is_some_and(|shared| shared.alone);
        if alone && (self.keys.is_empty() || unsigned()) {
            return Ok(());
        }
        if self.keys.is_empty() {
            return Err(WebhookRefusal::NoSecret);
        }
        let [id, timestamp, signature] = &SIGNED_HEADERS;
        let signed = SignedHeaders {
            id: text(headers, id)?,
            timestamp: text(headers, timestamp)?,
            signature: text(headers, signature)?,
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

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, WebhookRefusal> {
    let value = std::str::from_utf8(only(headers, name)?);
    value.map_err(|_| WebhookRefusal::Missing { name: name.clone() })
}

/// The only header of this name: of two, one could be checked and the other be meant.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a [u8], WebhookRefusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value.as_bytes()),
        (None, _) => Err(WebhookRefusal::Missing { name: name.clone() }),
        (Some(_), Some(_)) => Err(WebhookRefusal::Doubled { name: name.clone() }),
    }
}

#[cfg(test)]
mod tests;
