//! What callbacks say, and what is no callback.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::store_hash_hint;

fn parsed(body: &Value) -> Result<Callback, InvalidCallback> {
    Callback::parse(body.to_string().as_bytes())
}

fn callback(scope: &str, data: &Value) -> Value {
    json!({ "scope": scope, "store_id": "1025646", "data": data, "hash": "dd70", "producer": "stores/abc123" })
}

#[test]
fn every_documented_callback_says_what_it_is_about() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/callbacks");
    let (mut subjects, mut ids) = (Vec::new(), std::collections::BTreeSet::new());
    for file in std::fs::read_dir(folder).unwrap() {
        let body = std::fs::read(file.unwrap().path()).unwrap();
        let callback = Callback::parse(&body).unwrap();
        assert_eq!(store_hash_hint(&body), Some(callback.store_hash.as_str()));
        assert!(callback.created_at.is_some() && callback.hash.len() == 40);
        subjects.push(format!("{} {:?}", callback.scope, callback.subject()));
        ids.insert(callback.event_id());
    }
    assert_eq!(ids.len(), subjects.len(), "each is an event of its own, though some share a hash");
    subjects.sort();
    insta::assert_snapshot!("callback_subjects", subjects.join("\n"));
}

#[test]
fn ids_may_be_numbers_or_texts_and_created_at_may_be_missing() {
    let order =
        |id: Value| parsed(&callback("store/order/updated", &json!({ "type": "order", "id": id }))).unwrap();
    assert_eq!(order(json!("250")), order(json!(250)));
    assert_eq!(order(json!("0250")).subject(), &CallbackSubject::Order(OrderId::from("250")));
    assert_eq!(order(json!(250)).created_at, None);
    let mut body = callback("store/order/updated", &json!({ "id": 250 }));
    for (created_at, secs) in
        [(json!("1561479335"), Some(1_561_479_335)), (json!(null), None), (json!("soon"), None)]
    {
        body["created_at"] = created_at;
        assert_eq!(parsed(&body).unwrap().created_at.map(Timestamp::as_second), secs);
    }
}

#[test]
fn a_transaction_names_its_order_and_a_metafield_is_nothing_to_us() {
    let transaction = json!({ "type": "order", "order_id": "173331", "transaction_id": "6" });
    let transaction = parsed(&callback("store/order/transaction/created", &transaction)).unwrap();
    assert_eq!(transaction.subject(), &CallbackSubject::Order(OrderId::from("173331")));
    for scope in
        ["store/order/metafield/created", "store/app/uninstalled", "store/cart/created", "storefront"]
    {
        let callback = parsed(&callback(scope, &json!({ "id": "9f-1", "resource_id": "250" }))).unwrap();
        assert_eq!(callback.subject(), &CallbackSubject::Ignored, "{scope}");
    }
}

