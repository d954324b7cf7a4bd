//! What the messages of a batch want pushed.

use std::collections::BTreeSet;

use crossdock_domain::{Listing, Sku, sellable};
use crossdock_events::{Event, StockDue};
use crossdock_ledger::{Refused, StockLine};
use crossdock_settings::StockSettings;
use jiff::{SignedDuration, Timestamp};

use crate::affected::Affected;

/// How long a push whose answer is not known may still be on its way, in seconds. An Ecwid batch waits until the earlier ones are done,
/// and is cancelled after four minutes.
const SETTLED_SECS: i64 = 10 * 60;

/// Pushes that began until then have arrived by now, or never will.
pub(crate) fn settled_by(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_secs(SETTLED_SECS)
}

/// Everything that is wanted of one push.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// These, where they differ from what the shop was told, before all others.
    pub(crate) changed: BTreeSet<Sku>,
    /// All that were counted, where they differ from what the shop was told.
    pub(crate) all: bool,
    /// These, whatever it was told.
    pub(crate) again: BTreeSet<Sku>,
    /// All that it was not told since this moment.
    pub(crate) full_since: Option<Timestamp>,
}

impl Wanted {
    /// What this message wants too.
    pub(crate) fn add(&mut self, due: &Event<StockDue>, now: Timestamp) {
        match (&due.data.skus, due.data.full) {
            (None, true) => {
                // A clock that is ahead must not have it pushed again and again.
                let since = due.time.unwrap_or(now).min(now);
                self.full_since = self.full_since.max(Some(since));
            }
            (Some(skus), true) => self.again.extend(skus.iter().cloned()),
            (Some(skus), false) => self.changed.extend(skus.iter().cloned()),
            (None, false) => self.all = true,
        }
    }

    pub(crate) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The SKUs to look at.
    pub(crate) fn affected(&self) -> Affected {
        if self.all || self.full_since.is_some() {
            return Affected::All;
        }
        self.changed.union(&self.again).cloned().collect()
    }

    /// What to tell; none if the shop is to be told nothing, or knows. What it was told while an older push was still on its way counts
    /// no more once that has settled: it may have arrived last. What it refuses it is told again only by a push that is later.
    pub(crate) fn due(&self, line: StockLine, stock: &StockSettings, now: Timestamp) -> Option<Due> {
        let units = sellable(stock.push, &line.level, line.promised, stock.buffer)?;
        let knows = line.pushed.is_some_and(|pushed| pushed.units == units);
        let refusals = line.refused.len();
        let mut refused = line.refused;
        let due = if self.again.contains(&line.level.sku) {
            refused.clear();
            true
        } else if let Some(since) = self.full_since {
            refused.retain(|refused| since <= refused.at);
            let told = knows && line.pushed.is_some_and(|pushed| since <= pushed.at);
            !told || refused.len() < refusals
        } else {
            !knows || line.in_doubt_since.is_some_and(|since| since <= settled_by(now))
        };
        let lowers = line.pushed.is_some_and(|pushed| units < pushed.units);
        let urgent = lowers || self.changed.contains(&line.level.sku);
        let in_doubt = line.in_doubt_since.is_some();
        let stands = !in_doubt && refused.len() == refusals;
        due.then_some(Due { units, refused, urgent, in_doubt, stands })
    }
}

/// What a shop is to be told of a SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) units: i64,
    /// The listings that are not told, because the shop refuses it.
    pub(crate) refused: Vec<Refused>,
    /// Whether the shop may sell what is not there until it is told.
    pub(crate) urgent: bool,
    /// Whether nobody knows what became of an older push: the shop may fail for it again.
    pub(crate) in_doubt: bool,
    /// Whether what it was told before surely stands at each listing that is told now: no older push may have arrived since, and none of
    /// them had refused it.
    pub(crate) stands: bool,
}

