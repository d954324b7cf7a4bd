//! Exactly which dead letters are acted on: those that stood so when they were counted, and no others.

use std::collections::BTreeMap;
use std::io::Write as _;

use crossdock_ledger::{DeadLetter, DeadLetterState, DeadLettersWanted};
use jiff::{SignedDuration, Timestamp};

use super::Desk;
use super::standing::Standing;

/// Most shops that are named in a question.
const SHOPS_NAMED_MAX: usize = 5;

/// How long something may be under way without an answer, in hours, as the desk has it too.
const UNANSWERED_HOURS: i64 = 1;

/// How the names of lanes begin that are no shops.
const OTHER_LANE: char = '/';

/// What a selection comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meant {
    /// These, by their numbers, as long as they stand so and the selection still fits them.
    pub(super) wanted: DeadLettersWanted,
    /// How many of each shop; without a name, those of which no shop is known.
    stores: BTreeMap<Option<String>, usize>,
    /// How many of them were sent, and may still be handled.
    on_their_way: usize,
}

impl Desk {
    /// Those of the selected ones that can be given up: also those on their way that are named by their number. None if there are none.
    pub(super) async fn to_discard(&self, selected: &DeadLettersWanted) -> anyhow::Result<Option<Meant>> {
        self.standing_so(selected, &[DeadLetterState::Dead, DeadLetterState::Waiting], |_| true).await
    }

    async fn standing_so(
        &self,
        selected: &DeadLettersWanted,
        states: &[DeadLetterState],
        fits: fn(&DeadLetter) -> bool,
    ) -> anyhow::Result<Option<Meant>> {
        let mut states = states.to_vec();
        if !selected.ids.is_empty() {
            states.push(DeadLetterState::Sent);
        }
        let wanted = DeadLettersWanted { states, ..selected.clone() };
        let mut letters = self.ledger.dead_letters(&wanted).await?;
        letters.retain(fits);
        Ok((!letters.is_empty()).then(|| Meant::of(wanted, &letters)))
    }

    /// Those of the selected ones that a replay can send: also those on their way that are named by their number. None if there are none.
    pub(super) async fn to_replay(&self, selected: &DeadLettersWanted) -> anyhow::Result<Option<Meant>> {
        self.standing_so(selected, &[DeadLetterState::Dead], DeadLetter::has_come).await
    }

    /// Those of the selected ones that were sent long ago, and of which nothing came back. None if there are none.
    pub(super) async fn unanswered(&self, selected: &DeadLettersWanted) -> anyhow::Result<Option<Meant>> {
        let wanted = DeadLettersWanted {
            states: vec![DeadLetterState::Sent],
            stood_before: Some(unanswered_since()),
            ..selected.clone()
        };
        let letters = self.ledger.dead_letters(&wanted).await?;
        Ok((!letters.is_empty()).then(|| Meant::of(wanted, &letters)))
    }
}

/// What was sent before this moment, and of which nothing came back, is unanswered.
pub(super) fn unanswered_since() -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(UNANSWERED_HOURS)
}

/// Why there is nothing to be done about what is unanswered.
pub(super) fn nothing_unanswered(standing: &Standing) -> String {
    format!("of what is selected, nothing was sent more than an hour ago without an answer: {standing}")
}

impl Meant {
    fn of(wanted: DeadLettersWanted, letters: &[DeadLetter]) -> Self {
        let mut stores = BTreeMap::new();
        for letter in letters {
            let known = !letter.store.is_empty() && !letter.store.starts_with(OTHER_LANE);
            *stores.entry(known.then(|| letter.store.clone())).or_default() += 1;
        }
        let ids = letters.iter().map(|letter| letter.id).collect();
        let on_their_way = letters.iter().filter(|letter| letter.state == DeadLetterState::Sent).count();
        Self { wanted: DeadLettersWanted { ids, ..wanted }, stores, on_their_way }
    }

    pub(super) fn count(&self) -> usize {
        self.wanted.ids.len()
    }

