//! Asking before much is done at once, or to several shops.

use std::io::{IsTerminal as _, Write as _};

use anyhow::bail;

use super::meant::Meant;
use crate::command_line::Selection;

/// Most dead letters that are replayed or discarded without a question.
const UNASKED_MAX: usize = 50;

/// Returns if it may be done: there is nothing to ask, the command line said yes, or a person does.
///
/// # Errors
/// Nobody said yes.
pub(super) fn confirm(what: &str, meant: &Meant, selection: &Selection, yes: bool) -> anyhow::Result<()> {
    // Shops count their orders alike: one number may mean an order of each.
    let ambiguous = selection.names_an_order_of_any_shop() && meant.are_of_several_shops();
    if yes || (meant.count() <= UNASKED_MAX && !ambiguous) {
        return Ok(());
    }
    let these = meant.described();
    if !std::io::stdin().is_terminal() {
        let choose = if ambiguous { "choose a shop with --store, or " } else { "" };
        bail!("this would {what} {these}: {choose}add --yes if all of them are meant; nothing was done");
    }
    let mut asked = anstream::stderr();
    let _ = write!(asked, "{what} {these}? [y/N] ");
    let _ = asked.flush();
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
        bail!("nothing was done");
    }
    Ok(())
}
