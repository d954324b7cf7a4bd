//! What was measured, each beside what bounds it.

/// All lines so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    lines: Vec<Line>,
    left_out: Vec<&'static str>,
}

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
        self.lines.push(line);
    }

    /// Says what is not measured, and how it would be.
    pub(super) fn leave_out(&mut self, what: &'static str) {
        self.left_out.push(what);
    }

    /// Prints a line for each.
    pub(super) fn print(&self) {
        println!(
            "\n{:<72} {:>10} {:>10} {:>8} {:>7} {:>7}",
            "importing", "measured", "beside", "", "ratio", "target"
        );
        for Line { name, measured, bound, unit, target } in &self.lines {
            let ratio = measured / bound;
            let target = target.map(|Target::AtMost(most)| {
                let reached = if ratio <= most { "reached" } else { "missed" };
                format!("{:>7}  {reached}", format!("<= {most}"))
            });
            let target = target.unwrap_or_default();
            println!("{name:<72} {measured:>10.2} {bound:>10.2} {unit:>8} {ratio:>7.2} {target}");
        }
        for what in &self.left_out {
            println!("not measured: {what}");
        }
    }
}
