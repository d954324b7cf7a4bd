//! Finds a store's hash in a callback that is not verified yet.

/// Most characters of a store's hash; real ones have about ten.
const STORE_HASH_BYTES_MAX: usize = 64;

/// The hash in the callback's own `"producer": "stores/{hash}"`, found without parsing, as the body is not verified yet.
///
/// It only chooses whose secrets to verify with; [`crate::Callback::store_hash`] is what counts after that. Of a body that can be
/// parsed it names the same shop as the parse, or none: where the key or the hash is spelled with `\u` escapes. A key deeper in
/// the body, or in a text, is passed over.
pub fn store_hash_hint(body: &[u8]) -> Option<&str> {
    let (mut rest, mut depth) = (body, 0_usize);
    while let [byte, behind @ ..] = rest {
        rest = behind;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let (text, behind) = text_and_rest(behind)?;
                rest = behind;
                if depth == 1
                    && text == b"producer"
                    && let Some(value) = behind.trim_ascii_start().strip_prefix(b":")
                {
                    return hash_in_value(value);
                }
            }
            _ => {}
        }
    }
    None
}

/// A text up to its closing quote, which is left out, and what follows.
fn text_and_rest(json: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    let end = json.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    Some((&json[..end], &json[end + 1..]))
}

/// The hash in `"stores/{hash}"`; the slash may be escaped.
fn hash_in_value(json: &[u8]) -> Option<&str> {
    let text = json.trim_ascii_start().strip_prefix(b"\"")?;
    let (text, _) = text_and_rest(text)?;
    let hash = text.strip_prefix(b"stores/").or_else(|| text.strip_prefix(b"stores\\/"))?;
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
            r#"{"data":{"producer":"stores/xyz789"},"producer":"stores/abc123"}"#,
            r#"{"scope":"producer","producer":"stores/abc123"}"#,
            r#"{"hash":"\\\"producer\":\"stores/xyz789","producer":"stores/abc123"}"#,
            r#"{"hash":"\\","producer":"stores/abc123"}"#,
        ] {
            assert_eq!(store_hash_hint(body.as_bytes()), Some("abc123"), "{body}");
        }
        for body in [
            "",
            r#"{"producer":"stores/"}"#,
            r#"{"producer":"stores/abc"#,
            r#"{"producer":"shops/abc"}"#,
            r#"{"producer":7,"a":{"producer":"stores/abc123"}}"#,
            r#"{"p\u0072oducer":"stores/abc123"}"#,
            r#"{"producer":"stores/\u0061bc123"}"#,
            r#"{"producer":"stores/abc\"123"}"#,
            r#"[{"producer":"stores/abc123"}]"#,
            r#""producer":"stores/abc123""#,
        ] {
            assert_eq!(store_hash_hint(body.as_bytes()), None, "{body}");
        }
    }
}
