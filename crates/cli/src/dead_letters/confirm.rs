//! Asking before much is done at once.

use std::io::{IsTerminal as _, Write as _};

use anyhow::bail;

/// Most dead letters that are replayed or discarded without a question.
pub(super) const UNASKED_MAX: u64 = 50;

/// Returns if it may be done: there are few, the command line said yes, or a person does.
///
/// # Errors
/// Nobody said yes.
pub(super) fn confirm(what: &str, count: u64, yes: bool) -> anyhow::Result<()> {
    if yes || count <= UNASKED_MAX {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        bail!("this would {what} {count} dead letters: add --yes if all of them are meant; nothing was done");
    }
    let mut asked = anstream::stderr();
    let _ = write!(asked, "{what} {count} dead letters? [y/N] ");
    let _ = asked.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        bail!("nothing was done");
    }
    Ok(())
}
