//! Which callbacks are believed: signed, with a shared header, with both, with neither.

use crossdock_settings::WebhookHeader;
use http::HeaderValue;
use proptest::prelude::*;

use super::*;

const BODY: &[u8] = br#"{"scope":"store/order/created"}"#;
const NOW_SECS: i64 = 1_760_000_000;
const SHARED: HeaderName = HeaderName::from_static("x-crossdock-token");
const TOKEN: &str = "open sesame, forty thieves";

fn verifier(secrets: &[&str], header: Option<(&str, bool)>) -> WebhookVerifier {
    let secret = |text: &str| SecretString::from(text.to_owned());
    WebhookVerifier::new(&BigcommerceConnection {
        store_hash: "abc123".to_owned(),
        client_id: "id".to_owned(),
        client_secrets: secrets.iter().map(|text| secret(text)).collect(),
        access_token: secret("token"),
        api_url: "https://api.bigcommerce.com".parse().unwrap(),
        webhook_header: header.map(|(value, alone)| WebhookHeader {
            name: "x-crossdock-token".to_owned(),
            value: secret(value),
            alone,
        }),
    })
}

fn signed(secret: &str, sent_secs: i64) -> HeaderMap {
    let key: Key = secret.as_bytes().to_vec().into();
    let mut headers = HeaderMap::new();
    headers.insert("webhook-id", HeaderValue::from_static("msg_1"));
    headers.insert("webhook-timestamp", sent_secs.into());
    let signature = standard_webhooks::sign(&key, "msg_1", sent_secs, BODY);
    headers.insert("webhook-signature", signature.parse().unwrap());
    headers
}

/// These headers and a shared one.
fn shared(mut headers: HeaderMap, value: &'static str) -> HeaderMap {
    headers.append(SHARED, HeaderValue::from_static(value));
    headers
}

fn check(verifier: &WebhookVerifier, headers: &HeaderMap) -> Result<(), WebhookRefusal> {
    verifier.verify(headers, BODY, Timestamp::from_second(NOW_SECS).unwrap())
}

fn mismatch() -> Result<(), WebhookRefusal> {
    Err(WebhookRefusal::Signature(SignatureError::Mismatch))
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
    assert_eq!(other_body, mismatch());
}

#[test]
fn a_missing_or_doubled_header_is_refused() {
    let verifier = verifier(&["new"], None);
    for name in &SIGNED_HEADERS {
        let mut headers = signed("new", NOW_SECS);
        let value = headers.remove(name).unwrap();
        assert_eq!(check(&verifier, &headers), Err(WebhookRefusal::Missing { name: name.clone() }));
        headers.append(name, value.clone());
        headers.append(name, value);
        assert_eq!(check(&verifier, &headers), Err(WebhookRefusal::Doubled { name: name.clone() }));
        headers.insert(name, HeaderValue::from_bytes(b"\xff").unwrap());
        assert_eq!(check(&verifier, &headers), Err(WebhookRefusal::Missing { name: name.clone() }));
    }
}

#[test]
fn the_shared_header_is_required_besides_the_signature() {
    let both = verifier(&["new"], Some((TOKEN, false)));
    let genuine = || signed("new", NOW_SECS);
    assert_eq!(check(&both, &shared(genuine(), TOKEN)), Ok(()));
    assert_eq!(check(&both, &genuine()), Err(WebhookRefusal::Missing { name: SHARED }));
    for wrong in ["", "open sesame", "open sesame, forty thieveS"] {
        assert_eq!(
            check(&both, &shared(genuine(), wrong)),
            Err(WebhookRefusal::SharedHeader { name: SHARED })
        );
    }
    let twice = shared(shared(genuine(), TOKEN), TOKEN);
    assert_eq!(check(&both, &twice), Err(WebhookRefusal::Doubled { name: SHARED }));
    assert_eq!(check(&both, &shared(signed("other", NOW_SECS), TOKEN)), mismatch());
    let alone = check(&both, &shared(HeaderMap::new(), TOKEN));
    assert_eq!(alone, Err(WebhookRefusal::Missing { name: SIGNED_HEADERS[0].clone() }));
}

