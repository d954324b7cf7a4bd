//! Reading JSON, and saying which field was not as documented without repeating what stood in it.

use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// JSON of another shape than Ecwid documents. Its text holds no value of the document: those may be a buyer's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at {path}: {fault}")]
pub struct ShapeError {
    path: String,
    fault: String,
    half: bool,
}

impl ShapeError {
    /// A fault that only shows once the document is read.
    pub(crate) fn new(path: &str, fault: &str) -> Self {
        Self { path: path.to_owned(), fault: fault.to_owned(), half: false }
    }

    /// Whether the document just stopped, as when a connection breaks.
    pub(crate) fn is_half(&self) -> bool {
        self.half
    }

    fn from_json(path: String, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let fault = match text.rfind("expected ") {
            Some(start) => text[start..].to_owned(),
            None => text,
        };
        Self { path, fault, half: error.classify() == Category::Eof }
    }
}

/// Reads one whole JSON document.
pub(crate) fn read<T: DeserializeOwned>(json: &[u8]) -> Result<T, ShapeError> {
    let mut document = serde_json::Deserializer::from_slice(json);
    let value = serde_path_to_error::deserialize(&mut document)
        .map_err(|error| ShapeError::from_json(error.path().to_string(), error.inner()))?;
    document.end().map_err(|error| ShapeError::from_json("end".to_owned(), &error))?;
    Ok(value)
}

/// The same for what anybody may have sent: its own keys are not repeated.
pub(crate) fn read_unverified<T: DeserializeOwned>(json: &[u8]) -> Result<T, ShapeError> {
    serde_json::from_slice(json).map_err(|error| ShapeError::from_json("the callback".to_owned(), &error))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Order {
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only the shape matters")]
    struct Item {
        quantity: u32,
    }

    #[test]
    fn a_fault_names_its_field_but_not_its_value() {
        let error =
            read::<Order>(br#"{"items":[{"quantity":1},{"quantity":"buyer@example.com"}]}"#).unwrap_err();
        assert_eq!(error.to_string(), "at items[1].quantity: expected u32 at line 1 column 56");
        let error = read::<Order>(br#"{"items":[{}]}"#).unwrap_err();
        assert_eq!(error.to_string(), "at items[0]: missing field `quantity` at line 1 column 12");
    }

    #[test]
    fn a_stranger_puts_no_words_into_an_error() {
        let json = format!(r#"{{"items":[], "{}": tru"#, "buyer@example.com".repeat(1_000));
        let error = read_unverified::<Order>(json.as_bytes()).unwrap_err().to_string();
        assert!(error.len() < 100 && !error.contains("example.com"), "{error}");
    }

    #[test]
    fn a_document_that_stops_is_told_from_one_that_is_wrong() {
        assert!(read::<Order>(br#"{"items":[{"quan"#).unwrap_err().is_half());
        assert!(read::<Order>(b"").unwrap_err().is_half());
        assert!(!read::<Order>(b"<html>").unwrap_err().is_half());
        assert!(!read::<Order>(br#"{"items":[]} x"#).unwrap_err().is_half());
    }
}
