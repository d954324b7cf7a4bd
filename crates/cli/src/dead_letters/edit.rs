//! `crossdock dead-letters edit`: another body for the next replay of one dead letter.

mod assign;

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use crossdock_dead_letters::edited;
use crossdock_ledger::{DeadLetterId, DeadLetterState, WholeDeadLetter};
use serde::Serialize;

use super::Desk;
use super::difference::{self, Change, difference};
use super::selected::unknown_id;
use super::who::acting;
use crate::command_line::DeadLettersEdit;
use crate::exit::Exit;
use crate::listing::{print_json, say};

/// Largest body that is read, in bytes: no event is larger.
const BODY_BYTES_MAX: u64 = 16 * 1024 * 1024;

#[derive(Debug, Serialize)]
struct Report {
    id: DeadLetterId,
    /// Against the original.
    changes: Vec<Change>,
}

pub(super) async fn edit(desk: &Desk, wanted: &DeadLettersEdit) -> anyhow::Result<Exit> {
    let id = DeadLetterId(wanted.id);
    let whole = desk.ledger.dead_letter(id).await?.ok_or_else(|| unknown_id(id))?;
    let state = whole.letter.state;
    if !matches!(state, DeadLetterState::Dead | DeadLetterState::Waiting) {
        bail!("dead letter {id} is {state}; only what is dead or waiting is edited");
    }
    let body = if wanted.original { None } else { new_body(&whole, wanted)? };
    let changes = body.as_ref().map(|body| difference(&whole.body, body)).unwrap_or_default();
    if !desk.ledger.edit(id, body.as_deref(), &acting(note(&changes))).await? {
        bail!("dead letter {id} was taken up by a replay meanwhile; nothing was changed");
    }
    if wanted.json {
        print_json(&Report { id, changes })?;
    } else {
        tell(id, &changes);
    }
    Ok(Exit::Done)
}

/// Checked: still the same message, about the same thing. None if an edit comes to the original again.
fn new_body(whole: &WholeDeadLetter, wanted: &DeadLettersEdit) -> anyhow::Result<Option<Vec<u8>>> {
    let body = match &wanted.file {
        Some(file) => read(file)?,
        None => assign::assign(whole.edited_body.as_ref().unwrap_or(&whole.body), &wanted.set)?,
    };
    if whole.edited_body.is_some() && difference(&whole.body, &body).is_empty() {
        return Ok(None);
    }
    edited(&whole.body, &body).map(Some).map_err(|refused| anyhow!(refused).context("the edit is not taken"))
}

fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut body = Vec::new();
    let from: Box<dyn std::io::Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(std::fs::File::open(file).with_context(|| format!("{} cannot be opened", file.display()))?)
    };
    from.take(BODY_BYTES_MAX + 1)
        .read_to_end(&mut body)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    if body.len() as u64 > BODY_BYTES_MAX {
        bail!("{} is longer than {BODY_BYTES_MAX} bytes: no message is", file.display());
    }
    Ok(body)
}

/// Which places were changed; not what stands there.
fn note(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "the original again".to_owned();
    }
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    paths.join(", ")
}

fn tell(id: DeadLetterId, changes: &[Change]) {
    if changes.is_empty() {
        say(&format!("dead letter {id} is replayed with its original body again"));
        return;
    }
    for line in difference::lines(changes) {
        say(&line);
    }
    say(&format!(
        "dead letter {id} is replayed so from now on; `crossdock dead-letters replay {id}` does it"
    ));
}
