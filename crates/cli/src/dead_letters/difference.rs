//! What differs between two bodies, place by place.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// One place that differs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Change {
    /// Names of members and places in lists, between dots; empty for the whole body.
    pub(super) path: String,
    /// None: it was not there.
    pub(super) before: Option<Value>,
    /// None: it is not there any more.
    pub(super) after: Option<Value>,
}

/// The places that differ, in the order of their names. Bodies that are no JSON differ as a whole.
pub(super) fn difference(before: &[u8], after: &[u8]) -> Vec<Change> {
    let mut changes = Vec::new();
    compare(String::new(), Some(&read(before)), Some(&read(after)), &mut changes);
    changes
}

/// Each change in two lines, as a difference is read.
pub(super) fn lines(changes: &[Change]) -> Vec<String> {
    let line = |sign: char, path: &str, value: &Option<Value>| {
        value.as_ref().map(|value| format!("{sign} {path}{}{value}", if path.is_empty() { "" } else { ": " }))
    };
    let both = |it: &Change| [line('-', &it.path, &it.before), line('+', &it.path, &it.after)];
    changes.iter().flat_map(both).flatten().collect()
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
}

fn compare(path: String, before: Option<&Value>, after: Option<&Value>, changes: &mut Vec<Change>) {
    if before == after {
        return;
    }
    let within = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (before, after) {
        (Some(Value::Object(one)), Some(Value::Object(other))) => {
            let names: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            for name in names {
                compare(within(name), one.get(name), other.get(name), changes);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) => {
            for place in 0..one.len().max(other.len()) {
                compare(within(&place.to_string()), one.get(place), other.get(place), changes);
            }
        }
        _ => changes.push(Change { path, before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_that_differs_is_told_and_no_other() {
        let before = br#"{"id": "a", "data": {"carrier": "X", "lines": [{"sku": "MUG"}], "gone": 1}}"#;
        let after = br#"{"data":{"carrier":"Y","lines":[{"sku":"MUG"},{"sku":"CAP"}],"new":null},"id":"a"}"#;
        assert_eq!(
            lines(&difference(before, after)),
            [
                r#"- data.carrier: "X""#,
                r#"+ data.carrier: "Y""#,
                "- data.gone: 1",
                r#"+ data.lines.1: {"sku":"CAP"}"#,
                "+ data.new: null",
            ]
        );
        assert!(difference(before, before).is_empty());
    }

    #[test]
    fn what_is_no_json_differs_as_a_whole() {
        assert_eq!(lines(&difference(b"{broken", b"{}")), [r#"- "{broken""#, "+ {}"]);
    }
}
