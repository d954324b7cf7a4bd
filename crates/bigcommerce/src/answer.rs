//! An answer of the shop: its body read as a documented shape, or its refusal told in our own words.

use std::error::Error;

use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crossdock_storefront::StorefrontError;

use crate::client::About;

/// Most characters of the shop's own words that an error carries.
const WORDS_CHARS_MAX: usize = 300;

/// The body of a 2xx; empty where the shop answers 204.
#[derive(Debug)]
pub(crate) struct Answer(pub(crate) Vec<u8>);

impl Answer {
    /// Whether the shop answered without a body.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(u8::is_ascii_whitespace)
    }

    /// The body as a documented shape.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, StorefrontError> {
        let mut json = serde_json::Deserializer::from_slice(&self.0);
        let read = serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(error.into()))?;
        json.end().map_err(|error| malformed(error.into()))?;
        Ok(read)
    }

    /// A V2 list: nothing at all means that it is empty (documented for shipments, seen on others).
    pub(crate) fn rows<T: DeserializeOwned>(&self) -> Result<Vec<T>, StorefrontError> {
        if self.is_empty() { Ok(Vec::new()) } else { self.read() }
    }
}

/// An answer that is not as documented.
pub(crate) fn malformed(cause: Box<dyn Error + Send + Sync>) -> StorefrontError {
    StorefrontError::Malformed { cause }
}

/// The shop could not do it now.
#[derive(Debug, thiserror::Error)]
#[error("the shop answered {status}: {words}")]
struct NotNow {
    status: u16,
    words: String,
}

/// What an answer other than 2xx and 429 means for the caller.
///
/// Source: `docs/start/about/status-codes.mdx` of bigcommerce/docs. 408 and 423 ("currently locked and unavailable") pass by
/// themselves. A redirect is not followed: it means a wrong `api_url`, which an operator mends while the work waits. So does a 404
/// that is no document of the API's: it is another server's, and no order counts as deleted for it.
pub(crate) fn refusal(status: StatusCode, body: &[u8], about: About<'_>) -> StorefrontError {
    let words = own_words(body);
    let answer =
        if words.is_empty() { status.as_str().to_owned() } else { format!("{}: {words}", status.as_str()) };
    match status.as_u16() {
        401 => StorefrontError::CredentialsRefused { answer },
        403 => StorefrontError::MissingScope { scope: about.scope.to_owned(), answer },
        404 if is_of_the_api(body) => StorefrontError::NotFound { what: about.subject.to_owned() },
        300..=399 | 404 | 408 | 423 | 500.. => {
            StorefrontError::Unavailable { cause: NotNow { status: status.as_u16(), words }.into() }
        }
        status if words.is_empty() => {
            StorefrontError::Refused { status, message: "no reason given".to_owned() }
        }
        status => StorefrontError::Refused { status, message: words },
    }
}

/// V2: an array with one entry per problem.
#[derive(Deserialize)]
struct V2Problem {
    message: String,
}

/// V3: a problem with details by field.
#[derive(Deserialize)]
struct V3Problem {
    title: String,
    #[serde(default)]
    errors: Value,
}

/// The shop's own words in an error's body, shortened; empty if it has none.
fn own_words(body: &[u8]) -> String {
    if let Ok(problems) = serde_json::from_slice::<Vec<V2Problem>>(body) {
        return shortened(
            &problems.into_iter().map(|problem| problem.message).collect::<Vec<_>>().join("; "),
        );
    }
    if let Ok(problem) = serde_json::from_slice::<V3Problem>(body) {
        return shortened(&match details(&problem.errors) {
            Some(details) => format!("{} ({details})", problem.title),
            None => problem.title,
        });
    }
    let text = String::from_utf8_lossy(body);
    // A proxy's page is no sentence of the shop.
    if text.trim_start().starts_with('<') { String::new() } else { shortened(&text) }
}

/// Whether a body is what the API answers: JSON. A proxy's page, or nothing, is not.
fn is_of_the_api(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|json| json.is_array() || json.is_object())
}

fn details(errors: &Value) -> Option<String> {
    let fields = errors.as_object().filter(|fields| !fields.is_empty())?;
    let told = fields.iter().map(|(field, problem)| match problem {
        Value::String(text) => format!("{field}: {text}"),
        other => format!("{field}: {other}"),
    });
    Some(told.collect::<Vec<_>>().join("; "))
}

fn shortened(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = words.char_indices().nth(WORDS_CHARS_MAX) {
        words.truncate(cut);
        words.push('…');
    }
    words
}

#[cfg(test)]
mod tests {
    use crossdock_storefront::Priority;

    use super::*;

    const ABOUT: About<'_> =
        About { subject: "order 1001", scope: "modify orders", priority: Priority::Urgent };

    fn told(status: u16, body: &str) -> String {
        refusal(StatusCode::from_u16(status).unwrap(), body.as_bytes(), ABOUT).to_string()
    }

    #[test]
    fn both_versions_of_the_api_are_quoted_in_their_own_words() {
        let v3 = include_str!("../fixtures/errors/v3_422_tracked_by_product.json");
        insta::assert_snapshot!("refusals", [
            told(400, r#"[{"status": 400, "message": "The field 'items' is invalid."}, {"status": 400, "message": "So is 'x'."}]"#),
            told(422, v3),
            told(422, r#"{"status": 422, "title": "Payload contains invalid fields", "errors": {"items.0.quantity": "too much", "n": 1}}"#),
            told(403, r#"{"status": 403, "title": "You don't have a required scope", "type": "…"}"#),
            told(401, ""),
            told(404, include_str!("../fixtures/errors/v2_404.json")),
            told(409, "plain text\n over lines"),
            told(302, "<html><body>moved</body></html>"),
        ]
        .join("\n"));
    }

    #[test]
    fn long_words_are_cut_between_characters() {
        let message = told(400, &"ä".repeat(5000));
        assert!(message.chars().count() < WORDS_CHARS_MAX + 60 && message.ends_with('…'), "{message}");
    }

    #[test]
    fn a_wrong_field_is_named_by_its_path() {
        #[derive(Debug, Deserialize)]
        struct Row {
            #[serde(deserialize_with = "crate::loose::id", rename = "id")]
            _id: u64,
        }
        let error = Answer(br#"[{"id": 1}, {"id": "x"}]"#.to_vec()).rows::<Row>().unwrap_err();
        let StorefrontError::Malformed { cause } = error else { panic!("{error}") };
        assert!(cause.to_string().starts_with("[1].id: not an id"), "{cause}");
        assert!(Answer(b" \n".to_vec()).rows::<Row>().unwrap().is_empty());
        assert!(
            Answer(br#"[{"id": 1}] [{"id": 2}]"#.to_vec()).rows::<Row>().is_err(),
            "a second value behind the first"
        );
    }
}
