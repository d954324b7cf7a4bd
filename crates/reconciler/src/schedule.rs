//! When a shop is to be swept: at regular moments, which differ from shop to shop.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use crossdock_domain::StoreId;
use jiff::{SignedDuration, Timestamp};

use crate::sweep::is_ahead;

/// The moments at which a shop is to be swept: one in each span of this length. Every process counts the same ones, whenever it
/// was started, and those of several shops are spread over the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Schedule {
    every_micros: i64,
    offset_micros: i64,
}

impl Schedule {
    pub(crate) fn of(store: &StoreId, every: Duration) -> Self {
        let every_micros = i64::try_from(every.as_micros()).unwrap_or(i64::MAX).max(1);
        // Always with the same keys: processes of one build agree, and others only sweep at another moment.
        let mut hasher = DefaultHasher::new();
        store.as_str().hash(&mut hasher);
        let spread = i64::try_from(hasher.finish() >> 1).expect("63 bits fit");
        Self { every_micros, offset_micros: spread % every_micros }
    }

    /// Whether a shop that was swept up to then is to be swept now: the latest moment of its schedule has come after that, or a clock
    /// that was ahead put it down.
    pub(crate) fn is_due(self, swept_to: Option<Timestamp>, now: Timestamp) -> bool {
        swept_to
            .is_none_or(|swept_to| swept_to.as_microsecond() < self.latest(now) || is_ahead(swept_to, now))
    }

    /// How much later than the beginning of the span the shop's moment is.
    pub(crate) fn offset(self) -> SignedDuration {
        SignedDuration::from_micros(self.offset_micros)
    }

    fn latest(self, now: Timestamp) -> i64 {
        let now = now.as_microsecond();
        now - (now - self.offset_micros).rem_euclid(self.every_micros)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE_MINUTES: Duration = Duration::from_mins(5);

    fn second(second: i64) -> Timestamp {
        "2026-11-02T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(second)
    }

    #[test]
    fn a_shop_is_swept_once_in_each_span() {
        let schedule = Schedule::of(&"acme-au".parse().unwrap(), FIVE_MINUTES);
        assert!(schedule.is_due(None, second(0)), "a shop that was never swept is due at once");
        let (mut swept_to, mut sweeps) = (second(0), 0);
        for at in 0..3600 {
            if schedule.is_due(Some(swept_to), second(at)) {
                swept_to = second(at);
                sweeps += 1;
                assert!(!schedule.is_due(Some(swept_to), second(at + 1)));
            }
        }
        assert_eq!(sweeps, 12);
        assert!(!schedule.is_due(Some(second(4000)), second(3950)), "another's clock");
        assert!(schedule.is_due(Some(second(9000)), second(4000)), "no clock's");
    }

    #[test]
    fn the_sweeps_of_many_shops_are_spread_over_the_span() {
        let start = |shop: u32| {
            let schedule = Schedule::of(&format!("shop-{shop}").parse().unwrap(), FIVE_MINUTES);
            (0..300).find(|at| schedule.is_due(Some(second(-1)), second(*at))).unwrap()
        };
        let mut per_minute = [0; 5];
        for shop in 0..100 {
            per_minute[usize::try_from(start(shop) / 60).unwrap()] += 1;
        }
        assert!(per_minute.iter().all(|shops| (10..=30).contains(shops)), "{per_minute:?}");
    }
}