    pub(super) fn are_of_several_shops(&self) -> bool {
        self.stores.keys().flatten().count() > 1
    }

    /// For example `51 dead letters of acme-au`, or `3 dead letters (1 of acme-au, 2 of acme-widgets)`.
    pub(super) fn described(&self) -> String {
        let letters = match self.count() {
            1 => "1 dead letter".to_owned(),
            count => format!("{count} dead letters"),
        };
        let mut shops = self.stores.iter();
        match (shops.next(), shops.len()) {
            (Some((Some(store), _)), 0) => format!("{letters} of {store}"),
            (_, 0) => letters,
            _ => format!("{letters} ({})", self.by_shop()),
        }
    }

    fn by_shop(&self) -> String {
        let known = || self.stores.iter().filter_map(|(store, count)| Some((store.as_ref()?, count)));
        let named = known().take(SHOPS_NAMED_MAX).map(|(store, count)| format!("{count} of {store}"));
        let others: usize = known().skip(SHOPS_NAMED_MAX).map(|(_, count)| count).sum();
        let unknown = self.stores.get(&None).copied().unwrap_or_default();
        let rest = [(others, "of others"), (unknown, "of no known shop")];
        let rest = rest.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        named.chain(rest).collect::<Vec<_>>().join(", ")
    }

    /// Says on standard error how many of the discarded ones may be handled after all.
    pub(super) fn tell_on_their_way(&self) {
        if let Some(told) = self.on_their_way() {
            let _ = writeln!(anstream::stderr(), "{told}");
        }
    }

    fn on_their_way(&self) -> Option<String> {
        match self.on_their_way {
            0 => None,
            1 => Some(
                "1 of them is on its way, and may still be handled: then it is done, and what waits behind it may have overtaken it"
                    .to_owned(),
            ),
            count => Some(format!(
                "{count} of them are on their way, and may still be handled: then they are done, and what waits behind them may have \
                 overtaken them"
            )),
        }
    }

    /// Says on standard error how many were not acted on after all.
    pub(super) fn tell_left_out(&self, acted_on: u64) {
        let left_out = (self.count() as u64).saturating_sub(acted_on);
        if left_out > 0 {
            let told =
                format!("{left_out} left out: on the way already, or somebody else took them up meanwhile");
            let _ = writeln!(anstream::stderr(), "{told}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dead_letters::entry::tests::whole;

    fn meant(stores: &[&str]) -> Meant {
        let letter = |store: &&str| DeadLetter { store: (*store).to_owned(), ..whole(b"{}").letter };
        Meant::of(DeadLettersWanted::default(), &stores.iter().map(letter).collect::<Vec<_>>())
    }

    #[test]
    fn a_question_names_the_shops() {
        let described = |stores: &[&str]| meant(stores).described();
        assert_eq!(described(&["acme-au"]), "1 dead letter of acme-au");
        assert_eq!(described(&["", "/warehouse"]), "2 dead letters");
        let several = described(&["b", "a", "b", ""]);
        assert_eq!(several, "4 dead letters (1 of a, 2 of b, 1 of no known shop)");
        let many = described(&["a", "b", "c", "d", "e", "f", "g", "g"]);
        assert!(many.ends_with("1 of e, 3 of others)"), "{many}");
    }

    #[test]
    fn it_is_told_how_many_may_still_be_handled() {
        let told = |on_their_way| {
            let told = Meant { on_their_way, ..meant(&["a", "a"]) }.on_their_way()?;
            Some(told.split_once(": then").unwrap().0.to_owned())
        };
        assert_eq!(told(0), None);
        assert_eq!(told(1).as_deref(), Some("1 of them is on its way, and may still be handled"));
        assert_eq!(told(2).as_deref(), Some("2 of them are on their way, and may still be handled"));
    }

    #[test]
    fn what_is_of_no_known_shop_makes_no_second_one() {
        assert!(!meant(&["a", "a", "", "/delivery/3"]).are_of_several_shops());
        assert!(meant(&["a", "b"]).are_of_several_shops());
    }
}
