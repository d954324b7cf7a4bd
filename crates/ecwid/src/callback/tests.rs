//! What callbacks say, and what is no callback.

use proptest::prelude::*;

use super::*;

fn callback(event_type: &str, rest: &str) -> Result<Callback, InvalidCallback> {
    let body = format!(
        r#"{{"eventId":"e-1","eventCreated":1634209655,"storeId":1003,"eventType":"{event_type}"{rest}}}"#
    );
    Callback::parse(body.as_bytes())
}

fn subject_of(event_type: &str, rest: &str) -> CallbackSubject {
    callback(event_type, rest).unwrap().subject().clone()
}

fn fixture(case: &str) -> Callback {
    let path = format!("{}/fixtures/callback/{case}.json", env!("CARGO_MANIFEST_DIR"));
    Callback::parse(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_documented_callbacks_are_read() {
    let created = fixture("order_created");
    assert_eq!((created.store_id, created.event_type.as_str()), (1003, "order.created"));
    assert_eq!(created.event_id, "80aece08-40e8-4145-8764-6c2f0d38678");
    assert_eq!(created.subject(), &CallbackSubject::Order("XJ12H".into()));
    assert_eq!(fixture("order_updated").subject(), &CallbackSubject::Order("B8HGD".into()));
    assert_eq!(fixture("product_created").subject(), &CallbackSubject::Product("667251253".to_owned()));
    assert_eq!(fixture("unfinished_order_created").subject(), &CallbackSubject::Ignored);
    assert_eq!(fixture("order_updated_2019").subject(), &CallbackSubject::Order("103".into()));
    assert_eq!(fixture("application_installed_2019").subject(), &CallbackSubject::Ignored);
}

#[test]
fn an_order_is_known_by_its_order_id_before_its_entity_id() {
    let order = |id: &str| CallbackSubject::Order(id.into());
    assert_eq!(subject_of("order.updated", r#","entityId":9,"data":{"orderId":"K8XTQ"}"#), order("K8XTQ"));
    assert_eq!(subject_of("order.updated", r#","entityId":9,"data":{"orderId":77}"#), order("77"));
    assert_eq!(subject_of("order.updated", r#","data":{"orderId":"K8XTQ"}"#), order("K8XTQ"));
    for data in ["null", "[]", "\"\"", "{}", r#"{"orderId":""}"#, r#"{"orderId":null}"#] {
        assert_eq!(
            subject_of("order.deleted", &format!(r#","entityId":"9","data":{data}"#)),
            order("9"),
            "{data}"
        );
    }
    assert!(callback("order.updated", "").is_err());
}

#[test]
fn what_nobody_needs_is_ignored_whatever_its_data() {
    for event in
        ["unfinished_order.created", "product_class.updated", "customer.updated", "profile.updated", "x"]
    {
        assert_eq!(
            subject_of(event, r#","entityId":-1,"data":[{"orderId":7}]"#),
            CallbackSubject::Ignored,
            "{event}"
        );
    }
}

#[test]
fn ids_may_come_as_texts_or_numbers() {
    let body = br#"{"eventId":17,"eventCreated":"0001634209655","storeId":"1003","entityId":"5","eventType":"product.updated"}"#;
    let unverified = Unverified::parse(body).unwrap();
    assert_eq!((unverified.event_created.as_str(), unverified.event_id.as_str()), ("0001634209655", "17"));
    let callback = Callback::parse(body).unwrap();
    assert_eq!((callback.store_id, callback.event_created.as_second()), (1003, 1_634_209_655));
    assert_eq!(callback.subject(), &CallbackSubject::Product("5".to_owned()));
}

#[test]
fn what_cannot_be_ecwids_is_refused() {
    for body in [
        "",
        "[]",
        "null",
        r#"{"eventId":"a","storeId":1}"#,
        r#"{"eventId":"","eventCreated":1,"storeId":1}"#,
        r#"{"eventId":"a","eventCreated":-1,"storeId":1}"#,
        r#"{"eventId":"a","eventCreated":1.5,"storeId":1}"#,
        r#"{"eventId":"a","eventCreated":"1.b","storeId":1}"#,
        r#"{"eventId":"a","eventCreated":1,"storeId":-1}"#,
        r#"{"eventId":"a","eventId":"b","eventCreated":1,"storeId":1}"#,
    ] {
        assert!(Unverified::parse(body.as_bytes()).is_err(), "{body}");
    }
    assert!(callback("order.updated", &format!(r#","entityId":"{}""#, "9".repeat(201))).is_err());
}

#[test]
fn a_key_that_counts_may_not_come_twice_in_any_spelling() {
    let genuine = r#"{"eventId":"e-1","eventCreated":1634209655,"storeId":1003,"entityId":9,"eventType":"order.updated","data":{"orderId":"XJ12H"}}"#;
    Callback::parse(genuine.as_bytes()).unwrap();
    let doubled = |key: &str, value: &str, spelled: &str| {
        genuine.replace(&format!("\"{key}\":"), &format!("\"{spelled}\":{value},\"{key}\":"))
    };
    for (key, value, spelled) in [
        ("eventId", r#""e-2""#, r"\u0065ventId"),
        ("eventCreated", "1634209656", r"event\u0043reated"),
        ("storeId", "1004", r"store\u0049d"),
        ("entityId", "10", r"entity\u0049d"),
        ("eventType", r#""product.updated""#, r"event\u0054ype"),
        ("data", "{}", r"d\u0061ta"),
        ("orderId", r#""XJ12J""#, r"order\u0049d"),
    ] {
        for spelled in [key, spelled] {
            let told = Callback::parse(doubled(key, value, spelled).as_bytes());
            assert!(told.is_err(), "{spelled} {told:?}");
        }
        let other_case = doubled(key, value, &key.to_uppercase());
        assert_eq!(
            Callback::parse(other_case.as_bytes()).unwrap(),
            Callback::parse(genuine.as_bytes()).unwrap()
        );
    }
    for (key, value) in [("eventId", r#""e-2""#), ("eventCreated", "1634209656"), ("storeId", "1004")] {
        assert!(Unverified::parse(doubled(key, value, key).as_bytes()).is_err(), "{key}");
    }
}

#[test]
fn what_picks_the_shop_and_what_becomes_the_event_are_the_same() {
    let body = br#"{"data":{"storeId":1004,"eventId":"e-2","orderId":"XJ12H"},"eventId":"e-1","eventCreated":"1634209655","storeId":"1003","eventType":"order.updated"}"#;
    let (unverified, callback) = (Unverified::parse(body).unwrap(), Callback::parse(body).unwrap());
    assert_eq!((unverified.store_id, unverified.event_id.as_str()), (1003, "e-1"));
    assert_eq!((callback.store_id, callback.event_id.as_str()), (1003, "e-1"));
    assert_eq!(callback.subject(), &CallbackSubject::Order("XJ12H".into()));
}

#[test]
fn numbers_are_taken_with_their_digits_or_not_at_all() {
    let of = |created: &str, store: &str| {
        let body = format!(r#"{{"eventId":"e-1","eventCreated":{created},"storeId":{store}}}"#);
        Unverified::parse(body.as_bytes())
    };
    assert_eq!(of("1634209655", "18446744073709551615").unwrap().store_id, u64::MAX);
    let huge = "9".repeat(1000);
    assert_eq!(of(&huge, "1003").unwrap().event_created, huge);
    for store in [
        "18446744073709551616",
        "1003.0",
        "1.003e3",
        "-0",
        "-1003",
        r#""+1003""#,
        r#"" 1003""#,
        r#""""#,
        "null",
        "[1003]",
        "1e999",
    ] {
        assert!(of("1634209655", store).is_err(), "{store}");
    }
    for created in [
        "1634209655.0",
        "1.634209655e9",
        "-1634209655",
        r#""+1634209655""#,
        r#""1634209655 ""#,
        r#""""#,
        "null",
        "{}",
    ] {
        assert!(of(created, "1003").is_err(), "{created}");
    }
    let beyond_all_calendars =
        format!(r#"{{"eventId":"e-1","eventCreated":{huge},"storeId":1003,"eventType":"x"}}"#);
    assert!(Callback::parse(beyond_all_calendars.as_bytes()).is_err());
    let order = |id: &str| subject_of("order.updated", &format!(r#","data":{{"orderId":{id}}}"#));
    for id in ["9007199254740993", "99999999999999999999", "250.0", "1e3"] {
        assert_eq!(order(id), CallbackSubject::Order(id.into()), "not rounded");
    }
}

#[test]
fn a_body_that_is_no_json_object_of_utf_8_is_refused() {
    let genuine = r#"{"eventId":"e-1","eventCreated":1634209655,"storeId":1003,"eventType":"x"}"#;
    assert!(Callback::parse(format!(" \r\n\t{genuine}\n").as_bytes()).is_ok());
    let utf_16: Vec<u8> = genuine.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let latin_1: Vec<u8> = genuine.bytes().map(|byte| if byte == b'-' { 0xe9 } else { byte }).collect();
    let mut unread = genuine.replacen('{', r#"{"note":"cafe","#, 1).into_bytes();
    assert!(Callback::parse(&unread).is_ok());
    unread[12] = 0xe9;
    let twice = [genuine, genuine].concat();
    let by_position = br#"[1634209655,"e-1",1003]"#;
    let bodies: [&[u8]; 7] = [
        &unread,
        &utf_16,
        &latin_1,
        twice.as_bytes(),
        by_position,
        b"\xef\xbb\xbf{}",
        br#"{"eventId":"\ud800","eventCreated":1,"storeId":1}"#,
    ];
    for body in bodies {
        assert!(Unverified::parse(body).is_err() && Callback::parse(body).is_err(), "{body:?}");
    }
    for data in [r#"["XJ12H"]"#, r#""XJ12H""#] {
        assert!(callback("order.updated", &format!(r#","data":{data}"#)).is_err(), "{data}");
    }
}

#[test]
fn ids_that_would_break_a_log_line_are_refused() {
    for id in [r"a\nb", r"a\u0000", r"\u001b[2J", r"\u0085"] {
        assert!(callback("order.updated", &format!(r#","entityId":"{id}""#)).is_err(), "{id}");
        let body = format!(r#"{{"eventId":"{id}","eventCreated":1,"storeId":1}}"#);
        assert!(Unverified::parse(body.as_bytes()).is_err(), "{id}");
    }
    assert!(callback(r"order.updated\n", r#","entityId":"9""#).is_err());
}

#[test]
fn nothing_is_nested_too_deep_to_be_refused_or_passed_over() {
    const DEPTH: usize = 100_000;
    let deep = "[".repeat(DEPTH) + &"]".repeat(DEPTH);
    assert_eq!(
        subject_of("order.updated", &format!(r#","entityId":9,"data":{deep}"#)),
        CallbackSubject::Order("9".into())
    );
    assert_eq!(subject_of("customer.updated", &format!(r#","x":{deep}"#)), CallbackSubject::Ignored);
    assert!(callback("order.updated", &format!(r#","entityId":{deep}"#)).is_err());
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body: Vec<u8>) {
        let _ = Callback::parse(&body);
    }

    #[test]
    fn no_field_makes_it_panic(event in "(order|product)\\.[a-z]{0,9}", entity in ".*", created: u64, order in ".*") {
        let body = serde_json::json!({
            "eventId": entity, "eventCreated": created, "storeId": created, "entityId": entity,
            "eventType": event, "data": {"orderId": order},
        });
        let _ = Callback::parse(body.to_string().as_bytes());
    }
}
