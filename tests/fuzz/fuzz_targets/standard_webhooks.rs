//! Headers and body of a Standard Webhooks request: it is accepted exactly if an independent reading of the specification accepts it.
//!
//! Input: three lines with id, timestamp and signatures, then the body. In the signatures, `{old}`, `{new}` and `{foreign}` stand
//! for the genuine ones under two live keys and under another, so that the fuzzer gets past the HMAC.

#![no_main]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use crossdock_events::standard_webhooks::{Key, SignedHeaders, sign, verify};
use hmac_sha256::HMAC;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;

const OLD: &[u8] = b"old key";
const NEW: &[u8] = b"new key";
const FOREIGN: &[u8] = b"foreign key";
const NOW_SECS: i64 = 1_760_000_000;

/// By the contract: five minutes either way, and eight signatures of version 1.
const TOLERANCE_SECS: u128 = 300;
const SIGNATURES_MAX: usize = 8;

fuzz_target!(|input: &[u8]| {
    let mut parts = input.splitn(4, |byte| *byte == b'\n');
    let mut line = || std::str::from_utf8(parts.next()?).ok();
    let (Some(id), Some(timestamp), Some(template)) = (line(), line(), line()) else { return };
    let Some(body) = parts.next() else { return };

    let made = |key| oracle(key, id, timestamp, body);
    let signature = template
        .replace("{old}", &made(OLD))
        .replace("{new}", &made(NEW))
        .replace("{foreign}", &made(FOREIGN));
    let headers = SignedHeaders { id, timestamp, signature: &signature };
    let live = [made(OLD), made(NEW)];
    let expected =
        is_recent(timestamp) && of_version_1(&signature).any(|given| live.iter().any(|made| made == given));
    assert_eq!(accepts(headers, body), expected);

    if expected {
        let mut changed = body.to_vec();
        let bit = input.iter().map(|byte| usize::from(*byte)).sum::<usize>() % (body.len() * 8 + 1);
        match changed.get_mut(bit / 8) {
            Some(byte) => *byte ^= 1 << (bit % 8),
            None => changed.push(b' '),
        }
        // With many signatures in the header, one may be of the changed body: then it is no forgery.
        if !of_version_1(&signature)
            .any(|given| [OLD, NEW].iter().any(|key| oracle(key, id, timestamp, &changed) == given))
        {
            assert!(!accepts(headers, &changed), "a changed body is accepted");
        }
    }
    if let Ok(secs) = timestamp.parse::<i64>()
        && secs.to_string() == timestamp
    {
        assert_eq!(sign(&key(NEW), id, secs, body), made(NEW));
    }
});

fn accepts(headers: SignedHeaders<'_>, body: &[u8]) -> bool {
    let now = Timestamp::from_second(NOW_SECS).expect("the constant is a time");
    verify(headers, body, &[key(OLD), key(NEW)], now).is_ok()
}

fn key(bytes: &[u8]) -> Key {
    bytes.to_vec().into()
}

fn oracle(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", BASE64.encode(HMAC::mac(signed, key)))
}

fn of_version_1(header: &str) -> impl Iterator<Item = &str> {
    header.split(' ').filter(|signature| signature.starts_with("v1,")).take(SIGNATURES_MAX)
}

fn is_recent(timestamp: &str) -> bool {
    let digits = !timestamp.is_empty() && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let now = u128::from(NOW_SECS.unsigned_abs());
    digits && timestamp.parse::<u128>().is_ok_and(|secs| secs.abs_diff(now) <= TOLERANCE_SECS)
}
