//! What was measured, each beside what bounds it.

/// All lines so far.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<Line>);

/// Something measured, of something that bounds it.
#[derive(Debug)]
struct Line {
    name: String,
    measured: f64,
    bound: f64,
    unit: &'static str,
    target: Option<Target>,
}

/// What a ratio must keep to.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target {
    /// At most so much.
    AtMost(f64),
}

impl Report {
    /// A measured number, and the one that it is to be compared with.
    pub(super) fn add(
        &mut self,
        name: impl Into<String>,
        (measured, bound): (f64, f64),
        unit: &'static str,
        target: Option<Target>,
    ) {
        let line = Line { name: name.into(), measured, bound, unit, target };
        eprintln!("  {}: {measured:.2} {unit}, beside {bound:.2}", line.name);
        self.0.push(line);
    }

    /// Prints a line for each.
    pub(super) fn print(&self) {
        println!(
            "\n{:<72} {:>10} {:>10} {:>8} {:>7} {:>7}",
            "importing", "measured", "beside", "", "ratio", "target"
        );
        for Line { name, measured, bound, unit, target } in &self.0 {
            let ratio = measured / bound;
            let target = target.map(|Target::AtMost(most)| {
                let reached = if ratio <= most { "reached" } else { "missed" };
                format!("{:>7}  {reached}", format!("<= {most}"))
            });
            let target = target.unwrap_or_default();
            println!("{name:<72} {measured:>10.2} {bound:>10.2} {unit:>8} {ratio:>7.2} {target}");
        }
    }
}