#[test]
fn another_shape_is_refused_with_a_sentence() {
    let told = |body: &[u8]| {
        let error = Callback::parse(body).unwrap_err();
        let source =
            std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
        format!("{error}{source}")
    };
    let mut no_producer = callback("store/order/created", &json!({ "id": 1 }));
    no_producer["producer"] = json!("stores/a/b");
    insta::assert_snapshot!(
        "refused_callbacks",
        [
            told(b""),
            told(b"[]"),
            told(br#"{"scope": "store/order/created"}"#),
            told(br#"{"scope": 7}"#),
            told(format!("{0} {0}", callback("store/order/created", &json!({ "id": 1 }))).as_bytes()),
            told(no_producer.to_string().as_bytes()),
            told(callback("store/order/created", &json!({ "type": "order" })).to_string().as_bytes()),
            told(callback("store/order/created", &json!({ "id": "../1" })).to_string().as_bytes()),
            told(callback("store/sku/updated", &json!({ "type": "sku", "id": 461 })).to_string().as_bytes()),
        ]
        .join("\n")
    );
}

#[test]
fn a_key_that_counts_may_not_come_twice_in_any_spelling() {
    let genuine = r#"{"scope":"store/order/created","data":{"type":"order","id":250},"hash":"dd70","created_at":1561479335,"producer":"stores/abc123"}"#;
    Callback::parse(genuine.as_bytes()).unwrap();
    for (once, twice) in [
        (r#""scope":"#, r#""scope":"store/order/created","scope":"#),
        (r#""data":"#, r#""data":{"id":251},"data":"#),
        (r#""data":"#, r#""data":null,"data":"#),
        (r#""id":"#, r#""id":251,"id":"#),
        (r#""id":"#, r#""\u0069d":251,"id":"#),
        (r#""id":"#, r#""order_id":251,"order_id":250,"id":"#),
        (r#""id":"#, r#""orderId":251,"orderId":250,"id":"#),
        (r#""hash":"#, r#""hash":"dd71","hash":"#),
        (r#""created_at":"#, r#""created_at":1,"created_at":"#),
        (r#""producer":"#, r#""producer":"stores/xyz789","producer":"#),
        (r#""producer":"#, r#""p\u0072oducer":"stores/xyz789","producer":"#),
    ] {
        let told = Callback::parse(genuine.replace(once, twice).as_bytes());
        assert!(matches!(told, Err(InvalidCallback::Shape(_))), "{twice} {told:?}");
    }
    for (once, twice) in [
        (r#""type":"#, r#""type":"product","type":"#),
        (r#""scope":"#, r#""store_id":"1","store_id":"2","scope":"#),
        (r#""scope":"#, r#""Scope":"store/product/updated","scope":"#),
        (r#""id":"#, r#""ID":251,"id":"#),
    ] {
        let callback = Callback::parse(genuine.replace(once, twice).as_bytes()).unwrap();
        assert_eq!(callback.subject(), &CallbackSubject::Order(OrderId::from("250")), "{twice}");
    }
    let inventory = callback("store/sku/inventory/updated", &json!({ "inventory": { "product_id": 206 } }));
    let doubled = inventory.to_string().replace("206", r#"206,"product_id":207"#);
    assert!(matches!(Callback::parse(doubled.as_bytes()), Err(InvalidCallback::Shape(_))));
}

#[test]
fn a_hash_is_a_text_that_every_ledger_takes() {
    for (hash, is_taken) in [("dd70", true), ("", false), ("dd\0", false), ("dd\n70", false)] {
        let mut body = callback("store/product/updated", &json!({ "type": "product", "id": 206 }));
        body["hash"] = json!(hash);
        assert_eq!(parsed(&body).is_ok(), is_taken, "{hash:?}");
    }
}

#[test]
fn an_id_is_a_whole_number_above_zero_that_fits_and_never_rounded() {
    let order = |id: &str| {
        let body = callback("store/order/updated", &json!({ "id": 77_777 })).to_string();
        Callback::parse(body.replace("77777", id).as_bytes())
    };
    for (id, digits) in [
        ("250", "250"),
        ("9007199254740993", "9007199254740993"),
        ("18446744073709551615", "18446744073709551615"),
        (r#""18446744073709551615""#, "18446744073709551615"),
        (r#""\u0032\u0035\u0030""#, "250"),
    ] {
        assert_eq!(order(id).unwrap().subject(), &CallbackSubject::Order(OrderId::from(digits)), "{id}");
    }
    for id in [
        "0",
        "-250",
        "250.0",
        "2.5e2",
        "250.5",
        "18446744073709551616",
        "1e999",
        r#""18446744073709551616""#,
        r#""""#,
        r#"" 250""#,
        r#""+250""#,
        r#""-250""#,
        r#""250.0""#,
        r#""0xfa""#,
        r#""٢٥٠""#,
        "true",
        "null",
        "[250]",
        r#"{"id":250}"#,
    ] {
        assert!(order(id).is_err(), "{id}");
    }
}

#[test]
fn a_time_of_any_size_is_taken_or_left_but_never_overflows() {
    let mut body = callback("store/order/updated", &json!({ "id": 250 }));
    body["created_at"] = json!(77_777);
    let created =
        |text: &str| Callback::parse(body.to_string().replace("77777", text).as_bytes()).unwrap().created_at;
    for (text, secs) in [
        ("1561479335.0", Some(1_561_479_335)),
        ("-1", Some(-1)),
        ("0", Some(0)),
        (r#""1561479335""#, Some(1_561_479_335)),
    ] {
        assert_eq!(created(text).map(Timestamp::as_second), secs, "{text}");
    }
    for text in [
        "9223372036854775807",
        "-9223372036854775808",
        "18446744073709551616",
        "1e300",
        "1561479335.5",
        r#""""#,
    ] {
        assert_eq!(created(text), None, "{text}");
    }
}

#[test]
fn a_body_that_is_no_json_object_of_utf_8_is_refused() {
    let genuine = callback("store/order/updated", &json!({ "id": 250 })).to_string();
    let by_position =
        json!(["store/order/created", { "id": 250 }, "dd70", 1_561_479_335, "stores/abc123"]).to_string();
    assert!(matches!(Callback::parse(by_position.as_bytes()), Err(InvalidCallback::NoObject)));
    let positions_inside = callback("store/order/updated", &json!([250])).to_string();
    assert!(matches!(Callback::parse(positions_inside.as_bytes()), Err(InvalidCallback::Subject { .. })));
    let utf_16: Vec<u8> = genuine.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1: Vec<u8> = genuine.bytes().map(|byte| if byte == b'7' { 0xe9 } else { byte }).collect();
    let mut unread = genuine.replacen('{', r#"{"note":"cafe","#, 1).into_bytes();
    assert!(Callback::parse(&unread).is_ok());
    unread[12] = 0xe9;
    for body in [
        &unread[..],
        &utf_16,
        &[b"\xef\xbb\xbf", genuine.as_bytes()].concat(),
        &latin_1,
        b"\xff",
        genuine.replace("dd70", "\\ud800").as_bytes(),
    ] {
        assert!(Callback::parse(body).is_err(), "{body:?}");
    }
}

#[test]
fn nothing_is_nested_too_deep_to_be_refused_or_passed_over() {
    const DEPTH: usize = 100_000;
    let deep = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    let with = |key: &str| {
        let body = callback("store/order/updated", &json!({ "id": 250 })).to_string();
        body.replacen('{', &format!(r#"{{"{key}":{deep},"#), 1)
    };
    assert!(Callback::parse(with("something").as_bytes()).is_ok());
    assert_eq!(store_hash_hint(with("something").as_bytes()), Some("abc123"));
    assert!(Callback::parse(with("created_at").as_bytes()).is_err());
    let in_data =
        callback("store/order/updated", &json!({ "id": 77_777 })).to_string().replace("77777", &deep);
    assert!(Callback::parse(in_data.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn no_bytes_make_parsing_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Callback::parse(&body);
        let _ = store_hash_hint(&body);
    }

    #[test]
    fn no_json_makes_parsing_panic_and_the_hint_agrees(
        scope in "store/(order|sku|product|shipment|cart)/[a-z/]{0,20}", hash in "[a-z0-9]{1,10}",
        id in any::<i64>(), text in "\\PC{0,20}", pretty in any::<bool>(),
    ) {
        let body = json!({
            "scope": scope, "data": { "id": id, "sku": text, "orderId": text }, "hash": text, "created_at": id,
            "producer": format!("stores/{hash}"),
        });
        let json = if pretty { format!("{body:#}") } else { body.to_string().replace('/', "\\/") };
        prop_assert_eq!(store_hash_hint(json.as_bytes()), Some(hash.as_str()));
        if let Ok(callback) = Callback::parse(json.as_bytes()) {
            prop_assert_eq!(callback.store_hash, hash);
        }
    }
}
