//! Has each shop's stock pushed in full once a day, and compared with what the shop was told at every sweep.
//!
//! Effects  `stock.due`; then the ledger's note of the day
//! Replay   safe: the day is noted last, and the same day's push has the same id and time, so that a second one finds nothing to do

use std::sync::Arc;
use std::time::Duration;

use crossdock_domain::{StockPush, StoreId};
use crossdock_events::{CONTENT_TYPE, Event, EventData as _, Source, StockDue};
use crossdock_ledger::Ledger;
use crossdock_queue::{Failure, Message, PublishError, Publisher};
use crossdock_storefront::Shop;
use crossdock_telemetry::TraceParent;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use tokio_util::sync::CancellationToken;

use crate::ROLE;
use crate::alone::alone;
use crate::rounds::Rounds;
use crate::schedule::Schedule;

/// The stock of one shop.
pub(crate) struct StockRounds {
    pub(crate) store: StoreId,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) publisher: Publisher,
    pub(crate) memory: Memory,
}

/// Shortest time between two comparisons: they read the shop's whole stock in the ledger.
const COMPARE_EVERY_MIN: Duration = Duration::from_secs(10);

/// What this process knows of it.
#[derive(Default)]
pub(crate) struct Memory {
    /// The last day whose push was asked for.
    asked: Option<Date>,
    compared_at: Option<Timestamp>,
}

impl Rounds for StockRounds {
    const TROUBLE: &'static str = "the shop's stock cannot be looked after; trying again";
    const WELL_AGAIN: &'static str = "the shop's stock is looked after again";

    async fn round(&mut self, shop: &Shop, stop: &CancellationToken) -> Result<(), Failure> {
        let (stock, now) = (&shop.settings.stock, Timestamp::now());
        if stock.push == StockPush::Off {
            return Ok(());
        }
        if stock.on_change {
            let every = shop.settings.sweep_every.max(COMPARE_EVERY_MIN);
            self.compare(Schedule::of(&self.store, every), now).await?;
        }
        if let Some(at) = stock.daily_at {
            self.daily(last_due(at, &shop.settings.time_zone, now), stop).await?;
        }
        Ok(())
    }

    fn end(&mut self) {}
}

impl StockRounds {
    /// What no message told of is found here: at the beginning, and as often as the shop is swept, if that is not too often. Each process does it by itself: a
    /// comparison costs no call, and the second one finds nothing.
    async fn compare(&mut self, schedule: Schedule, now: Timestamp) -> Result<(), Failure> {
        if schedule.is_due(self.memory.compared_at, now) {
            self.publish(format!("compare/{}/{}", self.store, now.as_second()), now, false).await?;
            self.memory.compared_at = Some(now);
        }
        Ok(())
    }

    async fn daily(&mut self, due: Due, stop: &CancellationToken) -> Result<(), Failure> {
        if self.memory.asked == Some(due.day) {
            return Ok(());
        }
        match Step::of(self.ledger.stock_day(&self.store).await?, due.day) {
            Step::Ask => {
                let (ledger, lease) = (self.ledger.clone(), format!("daily-stock/{}", self.store));
                alone(&*ledger, &lease, stop, self.ask(due)).await?;
            }
            Step::Begin => self.ledger.keep_stock_day(&self.store, due.day).await?,
            Step::Rest => {}
        }
        self.memory.asked = Some(due.day);
        Ok(())
    }

    /// Another process may have been faster, up to the moment at which this one took the lease.
    async fn ask(&self, due: Due) -> Result<(), Failure> {
        let asked = self.ledger.stock_day(&self.store).await?;
        if Step::of(asked, due.day) == Step::Ask {
            self.publish(format!("daily/{}/{}", self.store, due.day), due.at, true).await?;
            self.ledger.keep_stock_day(&self.store, due.day).await?;
            tracing::info!(store.id = %self.store, day = %due.day, "asked for the day's full push of stock");
        }
        Ok(())
    }

    async fn publish(&self, id: String, time: Timestamp, full: bool) -> Result<(), PublishError> {
        let due = StockDue { store: self.store.clone(), full, skus: None };
        let event =
            Event::new(&Source::Role(ROLE), id, time, due).traced(Some(TraceParent::start().to_string()));
        let message = Message::new(StockDue::TYPE, event.id.as_str(), CONTENT_TYPE, event.to_json());
        self.publisher.publish(message).await
    }
}

