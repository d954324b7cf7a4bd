//! Signatures by the Standard Webhooks specification: `v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`.
//!
//! The warehouse's events and BigCommerce's callbacks are signed so. By hand, not by the project's crate, which takes
//! only UTF-8 bodies, one key and a fixed tolerance (1.0.1, 2024); that crate is the oracle in the tests.
//!
//! Source: standardwebhooks.com, specification 1.0.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How far a signature's time may lie from ours, in seconds, either way.
pub const TOLERANCE_SECS: i64 = 5 * 60;

/// Header with the message's id.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the time of sending, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with one or more signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Most signatures of version 1 looked at in one header: two live secrets at the sender, and room.
///
/// Each costs a decoding and a comparison; the HMAC is computed once for each of our keys, however many there are. More of
/// them are no more guesses worth having: a guess holds once in 2^256.
const SIGNATURES_MAX: usize = 8;

/// Bytes of an HMAC-SHA256.
const DIGEST_BYTES: usize = 32;

/// The three headers of a signed request, as they came.
#[derive(Debug, Clone, Copy)]
pub struct SignedHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`.
    pub timestamp: &'a str,
    /// `webhook-signature`.
    pub signature: &'a str,
}

/// Why a signature does not hold. Never told to the sender in more detail than 'no'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The timestamp is no number of seconds.
    #[error("the timestamp is not a number of seconds since 1970")]
    Timestamp,
    /// Sent too long ago, or in the future.
    #[error("the timestamp is outside the time window")]
    Window,
    /// No signature was made with one of the secrets.
    #[error("no signature matches")]
    Mismatch,
}

/// A key as raw bytes.
pub type Key = SecretSlice<u8>;

/// The key in a `whsec_…` secret: base64 behind the prefix.
pub fn key_from_whsec(secret: &str) -> Option<Key> {
    let bytes = BASE64.decode(secret.strip_prefix("whsec_")?).ok()?;
    (!bytes.is_empty()).then(|| bytes.into())
}

/// The value of `webhook-signature` for one message.
pub fn sign(key: &Key, id: &str, timestamp_secs: i64, body: &[u8]) -> String {
    let digest = mac(key, id, &timestamp_secs.to_string(), body).finalize().into_bytes();
    format!("v1,{}", BASE64.encode(digest))
}

/// Checks that one of the signatures was made with one of the keys, lately. The digests are compared in constant time, and
/// nothing is allocated.
///
/// What is signed are the very bytes of the three parts. An `id` with a dot in it leaves open where it ends; whoever moves that
/// end makes a body that begins with the timestamp and a dot, which is no JSON.
pub fn verify(
    headers: SignedHeaders<'_>,
    body: &[u8],
    keys: &[Key],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let sent: i64 = parse_seconds(headers.timestamp).ok_or(SignatureError::Timestamp)?;
    let sent = Timestamp::from_second(sent).map_err(|_| SignatureError::Timestamp)?;
    if now.duration_since(sent).abs() > SignedDuration::from_secs(TOLERANCE_SECS) {
        return Err(SignatureError::Window);
    }
    if digests(headers.signature).next().is_none() {
        return Err(SignatureError::Mismatch);
    }
    let signs = |key: &Key| {
        let digest = mac(key, headers.id, headers.timestamp, body).finalize().into_bytes();
        digests(headers.signature).any(|given| bool::from(given.as_slice().ct_eq(digest.as_slice())))
    };
    if keys.iter().any(signs) { Ok(()) } else { Err(SignatureError::Mismatch) }
}

/// Digits only: `+5`, ` 5` and `5.0` are other bytes than the sender signed.
fn parse_seconds(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// The digests of version 1 in a header. Other versions are skipped: `v1a` is asymmetrical, and no later one is known.
fn digests(header: &str) -> impl Iterator<Item = [u8; DIGEST_BYTES]> {
    let of_version_1 = header.split(' ').filter_map(|signature| signature.strip_prefix("v1,"));
    of_version_1.take(SIGNATURES_MAX).filter_map(decode)
}

/// A digest in its one spelling: with padding, and with zeros in the bits that base64 leaves unused.
fn decode(base64: &str) -> Option<[u8; DIGEST_BYTES]> {
    // The decoder asks for room for the padding too.
    let mut bytes = [0; DIGEST_BYTES + 1];
    let length = BASE64.decode_slice(base64, &mut bytes).ok()?;
    bytes[..length].try_into().ok()
}

fn mac(key: &Key, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).expect("HMAC takes keys of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests;
