//! From the filters of a command line to what the ledger is asked for.

use anyhow::bail;
use crossdock_domain::StoreId;
use crossdock_ledger::{DeadLetterId, DeadLettersWanted};
use crossdock_settings::start_of_day;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Desk;
use super::standing::Standing;
use crate::command_line::{Boundary, Selection};
use crate::{configuration, parts};

/// Most ids that are named in the audit trail.
const IDS_NAMED_MAX: usize = 10;

impl Selection {
    /// Whether there is no filter.
    pub(super) fn is_everything(&self) -> bool {
        let Self { ids, group, role, store, class, order, since, until } = self;
        let texts = [group, role, store, class, order];
        ids.is_empty() && texts.iter().all(|it| it.is_none()) && since.is_none() && until.is_none()
    }

    /// Whether it names an order (or SKU), and neither its shop nor dead letters of it.
    pub(super) fn names_an_order_of_any_shop(&self) -> bool {
        self.order.is_some() && self.store.is_none() && self.ids.is_empty()
    }

    /// As a person reads it, for the audit trail: no longer than a few hundred characters.
    pub(super) fn described(&self) -> String {
        if self.is_everything() {
            return "all".to_owned();
        }
        let mut words: Vec<String> = self.numbers().into_iter().collect();
        let texts = [
            ("group", &self.group),
            ("role", &self.role),
            ("store", &self.store),
            ("class", &self.class),
            ("order", &self.order),
        ];
        words.extend(texts.iter().filter_map(|(name, it)| it.as_ref().map(|it| format!("{name} {it}"))));
        let times = [("since", self.since), ("until", self.until)];
        words.extend(times.iter().filter_map(|(name, it)| it.map(|it| format!("{name} {it}"))));
        words.join(", ")
    }

    /// For example `number 7`, or `numbers 7, 8`.
    fn numbers(&self) -> Option<String> {
        let mut ids: Vec<String> = self.ids.iter().take(IDS_NAMED_MAX).map(ToString::to_string).collect();
        if self.ids.len() > IDS_NAMED_MAX {
            ids.push(format!("and {} more", self.ids.len() - IDS_NAMED_MAX));
        }
        let name = if self.ids.len() == 1 { "number" } else { "numbers" };
        (!ids.is_empty()).then(|| format!("{name} {}", ids.join(", ")))
    }
}

impl std::fmt::Display for Boundary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Day(day) => day.fmt(f),
            Self::Moment(moment) => moment.fmt(f),
        }
    }
}

impl Desk {
    /// What the ledger is asked for, in any state.
    ///
    /// # Errors
    /// A shop, role, group or id that there is not.
    pub(super) async fn selected(&self, selection: &Selection) -> anyhow::Result<DeadLettersWanted> {
        let zone = self.time_zone(selection);
        let wanted = DeadLettersWanted {
            ids: selection.ids.iter().copied().map(DeadLetterId).collect(),
            group: selection.group.clone(),
            role: selection.role.clone(),
            store: selection.store.clone(),
            class: selection.class.clone(),
            subject: selection.order.clone(),
            since: selection.since.map(|it| begins(it, &zone)),
            until: selection.until.map(|it| ends(it, &zone)),
            ..DeadLettersWanted::default()
        };
        self.refuse_unknown_ids(&wanted.ids).await?;
        self.refuse_unknown_role(wanted.role.as_deref()).await?;
        self.refuse_unknown_store(wanted.store.as_deref()).await?;
        if let Some(group) = &wanted.group
            && !self.any(DeadLettersWanted { group: Some(group.clone()), ..Default::default() }).await?
        {
            bail!("there is no group '{group}'; `crossdock dead-letters groups` shows those that there are");
        }
        Ok(wanted)
    }

    /// What to say of a list of those that stand in a certain way, if none of the selected ones does. That is no failure: a monitor asks
    /// for what it hopes not to find.
    ///
    /// # Errors
    /// The same, if they were asked for by their numbers.
    pub(super) async fn nothing_listed(
        &self,
        selection: &Selection,
        selected: &DeadLettersWanted,
        stand: &str,
    ) -> anyhow::Result<String> {
        let sentence = nothing_listed(selection, &self.standing(selected).await?, stand);
        if !selection.ids.is_empty() {
            bail!("{sentence}");
        }
        Ok(sentence)
    }

    /// Days are the shop's, if one is chosen.
    fn time_zone(&self, selection: &Selection) -> TimeZone {
        let chosen = |id: &String| self.settings.stores.iter().find(|store| store.id.as_str() == id);
        selection.store.as_ref().and_then(chosen).map_or(TimeZone::UTC, |store| store.time_zone.clone())
    }

