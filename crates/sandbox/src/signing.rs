//! How the platforms sign their webhooks, written anew from their documentation so that it can contradict our verifiers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The `webhook-signature` of Standard Webhooks over `{id}.{timestamp}.{body}`, with its version.
pub(crate) fn standard_webhooks(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    format!("v1,{}", hmac_sha256(key, &[format!("{id}.{timestamp}.").as_bytes(), body]))
}

/// The `X-Ecwid-Webhook-Signature` over `{eventCreated}.{eventId}`: the body is not signed.
pub(crate) fn ecwid(client_secret: &str, event_created: i64, event_id: &str) -> String {
    hmac_sha256(client_secret.as_bytes(), &[format!("{event_created}.{event_id}").as_bytes()])
}

fn hmac_sha256(key: &[u8], parts: &[&[u8]]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Source: the example of the Standard Webhooks libraries (public repository standard-webhooks/standard-webhooks).
    #[test]
    fn standard_webhooks_signs_as_its_published_example() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature = standard_webhooks(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// Source: public repository matthiasbruns/ecwid-go at 4e4eb49 (2026-07-18), `ecwid/webhooks/verify_test.go`.
    #[test]
    fn ecwid_signs_as_a_published_vector() {
        let signature = ecwid("test_client_secret", 1_234_567, "80aece08-40e8-4145-8764-6c2f0d38678");
        assert_eq!(signature, "ekmGPQc/IpCwO6woAiM+L8uvY6chew4n6JVQCiDrEVw=");
    }
}