impl Due {
    /// Whether this listing of the SKU is told.
    pub(crate) fn is_for(&self, listing: &Listing) -> bool {
        let here = |it: &Refused| it.product_id == listing.product_id && it.variant_id == listing.variant_id;
        listing.takes_quantity() && !self.refused.iter().any(here)
    }
}

/// The SKU of a message that is about it alone, whatever the shop was told.
pub(crate) fn alone(due: &StockDue) -> Option<&Sku> {
    match due.skus.as_deref() {
        Some([only]) if due.full => Some(only),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crossdock_domain::{ListingStock, Promised, StockLevel, StockPush};
    use crossdock_events::Source;
    use crossdock_ledger::Pushed;
    use jiff::SignedDuration;

    use super::*;

    fn minute(minute: i64) -> Timestamp {
        "2026-11-21T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
    }

    fn due(at: i64, full: bool, skus: Option<&[&str]>) -> Event<StockDue> {
        let skus = skus.map(|skus| skus.iter().map(|sku| Sku::from(*sku)).collect());
        let due = StockDue { store: "acme-au".parse().unwrap(), full, skus };
        Event::new(&Source::Role("reconciler"), "due", minute(at), due)
    }

    fn wanted(dues: &[Event<StockDue>]) -> Wanted {
        let mut wanted = Wanted::default();
        for due in dues {
            wanted.add(due, minute(10));
        }
        wanted
    }

    /// Of 10 on the shelf, what is due if the shop was told this at that minute.
    fn units(wanted: &Wanted, pushed: Option<(i64, i64)>) -> Option<i64> {
        due_at(10, wanted, pushed, &[], None).map(|due| due.units)
    }

    /// Which listings are told, of two of which the shop has refused the second at that minute.
    fn told(wanted: &Wanted, pushed: Option<(i64, i64)>, refused: i64) -> Option<Vec<&'static str>> {
        let due = due_at(10, wanted, pushed, &[refused], None)?;
        let is_told = |product: &&str| due.is_for(&listing(product, ListingStock::Counted));
        Some(["1", "2"].into_iter().filter(is_told).collect())
    }

    fn listing(product_id: &str, stock: ListingStock) -> Listing {
        Listing { sku: Sku::from("MUG"), product_id: product_id.to_owned(), variant_id: None, stock }
    }

    /// What is due at this minute, if an older push was left open at that one.
    fn due_at(
        now: i64,
        wanted: &Wanted,
        pushed: Option<(i64, i64)>,
        refused: &[i64],
        in_doubt: Option<i64>,
    ) -> Option<Due> {
        let refused = refused.iter().map(|at| Refused {
            product_id: "2".into(),
            variant_id: None,
            why: "no".into(),
            at: minute(*at),
        });
        let line = StockLine {
            level: StockLevel { sku: Sku::from("MUG"), on_hand: 10, allocated: None },
            counted_at: minute(0),
            promised: Promised { total: 3, unallocated: 3 },
            pushed: pushed.map(|(units, at)| Pushed { units, at: minute(at) }),
            refused: refused.collect(),
            in_doubt_since: in_doubt.map(minute),
        };
        let stock = StockSettings { push: StockPush::Available, daily_at: None, on_change: true, buffer: 1 };
        wanted.due(line, &stock, minute(now))
    }

    #[test]
    fn what_an_older_push_may_have_overtaken_is_told_once_more_when_that_has_settled() {
        let changed = wanted(&[due(1, false, Some(&["MUG"]))]);
        let units_at =
            |now: i64, told: i64| due_at(now, &changed, Some((told, 1)), &[], Some(1)).map(|due| due.units);
        assert_eq!(units_at(10, 6), None, "it may still come");
        assert_eq!(units_at(11, 6), Some(6));
        assert_eq!(units_at(10, 5), Some(6), "what is new is not kept waiting");
    }

    #[test]
    fn a_change_is_told_once_and_not_where_it_was_refused() {
        let changed = wanted(&[due(1, false, Some(&["MUG"]))]);
        assert_eq!(units(&changed, None), Some(6));
        assert_eq!(units(&changed, Some((7, 0))), Some(6));
        assert_eq!(units(&changed, Some((6, 0))), None);
        for pushed in [None, Some((7, 0))] {
            assert_eq!(told(&changed, pushed, 1), Some(vec!["1"]), "the other listing goes on");
        }
        assert_eq!(told(&changed, Some((6, 0)), 1), None);
    }

    #[test]
    fn only_what_the_shop_counts_is_told() {
        let changed = due_at(10, &wanted(&[due(1, false, None)]), None, &[], None).unwrap();
        for stock in ListingStock::ALL {
            assert_eq!(changed.is_for(&listing("1", stock)), stock == ListingStock::Counted, "{stock}");
        }
    }

    #[test]
    fn a_full_push_tells_each_sku_once_however_often_it_is_taken_up_again() {
        let full = wanted(&[due(5, true, None), due(1, false, Some(&["TEE"]))]);
        assert_eq!(full.affected(), Affected::All);
        assert_eq!(units(&full, Some((6, 4))), Some(6));
        assert_eq!(units(&full, Some((6, 5))), None, "told in this push");
        assert_eq!(units(&full, Some((7, 6))), Some(6), "told, and changed since");
        for pushed in [None, Some((6, 4)), Some((6, 6))] {
            assert_eq!(
                told(&full, pushed, 4),
                Some(vec!["1", "2"]),
                "what was refused before is tried again"
            );
        }
        assert_eq!(told(&full, None, 5), Some(vec!["1"]), "refused in this push");
        assert_eq!(told(&full, Some((6, 5)), 5), None, "told and refused in this push");
    }

    #[test]
    fn what_a_message_names_or_the_shop_may_oversell_goes_first_whatever_another_message_wants() {
        let (named, all) = (due(1, false, Some(&["MUG"])), due(1, false, None));
        let is_urgent = |wanted: &Wanted, told| due_at(10, wanted, told, &[], None).unwrap().urgent;
        let (both, all) = (wanted(&[named, all.clone()]), wanted(&[all]));
        assert_eq!(both.affected(), Affected::All);
        assert!(is_urgent(&both, Some((5, 0))) && is_urgent(&all, Some((7, 0))));
        assert!(!is_urgent(&all, Some((5, 0))) && !is_urgent(&all, None));
    }

    #[test]
    fn what_the_shop_was_told_before_surely_stands_unless_it_is_in_doubt_or_was_refused_where_it_is_told() {
        let full = wanted(&[due(5, true, None)]);
        let stands =
            |refused: &[i64], in_doubt| due_at(10, &full, Some((7, 3)), refused, in_doubt).unwrap().stands;
        assert!(stands(&[], None));
        assert!(stands(&[5], None), "what is refused is not told");
        assert!(!stands(&[4], None), "it is told what it had refused");
        assert!(!stands(&[], Some(2)), "an older push may have arrived last");
    }

    #[test]
    fn a_push_from_the_future_ends_too() {
        let full = wanted(&[due(99, true, None)]);
        assert_eq!(full.full_since, Some(minute(10)));
        assert_eq!(units(&full, Some((6, 11))), None);
    }

    #[test]
    fn a_sku_that_is_pushed_alone_is_told_whatever_the_shop_knows_or_refused() {
        let again = due(1, true, Some(&["MUG"]));
        assert_eq!(alone(&again.data), Some(&Sku::from("MUG")));
        assert_eq!(alone(&due(1, false, Some(&["MUG"])).data), None);
        assert_eq!(alone(&due(1, true, None).data), None);
        let again = wanted(&[again]);
        assert_eq!(told(&again, Some((6, 9)), 9), Some(vec!["1", "2"]));
        assert_eq!(again.affected(), Affected::named(Some(&[Sku::from("MUG")])));
    }
}
