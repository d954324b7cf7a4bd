//! `crossdock dead-letters groups`

use crossdock_ledger::{DeadLetterGroup, DeadLettersWanted};
use jiff::Timestamp;

use super::list::store;
use super::plain::cut;
use super::{Desk, list};
use crate::command_line::DeadLettersGroups;
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, table};

/// Longest cause of a group, in characters: about four lines of the last column.
const CAUSE_CHARS_MAX: usize = 150;

pub(super) async fn groups(desk: &Desk, wanted: &DeadLettersGroups) -> anyhow::Result<Exit> {
    let selected = desk.selected(&wanted.selection).await?;
    let open = DeadLettersWanted { states: list::states(&[]), ..selected.clone() };
    let groups = desk.ledger.dead_letter_groups(&open, Timestamp::now()).await?;
    if wanted.json {
        print_json(&groups)?;
    }
    if groups.is_empty() {
        let sentence = desk.nothing_listed(&wanted.selection, &selected, &list::stand(&[])).await?;
        list::tell_nothing(wanted.json, &sentence);
    } else if !wanted.json {
        tell(&groups);
    }
    Ok(Exit::Done)
}

/// A table of groups: cause, times and an example share the last column.
pub(super) fn tell(groups: &[DeadLetterGroup]) {
    let mut rows = table(&["GROUP", "COUNT", "LAST HOUR", "ROLE", "STORE", "WHY"]);
    for group in groups {
        rows.add_row([
            group.group.clone(),
            group.count.to_string(),
            trend(group.last_hour, group.hour_before),
            group.role.clone(),
            store(&group.store),
            format!("{}\n{}\n{}", why(group), times(group), example(group)),
        ]);
    }
    print(&rows);
}

fn why(group: &DeadLetterGroup) -> String {
    format!("{}: {}", group.class, cut(&group.cause, CAUSE_CHARS_MAX))
}

fn times(group: &DeadLetterGroup) -> String {
    format!("since {}\nlast  {}", moment(group.first_failed_at), moment(group.last_failed_at))
}

fn example(group: &DeadLetterGroup) -> String {
    format!("for example {}", group.example)
}

/// How many failed in the last hour, and whether that is more or fewer than in the hour before.
fn trend(last_hour: u64, hour_before: u64) -> String {
    let sign = match last_hour.cmp(&hour_before) {
        std::cmp::Ordering::Greater => " ↑",
        std::cmp::Ordering::Less => " ↓",
        std::cmp::Ordering::Equal => "",
    };
    format!("{last_hour}{sign}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_compares_with_the_hour_before() {
        assert_eq!((trend(500, 0), trend(3, 20), trend(0, 0)), ("500 ↑".into(), "3 ↓".into(), "0".into()));
    }
}
