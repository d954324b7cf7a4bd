//! When a shop's day is proved: in the early morning after it, in the shop's time zone.

use std::time::Duration;

use crossdock_domain::StoreId;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::schedule::Schedule;

/// Hour from which on the day before is proved: what was on its way at midnight has long arrived.
const HOUR: i8 = 4;

/// Time over which the shops of a time zone are spread, in seconds.
const SPREAD_SECS: u64 = 60 * 60;

/// Most days that are made up for after a standstill. The sweeps have looked at what is older.
const DAYS_MAX: i64 = 7;

/// The last day that is to be proved by now.
pub(super) fn last_due(store: &StoreId, time_zone: &TimeZone, now: Timestamp) -> Date {
    let spread = Schedule::of(store, Duration::from_secs(SPREAD_SECS)).offset();
    let today = today(time_zone, now - SignedDuration::from_hours(HOUR.into()) - spread);
    today.saturating_sub(1.day())
}

/// The days to prove, if those up to this one are proved.
pub(super) fn due(proved: Date, last_due: Date) -> impl Iterator<Item = Date> {
    let first = proved.saturating_add(1.day()).max(last_due.saturating_sub((DAYS_MAX - 1).days()));
    first.series(1.day()).take_while(move |day| *day <= last_due)
}

/// A proved day as far as it can be believed: one that has not come yet was put down by a clock that was ahead, and says nothing.
pub(super) fn believed(proved: Date, today: Date) -> Date {
    if proved > today { Date::MIN } else { proved }
}

pub(super) fn today(time_zone: &TimeZone, now: Timestamp) -> Date {
    now.to_zoned(time_zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_due_in_the_morning_after_it_where_the_shop_is() {
        let melbourne = TimeZone::get("Australia/Melbourne").unwrap();
        let last = |at: &str| last_due(&"acme-au".parse().unwrap(), &melbourne, at.parse().unwrap());
        // 03:59 and 05:00 of the 21st.
        assert_eq!(last("2026-11-20T16:59:00Z"), date(2026, 11, 19));
        assert_eq!(last("2026-11-20T18:00:00Z"), date(2026, 11, 20));
        assert_eq!(last("2026-11-21T16:59:00Z"), date(2026, 11, 20));
    }

    #[test]
    fn the_proofs_of_many_shops_are_spread_over_an_hour() {
        let minute = |shop: u32| {
            let store = format!("shop-{shop}").parse().unwrap();
            let at = |minute: i64| "2026-11-21T04:00:00Z".parse::<Timestamp>().unwrap() + minute.minutes();
            (0..=60).find(|it| last_due(&store, &TimeZone::UTC, at(*it)) == date(2026, 11, 20)).unwrap()
        };
        let mut per_quarter = [0; 5];
        for shop in 0..100 {
            per_quarter[usize::try_from(minute(shop) / 15).unwrap()] += 1;
        }
        assert!(per_quarter[..4].iter().all(|shops| (10..=40).contains(shops)), "{per_quarter:?}");
    }

    #[test]
    fn days_of_a_standstill_are_made_up_for_up_to_a_limit() {
        let days = |proved, last| due(proved, last).map(jiff::civil::Date::day).collect::<Vec<_>>();
        assert_eq!(days(date(2026, 11, 19), date(2026, 11, 20)), [20]);
        assert_eq!(days(date(2026, 11, 20), date(2026, 11, 20)), [0; 0]);
        assert_eq!(days(date(2026, 11, 21), date(2026, 11, 20)), [0; 0]);
        assert_eq!(days(date(2026, 10, 30), date(2026, 11, 2)), [31, 1, 2]);
        assert_eq!(days(date(2026, 1, 1), date(2026, 11, 20)), [14, 15, 16, 17, 18, 19, 20]);
    }

    #[test]
    fn a_day_that_has_not_come_is_not_proved() {
        let (today, last_due) = (date(2026, 11, 21), date(2026, 11, 20));
        assert_eq!(due(believed(today, today), last_due).count(), 0, "a new shop's first");
        assert_eq!(due(believed(date(2026, 11, 22), today), last_due).count(), 7);
    }
}
