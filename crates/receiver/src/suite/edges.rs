//! The edges of signatures and bodies: doubled headers and keys, odd times, texts that are none.

use super::sent::{ECWID_SIGNATURE, SIGNATURE, Sent, WEBHOOK_HEADERS, spooling};
use super::*;

#[track_caller]
fn assert_is(outcome: &(u16, String), status: u16, code: &str) {
    assert_eq!((outcome.0, outcome.1.as_str()), (status, code));
}

#[tokio::test]
async fn header_names_are_known_in_any_case() {
    let (rig, _folder) = spooling(SETTINGS);
    let requests = [
        Sent::bigcommerce("/webhooks/bigcommerce", "250"),
        Sent::ecwid("/webhooks/ecwid", now_secs()),
        Sent::warehouse(r#"{"number":"BG1001"}"#),
    ];
    for (taken, mut sent) in (1..).zip(requests) {
        for (name, _) in &mut sent.headers {
            let mixed = name.chars().enumerate();
            let mixed = mixed.map(|(place, c)| if place % 2 == 0 { c.to_ascii_uppercase() } else { c });
            *name = mixed.collect::<String>().leak();
        }
        assert_is(&sent.outcome(&rig).await, 200, "");
        assert_eq!(rig.stored().await, taken, "{sent:?}");
    }
}

#[tokio::test]
async fn a_header_of_standard_webhooks_is_there_once_or_the_request_is_refused() {
    let (rig, _folder) = spooling(SETTINGS);
    for genuine in
        [Sent::bigcommerce("/webhooks/bigcommerce", "250"), Sent::warehouse(r#"{"number":"BG1001"}"#)]
    {
        for name in WEBHOOK_HEADERS {
            let value = genuine.header(name);
            assert_is(&genuine.without(name).outcome(&rig).await, 401, "unverified");
            assert_is(&genuine.with(name, value.clone()).outcome(&rig).await, 401, "unverified");
            assert_is(&genuine.with(name, "").outcome(&rig).await, 401, "unverified");
            for instead in [Vec::new(), b"\xff".to_vec(), format!("{value}, {value}").into_bytes()] {
                // Joined by a proxy, the second signature stands alone behind its comma and space.
                let joined = name == SIGNATURE && instead.len() > value.len();
                let outcome = genuine.without(name).with(name, instead).outcome(&rig).await;
                if joined { assert_is(&outcome, 200, "") } else { assert_is(&outcome, 401, "unverified") }
            }
        }
        for left_out in ["", "v1,", "v1", "v1a,AAAA", &genuine.header(SIGNATURE).replace("v1,", "v2,")] {
            let sent = genuine.without(SIGNATURE).with(SIGNATURE, left_out);
            assert_is(&sent.outcome(&rig).await, 401, "unverified");
        }
        let among_others = format!("v1a,AAAA v1,AAAA {} v2,x", genuine.header(SIGNATURE));
        assert_is(&genuine.without(SIGNATURE).with(SIGNATURE, among_others).outcome(&rig).await, 200, "");
    }
}

#[tokio::test]
async fn ecwid_may_send_its_signature_beside_a_few_headers_of_the_same_name() {
    let genuine = Sent::ecwid("/webhooks/ecwid", now_secs());
    let (rig, _folder) = spooling(SETTINGS);
    assert_is(&genuine.without(ECWID_SIGNATURE).outcome(&rig).await, 401, "unverified");
    let signature = genuine.header(ECWID_SIGNATURE);
    let beside = |others: usize| {
        let others = (0..others)
            .fold(genuine.without(ECWID_SIGNATURE), |sent, _| sent.with(ECWID_SIGNATURE, "custom"));
        others.with(ECWID_SIGNATURE, signature.clone())
    };
    assert_is(&beside(4).outcome(&rig).await, 401, "unverified");
    assert_is(&beside(3).outcome(&rig).await, 200, "");
    assert_is(&genuine.with(ECWID_SIGNATURE, b"\xff").outcome(&rig).await, 200, "");
}

#[tokio::test]
async fn a_time_of_any_size_is_refused_where_it_is_not_now() {
    let (rig, _folder) = spooling(SETTINGS);
    let callback = Sent::bigcommerce("/webhooks/bigcommerce", "250");
    let key: Key = b"au-secret".to_vec().into();
    for secs in [i64::MIN, -1, 0, now_secs() - 301, now_secs() + 310, 253_402_300_800, i64::MAX] {
        let sent = Sent::signed(callback.path, &key, secs, &callback.body);
        assert_is(&sent.outcome(&rig).await, 401, "unverified");
        let sent = Sent::ecwid(
            "/webhooks/ecwid",
            if secs.abs_diff(now_secs()) < 1_000 { secs + 100_000 } else { secs },
        );
        assert_is(&sent.outcome(&rig).await, 401, "unverified");
    }
    for timestamp in ["99999999999999999999", "+1", "1e9", "", " "] {
        let sent = callback.without("webhook-timestamp").with("webhook-timestamp", timestamp);
        assert_is(&sent.outcome(&rig).await, 401, "unverified");
    }
    assert_eq!(rig.stored().await, 0);
}

#[tokio::test]
async fn a_key_that_counts_may_not_come_twice() {
    let (rig, _folder) = spooling(SETTINGS);
    let twice = |sent: &Sent, key: &str, other: &str| {
        let body = String::from_utf8(sent.body.clone()).unwrap();
        assert!(body.contains(&format!("\"{key}\":")));
        body.replace(&format!("\"{key}\":"), &format!("\"{key}\":{other},\"{key}\":"))
    };
    let callback = Sent::bigcommerce("/webhooks/bigcommerce", "250");
    for (key, other) in
        [("scope", r#""store/order/updated""#), ("id", "251"), ("data", "{}"), ("hash", r#""dd71""#)]
    {
        let sent = Sent::of_acme(callback.path, twice(&callback, key, other));
        assert_is(&sent.outcome(&rig).await, 400, "callback-malformed");
    }
    // The shop that verifies is the first one; that there are two is told when it is read.
    let sent = Sent::of_acme(callback.path, twice(&callback, "producer", r#""stores/abc123""#));
    assert_is(&sent.outcome(&rig).await, 400, "callback-malformed");
    let sent = Sent::of_acme(callback.path, twice(&callback, "producer", r#""stores/xyz789""#));
    assert_is(&sent.outcome(&rig).await, 401, "unverified");

    let event = Sent::warehouse(r#"{"number":"BG1001"}"#);
    for (key, other) in [
        ("id", r#""w-2""#),
        ("source", r#""/x""#),
        ("type", r#""warehouse.order.rejected""#),
        ("data", "{}"),
        ("number", r#""BG1""#),
    ] {
        let sent = Sent::of_the_warehouse(&twice(&event, key, other));
        assert_is(&sent.outcome(&rig).await, 400, "event-malformed");
    }
    for (key, other, status) in [
        ("eventId", r#""e""#, 401),
        ("eventCreated", "1", 401),
        ("storeId", "1004", 401),
        ("eventType", r#""x""#, 400),
        ("entityId", "1", 400),
        ("orderId", r#""X""#, 400),
    ] {
        let mut sent = Sent::ecwid("/webhooks/ecwid", now_secs());
        sent.body = twice(&sent, key, other).into_bytes();
        assert_eq!(sent.outcome(&rig).await.0, status, "{key}");
    }
    assert_eq!(rig.stored().await, 0);
}

#[tokio::test]
async fn only_the_callbacks_own_producer_picks_the_shop() {
    let (rig, _folder) = spooling(SETTINGS);
    let body = r#"{"data":{"id":250,"producer":"stores/xyz789","note":"\"producer\":\"stores/xyz789\""},"scope":"store/order/created","hash":"dd70","producer":"stores/abc123"}"#;
    assert_is(&Sent::of_acme("/webhooks/bigcommerce", body).outcome(&rig).await, 200, "");
    let escaped = body.replace("\"producer\":\"stores/abc", "\"p\\u0072oducer\":\"stores/abc");
    assert_is(&Sent::of_acme("/webhooks/bigcommerce", &escaped).outcome(&rig).await, 401, "unverified");
    assert_is(&Sent::of_acme("/webhooks/bigcommerce/acme-au", &escaped).outcome(&rig).await, 200, "");
    assert_eq!(rig.stored().await, 2);
}

#[tokio::test]
async fn a_dot_between_the_signed_parts_cannot_be_moved_to_make_an_event() {
    let (rig, _folder) = spooling(SETTINGS);
    let (callback, now) = (Sent::bigcommerce("/webhooks/bigcommerce/acme-au", "250"), now_secs());
    let key: Key = b"au-secret".to_vec().into();
    // As if a shop's id held a dot and the time: the id could end there.
    let (id, moved) = (format!("msg_1.{now}"), format!("{now}.{}", String::from_utf8_lossy(&callback.body)));
    let sent = |id: &str, body: &[u8]| {
        let sent = Sent::signed(callback.path, &key, now, body).without("webhook-id").without(SIGNATURE);
        sent.with("webhook-id", id).with(SIGNATURE, sign(&key, &format!("msg_1.{now}"), now, &callback.body))
    };
    assert_is(&sent("msg_1", moved.as_bytes()).outcome(&rig).await, 400, "callback-malformed");
    assert_eq!(rig.stored().await, 0);
    assert_is(&sent(&id, &callback.body).outcome(&rig).await, 200, "");
}

#[tokio::test]
async fn a_signed_body_that_is_no_text_is_a_400() {
    let (rig, _folder) = spooling(SETTINGS);
    let genuine = Sent::bigcommerce("/webhooks/bigcommerce/acme-au", "250");
    let utf_16: Vec<u8> =
        String::from_utf8_lossy(&genuine.body).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", &genuine.body[..]].concat();
    let latin_1: Vec<u8> = genuine.body.iter().map(|byte| if *byte == b'd' { 0xe9 } else { *byte }).collect();
    for body in [&utf_16[..], &marked, &latin_1, b"\x00", b"["] {
        assert_is(&Sent::of_acme(genuine.path, body).outcome(&rig).await, 400, "callback-malformed");
    }
    // Where nothing is read of it, too.
    let unread = String::from_utf8_lossy(&genuine.body).replace("1025646", "\u{1}");
    let unread: Vec<u8> = unread.bytes().map(|byte| if byte == 1 { 0xe9 } else { byte }).collect();
    assert_is(&Sent::of_acme(genuine.path, unread).outcome(&rig).await, 400, "callback-malformed");
    let by_position = r#"["store/order/created",{"id":250},"dd70",1561479335,"stores/abc123"]"#;
    assert_is(&Sent::of_acme(genuine.path, by_position).outcome(&rig).await, 400, "callback-malformed");
    let by_position =
        r#"["1.0","w-1","/warehouse","warehouse.order.accepted",null,null,null,null,{"number":"BG1001"}]"#;
    assert_is(&Sent::of_the_warehouse(by_position).outcome(&rig).await, 400, "event-malformed");
    assert_eq!(rig.stored().await, 0);
}

#[tokio::test]
async fn numbers_that_are_no_ids_are_a_400() {
    let (rig, _folder) = spooling(SETTINGS);
    for order in ["0", "-1", "250.0", "2.5e2", "1e999", "18446744073709551616", r#""0x10""#, "null", "[250]"]
    {
        let sent = Sent::bigcommerce("/webhooks/bigcommerce", order);
        assert_is(&sent.outcome(&rig).await, 400, "callback-malformed");
    }
    assert_eq!(rig.stored().await, 0);
    for order in ["9007199254740993", r#""250""#] {
        assert_is(&Sent::bigcommerce("/webhooks/bigcommerce", order).outcome(&rig).await, 200, "");
    }
}

/// The settings with a shared header for shop `acme-au`.
fn with_header(rest: &str) -> String {
    let header =
        format!("webhook_header = {{ name = 'X-Crossdock-Token', value = '0123456789abcdef'{rest} }}");
    SETTINGS.replacen("store_hash = \"abc123\"", &format!("store_hash = \"abc123\"\n{header}"), 1)
}

#[tokio::test]
async fn a_shared_header_is_required_beside_the_signature_and_enough_alone_only_where_the_settings_say_so() {
    let genuine = Sent::bigcommerce("/webhooks/bigcommerce", "250");
    let unsigned = WEBHOOK_HEADERS.iter().fold(genuine.clone(), |sent, name| sent.without(name));
    let forged =
        genuine.without(SIGNATURE).with(SIGNATURE, sign(&b"x".to_vec().into(), "msg_1", now_secs(), b""));
    let both = |sent: &Sent| sent.with("x-crossdock-token", "0123456789abcdef");
    let (rig, _folder) = spooling(&with_header(""));
    for refused in [
        &genuine,
        &unsigned,
        &forged,
        &both(&unsigned),
        &both(&forged),
        &genuine.with("x-crossdock-token", "no"),
    ] {
        assert_is(&refused.outcome(&rig).await, 401, "unverified");
    }
    assert_is(&both(&genuine).outcome(&rig).await, 200, "");
    rig.receiver.reload(&settings(&with_header(", alone = true"))).unwrap();
    let doubled = both(&both(&unsigned));
    let half = both(&unsigned).with("webhook-id", "msg_1");
    for refused in [
        &genuine,
        &unsigned,
        &both(&forged),
        &doubled,
        &half,
        &unsigned.with("x-crossdock-token", "0123456789abcdeF"),
    ] {
        assert_is(&refused.outcome(&rig).await, 401, "unverified");
    }
    assert_is(&both(&genuine).outcome(&rig).await, 200, "");
    assert_is(&both(&unsigned).outcome(&rig).await, 200, "");
    // It is that of one shop, and of no other.
    let of_another = both(&Sent {
        body: String::from_utf8_lossy(&unsigned.body).replace("abc123", "xyz789").into(),
        ..unsigned
    });
    assert_is(&of_another.outcome(&rig).await, 401, "unverified");
    let on_this_route = Sent { path: "/webhooks/bigcommerce/acme-au", ..of_another };
    assert_is(&on_this_route.outcome(&rig).await, 404, "no-such-shop");
}
