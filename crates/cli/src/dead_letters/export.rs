//! `crossdock dead-letters export`: everything about the selected ones, a page at a time; the trail has it before the first is printed.

mod csv;

use std::io::Write as _;

use crossdock_ledger::DeadLettersWanted;

use super::Desk;
use super::entry::Entry;
use super::list::{stand, states};
use super::who::acting;
use crate::command_line::{DeadLettersExport, ExportFormat};
use crate::exit::Exit;
use crate::listing::say;

/// Dead letters asked for from the ledger at once.
const PAGE_LETTERS: u32 = 500;

pub(super) async fn export(desk: &Desk, wanted: &DeadLettersExport) -> anyhow::Result<Exit> {
    let states = states(&wanted.states);
    let selected = desk.selected(&wanted.selection).await?;
    let exported = DeadLettersWanted { states, ..selected.clone() };
    let act = acting(wanted.selection.described());
    let any = desk.ledger.export(&exported, &act).await?.is_some();
    if wanted.format == ExportFormat::Csv {
        say(&csv::header());
    }
    if !any {
        let sentence = desk.nothing_listed(&wanted.selection, &selected, &stand(&wanted.states)).await?;
        let _ = writeln!(anstream::stderr(), "{sentence}");
        return Ok(Exit::Done);
    }
    let mut page = DeadLettersWanted { limit: Some(PAGE_LETTERS), ..exported };
    loop {
        let letters = desk.ledger.dead_letters(&page).await?;
        let Some(last) = letters.last() else { break };
        page.after = Some(last.place());
        for letter in letters {
            // One that was forgotten meanwhile is left out.
            if let Some(whole) = desk.ledger.dead_letter(letter.id).await? {
                say(&line(whole.into(), wanted.format)?);
            }
        }
    }
    Ok(Exit::Done)
}

fn line(entry: Entry, format: ExportFormat) -> anyhow::Result<String> {
    Ok(match format {
        ExportFormat::Jsonl => serde_json::to_string(&entry)?,
        ExportFormat::Csv => csv::row(&serde_json::to_value(entry)?),
    })
}
