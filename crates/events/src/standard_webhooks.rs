//! Signatures by the Standard Webhooks specification: `v1,<base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}">`.
//!
//! The warehouse's events and BigCommerce's callbacks are signed so. By hand, not by the project's crate, which takes
//! only UTF-8 bodies, one key and a fixed tolerance (1.0.1, 2024); that crate is the oracle in the tests below.
//!
//! Source: standardwebhooks.com, specification 1.0.0.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret as _, SecretSlice};
use sha2::Sha256;

/// How far a signature's time may lie from ours, in seconds, either way.
pub const TOLERANCE_SECS: i64 = 5 * 60;

/// Header with the message's id.
pub const ID_HEADER: &str = "webhook-id";
/// Header with the time of sending, in seconds since 1970.
pub const TIMESTAMP_HEADER: &str = "webhook-timestamp";
/// Header with one or more signatures, separated by spaces.
pub const SIGNATURE_HEADER: &str = "webhook-signature";

/// Most signatures looked at in one header: two live secrets at the sender, and room.
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

/// Checks that one of the signatures was made with one of the keys, lately. The digests are compared in constant time.
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
    let given: Vec<[u8; DIGEST_BYTES]> =
        headers.signature.split(' ').take(SIGNATURES_MAX).filter_map(decode_v1).collect();
    for key in keys {
        if given.is_empty() {
            break;
        }
        let mac = mac(key, headers.id, headers.timestamp, body);
        if given.iter().any(|digest| mac.clone().verify_slice(digest).is_ok()) {
            return Ok(());
        }
    }
    Err(SignatureError::Mismatch)
}

/// Digits only: `+5`, ` 5` and `5.0` are other bytes than the sender signed.
fn parse_seconds(text: &str) -> Option<i64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn decode_v1(signature: &str) -> Option<[u8; DIGEST_BYTES]> {
    BASE64.decode(signature.strip_prefix("v1,")?).ok()?.try_into().ok()
}

fn mac(key: &Key, id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.expose_secret()).expect("HMAC takes keys of any length");
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn now() -> Timestamp {
        Timestamp::from_second(1_760_000_000).unwrap()
    }

    fn key() -> Key {
        key_from_whsec(SECRET).unwrap()
    }

    fn check(timestamp: &str, signature: &str, body: &[u8], keys: &[Key]) -> Result<(), SignatureError> {
        verify(SignedHeaders { id: "msg_1", timestamp, signature }, body, keys, now())
    }

    #[test]
    fn the_published_vector_verifies() {
        // Source: the Standard Webhooks project's own test suites (libraries/*/, `test_sign_function`).
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        let body = br#"{"test": 2432232314}"#;
        assert_eq!(sign(&key(), "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body), signature);
    }

    #[test]
    fn only_the_right_secret_lately_verifies() {
        let signed = sign(&key(), "msg_1", 1_760_000_000, b"{}");
        let other: Key = b"other".to_vec().into();
        assert_eq!(check("1760000000", &signed, b"{}", &[other.clone(), key()]), Ok(()));
        assert_eq!(check("1760000000", &format!("v2,x v1,AAAA {signed}"), b"{}", &[key()]), Ok(()));
        assert_eq!(check("1760000000", &signed, b"{}", &[other]), Err(SignatureError::Mismatch));
        assert_eq!(check("1760000000", &signed, b"{ }", &[key()]), Err(SignatureError::Mismatch));
        assert_eq!(check("1760000000", "", b"{}", &[key()]), Err(SignatureError::Mismatch));
        assert_eq!(check("1760000000", &signed, b"{}", &[]), Err(SignatureError::Mismatch));
        for text in ["", "now", "+1760000000", "99999999999999999999", "1760000000.0", "9223372036854775807"]
        {
            assert_eq!(check(text, &signed, b"{}", &[key()]), Err(SignatureError::Timestamp), "{text}");
        }
        for (secs, holds) in [(-300, true), (-301, false), (300, true), (301, false)] {
            let sent = 1_760_000_000 + secs;
            let signed = sign(&key(), "msg_1", sent, b"{}");
            assert_eq!(check(&sent.to_string(), &signed, b"{}", &[key()]).is_ok(), holds, "{secs}");
        }
    }

    proptest! {
        #[test]
        fn the_reference_library_signs_alike(id in "[a-z0-9_]{1,20}", body in "\\PC{0,200}") {
            let oracle = standardwebhooks::Webhook::new(SECRET).unwrap();
            prop_assert_eq!(oracle.sign(&id, 1_760_000_000, body.as_bytes()).unwrap(), sign(&key(), &id, 1_760_000_000, body.as_bytes()));
        }

        #[test]
        fn no_changed_bit_verifies(bit in 0usize..160) {
            let mut body = b"{\"number\":\"BG1001\"}".to_vec();
            let signed = sign(&key(), "msg_1", 1_760_000_000, &body);
            let bit = bit % (body.len() * 8);
            body[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(check("1760000000", &signed, &body, &[key()]).is_err());
        }
    }
}
