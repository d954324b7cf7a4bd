//! An Ecwid callback: what the signature is checked over, what picks the shop and what becomes the event are the same; it is
//! accepted exactly if an independent reading of the documentation accepts it.
//!
//! Input: a line with the signature header, then the body. In the header, `{old}`, `{new}` and `{foreign}` stand for the genuine
//! signatures under two live secrets and under another, so that the fuzzer gets past the HMAC.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_ecwid::{Callback, CallbackSubject, SIGNATURE_HEADER, Unverified, WebhookVerifier};
use crossdock_settings::EcwidConnection;
use hmac_sha256::HMAC;
use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const OLD: &str = "old secret";
const NEW: &str = "new secret";
const FOREIGN: &str = "foreign secret";
const NOW_SECS: u64 = 1_634_213_255;

/// By the contract: a day of retries and a quarter of an hour, five minutes ahead, four signatures, ids of 200 characters.
const AGE_SECS_MAX: u64 = 24 * 60 * 60 + 15 * 60;
const AHEAD_SECS_MAX: u64 = 5 * 60;
const SIGNATURES_MAX: usize = 4;
const ID_CHARS_MAX: usize = 200;

fuzz_target!(|input: &[u8]| {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else { return };
    let (template, body) = (&input[..end], &input[end + 1..]);
    let Ok(unverified) = Unverified::parse(body) else {
        assert!(Callback::parse(body).is_err(), "a callback that cannot be verified is none");
        return;
    };
    let callback = Callback::parse(body).ok();
    if let Some(callback) = &callback {
        assert_eq!(callback.store_id, unverified.store_id, "the shop that verifies is the shop of the event");
        check_texts(callback);
    }

    let Ok(json) = serde_json::from_slice::<Value>(body) else { return };
    assert!(json.is_object(), "a callback is an object");
    assert_eq!(whole(&json["storeId"]), Some(unverified.store_id));
    // Other numbers are signed by digits that a JSON value does not keep.
    let (Some(created), Some(id)) = (digits(&json["eventCreated"]), digits(&json["eventId"])) else { return };
    if let Some(callback) = &callback {
        assert_eq!(
            (callback.event_id.as_str(), u64::try_from(callback.event_created.as_second()).ok()),
            (id.as_str(), created.parse().ok())
        );
    }
    let Some(header) = header(template, &created, &id) else { return };
    assert_eq!(accepts(&header, &unverified), expected(&header, &created, &id));
});

/// What goes into events, log lines and URLs.
fn check_texts(callback: &Callback) {
    let subject = match callback.subject() {
        CallbackSubject::Order(id) => id.as_str(),
        CallbackSubject::Product(id) => id,
        CallbackSubject::Ignored => "-",
    };
    for text in [subject, &callback.event_id, &callback.event_type] {
        let fits = (1..=ID_CHARS_MAX).contains(&text.chars().count());
        assert!(fits && !text.contains(char::is_control), "{text:?}");
    }
}

fn digits(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

fn whole(value: &Value) -> Option<u64> {
    digits(value)?.parse().ok()
}

fn header(template: &[u8], created: &str, id: &str) -> Option<HeaderValue> {
    let mut text = std::str::from_utf8(template).ok()?.to_owned();
    for (name, secret) in [("{old}", OLD), ("{new}", NEW), ("{foreign}", FOREIGN)] {
        text = text.replace(name, &oracle(secret, created, id));
    }
    text.parse().ok()
}

fn oracle(secret: &str, created: &str, id: &str) -> String {
    BASE64.encode(HMAC::mac(format!("{created}.{id}"), secret))
}

fn expected(header: &HeaderValue, created: &str, id: &str) -> bool {
    let genuine = [oracle(OLD, created, id), oracle(NEW, created, id)];
    let given = header.to_str().unwrap_or_default().split(',').take(SIGNATURES_MAX);
    let is_genuine = given.map(str::trim).any(|given| genuine.iter().any(|made| made == given));
    let is_recent = created
        .parse::<u64>()
        .is_ok_and(|created| (NOW_SECS - AGE_SECS_MAX..=NOW_SECS + AHEAD_SECS_MAX).contains(&created));
    is_genuine && is_recent
}

fn accepts(header: &HeaderValue, unverified: &Unverified) -> bool {
    let verifier = WebhookVerifier::new(&EcwidConnection {
        store_id: unverified.store_id,
        client_secrets: vec![OLD.into(), NEW.into()],
        access_token: "token".into(),
        api_url: "https://app.ecwid.com".parse().expect("the constant is a URL"),
    });
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, header.clone());
    let now = Timestamp::from_second(NOW_SECS.cast_signed()).expect("the constant is a time");
    verifier.verify(&headers, unverified, now).is_ok()
}
