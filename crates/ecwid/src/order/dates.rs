//! Ecwid's times: seconds since 1970, or texts such as `2024-09-04 07:22:09 +0000`.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

use crate::scalar::Scalar;

/// The first of these that is a time. A text without an offset is in UTC, as the reference says.
pub(crate) fn first_of(candidates: &[&Scalar]) -> Option<Timestamp> {
    candidates.iter().filter_map(|one| one.filled()).find_map(time)
}

fn time(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse() {
        return Timestamp::from_second(seconds).ok();
    }
    let with_offset = strtime::parse("%Y-%m-%d %H:%M:%S %z", text).and_then(|parsed| parsed.to_timestamp());
    with_offset
        .ok()
        .or_else(|| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_way_to_write_a_time_is_read() {
        for (text, read) in [
            ("1725434529", "2024-09-04T07:22:09Z"),
            ("2024-09-04 07:22:09 +0000", "2024-09-04T07:22:09Z"),
            ("2014-10-19 20:27:50 +0400", "2014-10-19T16:27:50Z"),
            ("2014-10-19 20:27:50 -0800", "2014-10-20T04:27:50Z"),
            ("2014-10-19 20:27:50", "2014-10-19T20:27:50Z"),
            ("2014-10-19", "2014-10-19T00:00:00Z"),
        ] {
            assert_eq!(time(text).unwrap().to_string(), read, "{text}");
        }
        for text in ["", "yesterday", "2014-13-01 00:00:00 +0000", "99999999999999999"] {
            assert_eq!(time(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_time_that_is_one_counts() {
        let at = |text: &str| Scalar(text.to_owned());
        assert_eq!(first_of(&[&at(""), &at("x"), &at("2014-10-19"), &at("1")]), time("2014-10-19"));
        assert_eq!(first_of(&[]), None);
    }
}
