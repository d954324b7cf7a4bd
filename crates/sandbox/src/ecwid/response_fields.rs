//! The `responseFields` parameter: which fields an answer is cut down to.

use std::collections::BTreeMap;

use serde_json::Value;

/// Fields by name, each with those wanted of it; a field without any is wanted whole.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct ResponseFields(BTreeMap<String, ResponseFields>);

impl ResponseFields {
    /// Reads `total,items(id,email)`.
    pub(super) fn parse(text: &str) -> Self {
        Self::read(&mut text.chars())
    }

    fn read(text: &mut std::str::Chars) -> Self {
        let mut fields = Self::default();
        let mut name = String::new();
        while let Some(c) = text.next() {
            match c {
                '(' => {
                    let inner = Self::read(text);
                    fields.0.insert(std::mem::take(&mut name), inner);
                }
                ')' => break,
                ',' => fields.add(&mut name),
                c if c.is_whitespace() => {}
                c => name.push(c),
            }
        }
        fields.add(&mut name);
        fields
    }

    fn add(&mut self, name: &mut String) {
        if !name.is_empty() {
            self.0.entry(std::mem::take(name)).or_default();
        }
    }

    /// Cuts a value down; a list is cut item by item.
    pub(super) fn apply(&self, value: Value) -> Value {
        match value {
            _ if self.0.is_empty() => value,
            Value::Array(items) => items.into_iter().map(|item| self.apply(item)).collect(),
            Value::Object(fields) => fields
                .into_iter()
                .filter_map(|(name, value)| Some((name.clone(), self.0.get(&name)?.apply(value))))
                .collect(),
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_cut_down_to_the_fields_named() {
        let whole = json!({ "total": 1, "count": 1, "items": [{ "id": "A", "email": "x", "items": [{ "id": 1, "sku": "S" }] }] });
        let cut = |fields: &str| ResponseFields::parse(fields).apply(whole.clone());
        assert_eq!(
            cut("total,items(id, items(sku))"),
            json!({ "total": 1, "items": [{ "id": "A", "items": [{ "sku": "S" }] }] })
        );
        assert_eq!(cut("items"), json!({ "items": whole["items"] }));
        assert_eq!(cut(""), whole);
    }
}
