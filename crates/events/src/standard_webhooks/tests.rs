//! Signatures against published vectors, against the reference library, and at their edges.

use proptest::prelude::*;

use super::*;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW_SECS: i64 = 1_760_000_000;
const ID: &str = "msg_1";
const BODY: &[u8] = br#"{"number":"BG1001"}"#;

fn key() -> Key {
    key_from_whsec(SECRET).unwrap()
}

fn other_key() -> Key {
    b"other".to_vec().into()
}

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(secs).unwrap()
}

/// The genuine signature of [`BODY`].
fn genuine() -> String {
    sign(&key(), ID, NOW_SECS, BODY)
}

/// Whether this header verifies [`BODY`].
fn check(signature: &str, keys: &[Key]) -> Result<(), SignatureError> {
    check_at("1760000000", signature, keys, at(NOW_SECS))
}

fn check_at(timestamp: &str, signature: &str, keys: &[Key], now: Timestamp) -> Result<(), SignatureError> {
    verify(SignedHeaders { id: ID, timestamp, signature }, BODY, keys, now)
}

#[test]
fn the_published_vectors_verify() {
    for (secret, id, secs, body, signature) in [
        // Source: the Standard Webhooks project's own test suites (libraries/*/, `test_sign_function`).
        (
            SECRET,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
        // Source: crate standardwebhooks 1.0.1, `test_sign`.
        (
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
            1_649_367_553,
            r#"{"email":"test@example.com","username":"test_user"}"#,
            "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
        ),
    ] {
        let (key, timestamp) = (key_from_whsec(secret).unwrap(), secs.to_string());
        assert_eq!(sign(&key, id, secs, body.as_bytes()), signature);
        let headers = SignedHeaders { id, timestamp: &timestamp, signature };
        assert_eq!(verify(headers, body.as_bytes(), &[key], at(secs)), Ok(()));
    }
}

#[test]
fn either_of_two_live_secrets_verifies_and_no_other() {
    assert_eq!(check(&genuine(), &[other_key(), key()]), Ok(()));
    assert_eq!(check(&genuine(), &[key(), other_key()]), Ok(()));
    assert_eq!(check(&genuine(), &[other_key()]), Err(SignatureError::Mismatch));
    assert_eq!(check(&genuine(), &[]), Err(SignatureError::Mismatch));
}

#[test]
fn one_genuine_signature_among_others_is_enough_whatever_their_versions() {
    let (genuine, foreign) = (genuine(), sign(&other_key(), ID, NOW_SECS, BODY));
    for header in [
        format!("{foreign} {genuine}"),
        format!("{genuine} {foreign}"),
        format!("v2,x v1,AAAA {genuine}"),
        format!("v1a,AAAA  {genuine} "),
        format!("{}{genuine}", "v1a,AAAA v2,AAAA x ".repeat(50)),
    ] {
        assert_eq!(check(&header, &[key()]), Ok(()), "{header}");
    }
    for version in ["v1a", "v2", "V1", "v", "", " v1", "v01"] {
        let header = genuine.replacen("v1", version, 1);
        let verdict = if version == " v1" { Ok(()) } else { Err(SignatureError::Mismatch) };
        assert_eq!(check(&header, &[key()]), verdict, "{header}");
    }
}

#[test]
fn signatures_beyond_the_bound_are_not_looked_at() {
    let genuine = genuine();
    for (before, verdict) in [(SIGNATURES_MAX - 1, Ok(())), (SIGNATURES_MAX, Err(SignatureError::Mismatch))] {
        let wrong = format!("{} ", sign(&other_key(), ID, NOW_SECS, BODY));
        assert_eq!(check(&(wrong.repeat(before) + &genuine), &[key()]), verdict, "{before}");
    }
}

#[test]
fn a_signature_has_one_spelling_only() {
    let genuine = genuine();
    let unpadded = genuine.trim_end_matches('=');
    let last = unpadded.chars().last().unwrap();
    // The last character carries four bits of the digest, and two that are unused.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let at = alphabet.find(last).unwrap();
    assert_eq!(at % 4, 0, "unused bits are zero");
    for unused in 1..4 {
        let other = &alphabet[at + unused..=at + unused];
        let respelled = format!("{}{other}=", &unpadded[..unpadded.len() - 1]);
        assert_eq!(check(&respelled, &[key()]), Err(SignatureError::Mismatch), "{respelled}");
    }
    for respelled in [
        unpadded.to_owned(),
        format!("{genuine}="),
        format!("{genuine}AAAA"),
        format!("{unpadded}A"),
        genuine.replace(',', ", "),
        genuine.replace("v1,", "v1,\t"),
        format!("{genuine},"),
        format!("{genuine}\t"),
        String::new(),
        "v1,".to_owned(),
    ] {
        assert_eq!(check(&respelled, &[key()]), Err(SignatureError::Mismatch), "{respelled}");
    }
}

#[test]
fn the_alphabet_of_urls_is_not_that_of_signatures() {
    // Of these bodies, one has a signature with a '+' and a '/'.
    let bodies = (0..100).map(|number| number.to_string());
    let signed = bodies.map(|body| (sign(&key(), ID, NOW_SECS, body.as_bytes()), body));
    let (signature, body) =
        signed.filter(|(text, _)| text.contains('+')).find(|(text, _)| text.contains('/')).unwrap();
    let respelled = signature.replace('+', "-").replace('/', "_");
    for (signature, holds) in [(signature, true), (respelled, false)] {
        let headers = SignedHeaders { id: ID, timestamp: "1760000000", signature: &signature };
        assert_eq!(verify(headers, body.as_bytes(), &[key()], at(NOW_SECS)).is_ok(), holds);
    }
}

#[test]
fn a_signature_holds_for_five_minutes_either_way() {
    for (secs, verdict) in [
        (-301, Err(SignatureError::Window)),
        (-300, Ok(())),
        (300, Ok(())),
        (301, Err(SignatureError::Window)),
        (i64::from(u32::MAX), Err(SignatureError::Window)),
        (-NOW_SECS, Err(SignatureError::Window)),
    ] {
        let sent = NOW_SECS + secs;
        let signed = sign(&key(), ID, sent, BODY);
        assert_eq!(check_at(&sent.to_string(), &signed, &[key()], at(NOW_SECS)), verdict, "{secs}");
    }
    let almost = at(NOW_SECS + TOLERANCE_SECS) + SignedDuration::from_nanos(1);
    assert_eq!(check_at("1760000000", &genuine(), &[key()], almost), Err(SignatureError::Window));
}

#[test]
fn a_timestamp_that_is_no_number_of_seconds_is_refused_before_anything_is_computed() {
    for timestamp in [
        "",
        "now",
        " 1760000000",
        "1760000000 ",
        "+1760000000",
        "-1760000000",
        "1760000000.0",
        "1.76e9",
        "0x68E77800",
        "١٧٦٠٠٠٠٠٠٠",
        "253402300800",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775808",
        "18446744073709551616",
        "99999999999999999999999999999999999999999",
    ] {
        let verdict = check_at(timestamp, &genuine(), &[key()], at(NOW_SECS));
        assert_eq!(verdict, Err(SignatureError::Timestamp), "{timestamp}");
    }
}

#[test]
fn another_spelling_of_the_same_second_is_not_what_was_signed() {
    let verdict = check_at("01760000000", &genuine(), &[key()], at(NOW_SECS));
    assert_eq!(verdict, Err(SignatureError::Mismatch));
}

#[test]
fn a_body_that_is_no_text_is_signed_byte_by_byte() {
    for body in [&b"\xff\xfe\x00"[..], b"", b"\xef\xbb\xbf{}", b"\xc3"] {
        let signature = &sign(&key(), ID, NOW_SECS, body);
        let headers = SignedHeaders { id: ID, timestamp: "1760000000", signature };
        assert_eq!(verify(headers, body, &[key()], at(NOW_SECS)), Ok(()));
        let as_text = String::from_utf8_lossy(body).replace('\u{feff}', "") + "\u{fffd}";
        let verdict = verify(headers, as_text.as_bytes(), &[key()], at(NOW_SECS));
        assert_eq!(verdict, Err(SignatureError::Mismatch));
    }
}

#[test]
fn every_changed_bit_of_what_is_signed_is_noticed() {
    let signed = genuine();
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    let holds = |id: &[u8], timestamp: &[u8], signature: &[u8], body: &[u8]| {
        let text = |bytes| std::str::from_utf8(bytes).ok();
        let (Some(id), Some(timestamp), Some(signature)) = (text(id), text(timestamp), text(signature))
        else {
            return false;
        };
        verify(SignedHeaders { id, timestamp, signature }, body, &[key()], at(NOW_SECS)).is_ok()
    };
    let (id, timestamp, signature) = (ID.as_bytes(), &b"1760000000"[..], signed.as_bytes());
    assert!(holds(id, timestamp, signature, BODY));
    for bit in 0..id.len() * 8 {
        assert!(!holds(&flipped(id, bit), timestamp, signature, BODY), "bit {bit} of the id");
    }
    for bit in 0..timestamp.len() * 8 {
        assert!(!holds(id, &flipped(timestamp, bit), signature, BODY), "bit {bit} of the timestamp");
    }
    for bit in 0..signature.len() * 8 {
        assert!(!holds(id, timestamp, &flipped(signature, bit), BODY), "bit {bit} of the signature");
    }
    for bit in 0..BODY.len() * 8 {
        assert!(!holds(id, timestamp, signature, &flipped(BODY, bit)), "bit {bit} of the body");
    }
}

#[test]
fn a_secret_without_a_key_in_it_is_none() {
    for secret in ["", "whsec_", "whsec_!", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_AAAA", "whsk_AAAA"] {
        assert!(key_from_whsec(secret).is_none(), "{secret}");
    }
}

/// The reference library takes the time from the machine.
fn reference_verifies(id: &str, secs: i64, signature: &str, body: &[u8]) -> bool {
    let mut headers = http::HeaderMap::new();
    headers.insert(ID_HEADER, id.parse().unwrap());
    headers.insert(TIMESTAMP_HEADER, secs.into());
    headers.insert(SIGNATURE_HEADER, signature.parse().unwrap());
    standardwebhooks::Webhook::new(SECRET).unwrap().verify(body, &headers).is_ok()
}

proptest! {
    #[test]
    fn what_the_reference_library_signs_verifies(
        id in "[!-~]{1,40}", secs in 0i64..4_000_000_000, body in "\\PC{0,200}", key_bytes in proptest::collection::vec(any::<u8>(), 1..100),
    ) {
        let oracle = standardwebhooks::Webhook::from_bytes(key_bytes.clone()).unwrap();
        let (signature, timestamp) = (oracle.sign(&id, secs, body.as_bytes()).unwrap(), secs.to_string());
        let key = Key::from(key_bytes);
        prop_assert_eq!(&sign(&key, &id, secs, body.as_bytes()), &signature);
        let headers = SignedHeaders { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert_eq!(verify(headers, body.as_bytes(), &[other_key(), key], at(secs)), Ok(()));
    }

    #[test]
    fn what_we_sign_the_reference_library_verifies(id in "[!-~]{1,40}", body in "\\PC{0,200}") {
        let secs = Timestamp::now().as_second();
        let signature = sign(&key(), &id, secs, body.as_bytes());
        prop_assert!(reference_verifies(&id, secs, &signature, body.as_bytes()));
        prop_assert!(!reference_verifies(&id, secs, &sign(&other_key(), &id, secs, body.as_bytes()), body.as_bytes()));
    }

    #[test]
    fn no_headers_make_it_panic(id in ".*", timestamp in "[0-9]{0,30}|.*", signature in "(v1,)?.*", body: Vec<u8>) {
        let headers = SignedHeaders { id: &id, timestamp: &timestamp, signature: &signature };
        prop_assert!(verify(headers, &body, &[key()], at(NOW_SECS)).is_err());
    }
}
