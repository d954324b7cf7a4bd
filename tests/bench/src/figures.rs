//! What a measuring process counted, and how it tells its parent: one line of JSON.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::command_line::Time;
use crate::process::Gauge;

/// Status under which a confirm of RabbitMQ is counted.
pub(crate) const CONFIRMED: u16 = 200;

/// The figures of one measurement.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// Answers within the measured time, a second.
    pub(crate) rate: f64,
    /// Half of these took at most so long, in milliseconds.
    pub(crate) p50_ms: f64,
    /// 99 of 100 of these took at most so long, in milliseconds.
    pub(crate) p99_ms: f64,
    /// All answers by status, those of the warm-up too.
    pub(crate) answers: BTreeMap<u16, u32>,
    /// Connections that the other side closed before an answer.
    pub(crate) cut: u32,
    /// What the measuring process used itself.
    pub(crate) own: Used,
}

/// What a process used in a measurement.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Used {
    /// CPU time in user and system mode, in seconds, that of the warm-up too.
    pub(crate) cpu_secs: f64,
    /// Memory at the end, in MiB.
    pub(crate) memory_mib: f64,
}

/// Watches what this process uses.
pub(crate) struct Own {
    cpu: Duration,
}

impl Own {
    /// From now on.
    pub(crate) fn begin() -> anyhow::Result<Self> {
        Ok(Self { cpu: Gauge::own().cpu()? })
    }

    /// Until now.
    pub(crate) fn end(self, figures: Figures) -> anyhow::Result<Figures> {
        let cpu = Gauge::own().cpu_since(self.cpu)?;
        let own = Used { cpu_secs: cpu.as_secs_f64(), memory_mib: Gauge::own().memory_mib()? };
        Ok(Figures { own, ..figures })
    }
}

impl Figures {
    /// All answers of this status, those of the warm-up too.
    pub(crate) fn answered(&self, status: u16) -> u32 {
        self.answers.get(&status).copied().unwrap_or(0)
    }

    /// All answers, those of the warm-up too.
    pub(crate) fn all(&self) -> u32 {
        self.answers.values().sum()
    }

    /// Tells the parent.
    pub(crate) fn print(&self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// Collects answers, exactly: a few hundred thousand numbers need no histogram.
#[derive(Debug)]
pub(crate) struct Tally {
    measured_from: Instant,
    measured_until: Instant,
    took: Vec<Duration>,
    answers: BTreeMap<u16, u32>,
    cut: u32,
}

impl Tally {
    /// Collects from `start` on; what begins within the warm-up, or is answered after the end, does not count towards rate and times.
    pub(crate) fn new(start: Instant, time: Time) -> Self {
        Self {
            measured_from: start + time.warm(),
            measured_until: start + time.whole(),
            took: Vec::new(),
            answers: BTreeMap::new(),
            cut: 0,
        }
    }

    /// Takes down an answer to what began, or should have begun, at this time.
    pub(crate) fn answer(&mut self, status: u16, began: Instant) {
        let now = Instant::now();
        *self.answers.entry(status).or_default() += 1;
        if began >= self.measured_from {
            self.took.push(now - began);
        }
    }

    /// Takes down a connection that was closed before an answer.
    pub(crate) fn cut(&mut self) {
        self.cut += 1;
    }

    /// The figures of several that ran beside each other.
    pub(crate) fn sum(tallies: Vec<Self>) -> Figures {
        let Some(first) = tallies.first() else { return Figures::default() };
        let measured = first.measured_until - first.measured_from;
        let mut figures = Figures::default();
        let mut took = Vec::new();
        for tally in tallies {
            took.extend(tally.took);
            figures.cut += tally.cut;
            for (status, count) in tally.answers {
                *figures.answers.entry(status).or_default() += count;
            }
        }
        took.sort_unstable();
        figures.rate = f64::from(u32::try_from(took.len()).unwrap_or(u32::MAX)) / measured.as_secs_f64();
        figures.p50_ms = percentile(&took, 50);
        figures.p99_ms = percentile(&took, 99);
        figures
    }
}

/// In milliseconds; of sorted times.
pub(crate) fn percentile(took: &[Duration], percent: usize) -> f64 {
    let at = (took.len() * percent).div_ceil(100).saturating_sub(1);
    took.get(at).map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let took: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        let close = |found: f64, expected: f64| (found - expected).abs() < 1e-9;
        assert!(close(percentile(&took, 50), 100.0) && close(percentile(&took, 99), 198.0));
        assert!(close(percentile(&took[..1], 50), 1.0) && close(percentile(&took[..1], 99), 1.0));
        assert!(percentile(&[], 99).is_nan());
    }

    #[test]
    fn what_began_in_the_warm_up_is_counted_and_not_timed() {
        let time = Time { warm_ms: 60_000, measured_ms: 1_000 };
        let start = Instant::now();
        let mut tally = Tally::new(start, time);
        tally.answer(CONFIRMED, start);
        tally.cut();
        let figures = Tally::sum(vec![tally, Tally::new(start, time)]);
        assert_eq!((figures.all(), figures.answered(CONFIRMED), figures.cut), (1, 1, 1));
        assert!(figures.rate < f64::EPSILON && figures.p50_ms.is_nan());
    }
}
