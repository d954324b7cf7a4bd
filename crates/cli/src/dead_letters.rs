//! `crossdock dead-letters`: the desk at which failures are seen, understood and replayed.

mod confirm;
mod difference;
mod discard;
mod edit;
mod entry;
mod export;
mod groups;
mod jobs;
mod list;
mod meant;
mod plain;
mod preview;
mod replay;
mod selected;
mod show;
mod standing;
mod undo;
mod who;

use std::path::Path;
use std::sync::Arc;

use crossdock_ledger::{Act, ActId, Ledger};
use crossdock_settings::Settings;

use crate::command_line::DeadLetters;
use crate::exit::Exit;
use crate::{configuration, parts};

/// What every command of the desk works with.
struct Desk {
    settings: Settings,
    ledger: Arc<dyn Ledger>,
}

/// Carries a command out.
pub(crate) async fn dead_letters(config: &Path, command: DeadLetters) -> anyhow::Result<Exit> {
    let settings = configuration::load(config)?;
    let ledger = parts::open_existing_ledger(&settings).await?;
    let desk = Desk { settings, ledger };
    match command {
        DeadLetters::List(wanted) => list::list(&desk, &wanted).await,
        DeadLetters::Groups(wanted) => groups::groups(&desk, &wanted).await,
        DeadLetters::Show { id, json } => show::show(&desk, id, json).await,
        DeadLetters::Preview(wanted) => preview::preview(&desk, &wanted).await,
        DeadLetters::Replay(wanted) => replay::replay(&desk, &wanted).await,
        DeadLetters::Edit(wanted) => edit::edit(&desk, &wanted).await,
        DeadLetters::Discard(wanted) => discard::discard(&desk, &wanted).await,
        DeadLetters::Undo { act, json } => undo::undo(&desk, act, json).await,
        DeadLetters::Export(wanted) => export::export(&desk, &wanted).await,
        DeadLetters::Jobs(wanted) => jobs::jobs(&desk, &wanted).await,
    }
}

impl Desk {
    /// Something that was done at the desk.
    async fn act(&self, id: ActId) -> anyhow::Result<Act> {
        let act = self.ledger.act(id).await?;
        act.ok_or_else(|| {
            anyhow::anyhow!(
                "nothing was done under number {id}; `crossdock dead-letters jobs` shows what was"
            )
        })
    }
}
