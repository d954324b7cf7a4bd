//! What is printed to standard output: tables for people, JSON for programs.

use std::io::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{ColumnConstraint, ContentArrangement, Table};

/// Widest table, in characters, where no terminal says otherwise.
const WIDTH_MAX: u16 = 100;

/// A table without lines: columns under their names, no wider than the terminal. Only the last column is wrapped.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_header(columns);
    if table.width().is_none() {
        table.set_width(WIDTH_MAX);
    }
    table.set_constraints(vec![ColumnConstraint::ContentWidth; columns.len().saturating_sub(1)]);
    table
}

/// Prints a line. A reader that has gone (`crossdock orders list | head`) wants no more of it: that is no failure.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// Prints a table.
pub(crate) fn print(table: &Table) {
    say(&table.trim_fmt());
}

/// Prints a value as JSON.
pub(crate) fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string_pretty(value)?);
    Ok(())
}

/// A moment as people read it, in UTC, to the second.
pub(crate) fn moment(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}
