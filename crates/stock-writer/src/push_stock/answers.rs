//! What a shop answered to a part of a push.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Classify as _, Listing, Mend, Sku};
use crossdock_ledger::Pushed;
use crossdock_queue::Failure;
use crossdock_storefront::{Quantity, StorefrontError, Taken};

/// Most SKUs of a part for which a shop may fail. If it does for more, it hardly means them.
const DOUBTED_MAX: usize = 50;

/// What became of a SKU's quantity over all listings that were told it, the most doubtful last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// Each has it.
    Taken,
    /// Each has it, and one or the other may get it once more.
    SentAgain,
    /// It was not carried out at any: the shop has what it had.
    KeptBack,
    /// One or the other may have it.
    Mixed,
    /// It may reach the shop yet.
    InDoubt,
}

impl Fate {
    fn of(result: &Result<Taken, StorefrontError>) -> Self {
        match result {
            Ok(Taken::SentAgain) => Self::SentAgain,
            Ok(_) => Self::Taken,
            Err(error) if is_kept_back(error) => Self::KeptBack,
            Err(error) if is_doubt(error) => Self::InDoubt,
            Err(_) => Self::Mixed,
        }
    }

    fn and(self, other: Self) -> Self {
        match (self.min(other), self.max(other)) {
            (one, other) if one == other => one,
            (Self::Taken, Self::SentAgain) => Self::SentAgain,
            (Self::SentAgain, _) => Self::InDoubt,
            (_, other) => other.max(Self::Mixed),
        }
    }
}

