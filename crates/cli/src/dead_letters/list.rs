//! `crossdock dead-letters list`

use crossdock_ledger::{DeadLetter, DeadLetterState, DeadLettersWanted};

use super::Desk;
use super::plain::cut;
use crate::command_line::DeadLettersList;
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};

/// Longest cause in a list, in characters: two lines of the last column.
const WHY_CHARS_MAX: usize = 84;

/// What stands for a shop that could not be read from the message.
const UNKNOWN: &str = "?";

pub(super) async fn list(desk: &Desk, wanted: &DeadLettersList) -> anyhow::Result<Exit> {
    let states = states(&wanted.states);
    let selected = desk.selected(&wanted.selection).await?;
    let standing_so = DeadLettersWanted { states, ..selected.clone() };
    let page = DeadLettersWanted { limit: Some(wanted.limit), ..standing_so.clone() };
    let letters = desk.ledger.dead_letters(&page).await?;
    if wanted.json {
        print_json(&letters)?;
    }
    if letters.is_empty() {
        let sentence = desk.nothing_listed(&wanted.selection, &selected, &stand(&wanted.states)).await?;
        tell_nothing(wanted.json, &sentence);
    } else if !wanted.json {
        tell(&letters);
        let all = desk.ledger.count_dead_letters(&standing_so).await?;
        say(&rest(letters.len(), all));
    }
    Ok(Exit::Done)
}

/// Those asked for; if none, those that are not over.
pub(super) fn states(asked: &[DeadLetterState]) -> Vec<DeadLetterState> {
    if asked.is_empty() { DeadLetterState::OPEN.to_vec() } else { asked.to_vec() }
}

/// How those stand that were asked for.
pub(super) fn stand(asked: &[DeadLetterState]) -> String {
    if asked.is_empty() {
        return "open".to_owned();
    }
    asked.iter().map(DeadLetterState::to_string).collect::<Vec<_>>().join(" or ")
}

/// A list that is empty in JSON says all with that.
pub(super) fn tell_nothing(json: bool, sentence: &str) {
    if !json {
        say(sentence);
    }
}

/// The order or SKU; `-` if the message is about none.
pub(super) fn subject(subject: Option<&str>) -> String {
    subject.map_or_else(|| "-".to_owned(), |subject| cut(subject, 24))
}

/// The shop, as far as it is known.
pub(super) fn store(store: &str) -> String {
    if store.is_empty() { UNKNOWN.to_owned() } else { cut(store, 24) }
}

fn tell(letters: &[DeadLetter]) {
    let mut rows = table(&["ID", "STATE", "STORE", "ABOUT", "LAST FAILED", "WHY"]);
    for letter in letters {
        rows.add_row([
            letter.id.to_string(),
            letter.state.to_string(),
            store(&letter.store),
            subject(letter.subject.as_deref()),
            moment(letter.last_failed_at),
            cut(&letter.chain, WHY_CHARS_MAX),
        ]);
    }
    print(&rows);
    say("");
}

fn rest(shown: usize, all: u64) -> String {
    match (shown as u64, all) {
        (shown, all) if shown < all => format!("{shown} of {all} dead letters; --limit shows more"),
        (_, 1) => "1 dead letter".to_owned(),
        (_, all) => format!("{all} dead letters"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_shown_is_counted() {
        assert_eq!(rest(1, 1), "1 dead letter");
        assert_eq!(rest(50, 50), "50 dead letters");
        assert_eq!(rest(50, 1_000), "50 of 1000 dead letters; --limit shows more");
    }
}