    async fn refuse_unknown_ids(&self, ids: &[DeadLetterId]) -> anyhow::Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let wanted = DeadLettersWanted { ids: ids.to_vec(), ..Default::default() };
        let known = self.ledger.dead_letters(&wanted).await?;
        match ids.iter().find(|id| known.iter().all(|known| known.id != **id)) {
            Some(unknown) => Err(unknown_id(*unknown)),
            None => Ok(()),
        }
    }

    /// What came to the desk without a word about whose it is has a role, too: `unknown`, or whatever it said.
    async fn refuse_unknown_role(&self, role: Option<&str>) -> anyhow::Result<()> {
        let Some(role) = role else { return Ok(()) };
        let work = parts::broker(&self.settings).topology.work;
        let roles: Vec<&str> = work.iter().map(|queue| queue.role).collect();
        let of_role = DeadLettersWanted { role: Some(role.to_owned()), ..Default::default() };
        if roles.contains(&role) || self.any(of_role).await? {
            return Ok(());
        }
        bail!("no role '{role}' has dead letters; there are {}", roles.join(", "));
    }

    /// A lane that is no shop's, or of a shop that is gone from the file, may have dead letters too.
    async fn refuse_unknown_store(&self, store: Option<&str>) -> anyhow::Result<()> {
        let Some(store) = store else { return Ok(()) };
        let known = match store.parse::<StoreId>() {
            Ok(id) => configuration::store(&self.settings, &id).map(drop),
            Err(why) => Err(why.into()),
        };
        let Err(unknown) = known else { return Ok(()) };
        let left = DeadLettersWanted { store: Some(store.to_owned()), ..Default::default() };
        if self.any(left).await? { Ok(()) } else { Err(unknown) }
    }

    async fn any(&self, wanted: DeadLettersWanted) -> anyhow::Result<bool> {
        let one = DeadLettersWanted { limit: Some(1), ..wanted };
        Ok(!self.ledger.dead_letters(&one).await?.is_empty())
    }
}

/// What is selected, where it is nothing.
pub(super) fn nothing_selected(selection: &Selection) -> String {
    if selection.is_everything() {
        return "no dead letters".to_owned();
    }
    let described = selection.described();
    format!("no dead letter is selected by: {described}; `crossdock dead-letters groups` shows what there is")
}

fn nothing_listed(selection: &Selection, standing: &Standing, stand: &str) -> String {
    if selection.is_everything() || standing.is_empty() {
        return nothing_selected(selection);
    }
    format!("nothing that is {stand} is selected by: {}; {}", selection.described(), standing.how_to_see())
}

/// There is no such dead letter.
pub(super) fn unknown_id(id: DeadLetterId) -> anyhow::Error {
    anyhow::anyhow!(
        "there is no dead letter {id}; `crossdock dead-letters list` shows those that there are, and what was done or discarded is \
         forgotten after 30 days"
    )
}

fn begins(boundary: Boundary, zone: &TimeZone) -> Timestamp {
    match boundary {
        Boundary::Day(day) => start_of_day(day, zone),
        Boundary::Moment(moment) => moment,
    }
}

fn ends(boundary: Boundary, zone: &TimeZone) -> Timestamp {
    match boundary {
        Boundary::Day(day) => start_of_day(day.saturating_add(1.day()), zone),
        Boundary::Moment(moment) => moment,
    }
}

#[cfg(test)]
mod tests {
    use crossdock_ledger::DeadLetterState;

    use super::*;
    use crate::dead_letters::standing::tests::standing;

    #[test]
    fn a_day_lasts_to_its_end_in_the_zone_of_the_shop() {
        let zone = TimeZone::get("Australia/Melbourne").unwrap();
        let day = Boundary::Day(jiff::civil::date(2026, 1, 31));
        assert_eq!(begins(day, &zone).to_string(), "2026-01-30T13:00:00Z");
        assert_eq!(ends(day, &zone).to_string(), "2026-01-31T13:00:00Z");
        let moment = Timestamp::from_second(1_000).unwrap();
        assert_eq!(
            (begins(Boundary::Moment(moment), &zone), ends(Boundary::Moment(moment), &zone)),
            (moment, moment)
        );
    }

    #[test]
    fn a_selection_is_described_in_a_line() {
        let mut selection = Selection::default();
        assert!(selection.is_everything());
        assert_eq!(selection.described(), "all");
        selection.ids = (1..=12).collect();
        selection.store = Some("acme-au".to_owned());
        selection.since = Some(Boundary::Day(jiff::civil::date(2026, 1, 31)));
        assert!(!selection.is_everything());
        let described = "numbers 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 2 more, store acme-au, since 2026-01-31";
        assert_eq!(selection.described(), described);
        assert_eq!(Selection { ids: vec![7], ..Selection::default() }.described(), "number 7");
    }

    #[test]
    fn an_empty_list_says_where_what_was_asked_for_is_to_be_seen() {
        let of = |order: Option<&str>, counts: &[_]| {
            let selection = Selection { order: order.map(str::to_owned), ..Selection::default() };
            nothing_listed(&selection, &standing(counts), "open")
        };
        let discarded = [(DeadLetterState::Discarded, 1)];
        assert_eq!(
            of(Some("BG1"), &discarded),
            "nothing that is open is selected by: order BG1; 1 discarded: `crossdock dead-letters list --state discarded` shows it"
        );
        assert!(of(Some("BG1"), &[]).starts_with("no dead letter is selected by: order BG1; "));
        assert_eq!(of(None, &discarded), "no dead letters");
    }
}
