//! What an attack did, and all of them together.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::accounting::Account;

/// What one attack did. There is one only if every promise was kept.
pub(crate) struct Report {
    /// Its name and seed.
    pub(crate) attack: (String, u64),
    /// How often what was survived.
    pub(crate) strikes: BTreeMap<&'static str, usize>,
    pub(crate) account: Account,
    /// The most memory that a process held, in KiB.
    pub(crate) peak_kib: u64,
    pub(crate) took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, seed) = &self.attack;
        let (mib, secs) = (self.peak_kib / 1024, self.took.as_secs());
        writeln!(formatter, "{name} (seed {seed}, {secs} s): {}", Survived(&self.strikes))?;
        write!(formatter, "  {}; {mib} MiB at most", self.account)
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, taken, events, orders, told_again, queued_again, released_again } = self;
        write!(
            formatter,
            "{sent} webhooks, {taken} answered 200, of {events} events: {orders} orders, each once; "
        )?;
        write!(
            formatter,
            "without effect: {told_again} told again, {queued_again} queued again, {released_again} released again"
        )
    }
}

/// Of all attacks.
#[derive(Default)]
pub(crate) struct Sum {
    attacks: usize,
    strikes: BTreeMap<&'static str, usize>,
    account: Account,
    peak_kib: u64,
}

impl Sum {
    pub(crate) fn add(&mut self, report: &Report) {
        self.attacks += 1;
        for (what, times) in &report.strikes {
            *self.strikes.entry(what).or_default() += times;
        }
        let (sum, one) = (&mut self.account, report.account);
        for (sum, one) in [
            (&mut sum.sent, one.sent),
            (&mut sum.taken, one.taken),
            (&mut sum.events, one.events),
            (&mut sum.orders, one.orders),
            (&mut sum.told_again, one.told_again),
            (&mut sum.queued_again, one.queued_again),
            (&mut sum.released_again, one.released_again),
        ] {
            *sum += one;
        }
        self.peak_kib = self.peak_kib.max(report.peak_kib);
    }

    /// Whether there was any attack.
    pub(crate) fn is_some(&self) -> bool {
        self.attacks > 0
    }
}

impl fmt::Display for Sum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "\n{} attacks survived: {}", self.attacks, Survived(&self.strikes))?;
        write!(formatter, "  {}; {} MiB at most", self.account, self.peak_kib / 1024)
    }
}

struct Survived<'s>(&'s BTreeMap<&'static str, usize>);

impl fmt::Display for Survived<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.0.iter().map(|(what, times)| format!("{times} {what}")).collect();
        formatter.write_str(&each.join(", "))
    }
}
