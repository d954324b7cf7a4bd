//! A BigCommerce callback: the hint never names another shop than the parse, and the parse says what the JSON says.

#![no_main]

use crossdock_bigcommerce::{Callback, CallbackSubject, store_hash_hint};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|body: &[u8]| {
    let hint = store_hash_hint(body);
    let Ok(callback) = Callback::parse(body) else { return };
    assert!(
        hint.is_none_or(|hint| hint == callback.store_hash),
        "the hint names another shop than the parse"
    );
    assert!(
        callback.event_id().starts_with(&callback.scope) && callback.event_id().ends_with(&callback.hash)
    );

    // It refuses what lies unread in a callback: numbers that no float can be, a text that is none.
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return };
    assert!(json.is_object(), "a callback is an object");
    assert_eq!(json["scope"], callback.scope);
    assert_eq!(json["producer"], format!("stores/{}", callback.store_hash));
    check_subject(&json["data"], callback.subject());

    let respelled = json.to_string();
    let again = Callback::parse(respelled.as_bytes()).expect("another spelling of a callback is one");
    assert_eq!(store_hash_hint(respelled.as_bytes()), Some(callback.store_hash.as_str()));
    assert_eq!((again.subject(), &again.scope), (callback.subject(), &callback.scope));
    // Floats are not always written as they were read.
    if !json["hash"].is_f64() && !json["created_at"].is_f64() {
        assert_eq!(again, callback);
    }
});

/// An id is a number in its one spelling, and stands in the data.
fn check_subject(data: &Value, subject: &CallbackSubject) {
    let id = match subject {
        CallbackSubject::Order(id) => id.as_str(),
        CallbackSubject::Product(id) => id,
        CallbackSubject::Ignored => return,
    };
    let number: u64 = id.parse().expect("an id is a number");
    assert!(number > 0 && number.to_string() == id, "an id has one spelling");
    assert!(holds(data, number), "the id stands in the data");
}

fn holds(value: &Value, number: u64) -> bool {
    match value {
        Value::Number(given) => given.as_u64() == Some(number),
        Value::String(text) => text.parse() == Ok(number),
        Value::Object(fields) => fields.values().any(|value| holds(value, number)),
        Value::Null | Value::Bool(_) | Value::Array(_) => false,
    }
}
