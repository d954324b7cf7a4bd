//! `crossdock dead-letters groups`

use crossdock_ledger::{DeadLetterGroup, DeadLetterState, DeadLettersWanted};
use jiff::Timestamp;

use super::Desk;
use super::list::store;
use super::plain::cut;
use crate::command_line::{DeadLettersGroups, Selection};
use crate::exit::Exit;
use crate::listing::{moment, print, print_json, say, table};

/// Longest cause of a group, in characters: about four lines of the last column.
const CAUSE_CHARS_MAX: usize = 150;

pub(super) async fn groups(desk: &Desk, wanted: &DeadLettersGroups) -> anyhow::Result<Exit> {
    let groups = open(desk, &wanted.selection).await?;
    if wanted.json {
        print_json(&groups)?;
    }
    Desk::refuse_nothing(&wanted.selection, groups.is_empty())?;
    if !wanted.json {
        if groups.is_empty() {
            say("no dead letters");
        } else {
            tell(&groups);
        }
    }
    Ok(Exit::Done)
}

async fn open(desk: &Desk, selection: &Selection) -> anyhow::Result<Vec<DeadLetterGroup>> {
    let states = DeadLetterState::OPEN.to_vec();
    let wanted = DeadLettersWanted { states, ..desk.selected(selection).await? };
    Ok(desk.ledger.dead_letter_groups(&wanted, Timestamp::now()).await?)
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
