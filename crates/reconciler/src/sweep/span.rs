//! Over which time a sweep looks at what a shop has changed.

use crossdock_domain::{ImportRules, Platform};
use crossdock_ledger::Swept;
use jiff::{SignedDuration, Timestamp};

/// How far a sweep looks back beyond the one before it, in seconds, at BigCommerce: clocks that differ, and lists that lag.
const OVERLAP_SECS_BIGCOMMERCE: i64 = 5 * 60;

/// The same at Ecwid, whose search sees an order only once its index does.
///
/// Source: the official Java client's tests wait for it in ten growing steps of 1.5 s, 80 s in all (b0eeb74, 2026-07-14); the lag under load is
/// not documented.
const OVERLAP_SECS_ECWID: i64 = 15 * 60;

/// How far another process's clock may be ahead of ours, in seconds, as the ledger has it. What was put down further in the future was
/// put down by a clock that was wrong, and says nothing.
const AHEAD_SECS_MAX: i64 = 10 * 60;

/// How far back a standstill is made up for, in days, where no `start_date` asks for more: a shop that comes back after longer would
/// otherwise have orders shipped by surprise that were seen to elsewhere. What is open here is looked at in any case.
const BACK_DAYS_MAX: i64 = 30;

/// What a sweep is to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    /// Changes from then on.
    pub(crate) since: Timestamp,
    /// From when on everything is compared once it is done.
    pub(crate) whole_from: Timestamp,
    /// Whether it looks at more than what changed since the sweep before it: then orders that are open here are looked at too, and
    /// what is found need not have been missed by a webhook.
    pub(crate) beyond: bool,
}

impl Span {
    /// The first sweep looks at what was changed since the day from which the shop's orders are wanted. Where there is no such day, it
    /// begins now: the many orders of an old shop that still have a wanted status would otherwise be shipped by surprise.
    ///
    /// Later ones go on where the one before them stood, and once to a day that was moved back.
    pub(crate) fn of(rules: &ImportRules, swept: Option<Swept>, now: Timestamp) -> Self {
        let overlap = overlap(rules.platform);
        let first = first(rules, now);
        let Some(swept) = swept else { return Self { since: first, whole_from: first, beyond: true } };
        let ahead = is_ahead(swept.to, now);
        let stood = if ahead {
            swept.from.filter(|from| !is_ahead(*from, now)).unwrap_or(Timestamp::MIN)
        } else {
            swept.to - overlap
        };
        let floor = floor(rules, now);
        // None where there would be a gap.
        let whole_from = swept.from.filter(|_| !ahead && stood >= floor);
        let moved_back = rules.placed_from.filter(|day| whole_from.is_none_or(|from| *day < from));
        let since = stood.max(floor).min(moved_back.unwrap_or(now)).min(now - overlap);
        let whole_from = whole_from.map_or(since, |from| from.min(since));
        Self { since, whole_from, beyond: ahead || since != stood.min(now - overlap) }
    }
}

/// Whether a moment was put down by a clock that was ahead.
pub(crate) fn is_ahead(moment: Timestamp, now: Timestamp) -> bool {
    moment.duration_since(now).as_secs() > AHEAD_SECS_MAX
}

/// The furthest back that changes are looked for after a standstill.
pub(crate) fn floor(rules: &ImportRules, now: Timestamp) -> Timestamp {
    first(rules, now).min(now - SignedDuration::from_hours(24 * BACK_DAYS_MAX))
}

fn first(rules: &ImportRules, now: Timestamp) -> Timestamp {
    let recent = now - overlap(rules.platform);
    rules.placed_from.map_or(recent, |day| day.min(recent))
}

fn overlap(platform: Platform) -> SignedDuration {
    SignedDuration::from_secs(match platform {
        Platform::Bigcommerce => OVERLAP_SECS_BIGCOMMERCE,
        Platform::Ecwid => OVERLAP_SECS_ECWID,
    })
}

#[cfg(test)]
mod tests {
    use crossdock_domain::Kits;

    use super::*;

    const MINUTE: i64 = 60;
    const DAY: i64 = 24 * 60 * MINUTE;

    /// So many seconds from now.
    fn at(seconds: i64) -> Timestamp {
        "2026-11-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
    }

    fn rules(platform: Platform, placed_from: Option<i64>) -> ImportRules {
        ImportRules {
            store: "acme-au".parse().unwrap(),
            platform,
            prefix: String::new(),
            placed_from: placed_from.map(at),
            statuses: Vec::new(),
            payment_statuses: Vec::new(),
            fulfillment_statuses: Vec::new(),
            countries: Vec::new(),
            channels: Vec::new(),
            kits: Kits::default(),
            test_skus: Vec::new(),
            product_options: Vec::new(),
            hold_hours: 0,
        }
    }

