//! The table of medians.

use crate::plan::Case;
use crate::summary::{Sample, Samples};

/// Prints a line for each case.
pub(crate) fn print(samples: &Samples) {
    println!(
        "\n{:<42} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8}",
        "medians", "per s", "p50 ms", "p99 ms", "CPU µs", "RSS MiB", "broker µs", "load µs", "spooled"
    );
    for case in samples.cases() {
        line(samples, case);
    }
    for case in samples.cases() {
        refusals(samples, case);
    }
    println!(
        "CPU of the measured process, of the broker and of the load generator: for each request or message, warm-up included."
    );
}

fn line(samples: &Samples, case: Case) {
    let median = |of: fn(&Sample) -> f64| samples.median(case, of);
    let spooled: Option<u32> = samples.of(case).iter().map(|sample| sample.spooled).sum();
    let own = median(Sample::own_cpu_us);
    let own = if matches!(case, Case::Library { .. } | Case::Straight { .. }) { f64::NAN } else { own };
    println!(
        "{:<42} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>8} {:>8}",
        case.to_string(),
        number(samples.rate(case), 0),
        number(median(|it| it.figures.p50_ms), 2),
        number(median(|it| it.figures.p99_ms), 2),
        number(median(Sample::cpu_us), 1),
        number(median(|it| it.used.memory_mib), 1),
        number(median(Sample::broker_cpu_us), 1),
        number(own, 1),
        spooled.map_or("-".to_owned(), |count| count.to_string()),
    );
}

/// What forged webhooks were answered.
fn refusals(samples: &Samples, case: Case) {
    let Case::Forged(_) = case else { return };
    for Sample { figures, .. } in samples.of(case) {
        let answers = figures.answers.iter().map(|(status, count)| format!("{count} times {status}, "));
        println!("{case}: {}{} connections cut", answers.collect::<String>(), figures.cut);
    }
}

/// A hyphen where there is none.
fn number(value: f64, digits: usize) -> String {
    if value.is_nan() { "-".to_owned() } else { format!("{value:.digits$}") }
}
