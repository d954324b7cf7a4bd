//! From the filters of a command line to what the ledger is asked for.

use anyhow::bail;
use crossdock_domain::StoreId;
use crossdock_ledger::{DeadLetterId, DeadLetterState, DeadLettersWanted};
use crossdock_settings::start_of_day;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Desk;
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
        let mut words: Vec<String> = self.ids.iter().take(IDS_NAMED_MAX).map(ToString::to_string).collect();
        if self.ids.len() > IDS_NAMED_MAX {
            words.push(format!("and {} more", self.ids.len() - IDS_NAMED_MAX));
        }
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
        self.refuse_unknown_role(wanted.role.as_deref())?;
        self.refuse_unknown_store(wanted.store.as_deref()).await?;
        if let Some(group) = &wanted.group
            && !self.any(DeadLettersWanted { group: Some(group.clone()), ..Default::default() }).await?
        {
            bail!("there is no group '{group}'; `crossdock dead-letters groups` shows those that there are");
        }
        Ok(wanted)
    }

    /// Says that nothing is selected, if something was to be.
    ///
    /// # Errors
    /// There are filters, and nothing passes them.
    pub(super) fn refuse_nothing(selection: &Selection, empty: bool) -> anyhow::Result<()> {
        if empty && !selection.is_everything() {
            bail!(
                "no dead letter is selected by: {}; `crossdock dead-letters groups` shows what there is",
                selection.described()
            );
        }
        Ok(())
    }

    /// How many of the wanted ones stand how, for example `3 done, 1 waiting`.
    pub(super) async fn standing(&self, wanted: &DeadLettersWanted) -> anyhow::Result<String> {
        let mut words = Vec::new();
        for state in DeadLetterState::ALL {
            let of_state = DeadLettersWanted { states: vec![state], ..wanted.clone() };
            let count = self.ledger.count_dead_letters(&of_state).await?;
            if count > 0 {
                words.push(format!("{count} {state}"));
            }
        }
        Ok(words.join(", "))
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

    fn refuse_unknown_role(&self, role: Option<&str>) -> anyhow::Result<()> {
        let Some(role) = role else { return Ok(()) };
        let work = parts::broker(&self.settings).topology.work;
        let roles: Vec<&str> = work.iter().map(|queue| queue.role).collect();
        if !roles.contains(&role) {
            bail!("no role '{role}' has dead letters; there are {}", roles.join(", "));
        }
        Ok(())
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
    use super::*;

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
        let described = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10, and 2 more, store acme-au, since 2026-01-31";
        assert_eq!(selection.described(), described);
    }
}
