//! What is to be reached, and whether it was.

use crate::flood::Flood;
use crate::plan::{Case, LEVELS, highest};
use crate::summary::{Sample, Samples};

/// The receiver with 256 connections, of what the client library confirms at best with 256 messages in flight.
const OF_BEST_LIBRARY_MIN: f64 = 0.85;

/// The receiver with 64 connections, of what the client library confirms on one channel with 64 messages in flight.
const OF_ONE_CHANNEL_MIN: f64 = 1.0;

/// The receiver's p99 at half its load, of the no-op route's.
const P99_OF_NOOP_MAX: f64 = 10.0;

/// What counts as flat, of CPU time for each request and of memory: that of another load, or of another time.
const FLAT_MAX: f64 = 1.25;

/// Memory that a connection may add, in KiB.
const CONNECTION_KIB_MAX: f64 = 64.0;

/// Genuine webhooks' p99 beside a flood, of their p99 without.
const P99_OF_QUIET_MAX: f64 = 5.0;

/// What a ratio must keep to.
#[derive(Clone, Copy)]
enum Bound {
    AtLeast(f64),
    Below(f64),
    /// Told for what it says of the others.
    None,
}

/// Prints each ratio against its target. Those of which something was not measured are left out.
pub(crate) fn print(samples: &Samples) {
    println!("\n{:<88} {:>7} {:>8}", "targets", "ratio", "target");
    speed(samples);
    flatness(samples);
    flood(samples);
}

fn speed(samples: &Samples) {
    let all = highest();
    let library =
        samples.cases().filter(|case| matches!(case, Case::Library { in_flight, .. } if *in_flight == all));
    let best = library.max_by(|one, other| samples.rate(*one).total_cmp(&samples.rate(*other)));
    let receiver = |connections| samples.rate(Case::Receiver { connections });
    if let Some(best) = best {
        let name = format!("receiver, {all} connections, of the best library ({best})");
        line(&name, receiver(all) / samples.rate(best), Bound::AtLeast(OF_BEST_LIBRARY_MIN));
        let name = "that by processor time, of a receiver that does no more than the no-op route";
        line(name, left_by_http(samples, best), Bound::None);
    }
    let one_channel = Case::Library { in_flight: 64, connections: 1, channels: 1 };
    let name = "receiver, 64 connections, of the library with 64 in flight on one channel";
    line(name, receiver(64) / samples.rate(one_channel), Bound::AtLeast(OF_ONE_CHANNEL_MIN));
    for connections in LEVELS {
        let name = format!("receiver, {connections} in parallel, of the straightforward one");
        let plain = samples.rate(Case::Plain { connections });
        line(&name, receiver(connections) / plain, Bound::None);
    }
    let p99 = |case| samples.median(case, |sample| sample.figures.p99_ms);
    let name = "p99 at half the receiver's load, of the no-op route's";
    line(name, p99(Case::PacedReceiver) / p99(Case::PacedNoop), Bound::Below(P99_OF_NOOP_MAX));
    let name = "that of the library alone at the same load, of the no-op route's";
    line(name, p99(Case::PacedLibrary) / p99(Case::PacedNoop), Bound::None);
}

/// Where all share the processors, the library's rate is bounded by its own work and RabbitMQ's; a receiver's at best by RabbitMQ's and
/// that of HTTP, here and at the senders'.
fn left_by_http(samples: &Samples, library: Case) -> f64 {
    let broker = samples.median(library, Sample::broker_cpu_us);
    let noop = Case::Noop { connections: highest() };
    let http = samples.median(noop, Sample::cpu_us) + samples.median(noop, Sample::own_cpu_us);
    (broker + samples.median(library, Sample::cpu_us)) / (broker + http)
}

fn flatness(samples: &Samples) {
    let (few, many) = (Case::Receiver { connections: LEVELS[1] }, Case::Receiver { connections: highest() });
    let ratio = |of: fn(&Sample) -> f64| samples.median(many, of) / samples.median(few, of);
    line("CPU for each request, 256 connections of 16", ratio(Sample::cpu_us), Bound::Below(FLAT_MAX));
    // In the first round, for what was once taken from the system is not always given back.
    if let ([few, ..], [many, ..]) = (samples.of(few), samples.of(many)) {
        let added = (many.used.memory_mib - few.used.memory_mib) * 1024.0 / f64::from(highest() - LEVELS[1]);
        line("memory for each further connection, in KiB", added, Bound::Below(CONNECTION_KIB_MAX));
    }
    if let [first, .., last] = samples.of(many) {
        let name = "CPU for each request, 256 connections, last round of the first";
        line(name, last.cpu_us() / first.cpu_us(), Bound::Below(FLAT_MAX));
        let name = "memory, 256 connections, last round of the first";
        line(name, last.used.memory_mib / first.used.memory_mib, Bound::Below(FLAT_MAX));
    }
}

fn flood(samples: &Samples) {
    let ratio = |flood, of: fn(&Sample) -> f64| {
        samples.median(Case::Genuine(flood), of) / samples.median(Case::Genuine(Flood::Quiet), of)
    };
    for flood in [Flood::Elsewhere, Flood::SameAddress] {
        let name = format!("genuine webhooks' p99, {flood}, of quiet");
        line(&name, ratio(flood, |it| it.figures.p99_ms), Bound::Below(P99_OF_QUIET_MAX));
        let name = format!("memory, {flood}, of quiet");
        line(&name, ratio(flood, |it| it.used.memory_mib), Bound::Below(FLAT_MAX));
    }
}

fn line(name: &str, ratio: f64, bound: Bound) {
    if ratio.is_nan() {
        return;
    }
    let told = |reached| if reached { "reached" } else { "missed" };
    let (target, told) = match bound {
        Bound::AtLeast(least) => (format!(">= {least}"), told(ratio >= least)),
        Bound::Below(limit) => (format!("< {limit}"), told(ratio < limit)),
        Bound::None => ("-".to_owned(), ""),
    };
    println!("{}", format!("{name:<88} {ratio:>7.2} {target:>8}  {told}").trim_end());
}