#[test]
fn the_shared_header_is_enough_alone_only_where_the_settings_say_so() {
    let unsigned = || shared(HeaderMap::new(), TOKEN);
    assert_eq!(check(&verifier(&["new"], Some((TOKEN, true))), &unsigned()), Ok(()));
    assert_eq!(check(&verifier(&[], Some((TOKEN, true))), &unsigned()), Ok(()));
    assert!(check(&verifier(&["new"], Some((TOKEN, false))), &unsigned()).is_err());
    assert_eq!(check(&verifier(&[], Some((TOKEN, false))), &unsigned()), Err(WebhookRefusal::NoSecret));
    assert_eq!(check(&verifier(&[], None), &unsigned()), Err(WebhookRefusal::NoSecret));
    for secrets in [&["new"][..], &[]] {
        let alone = verifier(secrets, Some((TOKEN, true)));
        for wrong in ["", "open sesame", "open sesame, forty thieveS"] {
            let verdict = check(&alone, &shared(HeaderMap::new(), wrong));
            assert_eq!(verdict, Err(WebhookRefusal::SharedHeader { name: SHARED }), "{wrong}");
        }
        assert_eq!(check(&alone, &HeaderMap::new()), Err(WebhookRefusal::Missing { name: SHARED }));
        assert_eq!(check(&alone, &signed("new", NOW_SECS)), Err(WebhookRefusal::Missing { name: SHARED }));
        let twice = shared(unsigned(), TOKEN);
        assert_eq!(check(&alone, &twice), Err(WebhookRefusal::Doubled { name: SHARED }));
    }
}

#[test]
fn what_claims_to_be_signed_must_be_though_the_shared_header_is_enough_alone() {
    let alone = verifier(&["new"], Some((TOKEN, true)));
    assert_eq!(check(&alone, &shared(signed("new", NOW_SECS), TOKEN)), Ok(()));
    assert_eq!(check(&alone, &shared(signed("other", NOW_SECS), TOKEN)), mismatch());
    let late = check(&alone, &shared(signed("new", NOW_SECS - 301), TOKEN));
    assert_eq!(late, Err(WebhookRefusal::Signature(SignatureError::Window)));
    for kept in &SIGNED_HEADERS {
        let mut headers = shared(signed("new", NOW_SECS), TOKEN);
        for name in SIGNED_HEADERS.iter().filter(|name| *name != kept) {
            headers.remove(name);
        }
        assert!(matches!(check(&alone, &headers), Err(WebhookRefusal::Missing { .. })), "{kept}");
    }
    let keyless = verifier(&[], Some((TOKEN, true)));
    assert_eq!(check(&keyless, &shared(signed("whatever", NOW_SECS), TOKEN)), Ok(()));
}

#[test]
fn an_empty_secret_lets_nobody_in() {
    assert_eq!(check(&verifier(&[""], None), &signed("", NOW_SECS)), Err(WebhookRefusal::NoSecret));
    assert!(check(&verifier(&[], Some(("", true))), &shared(HeaderMap::new(), "")).is_err());
    assert!(check(&verifier(&[""], Some(("", true))), &shared(signed("", NOW_SECS), "")).is_err());
}

#[test]
fn no_secret_is_shown_by_debug() {
    let shown = format!("{:?}", verifier(&["hush"], Some(("quiet", true))));
    assert!(!shown.contains("hush") && !shown.contains("quiet") && !shown.contains("104"), "{shown}");
}

proptest! {
    /// BigCommerce's documented verifier is the reference library, given `base64(client_secret)`: its key are these very bytes
    /// (public repository bigcommerce/docs at 24f580ca, 2026-04-01, `https-webhook-overview.mdx`).
    #[test]
    fn what_the_documented_library_signs_with_a_client_secret_verifies(
        secret in "[!-~]{1,80}", id in "[!-~]{1,40}", body in "\\PC{0,200}",
    ) {
        let oracle = standardwebhooks::Webhook::from_bytes(secret.clone().into_bytes()).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("Webhook-ID", id.parse().unwrap());
        headers.insert("WEBHOOK-TIMESTAMP", NOW_SECS.into());
        headers.insert("webhook-signature", oracle.sign(&id, NOW_SECS, body.as_bytes()).unwrap().parse().unwrap());
        let now = Timestamp::from_second(NOW_SECS).unwrap();
        prop_assert_eq!(verifier(&["another", &secret], None).verify(&headers, body.as_bytes(), now), Ok(()));
        prop_assert!(verifier(&["another"], None).verify(&headers, body.as_bytes(), now).is_err());
    }
}
