//! Values that BigCommerce writes in more than one way: `12`, `"12"`, `"12.0000"` and `null`; dates by RFC 2822 or ISO 8601.
//!
//! Its OpenAPI files say "Float, Float-As-String, Integer" of most amounts, and their examples mix numbers and texts.
//! No error here repeats the value: it may be personal.

use std::fmt;

use crossdock_domain::Money;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::rfc2822::DateTimeParser;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::Deserializer;
use serde::de::{Error as _, Visitor};

/// Weekdays are not checked: the platform's own examples have wrong ones.
const RFC_2822: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// A text; a number as it is written, `null` as an empty text.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    deserializer.deserialize_any(Scalar)
}

/// Reads what [`text`] takes.
struct Scalar;

impl Visitor<'_> for Scalar {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, a text or null")
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_unit<E>(self) -> Result<String, E> {
        Ok(String::new())
    }
}

/// An id; `null` and an empty text as 0, which BigCommerce uses for 'none'.
pub(crate) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    whole(&text(deserializer)?).ok_or_else(|| D::Error::custom("not an id"))
}

/// A count of units, never negative; `null` and an empty text as 0.
pub(crate) fn units<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let units = whole(&text(deserializer)?).and_then(|units| u32::try_from(units).ok());
    units.ok_or_else(|| D::Error::custom("not a count of units"))
}

/// A channel's id; `null` and an empty text as none.
pub(crate) fn channel<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let text = text(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| D::Error::custom("not an id"))
}

/// An amount of money.
pub(crate) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
    text(deserializer)?.parse().map_err(|_| D::Error::custom("not an amount of money"))
}

/// A moment.
pub(crate) fn timestamp<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    moment(&text(deserializer)?).ok_or_else(|| D::Error::custom("not a date by RFC 2822 or ISO 8601"))
}

/// A moment, or none for an empty text or `null`.
pub(crate) fn optional_timestamp<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text = text(deserializer)?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    moment(&text).map(Some).ok_or_else(|| D::Error::custom("not a date by RFC 2822 or ISO 8601"))
}

/// Dates without an offset are in UTC: "This date time is always in UTC in the api response" (OpenAPI file of Orders V2).
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    RFC_2822
        .parse_timestamp(text)
        .ok()
        .or_else(|| text.parse().ok())
        .or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|date| date.timestamp()))
}

fn whole(text: &str) -> Option<u64> {
    if text.is_empty() {
        return Some(0);
    }
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let number = text.parse::<Decimal>().ok()?;
    number.is_integer().then(|| u64::try_from(number).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(deserialize_with = "id")]
        id: u64,
        #[serde(deserialize_with = "units")]
        quantity: u32,
        #[serde(deserialize_with = "money")]
        price: Money,
        #[serde(deserialize_with = "text")]
        zip: String,
        #[serde(deserialize_with = "channel")]
        channel: Option<i64>,
    }

    #[test]
    fn numbers_and_texts_of_numbers_mean_the_same() {
        for json in [
            r#"{"id": 12, "quantity": 2, "price": 5.1, "zip": 3000, "channel": 1}"#,
            r#"{"id": "12", "quantity": "2.0000", "price": "5.1000", "zip": "3000", "channel": "1"}"#,
            r#"{"id": 12.0, "quantity": 2.0, "price": "5.1", "zip": "3000", "channel": 1}"#,
        ] {
            let row: Row = serde_json::from_str(json).unwrap();
            assert_eq!((row.id, row.quantity, row.price.to_string().as_str()), (12, 2, "5.10"), "{json}");
            assert_eq!((row.zip.as_str(), row.channel), ("3000", Some(1)), "{json}");
        }
    }

    #[test]
    fn what_is_no_count_is_refused_without_being_repeated() {
        for quantity in ["-1", "1.5", "\"two@example.com\"", "99999999999", "[]"] {
            let json =
                format!(r#"{{"id": 1, "quantity": {quantity}, "price": 1, "zip": null, "channel": null}}"#);
            let error = serde_json::from_str::<Row>(&json).err().expect("refused").to_string();
            assert!(!error.contains("example.com"), "{error}");
        }
    }

    #[test]
    fn dates_are_read_however_the_platform_writes_them() {
        for text in [
            "Tue, 05 Mar 2019 21:40:11 +0000",
            "Fri, 05 Mar 2019 21:40:11 +0000",
            "2019-03-05T21:40:11Z",
            "2019-03-05T21:40:11+00:00",
            "2019-03-06T08:40:11+11:00",
            "2019-03-05T21:40:11",
        ] {
            assert_eq!(moment(text).unwrap().to_string(), "2019-03-05T21:40:11Z", "{text}");
        }
        assert_eq!(moment("yesterday"), None);
    }
}
