//! `crossdock dead-letters discard`: gives up what nobody needs any more.

use anyhow::bail;
use crossdock_ledger::DeadLettersWanted;

use super::Desk;
use super::confirm::confirm;
use super::meant::nothing_unanswered;
use super::selected::nothing_selected;
use super::who::acting;
use crate::command_line::DeadLettersDiscard;
use crate::exit::Exit;
use crate::listing::{print_json, say};

pub(super) async fn discard(desk: &Desk, wanted: &DeadLettersDiscard) -> anyhow::Result<Exit> {
    let reason = wanted.reason.trim();
    if reason.is_empty() {
        bail!("say in --reason why nobody needs them any more; nothing was done");
    }
    if wanted.selection.is_everything() && !wanted.all && !wanted.unanswered {
        bail!("say which ones, by number or by a filter, or --all for every one; nothing was done");
    }
    let selected = desk.selected(&wanted.selection).await?;
    let meant = if wanted.unanswered {
        desk.unanswered(&selected).await?
    } else {
        desk.to_discard(&selected).await?
    };
    let Some(meant) = meant else {
        return desk.nothing_lies(wanted, &selected).await;
    };
    confirm("discard", &meant, &wanted.selection, wanted.yes)?;
    let Some(id) = desk.ledger.discard(&meant.wanted, &acting(reason)).await? else {
        return desk.nothing_lies(wanted, &selected).await;
    };
    let act = desk.act(id).await?;
    meant.tell_left_out(act.count);
    meant.tell_on_their_way();
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

impl Desk {
    /// Says why nothing was discarded.
    async fn nothing_lies(
        &self,
        wanted: &DeadLettersDiscard,
        selected: &DeadLettersWanted,
    ) -> anyhow::Result<Exit> {
        let standing = self.standing(selected).await?;
        if standing.is_empty() {
            bail!("{}", nothing_selected(&wanted.selection));
        }
        if wanted.unanswered {
            bail!("{}", nothing_unanswered(&standing));
        }
        bail!(
            "nothing of what is selected can be discarded: {standing}; what is dead or waiting can, what was sent if it is named by its \
             number, and what is queued once its replay is cancelled (`crossdock dead-letters jobs --cancel`)"
        )
    }
}
