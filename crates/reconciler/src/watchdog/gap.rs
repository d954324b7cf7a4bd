//! Since when a shop may have told nobody of a change, and until when.

use jiff::Timestamp;
use std::time::Duration;

use crossdock_ledger::WebhookWatch;

use super::LEFT_ALONE_SECS;
use crate::sweep::is_ahead;

/// What is to be done for a shop that lacks no subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it tells of everything.
    Trust,
    /// Nothing yet: it was mended a moment ago, and may still miss something.
    Wait,
    /// Look for what changed since then.
    LookSince(Timestamp),
}

/// What is known, as far as it can be believed: of what a clock put down that was ahead, only that it was before now.
pub(super) fn believed(watch: &WebhookWatch, now: Timestamp) -> WebhookWatch {
    let past = |at: Option<Timestamp>| at.filter(|at| !is_ahead(*at, now));
    WebhookWatch {
        alive_at: watch.alive_at.map(|at| at.min(now)),
        missed_from: watch.missed_from.map(|at| if is_ahead(at, now) { Timestamp::MIN } else { at }),
        mended_at: past(watch.mended_at),
        removed_at: past(watch.removed_at),
    }
}

/// Whether a person had the shop's webhooks removed a while ago.
pub(super) fn is_left_alone(watch: &WebhookWatch, now: Timestamp) -> bool {
    watch.removed_at.is_some_and(|at| now.duration_since(at).as_secs() < LEFT_ALONE_SECS)
}

/// The shop lacks something, which is about to be mended.
///
/// What the platform was still trying to tell when it was last seen alive may be lost too: it gives up `repeats_for` after its first
/// try. Before a shop was ever seen alive, nothing was expected of it: its first sweep finds what there is.
pub(super) fn open(watch: &WebhookWatch, repeats_for: Duration, now: Timestamp) -> WebhookWatch {
    let before = watch.alive_at.map(|at| at.saturating_sub(repeats_for).unwrap_or(Timestamp::MIN));
    let missed_from = watch.missed_from.or(before).unwrap_or(now);
    WebhookWatch { missed_from: Some(missed_from), mended_at: None, removed_at: None, ..*watch }
}

/// What is to be done, now that the shop lacks nothing.
pub(super) fn next(watch: &WebhookWatch, settles_in: Duration, now: Timestamp) -> Next {
    let Some(missed_from) = watch.missed_from else { return Next::Trust };
    let settling =
        watch.mended_at.is_some_and(|at| now < at.saturating_add(settles_in).unwrap_or(Timestamp::MAX));
    if settling { Next::Wait } else { Next::LookSince(missed_from) }
}

/// What was to be looked for in a round that `began` then is on its way to the order-importer: all of it, if the shop had settled by then.
pub(super) fn looked(watch: &WebhookWatch, began: Timestamp, now: Timestamp) -> WebhookWatch {
    match watch.mended_at {
        Some(_) => trusted(began),
        None => WebhookWatch { missed_from: Some(began), mended_at: Some(now), ..*watch },
    }
}

/// The shop was seen to lack nothing.
pub(super) fn trusted(at: Timestamp) -> WebhookWatch {
    WebhookWatch { alive_at: Some(at), ..WebhookWatch::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPEATS: Duration = Duration::from_hours(48);
    const SETTLES: Duration = Duration::from_mins(2);

    fn at(text: &str) -> Timestamp {
        format!("2026-11-{text}Z").parse().unwrap()
    }

    #[test]
    fn a_dead_shop_is_looked_through_from_what_was_on_its_way_and_once_more_when_it_has_settled() {
        let alive = trusted(at("10T12:00:00"));
        assert_eq!(next(&alive, SETTLES, at("10T12:05:00")), Next::Trust);

        let found = at("10T12:10:00");
        let dead = open(&alive, REPEATS, found);
        assert_eq!(next(&dead, SETTLES, found), Next::LookSince(at("08T12:00:00")));
        let mended = looked(&dead, found, at("10T12:10:30"));
        assert_eq!(next(&mended, SETTLES, at("10T12:12:29")), Next::Wait);

        let settled = at("10T12:12:30");
        assert_eq!(next(&mended, SETTLES, settled), Next::LookSince(found));
        assert_eq!(looked(&mended, settled, at("10T12:12:31")), trusted(settled));
    }

    #[test]
    fn a_crash_before_or_after_the_mending_forgets_nothing() {
        let (alive, found) = (trusted(at("10T12:00:00")), at("10T12:10:00"));
        let dead = open(&alive, REPEATS, found);
        let again = open(&dead, REPEATS, at("10T12:15:00"));
        assert_eq!(again, dead, "found dead once more");
        assert_eq!(
            next(&dead, SETTLES, at("10T12:15:00")),
            Next::LookSince(at("08T12:00:00")),
            "found mended"
        );
    }

    #[test]
    fn one_that_dies_while_it_settles_is_looked_through_from_its_mending() {
        let mended = looked(
            &open(&trusted(at("10T12:00:00")), REPEATS, at("10T12:10:00")),
            at("10T12:10:00"),
            at("10T12:10:30"),
        );
        let dead = open(&mended, REPEATS, at("10T12:11:00"));
        assert_eq!(next(&dead, SETTLES, at("10T12:11:00")), Next::LookSince(at("10T12:10:00")));
    }

    #[test]
    fn a_time_that_has_not_come_is_not_believed() {
        let (now, ahead) = (at("10T12:00:00"), at("12T12:00:00"));
        let alive = believed(&trusted(ahead), now);
        assert_eq!(alive, trusted(now));
        let settling = WebhookWatch { missed_from: Some(ahead), mended_at: Some(ahead), ..trusted(ahead) };
        let settling = believed(&settling, now);
        assert_eq!(next(&settling, SETTLES, now), Next::LookSince(Timestamp::MIN));
        assert_eq!(looked(&settling, now, now).mended_at, Some(now));
    }

    #[test]
    fn a_shop_whose_webhooks_were_removed_is_left_alone_for_an_hour() {
        let removed = WebhookWatch { removed_at: Some(at("10T12:00:00")), ..WebhookWatch::default() };
        assert!(is_left_alone(&removed, at("10T12:59:59")));
        assert!(!is_left_alone(&removed, at("10T13:00:00")));
        assert!(!is_left_alone(&trusted(at("10T12:00:00")), at("10T12:00:00")));
        let wanted = open(&removed, REPEATS, at("10T12:10:00"));
        assert_eq!((wanted.removed_at, wanted.missed_from), (None, Some(at("10T12:10:00"))));
    }

    #[test]
    fn a_fresh_shop_has_missed_nothing_but_what_changes_while_it_settles() {
        let (found, nothing) = (at("10T12:00:00"), WebhookWatch::default());
        assert_eq!(next(&nothing, SETTLES, found), Next::Trust);
        let fresh = open(&nothing, REPEATS, found);
        assert_eq!(next(&fresh, SETTLES, found), Next::LookSince(found));
        let mended = looked(&fresh, found, at("10T12:00:05"));
        assert_eq!(next(&mended, SETTLES, at("10T12:05:00")), Next::LookSince(found));
    }
}
