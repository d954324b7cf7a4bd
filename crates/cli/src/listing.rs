//! What is printed to standard output: tables for people, JSON for programs.

use std::io::Write as _;

use comfy_table::presets::NOTHING;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Row, Table};

/// Widest table, in characters, where no terminal says otherwise.
const WIDTH_MAX: u16 = 100;

/// Least room for the last column's text, in characters: with less, its words would stand one below the other.
const LAST_WIDTH_MIN: u16 = 30;

/// What a column takes beside its text, in characters.
const PADDING: u16 = 2;

/// Before what stands below a row, in characters.
const INDENT: u16 = 3;

/// A table without lines: columns under their names, no wider than the terminal. Only the last column is wrapped.
pub(crate) fn table(columns: &[&str]) -> Table {
    let mut table = bare();
    // A terminal that does not know its size says 0.
    let width = table.width().filter(|width| *width > 0).unwrap_or(WIDTH_MAX);
    table.set_width(width).set_header(columns);
    table.set_constraints(vec![ColumnConstraint::ContentWidth; columns.len().saturating_sub(1)]);
    table
}

fn bare() -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Prints a line. A reader that has gone (`crossdock orders list | head`) wants no more of it: that is no failure.
pub(crate) fn say(line: &str) {
    let _ = writeln!(anstream::stdout(), "{line}");
}

/// Prints a table. Columns for which there is no room stand below the others, row by row.
pub(crate) fn print(table: &Table) {
    say(&laid_out(table));
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

fn laid_out(table: &Table) -> String {
    let width = table.width().unwrap_or(WIDTH_MAX);
    let widths = table.column_max_content_widths();
    let beside = columns_beside(&widths, width);
    if beside == widths.len() { table.trim_fmt() } else { folded(table, beside, width) }
}

/// How many columns have room beside each other.
fn columns_beside(widths: &[u16], width: u16) -> usize {
    let last = widths.len().saturating_sub(1);
    let needed = |(at, width): (usize, &u16)| if at == last { LAST_WIDTH_MIN.min(*width) } else { *width };
    let mut taken = 0_u16;
    let fits = |needed: &u16| {
        taken = taken.saturating_add(needed.saturating_add(PADDING));
        taken <= width
    };
    widths.iter().enumerate().map(needed).take_while(fits).count().max(1)
}

/// The first columns in a table, and what each row has in the others below it.
fn folded(table: &Table, beside: usize, width: u16) -> String {
    let rows: Vec<Vec<String>> = table.header().into_iter().chain(table.row_iter()).map(contents).collect();
    let mut upper = bare();
    upper.set_content_arrangement(ContentArrangement::Disabled);
    for row in &rows {
        // A line for each row.
        upper.add_row(row.iter().take(beside).map(|text| text.replace('\n', " ")));
    }
    let lines = upper.lines().zip(&rows).flat_map(|(line, row)| {
        let below = below(row.get(beside..).unwrap_or_default(), width);
        std::iter::once(line.trim_end().to_owned()).chain(below)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn contents(row: &Row) -> Vec<String> {
    row.cell_iter().map(Cell::content).collect()
}

/// These texts as lines no wider than the terminal; none if there is no text.
fn below(texts: &[String], width: u16) -> Vec<String> {
    let told: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    if told.is_empty() {
        return Vec::new();
    }
    let mut block = bare();
    block.set_width(width.saturating_sub(INDENT)).add_row([told.join("  ")]);
    let indent = " ".repeat(INDENT.into());
    block.lines().map(|line| format!("{indent}{}", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHY: &str = "the warehouse refused it: the warehouse does not keep 'NEW-MUG'; change the order's line or list the SKU";

    fn orders(width: u16, whys: &[&str]) -> String {
        let mut rows = table(&["NUMBER", "STATE", "AT THE SHOP", "PLACED", "WHY"]);
        rows.set_width(width);
        for why in whys {
            rows.add_row(["BG1001", "filtered", "awaiting_fulfillment", "2026-11-22 01:54:43Z", why]);
        }
        laid_out(&rows)
    }

    fn widest(text: &str) -> usize {
        text.lines().map(|line| line.chars().count()).max().unwrap_or_default()
    }

    #[test]
    fn the_last_column_is_wrapped_where_it_has_room() {
        let told = orders(100, &[WHY]);
        assert!(
            told.lines().next().is_some_and(|header| header.ends_with("PLACED                WHY")),
            "{told}"
        );
        assert!(widest(&told) <= 100, "{told}");
    }

    #[test]
    fn a_short_last_column_stays_beside_the_others() {
        assert_eq!(orders(80, &["no SKU"]).lines().count(), 2);
    }

    #[test]
    fn what_has_no_room_stands_below_its_row() {
        let expected = [
            " NUMBER  STATE     AT THE SHOP           PLACED",
            "    WHY",
            " BG1001  filtered  awaiting_fulfillment  2026-11-22 01:54:43Z",
            "    the warehouse refused it: the warehouse does not keep 'NEW-MUG'; change the",
            "    order's line or list the SKU",
            " BG1001  filtered  awaiting_fulfillment  2026-11-22 01:54:43Z",
        ];
        assert_eq!(orders(80, &[WHY, ""]), expected.join("\n"));
        let expected = [
            " NUMBER  STATE     AT THE SHOP",
            "    PLACED  WHY",
            " BG1001  filtered  awaiting_fulfillment",
            "    2026-11-22 01:54:43Z  no SKU",
        ];
        assert_eq!(orders(60, &["no SKU"]), expected.join("\n"));
        assert!(widest(&orders(40, &[WHY])) <= 40);
    }
}
