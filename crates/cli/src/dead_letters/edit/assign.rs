//! Setting single values of a body.

use anyhow::{anyhow, bail};
use serde_json::Value;

use crate::command_line::Assignment;

/// The body with these values set, one after the other.
///
/// # Errors
/// It is no JSON, or a path leads nowhere.
pub(super) fn assign(body: &[u8], set: &[Assignment]) -> anyhow::Result<Vec<u8>> {
    let mut json: Value = serde_json::from_slice(body)
        .map_err(|why| anyhow!("the body is no JSON ({why}): give it whole, with --file"))?;
    for assignment in set {
        *place(&mut json, &assignment.path)? = assignment.value.clone();
    }
    Ok(serde_json::to_vec(&json).expect("a value is always JSON"))
}

/// The place that a path leads to. Its last name may be new.
fn place<'j>(json: &'j mut Value, path: &[String]) -> anyhow::Result<&'j mut Value> {
    let mut at = json;
    for (depth, name) in path.iter().enumerate() {
        let (whole, last) = (path.join("."), depth + 1 == path.len());
        at = match at {
            Value::Object(members) => {
                if last {
                    members.entry(name.as_str()).or_insert(Value::Null);
                }
                members.get_mut(name).ok_or_else(|| anyhow!("there is no '{name}' on the way to {whole}"))?
            }
            Value::Array(items) => {
                let count = items.len();
                let item = name.parse::<usize>().ok().and_then(|place| items.get_mut(place));
                item.ok_or_else(|| {
                    anyhow!("'{name}' is no place of the list in {whole}: it has {count}, from 0")
                })?
            }
            _ => bail!("nothing can stand at {whole}: what is before '{name}' has no parts"),
        };
    }
    Ok(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(body: &str, sets: &[(&str, Value)]) -> anyhow::Result<Value> {
        let one = |(path, value): &(&str, Value)| Assignment {
            path: path.split('.').map(str::to_owned).collect(),
            value: value.clone(),
        };
        let sets: Vec<Assignment> = sets.iter().map(one).collect();
        Ok(serde_json::from_slice(&assign(body.as_bytes(), &sets)?).unwrap())
    }

    const BODY: &str = r#"{"id":"a","data":{"number":"BG1","units":2,"lines":[{"sku":"MUG","quantity":1}]}}"#;

    #[test]
    fn each_value_is_set_at_its_place_and_nothing_else_changes() {
        let sets =
            [("data.carrier", json!("UPS")), ("data.units", json!(3)), ("data.lines.0.quantity", json!(2))];
        let expected = json!({
            "id": "a",
            "data": { "number": "BG1", "units": 3, "carrier": "UPS", "lines": [{ "sku": "MUG", "quantity": 2 }] }
        });
        assert_eq!(set(BODY, &sets).unwrap(), expected);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        for (path, says) in [
            ("date.number", "there is no 'date'"),
            ("data.lines.1.sku", "it has 1, from 0"),
            ("data.lines.sku", "'sku' is no place"),
            ("id.x", "has no parts"),
        ] {
            let refused = set(BODY, &[(path, json!(1))]).unwrap_err().to_string();
            assert!(refused.contains(says), "{refused}");
        }
        assert!(set("{broken", &[("data", json!(1))]).unwrap_err().to_string().contains("--file"));
    }
}
