//! Why the warehouse refuses something: RFC 9457 problem details.

use crossdock_domain::Sku;
use serde::Deserialize;

/// Most characters of the warehouse's words that are kept.
const REASON_CHARS_MAX: usize = 300;

/// Most SKUs of one refusal that are kept: more than an order has lines.
const UNKNOWN_SKUS_MAX: usize = 1_000;

/// A refusal in the warehouse's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// Its `detail`, or else its `title`.
    pub(super) reason: String,
    /// Extension member `unknown_skus`: SKUs that it does not know. Once it knows them all, the order is released again.
    pub(super) unknown_skus: Vec<Sku>,
}

#[derive(Deserialize)]
struct Details {
    detail: Option<String>,
    title: Option<String>,
    #[serde(default)]
    unknown_skus: Vec<Sku>,
}

impl Problem {
    /// Reads an answer's body; none if it gives no reason: then something else than the warehouse may have answered.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let Details { detail, title, mut unknown_skus } = serde_json::from_slice(body).ok()?;
        let told = [detail, title].into_iter().flatten().map(|text| shortened(&text));
        let reason = told.into_iter().find(|text| !text.is_empty())?;
        unknown_skus.truncate(UNKNOWN_SKUS_MAX);
        Some(Self { reason, unknown_skus })
    }
}

/// In one line, and cut; nothing of a page that somebody has wrapped.
fn shortened(text: &str) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.starts_with('<') {
        return String::new();
    }
    words.chars().filter(|character| !character.is_control()).take(REASON_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(body: &str) -> Option<String> {
        Problem::read(body.as_bytes()).map(|problem| problem.reason)
    }

    #[test]
    fn the_detail_is_the_reason_or_else_the_title() {
        let both = r#"{"type": "about:blank", "title": "No", "status": 422, "detail": "too\n heavy"}"#;
        assert_eq!(reason(both).unwrap(), "too heavy");
        assert_eq!(reason(r#"{"title": "No", "detail": " "}"#).unwrap(), "No");
        assert_eq!(reason(&format!(r#"{{"detail": "{}"}}"#, "ä".repeat(5_000))).unwrap(), "ä".repeat(300));
        for silent in
            ["", "{}", r#"{"detail": 7}"#, "<html>422</html>", "[]", r#""no""#, r#"{"detail": "<html>"}"#]
        {
            assert_eq!(reason(silent), None, "{silent}");
        }
    }

    #[test]
    fn unknown_skus_are_an_extension() {
        let problem = Problem::read(br#"{"detail": "unknown", "unknown_skus": ["TEE-M", "MUG"]}"#).unwrap();
        assert_eq!(problem.unknown_skus, [Sku::from("TEE-M"), Sku::from("MUG")]);
    }
}
