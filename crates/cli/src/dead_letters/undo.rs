//! `crossdock dead-letters undo`: takes a discarding back.

use anyhow::bail;
use crossdock_ledger::{ActId, ActKind};
use serde::Serialize;

use super::who::acting;
use super::{Desk, jobs};
use crate::exit::Exit;
use crate::listing::{moment, print_json, say};

#[derive(Debug, Serialize)]
struct Undone {
    discarding: ActId,
    /// How many are as they were before.
    restored: u64,
}

pub(super) async fn undo(desk: &Desk, act: i64, json: bool) -> anyhow::Result<Exit> {
    let discarding = desk.act(ActId(act)).await?;
    if discarding.kind != ActKind::Discard {
        bail!("{act} is {}; only a discarding can be taken back", jobs::named(discarding.kind));
    }
    let restored = desk.ledger.undo_discard(discarding.id, &acting("")).await?;
    if restored == 0 {
        bail!(
            "nothing of what was discarded {} is still there to be taken back: it was taken back, has failed anew or was handled after \
             all since, or more than 30 days have passed",
            moment(discarding.at)
        );
    }
    if json {
        print_json(&Undone { discarding: discarding.id, restored })?;
    } else {
        say(&format!("{restored} of {} discarded ones are as they were before", discarding.count));
    }
    Ok(Exit::Done)
}
