//! Dead letters as comma-separated values (RFC 4180), for spreadsheets.

use serde_json::Value;

/// Columns, by the names that they have in JSON.
const COLUMNS: [&str; 22] = [
    "id",
    "state",
    "role",
    "store",
    "subject",
    "kind",
    "class",
    "chain",
    "group",
    "attempts",
    "failures",
    "first_failed_at",
    "last_failed_at",
    "changed_at",
    "edited",
    "message_id",
    "content_type",
    "properties",
    "body",
    "body_base64",
    "edited_body",
    "edited_body_base64",
];

pub(super) fn header() -> String {
    COLUMNS.join(",")
}

/// One dead letter, in a record. It may have line ends within a field.
pub(super) fn row(entry: &Value) -> String {
    let fields: Vec<String> = COLUMNS.iter().map(|column| field(&entry[*column])).collect();
    fields.join(",")
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => harmless(text),
        other => other.to_string(),
    };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// A spreadsheet would calculate what begins like a formula: such a text gets an apostrophe before it.
fn harmless(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula { format!("'{text}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letters::entry::Entry;
    use crate::dead_letters::entry::tests::whole;

    #[test]
    fn every_field_of_an_entry_has_its_column() {
        let entries = [Entry::from(whole(b"{}")), Entry::from(whole(&[0xff]))];
        for entry in entries {
            let entry = serde_json::to_value(entry).unwrap();
            for name in entry.as_object().unwrap().keys() {
                assert!(COLUMNS.contains(&name.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn fields_are_quoted_where_they_must_be_and_no_formula_is_calculated() {
        let field = |text: &str| field(&Value::from(text));
        assert_eq!(field("plain"), "plain");
        assert_eq!(field("a \"b\", c"), "\"a \"\"b\"\", c\"");
        assert_eq!(field("two\nlines"), "\"two\nlines\"");
        assert_eq!(field("=HYPERLINK(1)"), "'=HYPERLINK(1)");
        assert_eq!(super::field(&Value::from(-3)), "-3");
        let row = row(&serde_json::to_value(Entry::from(whole(b"{}"))).unwrap());
        assert!(row.starts_with("7,dead,tracking-writer,acme-au,BG1001,"), "{row}");
        assert_eq!(header().split(',').count(), COLUMNS.len());
    }
}