/// A day's push, and when its time came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Due {
    day: Date,
    at: Timestamp,
}

/// What a day's push that is due leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is asked for. Days of a standstill are made up for by one.
    Ask,
    /// From the next day on, pushes are asked for: the shop is new here, or a clock that was ahead put its day down.
    Begin,
    /// It was asked for.
    Rest,
}

impl Step {
    /// What this day's push leads to, if that of another was asked for last. Where that one is the next day's, the hour was put off after
    /// it had come: nothing is pushed again at the new one. (If a clock was a day ahead instead, that day has no push.)
    fn of(asked: Option<Date>, due: Date) -> Self {
        match asked {
            Some(asked) if asked < due => Self::Ask,
            Some(asked) if asked == due || due.tomorrow().is_ok_and(|next| asked == next) => Self::Rest,
            _ => Self::Begin,
        }
    }
}

/// The last day whose push is due by now.
///
/// An hour that a day does not have comes as much later as the clocks were put forward; of one that it has twice, the first counts.
fn last_due(at: Time, time_zone: &TimeZone, now: Timestamp) -> Due {
    let today = now.to_zoned(time_zone.clone()).date();
    let due = |day: Date| {
        let moment = day.to_datetime(at).to_zoned(time_zone.clone()).ok()?;
        Some(Due { day, at: moment.timestamp() }).filter(|due| due.at <= now)
    };
    // The day before yesterday, where clocks were put forward by a whole day.
    let days = (0..=2).map(|before| today.saturating_sub(before.days()));
    days.into_iter().find_map(due).unwrap_or(Due { day: Date::MIN, at: Timestamp::MIN })
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use jiff::civil::{date, time};

    use super::*;

    /// Each push of these days, by the minute, in UTC; with a look every minute.
    fn pushes(zone: &str, at: Time, from: &str, hours: i64) -> Vec<String> {
        pushes_at(zone, |_| at, from, hours)
    }

    /// The same, if the hour is another by and by.
    fn pushes_at(zone: &str, at: impl Fn(Timestamp) -> Time, from: &str, hours: i64) -> Vec<String> {
        let (time_zone, from) = (TimeZone::get(zone).unwrap(), from.parse::<Timestamp>().unwrap());
        let (mut asked, mut pushes) = (None, Vec::new());
        for minute in 0..hours * 60 {
            let now = from + SignedDuration::from_mins(minute);
            let due = last_due(at(now), &time_zone, now);
            match Step::of(asked, due.day) {
                Step::Ask => pushes.push(now.to_string()),
                Step::Begin => {}
                Step::Rest => continue,
            }
            asked = Some(due.day);
        }
        pushes
    }

    #[test]
    fn a_shop_is_pushed_once_a_day_at_its_hour_where_it_is() {
        let evening = pushes("Australia/Melbourne", time(18, 0, 0, 0), "2026-11-20T00:00:00Z", 72);
        assert_eq!(evening, ["2026-11-20T07:00:00Z", "2026-11-21T07:00:00Z", "2026-11-22T07:00:00Z"]);
    }

    #[test]
    fn a_day_that_was_pushed_is_not_pushed_again_at_the_later_hour_that_it_was_put_off_to_and_no_day_is_left_out()
     {
        let put_off_at: Timestamp = "2026-11-20T19:00:00Z".parse().unwrap();
        let hour = |before, after| move |now| time(if now < put_off_at { before } else { after }, 0, 0, 0);
        let later = pushes_at("UTC", hour(18, 20), "2026-11-20T12:00:00Z", 60);
        assert_eq!(later, ["2026-11-20T18:00:00Z", "2026-11-21T20:00:00Z", "2026-11-22T20:00:00Z"]);
        let earlier = pushes_at("UTC", hour(18, 9), "2026-11-20T12:00:00Z", 60);
        assert_eq!(earlier, ["2026-11-20T18:00:00Z", "2026-11-21T09:00:00Z", "2026-11-22T09:00:00Z"]);
        let brought_forward = pushes_at("UTC", hour(20, 18), "2026-11-20T12:00:00Z", 36);
        assert_eq!(brought_forward, ["2026-11-20T19:00:00Z", "2026-11-21T18:00:00Z"]);
    }

    #[test]
    fn an_hour_that_a_day_does_not_have_comes_later_that_day() {
        // On 4 October 2026 in Melbourne, 02:00 was 03:00.
        let night = pushes("Australia/Melbourne", time(2, 30, 0, 0), "2026-10-02T17:00:00Z", 72);
        assert_eq!(night, ["2026-10-03T16:30:00Z", "2026-10-04T15:30:00Z", "2026-10-05T15:30:00Z"]);
    }

    #[test]
    fn an_hour_that_a_day_has_twice_comes_once() {
        // On 5 April 2026 in Melbourne, 03:00 was 02:00 again.
        let night = pushes("Australia/Melbourne", time(2, 30, 0, 0), "2026-04-04T00:00:00Z", 72);
        assert_eq!(night, ["2026-04-04T15:30:00Z", "2026-04-05T16:30:00Z", "2026-04-06T16:30:00Z"]);
    }

    #[test]
    fn a_whole_day_that_did_not_exist_is_made_up_for_once() {
        // Samoa had no 30 December 2011.
        let evening = pushes("Pacific/Apia", time(18, 0, 0, 0), "2011-12-29T00:00:00Z", 96);
        let days =
            ["2011-12-29T04:00:00Z", "2011-12-30T04:00:00Z", "2011-12-31T04:00:00Z", "2012-01-01T04:00:00Z"];
        assert_eq!(evening, days);
    }

    #[test]
    fn each_day_has_one_push_whatever_the_hour_and_however_seldom_anybody_looks() {
        // Both changes on either side of the equator, one by half an hour, and one at midnight.
        for (zone, from) in [
            ("Australia/Melbourne", "2026-04-02T00:00:00Z"),
            ("Australia/Melbourne", "2026-10-01T00:00:00Z"),
            ("America/New_York", "2026-03-06T00:00:00Z"),
            ("America/New_York", "2026-10-30T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-02T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-01T00:00:00Z"),
            ("Africa/Cairo", "2026-04-22T00:00:00Z"),
            ("Africa/Cairo", "2026-10-28T00:00:00Z"),
        ] {
            let (time_zone, from) = (TimeZone::get(zone).unwrap(), from.parse::<Timestamp>().unwrap());
            for (half_hour, every) in (0..48).flat_map(|half| [10, 45, 11 * 60].map(|every| (half, every))) {
                let at = time(half_hour / 2, half_hour % 2 * 30, 0, 0);
                let mut asked = last_due(at, &time_zone, from).day;
                for now in
                    (0..5 * 24 * 60).step_by(every).map(|minute| from + SignedDuration::from_mins(minute))
                {
                    let due = last_due(at, &time_zone, now);
                    if Step::of(Some(asked), due.day) == Step::Ask {
                        assert_eq!(due.day, asked.tomorrow().unwrap(), "{zone} {at} every {every} minutes");
                        assert_eq!(due.at.to_zoned(time_zone.clone()).date(), due.day, "{zone} {at}");
                        asked = due.day;
                    }
                }
                let every_minutes = i64::try_from(every).unwrap();
                let last_look = from + SignedDuration::from_mins(5 * 24 * 60 - every_minutes);
                let day_before = last_look.to_zoned(time_zone.clone()).date().yesterday().unwrap();
                assert!(day_before <= asked, "{zone} {at} every {every} minutes: no push since {asked}");
            }
        }
    }

    #[test]
    fn a_standstill_is_made_up_for_once() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let due = last_due(time(18, 0, 0, 0), &TimeZone::UTC, now);
        assert_eq!(due, Due { day: date(2026, 11, 20), at: "2026-11-20T18:00:00Z".parse().unwrap() });
        let step = |asked| Step::of(Some(asked), due.day);
        assert_eq!(step(date(2026, 11, 1)), Step::Ask);
        assert_eq!(step(due.day), Step::Rest);
        assert_eq!(step(date(2030, 1, 1)), Step::Begin, "put down by a clock that was ahead");
        assert_eq!(Step::of(None, due.day), Step::Begin, "new here");
    }
}
