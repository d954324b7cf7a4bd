//! What a shop answered to a part of a push.

use std::collections::{BTreeMap, BTreeSet};

use crossdock_domain::{Classify as _, Listing, Mend, Sku};
use crossdock_queue::Failure;
use crossdock_storefront::{Quantity, StorefrontError, Taken};

/// What became of the quantities.
#[derive(Debug, Default)]
pub(super) struct Answers<'q> {
    /// SKUs of which every listing has its quantity.
    pub(super) told: Vec<(Sku, i64)>,
    /// The other SKUs, but for those of which something may still reach the shop.
    pub(super) not_taken: Vec<Sku>,
    /// Products that are not as they were.
    pub(super) changed: Vec<String>,
    /// Listings that the shop refuses, each with its words.
    pub(super) refused: Vec<(&'q Listing, StorefrontError)>,
    /// What went wrong with the others.
    pub(super) failure: Option<Failure>,
    /// Whether the shop did not say anything of any quantity.
    silent: bool,
}

impl<'q> Answers<'q> {
    /// One result for each quantity, in the same order.
    pub(super) fn of(part: &'q [Quantity], results: Vec<Result<Taken, StorefrontError>>) -> Self {
        let mut answers = Self { silent: true, ..Self::default() };
        let mut told: BTreeMap<&Sku, i64> = BTreeMap::new();
        let (mut failed, mut in_doubt) = (BTreeSet::new(), BTreeSet::new());
        for (Quantity { listing, units }, result) in part.iter().zip(results) {
            told.insert(&listing.sku, *units);
            match result {
                Ok(taken) => {
                    answers.silent = false;
                    if taken == Taken::Changed {
                        answers.changed.push(listing.product_id.clone());
                    }
                }
                Err(error) => {
                    failed.insert(&listing.sku);
                    if is_doubt(&error) {
                        in_doubt.insert(&listing.sku);
                    }
                    answers.take_error(listing, error);
                }
            }
        }
        told.retain(|sku, _| !failed.contains(sku));
        answers.told = told.into_iter().map(|(sku, units)| (sku.clone(), units)).collect();
        answers.not_taken = failed.difference(&in_doubt).map(|sku| (*sku).clone()).collect();
        answers
    }

    fn take_error(&mut self, listing: &'q Listing, error: StorefrontError) {
        if is_refusal(&error) {
            self.silent = false;
            self.refused.push((listing, error));
        } else {
            self.failure = Some(worse(self.failure.take(), error.into()));
        }
    }

    /// Whether what went wrong would go wrong with every other part: the shop is not to be asked now, or does not answer.
    pub(super) fn ends_push(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| match failure.mend {
            Mend::WaitFor(_) | Mend::Credentials => true,
            Mend::Wait => self.silent,
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

/// Of two failures, the one whose mend asks for more patience: what may heal is tried again, whatever else is wrong.
pub(super) fn worse(one: Option<Failure>, other: Failure) -> Failure {
    let rank = |failure: &Failure| match failure.mend {
        Mend::Never => 0,
        Mend::Wait => 1,
        Mend::WaitFor(_) => 2,
        Mend::Credentials => 3,
    };
    match one {
        Some(one) if rank(&one) >= rank(&other) => one,
        _ => other,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crossdock_domain::ListingStock;

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
        assert_eq!(answers.told, [(Sku::from("A"), 5)]);
        assert_eq!(answers.not_taken, [Sku::from("B"), Sku::from("D")], "nobody knows of C");
        assert_eq!(answers.changed, ["0", "2"]);
        assert_eq!(answers.refused.len(), 1);
    }

    #[test]
    fn a_shop_that_says_nothing_ends_the_push_and_one_that_says_something_does_not() {
        let part = quantities(&["A", "B"]);
        let ends = |second: Result<Taken, StorefrontError>| {
            Answers::of(&part, vec![Err(silence()), second]).ends_push()
        };
        assert!(ends(Err(silence().of_a_write())));
        assert!(!ends(Ok(Taken::Stands)));
        assert!(!ends(Err(refused())));
        assert!(ends(Err(StorefrontError::Throttled { wait: Duration::from_secs(9) })));
        assert!(!Answers::of(&part, vec![Err(refused()), Err(refused())]).ends_push());
    }

    #[test]
    fn what_may_heal_is_waited_for_whatever_else_is_wrong() {
        let failure = |class, mend| Failure { class, chain: String::new(), mend };
        let mends = [Mend::Never, Mend::WaitFor(Duration::from_secs(9)), Mend::Wait, Mend::Never];
        let worst = mends.iter().fold(None, |worst, mend| Some(worse(worst, failure("some", *mend))));
        assert_eq!(worst.map(|failure| failure.mend), Some(Mend::WaitFor(Duration::from_secs(9))));
    }
}
