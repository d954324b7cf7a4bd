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
const SIGNATURES_MAX: usize = 4;

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

    /// Checks that one of the signatures was made with one of the secrets, and that the event is recent. In constant time.
    pub fn verify(
        &self,
        headers: &HeaderMap,
        unverified: &Unverified,
        now: Timestamp,
    ) -> Result<(), WebhookRefusal> {
        if !headers.contains_key(SIGNATURE_HEADER) {
            return Err(WebhookRefusal::Missing);
        }
        let signatures = signatures(headers);
        let genuine = self.secrets.iter().any(|secret| {
            let mac = mac(secret, unverified);
            signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
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
fn signatures(headers: &HeaderMap) -> Vec<Vec<u8>> {
    headers
        .get_all(SIGNATURE_HEADER)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .take(SIGNATURES_MAX)
        .filter_map(|text| BASE64.decode(text.trim()).ok())
        .collect()
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
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;
    use serde::Deserialize;

    use super::*;

    const SECRET: &str = "abcde123456789";
    const CREATED: i64 = 1_634_209_655;

    fn verifier(secrets: &[&str]) -> WebhookVerifier {
        WebhookVerifier::new(&EcwidConnection {
            store_id: 1003,
            client_secrets: secrets.iter().map(|&secret| secret.into()).collect(),
            access_token: "secret_token".into(),
            api_url: "https://app.ecwid.com".parse().unwrap(),
        })
    }

    fn event(created: &str) -> Unverified {
        let id = "95ed494f-362d-4fca-933d-f5c7064b04bb".to_owned();
        Unverified { event_created: created.to_owned(), event_id: id, store_id: 1003 }
    }

    fn sign(secret: &str, unverified: &Unverified) -> String {
        BASE64.encode(mac(&secret.into(), unverified).finalize().into_bytes())
    }

    fn headers<'a>(signatures: impl IntoIterator<Item = &'a str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for signature in signatures {
            headers.append(SIGNATURE_HEADER, HeaderValue::from_str(signature).unwrap());
        }
        headers
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Vector {
        #[serde(rename = "client_secret")]
        client_secret: String,
        event_created: i64,
        event_id: String,
        signature: String,
    }

    #[test]
    fn the_known_vectors_verify() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/signature/vectors.json");
        let vectors: Vec<Vector> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(vectors.len(), 3);
        for vector in vectors {
            let body = serde_json::json!({
                "eventCreated": vector.event_created, "eventId": vector.event_id, "storeId": 1003,
            });
            let unverified = Unverified::parse(body.to_string().as_bytes()).unwrap();
            let signed = headers([vector.signature.as_str()]);
            let verifier = verifier(&[&vector.client_secret]);
            assert_eq!(verifier.verify(&signed, &unverified, at(vector.event_created)), Ok(()));
        }
    }

    #[test]
    fn the_very_digits_sent_are_what_is_signed() {
        let signed = headers([sign(SECRET, &event("1634209655")).as_str()]);
        assert_eq!(verifier(&[SECRET]).verify(&signed, &event("1634209655"), at(CREATED)), Ok(()));
        assert_eq!(
            verifier(&[SECRET]).verify(&signed, &event("01634209655"), at(CREATED)),
            Err(WebhookRefusal::Mismatch)
        );
    }

    #[test]
    fn either_of_two_live_secrets_verifies_and_no_other() {
        let event = event("1634209655");
        let signed = headers([sign(SECRET, &event).as_str()]);
        let check = |secrets: &[&str]| verifier(secrets).verify(&signed, &event, at(CREATED));
        assert_eq!(check(&[SECRET, "new"]), Ok(()));
        assert_eq!(check(&["new", SECRET]), Ok(()));
        assert_eq!(check(&["new"]), Err(WebhookRefusal::Mismatch));
        assert_eq!(check(&[]), Err(WebhookRefusal::Mismatch));
        let unsecured = headers([sign("", &event).as_str()]);
        assert_eq!(verifier(&[""]).verify(&unsecured, &event, at(CREATED)), Err(WebhookRefusal::Mismatch));
    }

    #[test]
    fn one_genuine_signature_among_a_few_is_enough() {
        let event = event("1634209655");
        let genuine = sign(SECRET, &event);
        let check = |values: &[&str]| {
            verifier(&[SECRET]).verify(&headers(values.iter().copied()), &event, at(CREATED))
        };
        assert_eq!(check(&["custom", &genuine]), Ok(()));
        assert_eq!(check(&[&format!("custom, {genuine}")]), Ok(()));
        assert_eq!(check(&["a", "b", "c", "d", &genuine]), Err(WebhookRefusal::Mismatch));
        for wrong in ["", "AAAA", "not base64", &genuine[..43], &format!("{genuine}AAAA")] {
            assert_eq!(check(&[wrong]), Err(WebhookRefusal::Mismatch), "{wrong}");
        }
        assert_eq!(check(&[]), Err(WebhookRefusal::Missing));
    }

    #[test]
    fn an_event_holds_for_a_day_of_retries_and_not_from_the_future() {
        let event = event("1634209655");
        let signed = headers([sign(SECRET, &event).as_str()]);
        for (later, verdict) in [
            (0, Ok(())),
            (86_400 + 900, Ok(())),
            (86_400 + 901, Err(WebhookRefusal::Window)),
            (-300, Ok(())),
            (-301, Err(WebhookRefusal::Window)),
        ] {
            assert_eq!(verifier(&[SECRET]).verify(&signed, &event, at(CREATED + later)), verdict, "{later}");
        }
    }

    #[test]
    fn a_time_beyond_all_calendars_is_outside_the_window() {
        for created in ["9223372036854775807", "99999999999999999999"] {
            let event = event(created);
            let signed = headers([sign(SECRET, &event).as_str()]);
            let verdict = verifier(&[SECRET]).verify(&signed, &event, at(CREATED));
            assert_eq!(verdict, Err(WebhookRefusal::Window), "{created}");
        }
    }

    proptest! {
        #[test]
        fn one_flipped_bit_breaks_a_signature(byte in 0_usize..32, bit in 0_u8..8) {
            let event = event("1634209655");
            let mut digest = BASE64.decode(sign(SECRET, &event)).unwrap();
            digest[byte] ^= 1 << bit;
            let signed = headers([BASE64.encode(digest).as_str()]);
            let verdict = verifier(&[SECRET]).verify(&signed, &event, at(CREATED));
            prop_assert_eq!(verdict, Err(WebhookRefusal::Mismatch));
        }
    }
}
