//! Since when a shop may have told nobody of a change, and until when.

use jiff::Timestamp;
use std::time::Duration;

use crossdock_ledger::WebhookWatch;

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

/// The shop lacks something, which is about to be mended.
///
/// What the platform was still trying to tell when it was last seen alive may be lost too: it gives up `repeats_for` after its first
/// try. Before a shop was ever seen alive, nothing was expected of it: its first sweep finds what there is.
pub(super) fn open(watch: &WebhookWatch, repeats_for: Duration, now: Timestamp) -> WebhookWatch {
    let before = watch.alive_at.map(|at| at.saturating_sub(repeats_for).unwrap_or(Timestamp::MIN));
    let missed_from = watch.missed_from.or(before).unwrap_or(now);
    WebhookWatch { missed_from: Some(missed_from), mended_at: None, ..*watch }
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
    WebhookWatch { alive_at: Some(at), missed_from: None, mended_at: None }
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
    fn a_fresh_shop_has_missed_nothing_but_what_changes_while_it_settles() {
        let (found, nothing) = (at("10T12:00:00"), WebhookWatch::default());
        assert_eq!(next(&nothing, SETTLES, found), Next::Trust);
        let fresh = open(&nothing, REPEATS, found);
        assert_eq!(next(&fresh, SETTLES, found), Next::LookSince(found));
        let mended = looked(&fresh, found, at("10T12:00:05"));
        assert_eq!(next(&mended, SETTLES, at("10T12:05:00")), Next::LookSince(found));
    }
}
