//! Whether a callback comes from Ecwid: `X-Ecwid-Webhook-Signature`.
//!
//! The signature is base64 of HMAC-SHA256 over `{eventCreated}.{eventId}` under the app's `client_secret`. The rest of the
//! body is not covered, and a captured triple verifies for ever: hence the time window here; within it, a replay
//! with another body makes an order be read once more, and nothing else.
//!
//! Source: docs.ecwid.com, "Code example for webhook handling", and api-docs.ecwid.com, "Authenticate webhooks with
//! signature" (read 2026-11).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_settings::EcwidConnection;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::HeaderMap;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::Unverified;

/// Header with the signature.
pub const SIGNATURE_HEADER: &str = "x-ecwid-webhook-signature";

/// How long Ecwid retries a callback that was not acknowledged, in seconds (27 attempts).
const RETRIES_SECS: i64 = 24 * 60 * 60;

/// What the last attempt may come late, in seconds: Ecwid delays callbacks under load, and clocks differ.
const LATE_SECS_MAX: i64 = 15 * 60;

/// How far ahead of ours Ecwid's clock may be, in seconds.
const AHEAD_SECS_MAX: i64 = 5 * 60;

/// Most signatures looked at: a header configured at Ecwid's support under the same name is sent beside the real one.
///
/// So several headers are no sign of an attack here, unlike with Standard Webhooks. Each costs a decoding and a comparison;
/// the HMAC is computed once for each secret.
const SIGNATURES_MAX: usize = 4;

/// Bytes of an HMAC-SHA256.
const DIGEST_BYTES: usize = 32;

/// Why a callback is not believed. Answer 401 and tell the sender no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookRefusal {
    /// Ecwid always signs.
    #[error("the signature header is missing")]
    Missing,
    /// No signature was made with one of the secrets.
    #[error("no signature matches")]
    Mismatch,
    /// Genuine, but created longer ago than Ecwid retries, or in the future.
    #[error("the event's time is outside the window")]
    Window,
}

/// One shop's live secrets.
#[derive(Debug, Clone)]
pub struct WebhookVerifier {
    secrets: Vec<SecretString>,
}

impl WebhookVerifier {
    /// Takes the shop's one or two live secrets. An empty one is none: anyone could sign with it.
    pub fn new(connection: &EcwidConnection) -> Self {
        let secrets = connection.client_secrets.iter().filter(|secret| !secret.expose_secret().is_empty());
        Self { secrets: secrets.cloned().collect() }
    }

    /// Checks that one of the signatures was made with one of the secrets, and that the event is recent. The digests are compared
    /// in constant time, and nothing is allocated.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        unverified: &Unverified,
        now: Timestamp,
    ) -> Result<(), WebhookRefusal> {
        if !headers.contains_key(SIGNATURE_HEADER) {
            return Err(WebhookRefusal::Missing);
        }
        if digests(headers).next().is_none() {
            return Err(WebhookRefusal::Mismatch);
        }
        let genuine = self.secrets.iter().any(|secret| {
            let mac = mac(secret, unverified);
            digests(headers).any(|digest| mac.clone().verify_slice(&digest).is_ok())
        });
        if !genuine {
            return Err(WebhookRefusal::Mismatch);
        }
        let age_secs =
            unverified.event_created.parse::<i64>().ok().and_then(|then| now.as_second().checked_sub(then));
        match age_secs {
            Some(age_secs) if (-AHEAD_SECS_MAX..=RETRIES_SECS + LATE_SECS_MAX).contains(&age_secs) => Ok(()),
            _ => Err(WebhookRefusal::Window),
        }
    }
}

/// What the headers carry, decoded. A proxy may have joined several headers with a comma, which base64 never holds.
fn digests(headers: &HeaderMap) -> impl Iterator<Item = [u8; DIGEST_BYTES]> {
    let texts = headers.get_all(SIGNATURE_HEADER).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).take(SIGNATURES_MAX).filter_map(|text| decode(text.trim()))
}

/// A digest in its one spelling: with padding, and with zeros in the bits that base64 leaves unused.
fn decode(base64: &str) -> Option<[u8; DIGEST_BYTES]> {
    // The decoder asks for room for the padding too.
    let mut bytes = [0; DIGEST_BYTES + 1];
    let length = BASE64.decode_slice(base64, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}

fn mac(secret: &SecretString, unverified: &Unverified) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())
        .expect("HMAC takes keys of any length");
    for part in [unverified.event_created.as_str(), ".", unverified.event_id.as_str()] {
        mac.update(part.as_bytes());
    }
    mac
}

#[cfg(test)]
mod tests;
