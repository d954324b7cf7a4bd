//! A message's headers and properties as JSON, for people and for the record.

use lapin::BasicProperties;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use serde_json::{Map, Value, json};

/// All that are set.
pub(super) fn properties(of: &BasicProperties) -> Value {
    let mut all = Map::new();
    let texts: [(&str, &Option<ShortString>); 10] = [
        ("content_type", of.content_type()),
        ("content_encoding", of.content_encoding()),
        ("correlation_id", of.correlation_id()),
        ("reply_to", of.reply_to()),
        ("expiration", of.expiration()),
        ("message_id", of.message_id()),
        ("type", of.kind()),
        ("user_id", of.user_id()),
        ("app_id", of.app_id()),
        ("cluster_id", of.cluster_id()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            all.insert(name.to_owned(), text.as_str().into());
        }
    }
    let numbers = [
        ("delivery_mode", of.delivery_mode().map(u64::from)),
        ("priority", of.priority().map(u64::from)),
        ("timestamp", *of.timestamp()),
    ];
    for (name, number) in numbers {
        if let Some(number) = number {
            all.insert(name.to_owned(), number.into());
        }
    }
    if let Some(headers) = of.headers() {
        all.insert("headers".to_owned(), table(headers));
    }
    Value::Object(all)
}

fn table(of: &FieldTable) -> Value {
    of.inner().iter().map(|(name, it)| (name.to_string(), value(it))).collect::<Map<_, _>>().into()
}

fn value(of: &AMQPValue) -> Value {
    match of {
        AMQPValue::Boolean(it) => json!(it),
        AMQPValue::ShortShortInt(it) => json!(it),
        AMQPValue::ShortShortUInt(it) => json!(it),
        AMQPValue::ShortInt(it) => json!(it),
        AMQPValue::ShortUInt(it) => json!(it),
        AMQPValue::LongInt(it) => json!(it),
        AMQPValue::LongUInt(it) => json!(it),
        AMQPValue::LongLongInt(it) => json!(it),
        AMQPValue::Float(it) => json!(it),
        AMQPValue::Double(it) => json!(it),
        AMQPValue::DecimalValue(it) => json!({ "value": it.value, "scale": it.scale }),
        AMQPValue::ShortString(it) => json!(it.as_str()),
        AMQPValue::LongString(it) => json!(it.to_string()),
        AMQPValue::FieldArray(it) => it.as_slice().iter().map(value).collect(),
        AMQPValue::Timestamp(it) => json!(it),
        AMQPValue::FieldTable(it) => table(it),
        AMQPValue::ByteArray(it) => json!(String::from_utf8_lossy(it.as_slice())),
        AMQPValue::Void => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trail::{long, short};

    #[test]
    fn what_is_set_is_told_and_nothing_else() {
        let mut inner = FieldTable::default();
        inner.insert("queue".into(), long("crossdock.stock-writer"));
        let mut headers = FieldTable::default();
        headers.insert("x-death".into(), AMQPValue::FieldArray(vec![AMQPValue::FieldTable(inner)].into()));
        headers.insert("x-crossdock-attempts".into(), AMQPValue::LongLongInt(3));
        let all = BasicProperties::default()
            .with_message_id(short("m1"))
            .with_timestamp(1_760_000_000)
            .with_delivery_mode(2)
            .with_headers(headers);
        let expected = json!({
            "message_id": "m1",
            "timestamp": 1_760_000_000,
            "delivery_mode": 2,
            "headers": {"x-death": [{"queue": "crossdock.stock-writer"}], "x-crossdock-attempts": 3},
        });
        assert_eq!(properties(&all), expected);
    }
}
