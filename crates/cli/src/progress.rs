//! How far a long command has come, on standard error: a bar on a terminal, else a line now and then.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Time between two turns of the bar's wheel, in milliseconds: it turns while a shop lets us wait, too.
const TURN_MS: u64 = 200;

/// So many of so many.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    of: &'static str,
    done: usize,
    total: usize,
}

impl Progress {
    /// Nothing yet, of so many orders.
    pub(crate) fn over_orders(total: usize) -> Self {
        Self::over(total, "orders")
    }

    /// Nothing yet, of so many of these.
    pub(crate) fn over(total: usize, of: &'static str) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| bar(total, of));
        Self { bar, of, done: 0, total }
    }

    /// So many more are done.
    pub(crate) fn advance(&mut self, more: usize) {
        self.done += more;
        match &self.bar {
            Some(bar) => bar.inc(more as u64),
            None => self.say(&format!("{} of {} {}", self.done, self.total, self.of)),
        }
    }

    /// A line on standard error, above the bar.
    pub(crate) fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => {
                let _ = writeln!(anstream::stderr(), "{line}");
            }
        }
    }
}

/// What is printed next stands in the bar's place.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: usize, of: &'static str) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{spinner} {bar:40} {human_pos} of {human_len} {msg}, {elapsed}");
    let style = style.expect("the template is fixed, and right");
    let bar = ProgressBar::new(total as u64).with_style(style).with_message(of);
    bar.enable_steady_tick(Duration::from_millis(TURN_MS));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bars_template_is_right() {
        let bar = bar(3, "orders");
        bar.inc(2);
        assert_eq!((bar.position(), bar.length()), (2, Some(3)));
    }
}
