//! How old the oldest message of each role and shop is that this process holds, or has put aside to be tried again. What is put aside
//! is in no queue's length that an alarm looks at, and what waits in a lane is in none.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Most messages that are put aside which are remembered of one role and shop: the oldest.
const REMEMBERED_MAX: usize = 1_000;

/// How long after its wait a message is still looked for, in seconds. One that has not come back by then came to another process.
const LATE_SECS: u64 = 60;

/// What this process holds, or put aside and has not seen again. All clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Oldest(Arc<Mutex<Lanes>>);

#[derive(Debug, Default)]
struct Lanes {
    lanes: HashMap<Lane, Messages>,
    /// How many were ever held.
    held: u64,
}

#[derive(Debug, Default)]
struct Messages {
    /// When each was first published, and which of all that were held it is.
    held: BTreeSet<(Timestamp, u64)>,
    /// When each was first published, its id, and until when it is looked for.
    aside: BTreeMap<(Timestamp, String), Instant>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lane {
    role: &'static str,
    store: String,
}

/// A message in a consumer's hands, counted as long as this lives.
#[derive(Debug)]
pub(crate) struct Counted {
    all: Oldest,
    lane: Lane,
    message: (Timestamp, u64),
}

impl Oldest {
    /// A message is held.
    pub(crate) fn hold(&self, (role, lane): (&'static str, &str), since: Timestamp) -> Counted {
        let (mut lanes, lane) = (self.lock(), Lane { role, store: lane.to_owned() });
        lanes.held += 1;
        let message = (since, lanes.held);
        lanes.lanes.entry(lane.clone()).or_default().held.insert(message);
        Counted { all: self.clone(), lane, message }
    }

    /// A message is put aside, and to come back after so long.
    pub(crate) fn put(&self, (role, lane): (&'static str, &str), since: Timestamp, id: &str, wait: Duration) {
        let mut lanes = self.lock();
        let aside = &mut lanes.lanes.entry(Lane { role, store: lane.to_owned() }).or_default().aside;
        aside.insert((since, id.to_owned()), Instant::now() + wait + Duration::from_secs(LATE_SECS));
        if aside.len() > REMEMBERED_MAX {
            aside.pop_last();
        }
    }

    /// A message is done, or dead.
    pub(crate) fn ended(&self, (role, lane): (&'static str, &str), since: Timestamp, id: &str) {
        let (mut lanes, lane) = (self.lock(), Lane { role, store: lane.to_owned() });
        if let Some(messages) = lanes.lanes.get_mut(&lane).filter(|messages| !messages.aside.is_empty()) {
            messages.aside.remove(&(since, id.to_owned()));
        }
    }

    /// When the oldest of each role and shop was first published.
    fn oldest(&self, now: Instant) -> Vec<(Lane, Timestamp)> {
        let mut lanes = self.lock();
        lanes.lanes.retain(|_, messages| {
            messages.aside.retain(|_, until| *until > now);
            messages.oldest().is_some()
        });
        let oldest = |(lane, messages): (&Lane, &Messages)| Some((lane.clone(), messages.oldest()?));
        lanes.lanes.iter().filter_map(oldest).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.0.lock().expect("nobody panics while holding these")
    }
}

impl Messages {
    fn oldest(&self) -> Option<Timestamp> {
        let (held, aside) = (self.held.first(), self.aside.first_key_value());
        held.map(|(since, _)| *since).into_iter().chain(aside.map(|((since, _), _)| *since)).min()
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        if let Some(messages) = self.all.lock().lanes.get_mut(&self.lane) {
            messages.held.remove(&self.message);
        }
    }
}

impl Collector for Oldest {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let help = "When the oldest message that is held or waits to be tried again was first published, in seconds since 1970";
        let name = "queue_oldest_since_timestamp_seconds";
        let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
        for (lane, since) in self.oldest(Instant::now()) {
            ConstGauge::new(since.as_second()).encode(metric.encode_family(&lane)?)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crossdock_telemetry::metrics::Metrics;

    use super::*;

    const ROLE: &str = "order-importer";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn oldest(all: &Oldest, after: Duration) -> Vec<i64> {
        let oldest = all.oldest(Instant::now() + after).into_iter();
        oldest.map(|(_, since)| since.as_second()).collect()
    }

    #[test]
    fn the_oldest_that_was_put_aside_counts_until_it_is_done_or_came_to_another_process() {
        let all = Oldest::default();
        let (lane, wait) = ((ROLE, "acme-au"), Duration::from_mins(2));
        for (second, id) in [(20, "b"), (10, "a"), (30, "c")] {
            all.put(lane, at(second), id, wait);
        }
        all.put(lane, at(10), "a", wait);
        assert_eq!(oldest(&all, Duration::ZERO), [10]);
        all.ended(lane, at(10), "another");
        assert_eq!(oldest(&all, Duration::ZERO), [10]);
        all.ended(lane, at(10), "a");
        assert_eq!(oldest(&all, wait), [20]);
        assert_eq!(oldest(&all, wait + Duration::from_secs(LATE_SECS + 1)), [0_i64; 0]);
    }

    #[test]
    fn what_is_held_counts_as_long_as_it_is_held_and_one_that_came_twice_until_both_are_gone() {
        let all = Oldest::default();
        let lane = (ROLE, "acme-au");
        let (first, again) = (all.hold(lane, at(10)), all.hold(lane, at(10)));
        let _other = all.hold(lane, at(20));
        drop(first);
        assert_eq!(oldest(&all, Duration::ZERO), [10]);
        all.put(lane, at(15), "a", Duration::from_mins(2));
        drop(again);
        assert_eq!(oldest(&all, Duration::ZERO), [15]);
        assert_eq!(oldest(&all, Duration::from_hours(1)), [20], "what is held does not expire");
    }

    #[test]
    fn no_more_than_the_oldest_are_remembered() {
        let all = Oldest::default();
        for second in (0..2_000).rev() {
            all.put((ROLE, "acme-au"), at(second), "id", Duration::from_secs(5));
        }
        assert_eq!(oldest(&all, Duration::ZERO), [0]);
        assert_eq!(all.lock().lanes.values().map(|it| it.aside.len()).sum::<usize>(), REMEMBERED_MAX);
    }

    #[test]
    fn it_is_told_by_role_and_shop() {
        let (all, metrics) = (Oldest::default(), Metrics::default());
        let collector = Box::new(all.clone());
        metrics.register(|registry| registry.register_collector(collector));
        all.put((ROLE, "acme-au"), at(1_760_000_000), "a", Duration::from_secs(5));
        let line = r#"crossdock_queue_oldest_since_timestamp_seconds{role="order-importer",store="acme-au"} 1760000000"#;
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
}