    /// Of a BigCommerce shop: its start date, and from and up to when it was swept.
    fn span(placed_from: Option<i64>, from: Option<i64>, to: i64) -> Span {
        let swept = Swept { from: from.map(at), to: at(to) };
        Span::of(&rules(Platform::Bigcommerce, placed_from), Some(swept), at(0))
    }

    fn ordinary(since: i64, whole_from: i64) -> Span {
        Span { since: at(since), whole_from: at(whole_from), beyond: false }
    }

    fn beyond(since: i64, whole_from: i64) -> Span {
        Span { beyond: true, ..ordinary(since, whole_from) }
    }

    #[test]
    fn the_first_sweep_begins_where_orders_are_wanted() {
        let first = |placed_from| Span::of(&rules(Platform::Bigcommerce, placed_from), None, at(0));
        assert_eq!(first(Some(-DAY)), beyond(-DAY, -DAY));
        assert_eq!(first(Some(DAY)), beyond(-5 * MINUTE, -5 * MINUTE), "from tomorrow on");
        assert_eq!(first(None), beyond(-5 * MINUTE, -5 * MINUTE), "nobody said from when on");
    }

    #[test]
    fn a_sweep_overlaps_the_one_before_it() {
        for placed_from in [None, Some(-DAY), Some(DAY)] {
            assert_eq!(span(placed_from, Some(-DAY), -MINUTE), ordinary(-6 * MINUTE, -DAY));
        }
        assert_eq!(span(None, Some(-DAY), 9 * MINUTE), ordinary(-5 * MINUTE, -DAY), "another's clock");
        let swept = Some(Swept { from: Some(at(-DAY)), to: at(-MINUTE) });
        let ecwid = Span::of(&rules(Platform::Ecwid, None), swept, at(0));
        assert_eq!(ecwid, ordinary(-16 * MINUTE, -DAY));
    }

    #[test]
    fn a_start_date_that_was_moved_back_is_swept_back_to_once() {
        let back = span(Some(-9 * DAY), Some(-DAY), -MINUTE);
        assert_eq!(back, beyond(-9 * DAY, -9 * DAY));
        assert_eq!(span(Some(-9 * DAY), Some(-9 * DAY), -MINUTE), ordinary(-6 * MINUTE, -9 * DAY));
        assert_eq!(span(Some(-DAY), Some(-9 * DAY), -MINUTE), ordinary(-6 * MINUTE, -9 * DAY));
        let unknown = span(Some(-9 * DAY), None, -MINUTE);
        assert_eq!(unknown, beyond(-9 * DAY, -9 * DAY), "of a version that did not say from when on");
        assert_eq!(span(None, None, -MINUTE), ordinary(-6 * MINUTE, -6 * MINUTE));
    }

    #[test]
    fn a_cursor_in_the_future_says_nothing() {
        assert_eq!(span(None, Some(-DAY), 11 * MINUTE), beyond(-DAY, -DAY));
        assert_eq!(span(None, Some(-99 * DAY), DAY), beyond(-30 * DAY, -30 * DAY));
        assert_eq!(span(Some(-40 * DAY), Some(-99 * DAY), DAY), beyond(-40 * DAY, -40 * DAY));
        assert_eq!(span(None, Some(DAY), DAY), beyond(-30 * DAY, -30 * DAY), "neither is where it began");
        assert_eq!(span(None, None, DAY), beyond(-30 * DAY, -30 * DAY));
    }

    #[test]
    fn a_standstill_is_made_up_for_up_to_a_limit_or_the_start_date() {
        let stood = -29 * DAY - 5 * MINUTE;
        assert_eq!(span(None, Some(-99 * DAY), -29 * DAY), ordinary(stood, -99 * DAY));
        assert_eq!(span(None, Some(-99 * DAY), -60 * DAY), beyond(-30 * DAY, -30 * DAY));
        assert_eq!(span(Some(-9 * DAY), Some(-99 * DAY), -60 * DAY), beyond(-30 * DAY, -30 * DAY));
        assert_eq!(span(Some(-50 * DAY), Some(-99 * DAY), -60 * DAY), beyond(-50 * DAY, -50 * DAY));
        let wanted = span(Some(-90 * DAY), Some(-99 * DAY), -60 * DAY);
        assert_eq!(wanted, ordinary(-60 * DAY - 5 * MINUTE, -99 * DAY), "all of it is wanted");
        let back = span(Some(-50 * DAY), Some(-30 * DAY), -MINUTE);
        assert_eq!(back, beyond(-50 * DAY, -50 * DAY), "after a gap, its orders may be asked for");
    }
}
