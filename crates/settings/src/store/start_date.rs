//! `store.orders.start_date`: the first day whose orders are wanted.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use crate::item::Item;

/// No shop of either platform is older. Catches `31/01/26`, which is the year 26.
const YEAR_MIN: i16 = 2000;

/// Later ones are typing errors, and near the end of what a timestamp can hold.
const YEAR_MAX: i16 = 9000;

/// The moment at which the day begins in the shop's time zone.
pub(super) fn read(item: &Item<'_>, time_zone: &TimeZone) -> Option<Timestamp> {
    let date = match item.value() {
        DeValue::Datetime(unquoted) => {
            parse_date(&unquoted.to_string()).map_err(|what| item.refuse(&what)).ok()
        }
        _ => item.parsed(parse_date),
    };
    date.map(|date| start_of_day(date, time_zone))
}

/// Reads a day in either spelling: `2026-01-31` or `31/01/2026`.
///
/// # Errors
/// A sentence that says how to write it.
pub fn parse_date(text: &str) -> Result<Date, String> {
    let date = Date::strptime("%Y-%m-%d", text).or_else(|_| Date::strptime("%d/%m/%Y", text)).ok();
    date.filter(|date| (YEAR_MIN..=YEAR_MAX).contains(&date.year()))
        .ok_or_else(|| format!("'{text}' is no date; write \"2026-01-31\" or \"31/01/2026\""))
}

/// The moment at which a day that [`parse_date`] takes begins: 00:00, or the first moment after it where clocks skip it.
pub fn start_of_day(date: Date, time_zone: &TimeZone) -> Timestamp {
    let start = date.to_zoned(time_zone.clone()).expect("the year is far from the ends of time");
    start.timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(text: &str, time_zone: &str) -> String {
        start_of_day(parse_date(text).unwrap(), &TimeZone::get(time_zone).unwrap()).to_string()
    }

    #[test]
    fn a_day_begins_at_the_shops_own_midnight() {
        assert_eq!(start("2026-01-31", "Australia/Melbourne"), "2026-01-30T13:00:00Z");
        assert_eq!(start("31/01/2026", "Australia/Melbourne"), "2026-01-30T13:00:00Z");
        assert_eq!(start("2026-07-01", "Australia/Melbourne"), "2026-06-30T14:00:00Z");
        assert_eq!(start("1/2/2026", "UTC"), "2026-02-01T00:00:00Z");
    }

    #[test]
    fn a_day_without_midnight_begins_when_the_clock_jumps() {
        assert_eq!(start("2018-11-04", "America/Sao_Paulo"), "2018-11-04T03:00:00Z");
        assert_eq!(start("24/04/2026", "Africa/Cairo"), "2026-04-23T22:00:00Z");
        assert_eq!(start("29/03/2026", "Asia/Beirut"), "2026-03-28T22:00:00Z");
    }

    #[test]
    fn a_day_that_the_calendar_skips_begins_with_the_next() {
        assert_eq!(start("2011-12-30", "Pacific/Apia"), "2011-12-30T10:00:00Z");
        assert_eq!(start("2011-12-31", "Pacific/Apia"), "2011-12-30T10:00:00Z");
    }

    #[test]
    fn a_day_with_two_midnights_begins_at_the_first() {
        assert_eq!(start("2026-11-01", "America/Havana"), "2026-11-01T04:00:00Z");
        // Here the clock goes back from midnight into the day before: this day has one midnight, the later one.
        assert_eq!(start("2026-10-25", "Asia/Beirut"), "2026-10-24T22:00:00Z");
    }

    #[test]
    fn other_texts_are_no_dates() {
        for bad in [
            "",
            "2026-02-30",
            "01/31/2026",
            "31/01/26",
            "26-01-31",
            "2026-01-31T10:00",
            "31.01.2026",
            "9999-12-31",
        ] {
            assert!(parse_date(bad).is_err(), "{bad}");
        }
    }
}
