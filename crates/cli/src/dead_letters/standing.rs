//! How many of a selection stand how.

use std::fmt;

use crossdock_ledger::{DeadLetterState, DeadLettersWanted};

use super::Desk;

/// How many stand how, of those states only in which any stand.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standing(Vec<(DeadLetterState, u64)>);

impl Desk {
    /// How the wanted ones stand.
    pub(super) async fn standing(&self, wanted: &DeadLettersWanted) -> anyhow::Result<Standing> {
        let mut counts = Vec::new();
        for state in DeadLetterState::ALL {
            let of_state = DeadLettersWanted { states: vec![state], ..wanted.clone() };
            let count = self.ledger.count_dead_letters(&of_state).await?;
            if count > 0 {
                counts.push((state, count));
            }
        }
        Ok(Standing(counts))
    }
}

impl Standing {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same, with the command that lists them: all of the kind, as filters narrow it down only if they are given again.
    pub(super) fn how_to_see(&self) -> String {
        let states: Vec<&str> = self.0.iter().map(|(state, _)| state.as_str()).collect();
        let count: u64 = self.0.iter().map(|(_, count)| count).sum();
        let them = if count == 1 { "it" } else { "them" };
        format!("{self}: `crossdock dead-letters list --state {}` shows {them}", states.join(","))
    }
}

/// For example `3 done, 1 waiting`.
impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<String> = self.0.iter().map(|(state, count)| format!("{count} {state}")).collect();
        f.write_str(&words.join(", "))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// So many that stand so.
    pub(in crate::dead_letters) fn standing(counts: &[(DeadLetterState, u64)]) -> Standing {
        Standing(counts.to_vec())
    }

    #[test]
    fn it_is_told_how_many_stand_how_and_how_to_see_them() {
        let both = standing(&[(DeadLetterState::Waiting, 1), (DeadLetterState::Done, 3)]);
        assert_eq!(both.to_string(), "1 waiting, 3 done");
        assert_eq!(
            both.how_to_see(),
            "1 waiting, 3 done: `crossdock dead-letters list --state waiting,done` shows them"
        );
        assert!(standing(&[(DeadLetterState::Discarded, 1)]).how_to_see().ends_with("discarded` shows it"));
    }
}