/// What became of the quantities.
#[derive(Debug, Default)]
pub(super) struct Answers<'q> {
    fates: BTreeMap<&'q Sku, (i64, Fate)>,
    /// What was taken, and how.
    taken: Vec<(&'q Quantity, Taken)>,
    /// Listings that the shop refuses, each with its words.
    pub(super) refused: Vec<(&'q Listing, StorefrontError)>,
    /// What went wrong with the others: of several failures, the one that is to be told.
    failure: Option<Failure>,
    /// With whose quantities.
    failed: BTreeSet<&'q Sku>,
    /// Whether nothing else went wrong than that nobody knows what became of some quantities.
    only_doubts: bool,
    /// Whether the shop has taken any quantity.
    pub(super) took_some: bool,
    /// Whether the shop did not say anything of any quantity.
    silent: bool,
}

impl<'q> Answers<'q> {
    /// One result for each quantity, in the same order.
    pub(super) fn of(part: &'q [Quantity], results: Vec<Result<Taken, StorefrontError>>) -> Self {
        let mut answers = Self { silent: true, only_doubts: true, ..Self::default() };
        for (quantity, result) in part.iter().zip(results) {
            let (listing, fate) = (&quantity.listing, Fate::of(&result));
            let of_sku = answers.fates.entry(&listing.sku).or_insert((quantity.units, fate));
            of_sku.1 = of_sku.1.and(fate);
            match result {
                Ok(taken) => {
                    (answers.silent, answers.took_some) = (false, true);
                    answers.taken.push((quantity, taken));
                }
                Err(error) => answers.take_error(listing, error),
            }
        }
        answers
    }

    /// Products that are not as they were, once for each write that the shop is going to tell of. Where it does not say whether a quantity
    /// is another than it was, that is so unless it was told the same before; all that one adjustment changes of a product is one write.
    pub(super) fn changed(&self, told_before: &BTreeMap<Sku, Pushed>) -> Vec<String> {
        let (mut changed, mut may_have_changed) = (Vec::new(), BTreeSet::new());
        for (Quantity { listing, units }, taken) in &self.taken {
            let knew = told_before.get(&listing.sku).is_some_and(|told| told.units == *units);
            match taken {
                Taken::Changed => changed.push(listing.product_id.clone()),
                Taken::MayHaveChanged | Taken::SentAgain if !knew => {
                    may_have_changed.insert(listing.product_id.clone());
                }
                Taken::MayHaveChanged | Taken::SentAgain | Taken::Stands => {}
            }
        }
        changed.extend(may_have_changed);
        changed
    }

    /// SKUs of which every listing has its quantity.
    pub(super) fn told(&self) -> Vec<(Sku, i64)> {
        self.of_fate(Fate::Taken)
    }

    /// The same of those that may get it once more.
    pub(super) fn told_at_second_try(&self) -> Vec<(Sku, i64)> {
        self.of_fate(Fate::SentAgain)
    }

    fn of_fate(&self, wanted: Fate) -> Vec<(Sku, i64)> {
        let of_it = self.fates.iter().filter(|(_, (_, fate))| *fate == wanted);
        of_it.map(|(sku, (units, _))| ((*sku).clone(), *units)).collect()
    }

    /// The other SKUs, but for those of which something may still reach the shop; each with what it was told before, if that counts again.
    pub(super) fn not_taken(&self, told_before: &BTreeMap<Sku, Pushed>) -> Vec<(Sku, Option<Pushed>)> {
        let not_taken = |(sku, (_, fate)): (&&Sku, &(i64, Fate))| match fate {
            Fate::Taken | Fate::SentAgain | Fate::InDoubt => None,
            Fate::KeptBack => Some(((*sku).clone(), told_before.get(*sku).copied())),
            Fate::Mixed => Some(((*sku).clone(), None)),
        };
        self.fates.iter().filter_map(not_taken).collect()
    }

    fn take_error(&mut self, listing: &'q Listing, error: StorefrontError) {
        if is_refusal(&error) {
            self.silent = false;
            self.refused.push((listing, error));
            return;
        }
        self.only_doubts &= is_doubt(&error);
        // What the shop failed for says more than what was kept back for it.
        let weight = |failure: &Failure| (patience(failure), failure.class == StorefrontError::IN_DOUBT);
        let failure = Failure::from(error);
        match self.failure.as_ref().map(|told| weight(told).cmp(&weight(&failure))) {
            Some(Ordering::Greater) => return,
            Some(Ordering::Equal) => {}
            Some(Ordering::Less) | None => {
                self.failed.clear();
                self.failure = Some(failure);
            }
        }
        self.failed.insert(&listing.sku);
    }

    /// The few SKUs for which the shop failed, if nothing else went wrong.
    pub(super) fn doubted(&self) -> Option<Vec<Sku>> {
        let few = self.only_doubts && (1..=DOUBTED_MAX).contains(&self.failed.len());
        few.then(|| self.failed.iter().map(|sku| (*sku).clone()).collect())
    }

    /// What went wrong with quantities that the shop does not refuse. Where it says something of others, it tells whose they are.
    pub(super) fn failure(&self) -> Option<Failure> {
        let failure = self.failure.clone()?;
        let first = self.failed.first().filter(|_| !self.silent);
        Some(match (first, self.failed.len()) {
            (None, _) => failure,
            (Some(sku), 1) => of_sku(sku, &failure),
            (Some(sku), count) => {
                let chain = format!("the quantities of {count} SKUs, among them '{sku}': {}", failure.chain);
                Failure { chain, ..failure }
            }
        })
    }

    /// Whether what went wrong would go wrong with every other part: the shop is not to be asked now, or does not answer. That it does not
    /// answer for what it has failed for lately says nothing of others.
    pub(super) fn ends_push(&self, failed_lately: bool) -> bool {
        self.failure.as_ref().is_some_and(|failure| match failure.mend {
            Mend::WaitFor(_) | Mend::Credentials => true,
            Mend::Wait => self.silent && !failed_lately,
            Mend::Never => false,
        })
    }
}

/// Whether the shop means this one quantity, and waiting does not mend it.
fn is_refusal(error: &StorefrontError) -> bool {
    match error {
        StorefrontError::NotFound { .. } | StorefrontError::Refused { .. } => error.mend() == Mend::Never,
        _ => false,
    }
}

/// Whether the quantity may reach the shop yet.
fn is_doubt(error: &StorefrontError) -> bool {
    matches!(error, StorefrontError::InDoubt { .. } | StorefrontError::Malformed { .. })
}

/// Whether the quantity was surely not carried out. Not of [`StorefrontError::Unavailable`]: what a shop left undone of a batch that was
/// cancelled may have been under way.
fn is_kept_back(error: &StorefrontError) -> bool {
    use StorefrontError::{CredentialsRefused, MissingScope, OutOfTime, Throttled};
    matches!(error, Throttled { .. } | OutOfTime | CredentialsRefused { .. } | MissingScope { .. })
}

/// The same, with whose quantity it was.
pub(super) fn of_sku(sku: &Sku, failure: &Failure) -> Failure {
    let chain = format!("the quantity of '{sku}': {}", failure.chain);
    Failure { chain, class: failure.class, mend: failure.mend }
}

/// Of two failures, the one whose mend asks for more patience: what may heal is tried again, whatever else is wrong.
pub(super) fn worse(one: Option<Failure>, other: Failure) -> Failure {
    match one {
        Some(one) if patience(&one) >= patience(&other) => one,
        _ => other,
    }
}

fn patience(failure: &Failure) -> u8 {
    match failure.mend {
        Mend::Never => 0,
        Mend::Wait => 1,
        Mend::WaitFor(_) => 2,
        Mend::Credentials => 3,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crossdock_domain::ListingStock;
    use jiff::Timestamp;

    use super::*;

    fn quantities(skus: &[&str]) -> Vec<Quantity> {
        let listing = |(place, sku): (usize, &&str)| Listing {
            sku: Sku::from(*sku),
            product_id: place.to_string(),
            variant_id: None,
            stock: ListingStock::Counted,
        };
        skus.iter().enumerate().map(|it| Quantity { units: 5, listing: listing(it) }).collect()
    }

    fn refused() -> StorefrontError {
        StorefrontError::Refused { status: 400, message: "no".to_owned() }
    }

    fn silence() -> StorefrontError {
        StorefrontError::Unavailable { cause: "no answer".into() }
    }

    fn throttled() -> StorefrontError {
        StorefrontError::Throttled { wait: Duration::from_secs(9) }
    }

    #[test]
    fn a_sku_is_told_once_all_its_listings_are_and_open_as_long_as_one_is_in_doubt() {
        let part = quantities(&["A", "A", "B", "B", "C", "C", "D"]);
        let results = vec![
            Ok(Taken::Changed),
            Ok(Taken::Stands),
            Ok(Taken::Changed),
            Err(refused()),
            Err(silence()),
            Err(silence().of_a_write()),
            Err(silence()),
        ];
        let answers = Answers::of(&part, results);
        assert_eq!(answers.told(), [(Sku::from("A"), 5)]);
        let not_taken = answers.not_taken(&BTreeMap::new());
        assert_eq!(not_taken, [(Sku::from("B"), None), (Sku::from("D"), None)], "nobody knows of C");
        assert_eq!(answers.changed(&BTreeMap::new()), ["0", "2"]);
        assert_eq!(answers.refused.len(), 1);
    }

    #[test]
    fn what_the_shop_was_told_before_counts_again_only_where_no_listing_may_have_anything_else() {
        let told = Pushed { units: 7, at: Timestamp::UNIX_EPOCH };
        let told_before = BTreeMap::from([(Sku::from("A"), told)]);
        let of_two = |first, second| {
            Answers::of(&quantities(&["A", "A"]), vec![first, second]).not_taken(&told_before)
        };
        let with = |told_before| vec![(Sku::from("A"), told_before)];
        assert_eq!(of_two(Err(throttled()), Err(StorefrontError::OutOfTime)), with(Some(told)));
        for first in [Ok(Taken::Changed), Ok(Taken::Stands), Err(refused()), Err(silence())] {
            assert_eq!(of_two(first, Err(throttled())), with(None));
        }
        assert_eq!(of_two(Err(throttled()), Err(silence().of_a_write())), []);
        assert_eq!(of_two(Err(silence().of_a_write()), Err(throttled())), []);
    }

    #[test]
    fn a_shop_that_does_not_say_what_changed_tells_once_of_each_product_that_was_told_something_else_before()
    {
        let mut part = quantities(&["NEW", "MORE", "SAME", "MORE-M", "LOST"]);
        part[3].listing.product_id = part[1].listing.product_id.clone();
        let mut results: Vec<_> = [0; 4].map(|_| Ok(Taken::MayHaveChanged)).into();
        results.push(Err(silence().of_a_write()));
        let told = |units| Pushed { units, at: Timestamp::UNIX_EPOCH };
        let told_before = [("MORE", told(4)), ("SAME", told(5)), ("MORE-M", told(4)), ("LOST", told(4))];
        let told_before = told_before.map(|(sku, told)| (Sku::from(sku), told)).into();
        assert_eq!(Answers::of(&part, results).changed(&told_before), ["0", "1"]);
    }

    #[test]
    fn a_shop_that_says_nothing_ends_the_push_and_one_that_says_something_does_not() {
        let part = quantities(&["A", "B"]);
        let ends = |second: Result<Taken, StorefrontError>| {
            Answers::of(&part, vec![Err(silence()), second]).ends_push(false)
        };
        assert!(ends(Err(silence().of_a_write())));
        assert!(!ends(Ok(Taken::Stands)));
        assert!(!ends(Err(refused())));
        assert!(ends(Err(throttled())));
        assert!(!Answers::of(&part, vec![Err(refused()), Err(refused())]).ends_push(false));
    }

    #[test]
    fn a_failure_tells_whose_quantities_the_shop_fails_for_if_not_for_all() {
        let words =
            |skus: &[&str], results| Answers::of(&quantities(skus), results).failure().map(|it| it.chain);
        let silence = || Err(silence());
        let all = words(&["A", "B"], vec![silence(), silence()]).unwrap();
        assert_eq!(all, "the shop did not answer as it should: no answer");
        let one = words(&["A", "B", "B"], vec![Ok(Taken::Changed), silence(), silence()]);
        assert_eq!(one, Some(format!("the quantity of 'B': {all}")));
        let some = words(&["A", "B", "C"], vec![silence(), silence(), Err(refused())]);
        assert_eq!(some, Some(format!("the quantities of 2 SKUs, among them 'A': {all}")));
        assert_eq!(words(&["A"], vec![Err(refused())]), None);
    }

    #[test]
    fn what_may_heal_is_waited_for_whatever_else_is_wrong() {
        let failure = |class, mend| Failure { class, chain: String::new(), mend };
        let mends = [Mend::Never, Mend::WaitFor(Duration::from_secs(9)), Mend::Wait, Mend::Never];
        let worst = mends.iter().fold(None, |worst, mend| Some(worse(worst, failure("some", *mend))));
        assert_eq!(worst.map(|failure| failure.mend), Some(Mend::WaitFor(Duration::from_secs(9))));
    }
}
