//! Since when messages that wait to be tried again have waited, by role and shop. What is put aside is in no queue's length that an
//! alarm looks at.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;

/// Most messages remembered of one role and shop: the oldest.
const REMEMBERED_MAX: usize = 1_000;

/// How long after its wait a message is still looked for, in seconds. One that has not come back by then came to another process.
const LATE_SECS: u64 = 60;

/// What this process put aside and has not seen again. All clones are one.
#[derive(Debug, Clone, Default)]
pub(crate) struct PutAside(Arc<Mutex<HashMap<Lane, Waiting>>>);

/// When each first failed, and until when it is looked for.
type Waiting = BTreeMap<(Timestamp, String), Instant>;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Lane {
    role: &'static str,
    store: String,
}

impl PutAside {
    /// A message is to come back after so long.
    pub(crate) fn put(
        &self,
        (role, lane): (&'static str, &str),
        first_failed_at: Timestamp,
        id: &str,
        wait: Duration,
    ) {
        let mut lanes = self.lock();
        let waiting = lanes.entry(Lane { role, store: lane.to_owned() }).or_default();
        let until = Instant::now() + wait + Duration::from_secs(LATE_SECS);
        waiting.insert((first_failed_at, id.to_owned()), until);
        if waiting.len() > REMEMBERED_MAX {
            waiting.pop_last();
        }
    }

    /// A message is done, or dead.
    pub(crate) fn ended(&self, (role, lane): (&'static str, &str), first_failed_at: Timestamp, id: &str) {
        let (mut lanes, lane) = (self.lock(), Lane { role, store: lane.to_owned() });
        if let Some(waiting) = lanes.get_mut(&lane) {
            waiting.remove(&(first_failed_at, id.to_owned()));
        }
    }

    /// When the oldest of each role and shop first failed.
    fn oldest(&self, now: Instant) -> Vec<(Lane, Timestamp)> {
        let mut lanes = self.lock();
        lanes.retain(|_, waiting| {
            waiting.retain(|_, until| *until > now);
            !waiting.is_empty()
        });
        let oldest = |waiting: &Waiting| waiting.first_key_value().map(|((at, _), _)| *at);
        lanes.iter().filter_map(|(lane, waiting)| Some((lane.clone(), oldest(waiting)?))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Lane, Waiting>> {
        self.0.lock().expect("nobody panics while holding what is put aside")
    }
}

impl Collector for PutAside {
    fn encode(&self, mut encoder: DescriptorEncoder) -> fmt::Result {
        let help = "When the oldest message that waits to be tried again first failed, in seconds since 1970";
        let name = "queue_put_aside_since_timestamp_seconds";
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

    fn oldest(aside: &PutAside, after: Duration) -> Vec<i64> {
        let oldest = aside.oldest(Instant::now() + after).into_iter();
        oldest.map(|(_, since)| since.as_second()).collect()
    }

    #[test]
    fn the_oldest_counts_until_it_is_done_or_came_to_another_process() {
        let aside = PutAside::default();
        let (lane, wait) = ((ROLE, "acme-au"), Duration::from_mins(2));
        for (second, id) in [(20, "b"), (10, "a"), (30, "c")] {
            aside.put(lane, at(second), id, wait);
        }
        aside.put(lane, at(10), "a", wait);
        assert_eq!(oldest(&aside, Duration::ZERO), [10]);
        aside.ended(lane, at(10), "another");
        assert_eq!(oldest(&aside, Duration::ZERO), [10]);
        aside.ended(lane, at(10), "a");
        assert_eq!(oldest(&aside, wait), [20]);
        assert_eq!(oldest(&aside, wait + Duration::from_secs(LATE_SECS + 1)), [0_i64; 0]);
    }

    #[test]
    fn no_more_than_the_oldest_are_remembered() {
        let aside = PutAside::default();
        for second in (0..2_000).rev() {
            aside.put((ROLE, "acme-au"), at(second), "id", Duration::from_secs(5));
        }
        assert_eq!(oldest(&aside, Duration::ZERO), [0]);
        assert_eq!(aside.lock().values().map(BTreeMap::len).sum::<usize>(), REMEMBERED_MAX);
    }

    #[test]
    fn it_is_told_by_role_and_shop() {
        let (aside, metrics) = (PutAside::default(), Metrics::default());
        let collector = Box::new(aside.clone());
        metrics.register(|registry| registry.register_collector(collector));
        aside.put((ROLE, "acme-au"), at(1_760_000_000), "a", Duration::from_secs(5));
        let line = r#"crossdock_queue_put_aside_since_timestamp_seconds{role="order-importer",store="acme-au"} 1760000000"#;
        assert!(metrics.text().contains(line), "{}", metrics.text());
    }
}
