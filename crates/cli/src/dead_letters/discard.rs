//! `crossdock dead-letters discard`: gives up what nobody needs any more.

use anyhow::bail;
use crossdock_ledger::{DeadLetterState, DeadLettersWanted};

use super::Desk;
use super::confirm::confirm;
use super::who::acting;
use crate::command_line::DeadLettersDiscard;
use crate::exit::Exit;
use crate::listing::{print_json, say};

pub(super) async fn discard(desk: &Desk, wanted: &DeadLettersDiscard) -> anyhow::Result<Exit> {
    let reason = wanted.reason.trim();
    if reason.is_empty() {
        bail!("say in --reason why nobody needs them any more; nothing was done");
    }
    if wanted.selection.is_everything() && !wanted.all {
        bail!("say which ones, by number or by a filter, or --all for every one; nothing was done");
    }
    let selected = desk.selected(&wanted.selection).await?;
    let states = vec![DeadLetterState::Dead, DeadLetterState::Waiting];
    let lying = DeadLettersWanted { states, ..selected.clone() };
    confirm("discard", desk.ledger.count_dead_letters(&lying).await?, wanted.yes)?;
    let Some(id) = desk.ledger.discard(&selected, &acting(reason)).await? else {
        let standing = desk.standing(&selected).await?;
        Desk::refuse_nothing(&wanted.selection, standing.is_empty())?;
        bail!("nothing of what is selected is dead or waiting, and only that is discarded; {standing}");
    };
    let act = desk.act(id).await?;
    if wanted.json {
        print_json(&act)?;
    } else {
        let them = if act.count == 1 { "dead letter is" } else { "dead letters are" };
        say(&format!(
            "{} {them} discarded; `crossdock dead-letters undo {id}` takes it back for 30 days",
            act.count
        ));
    }
    Ok(Exit::Done)
}
