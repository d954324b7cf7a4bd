//! Which callbacks are believed.

use http::HeaderValue;
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
    let check =
        |values: &[&str]| verifier(&[SECRET]).verify(&headers(values.iter().copied()), &event, at(CREATED));
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

#[test]
fn a_signature_has_one_spelling_only() {
    let event = event("1634209655");
    let genuine = sign(SECRET, &event);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // The last character before the padding carries four bits of the digest, and two that are unused.
    let (digits, last) = (&genuine[..42], alphabet.find(&genuine[42..43]).unwrap());
    let unused = (1..4).map(|bits| format!("{digits}{}=", &alphabet[last + bits..=last + bits]));
    let spaced = format!("{} {}", &genuine[..20], &genuine[20..]);
    for respelled in unused.chain([genuine[..43].to_owned(), format!("{genuine}="), spaced]) {
        let verdict = verifier(&[SECRET]).verify(&headers([respelled.as_str()]), &event, at(CREATED));
        assert_eq!(verdict, Err(WebhookRefusal::Mismatch), "{respelled}");
    }
}

#[test]
fn every_changed_bit_of_what_is_signed_is_noticed() {
    let genuine = event("1634209655");
    let signature = sign(SECRET, &genuine);
    let flipped = |text: &str, bit: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        String::from_utf8(bytes).ok()
    };
    let refused = |signature: &str, event: &Unverified| {
        let Ok(value) = HeaderValue::from_str(signature) else { return true };
        let headers = HeaderMap::from_iter([(SIGNATURE_HEADER.parse().unwrap(), value)]);
        verifier(&[SECRET]).verify(&headers, event, at(CREATED)).is_err()
    };
    assert!(!refused(&signature, &genuine));
    for bit in 0..signature.len() * 8 {
        let Some(signature) = flipped(&signature, bit) else { continue };
        assert!(refused(&signature, &genuine), "bit {bit} of the signature");
    }
    for bit in 0..genuine.event_created.len() * 8 {
        let Some(event_created) = flipped(&genuine.event_created, bit) else { continue };
        assert!(
            refused(&signature, &Unverified { event_created, ..genuine.clone() }),
            "bit {bit} of the time"
        );
    }
    for bit in 0..genuine.event_id.len() * 8 {
        let Some(event_id) = flipped(&genuine.event_id, bit) else { continue };
        assert!(refused(&signature, &Unverified { event_id, ..genuine.clone() }), "bit {bit} of the id");
    }
    let elsewhere = Unverified { store_id: 1004, ..genuine };
    assert!(!refused(&signature, &elsewhere), "the shop's number is not signed: look it up");
}
