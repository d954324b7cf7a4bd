//! The samples of all rounds, and their medians.

use std::collections::BTreeMap;

use crate::figures::{Figures, Used};
use crate::plan::Case;

/// One measurement of one case.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) figures: Figures,
    /// By the process that is measured.
    pub(crate) used: Used,
    /// Requests or messages that it was used for.
    pub(crate) served: u32,
    /// CPU time of the broker; none if it cannot be seen.
    pub(crate) broker_cpu_secs: Option<f64>,
    /// Events that the receiver spooled; none if it was not the receiver.
    pub(crate) spooled: Option<u32>,
}

impl Sample {
    /// CPU time of the measured process for each request, in microseconds.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.used.cpu_secs * 1e6 / f64::from(self.served)
    }

    /// CPU time of the measuring process for each request, in microseconds.
    pub(crate) fn own_cpu_us(&self) -> f64 {
        self.figures.own.cpu_secs * 1e6 / f64::from(self.figures.all())
    }

    /// CPU time of the broker for each request, in microseconds.
    pub(crate) fn broker_cpu_us(&self) -> f64 {
        self.broker_cpu_secs.map_or(f64::NAN, |secs| secs * 1e6 / f64::from(self.served))
    }
}

/// The samples of all cases, in the order of the rounds.
#[derive(Debug, Default)]
pub(crate) struct Samples(BTreeMap<Case, Vec<Sample>>);

impl Samples {
    pub(crate) fn add(&mut self, case: Case, sample: Sample) {
        let Figures { rate, p50_ms, p99_ms, .. } = &sample.figures;
        eprintln!("  {case}: {rate:.0}/s, p50 {p50_ms:.2} ms, p99 {p99_ms:.2} ms");
        self.0.entry(case).or_default().push(sample);
    }

    /// What there is of a case.
    pub(crate) fn of(&self, case: Case) -> &[Sample] {
        self.0.get(&case).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn cases(&self) -> impl Iterator<Item = Case> {
        self.0.keys().copied()
    }

    /// The median of something of a case; no number if the case was not measured.
    pub(crate) fn median(&self, case: Case, of: impl Fn(&Sample) -> f64) -> f64 {
        let mut values: Vec<f64> = self.of(case).iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
        values.get(low).zip(values.get(high)).map_or(f64::NAN, |(low, high)| f64::midpoint(*low, *high))
    }

    /// The median of a case's answers a second.
    pub(crate) fn rate(&self, case: Case) -> f64 {
        self.median(case, |sample| sample.figures.rate)
    }
}
