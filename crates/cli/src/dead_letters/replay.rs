//! `crossdock dead-letters replay`: begins a replay, and waits until all of it was handled.

mod follow;

use anyhow::{Context as _, bail};
use crossdock_ledger::{Act, ActId, DeadLetterState, DeadLettersWanted, Progress};
use jiff::Timestamp;

use super::confirm::confirm;
use super::meant::nothing_unanswered;
use super::selected::nothing_selected;
use super::standing::Standing;
use super::who::acting;
use super::{Desk, groups, jobs};
use crate::command_line::DeadLettersReplay;
use crate::exit::Exit;
use crate::listing::{print_json, say};
use crate::signals;

/// How far a replay was watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Followed {
    Ended,
    /// Until Ctrl-C.
    Stopped,
    Detached,
}

pub(super) async fn replay(desk: &Desk, wanted: &DeadLettersReplay) -> anyhow::Result<Exit> {
    if wanted.selection.is_everything() && !wanted.all && !wanted.unanswered {
        bail!("say which ones, by number or by a filter, or --all for every dead one; nothing was done");
    }
    let selected = desk.selected(&wanted.selection).await?;
    let meant =
        if wanted.unanswered { desk.unanswered(&selected).await? } else { desk.to_replay(&selected).await? };
    let Some(meant) = meant else {
        return desk.nothing_to_replay(wanted, &selected).await;
    };
    confirm("replay", &meant, &wanted.selection, wanted.yes)?;
    // From here on a replay may have begun: whoever stops this command is told how to follow it.
    let stop = signals::stop_token()?;
    let act = acting(wanted.selection.described());
    let Some(id) = desk.ledger.begin_replay(&meant.wanted, &act).await? else {
        return desk.nothing_to_replay(wanted, &selected).await;
    };
    let watched = if wanted.detach {
        Followed::Detached
    } else {
        follow::follow(desk, id, &stop).await.with_context(|| goes_on(id))?
    };
    let act = desk.act(id).await?;
    meant.tell_left_out(act.count);
    match (wanted.json, watched) {
        (true, _) => print_json(&act)?,
        (false, Followed::Ended) => tell(desk, &act, &selected).await?,
        (false, Followed::Stopped | Followed::Detached) => tell_how_to_follow(id),
    }
    let failed = act.progress.is_some_and(|progress| progress.dead + progress.left > 0);
    Ok(if failed || watched == Followed::Stopped { Exit::Failed } else { Exit::Done })
}

impl Desk {
    /// Says why nothing was replayed.
    async fn nothing_to_replay(
        &self,
        wanted: &DeadLettersReplay,
        selected: &DeadLettersWanted,
    ) -> anyhow::Result<Exit> {
        let standing = self.standing(selected).await?;
        if standing.is_empty() {
            bail!("{}", nothing_selected(&wanted.selection));
        }
        if wanted.unanswered {
            bail!("{}", nothing_unanswered(&standing));
        }
        let dead = DeadLettersWanted { states: vec![DeadLetterState::Dead], ..selected.clone() };
        match self.ledger.count_dead_letters(&dead).await? {
            0 => bail!("{}", nothing_dead(&standing)),
            never_came => bail!("{}", nothing_came(never_came)),
        }
    }
}

fn nothing_came(count: u64) -> String {
    format!(
        "of what is selected, {count} failed and never came to the desk: nothing is there to be sent; \
         `crossdock dead-letters discard` lets what waits behind go on"
    )
}

fn nothing_dead(standing: &Standing) -> String {
    format!(
        "nothing of what is selected is dead, and only that is replayed: {standing}; what waits goes on by itself once what lies \
         before it is done or discarded"
    )
}

fn goes_on(id: ActId) -> String {
    format!("replay {id} goes on without this command; `crossdock dead-letters jobs {id}` shows how")
}

fn tell_how_to_follow(id: ActId) {
    say(&format!("replay {id} goes on; a running role dead-letters carries it out"));
    say(&format!("  crossdock dead-letters jobs {id}           how it goes"));
    say(&format!("  crossdock dead-letters jobs --cancel {id}  what was not sent yet stays dead"));
    say(&format!("  crossdock dead-letters jobs --resume {id}  goes on with it after that"));
}

/// What became of it, and what has failed since.
async fn tell(desk: &Desk, act: &Act, selected: &DeadLettersWanted) -> anyhow::Result<()> {
    let Some(progress) = act.progress else { return Ok(()) };
    say(&format!("replay {} of {}: {}", act.id, act.count, jobs::goes(&progress)));
    if progress.dead > 0 {
        let groups = desk.ledger.dead_letter_groups(&failed_since(act, selected), Timestamp::now()).await?;
        say("\nwhat has failed since it began");
        groups::tell(&groups);
    }
    Ok(())
}

/// What is dead again may be so for another reason, in another group.
fn failed_since(act: &Act, selected: &DeadLettersWanted) -> DeadLettersWanted {
    DeadLettersWanted {
        group: None,
        class: None,
        since: Some(act.at),
        until: None,
        states: vec![DeadLetterState::Dead],
        ..selected.clone()
    }
}

/// How many need nothing more.
fn settled(progress: &Progress) -> u64 {
    progress.done + progress.dead + progress.left
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letters::standing::tests::standing;

    #[test]
    fn what_cannot_be_replayed_says_how_it_stands() {
        let both = standing(&[(DeadLetterState::Waiting, 1), (DeadLetterState::Done, 3)]);
        assert!(nothing_dead(&both).contains("1 waiting, 3 done"));
    }
}
