//! Finds a store's hash in a callback that is not verified yet.

/// Most characters of a store's hash; real ones have about ten.
const STORE_HASH_BYTES_MAX: usize = 64;

/// The hash in `"producer": "stores/{hash}"`, found without parsing, as the body is not verified yet.
///
/// It only chooses whose secrets to verify with; [`crate::Callback::store_hash`] is what counts after that.
pub fn store_hash_hint(body: &[u8]) -> Option<&str> {
    const KEY: &[u8] = b"\"producer\"";
    let mut rest = body;
    while let Some(at) = rest.windows(KEY.len()).position(|window| window == KEY) {
        rest = &rest[at + KEY.len()..];
        if let Some(hash) = hash_in_value(rest) {
            return Some(hash);
        }
    }
    None
}

/// The hash in `: "stores/{hash}"`; the slash may be escaped.
fn hash_in_value(json: &[u8]) -> Option<&str> {
    let value = json.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let value = value.strip_prefix(b"\"stores/").or_else(|| value.strip_prefix(b"\"stores\\/"))?;
    let hash = &value[..value.iter().position(|byte| *byte == b'"')?];
    if is_store_hash(hash) { std::str::from_utf8(hash).ok() } else { None }
}

/// Letters and digits in fact; the documented samples have `{store_hash}` in its place.
pub(crate) fn is_store_hash(hash: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_{}".contains(byte);
    (1..=STORE_HASH_BYTES_MAX).contains(&hash.len()) && hash.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hint_is_found_however_the_json_is_spelled() {
        for body in [
            r#"{"producer":"stores/abc123"}"#,
            r#"{"producer": "stores\/abc123", "x": 1}"#,
            "{\"producer\"\n :\t\"stores/abc123\"}",
            r#"{"producer": 7, "a": {"producer": "stores/abc123"}}"#,
        ] {
            assert_eq!(store_hash_hint(body.as_bytes()), Some("abc123"), "{body}");
        }
        for body in
            ["", r#"{"producer":"stores/"}"#, r#"{"producer":"stores/abc"#, r#"{"producer":"shops/abc"}"#]
        {
            assert_eq!(store_hash_hint(body.as_bytes()), None, "{body}");
        }
    }
}
