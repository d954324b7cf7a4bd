//! Reading many things from a shop, or writing them, that is slow, or that fails for some of them.
//!
//! A list for which it fails is halved, so that only what it fails for fails.

use std::time::Duration;

/// Longest time for reading the orders of one batch; those that a slow shop was not asked for by then come again. Half of what the
/// queue gives a handler (10 minutes), so that what was read can still be dealt with.
pub const READ_MAX: Duration = Duration::from_mins(5);

/// Most lists that are halved each time. One thing for which the shop fails takes 8 of 250.
const HALVINGS_MAX: u32 = 24;

/// Calls that may fail before any is answered: then it is the shop that fails, whatever it is asked.
const FAILURES_AT_FIRST_MAX: u32 = 8;

/// Calls that may fail one after the other once some were answered: more, as the halves of what it fails for do.
const FAILURES_IN_A_ROW_MAX: u32 = 16;

/// How far one reading, or writing, of many things has come.
#[derive(Debug, Default)]
pub struct Halving {
    halved: u32,
    failed_in_a_row: u32,
    answered: bool,
}

impl Halving {
    /// The shop has answered a call.
    pub fn answered(&mut self) {
        self.answered = true;
        self.failed_in_a_row = 0;
    }

    /// The shop has failed to answer for a list: its halves, which come in its place.
    ///
    /// # Errors
    /// The list, if it is not to be halved: what is in it has failed.
    pub fn failed<T>(&mut self, mut list: Vec<T>) -> Result<[Vec<T>; 2], Vec<T>> {
        self.failed_alone();
        if list.len() < 2 || self.is_hopeless() || self.halved == HALVINGS_MAX {
            return Err(list);
        }
        self.halved += 1;
        let second = list.split_off(list.len() / 2);
        Ok([list, second])
    }

    /// The shop has failed to answer for a single thing.
    pub fn failed_alone(&mut self) {
        self.failed_in_a_row += 1;
    }

    /// Whether it is the shop that fails, whatever it is asked.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.failed_in_a_row >= if self.answered { FAILURES_IN_A_ROW_MAX } else { FAILURES_AT_FIRST_MAX }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What fails, and how many calls were made, if the shop fails for every list that holds one of these.
    fn read(count: u32, bad: &[u32]) -> (Vec<u32>, u32) {
        let (mut halving, mut open) = (Halving::default(), vec![(1..=count).collect::<Vec<_>>()]);
        let (mut failed, mut calls) = (Vec::new(), 0);
        while let Some(list) = (!open.is_empty()).then(|| open.remove(0)) {
            calls += 1;
            if !list.iter().any(|one| bad.contains(one)) {
                halving.answered();
                continue;
            }
            match halving.failed(list) {
                Ok(halves) => open.extend(halves),
                Err(list) => failed.extend(list),
            }
        }
        failed.sort_unstable();
        (failed, calls)
    }

    #[test]
    fn what_the_shop_fails_for_fails_alone() {
        assert_eq!(read(250, &[]), (vec![], 1));
        assert_eq!(read(250, &[17]), (vec![17], 17));
        assert_eq!(read(250, &[17, 200]), (vec![17, 200], 31));
        assert_eq!(read(1, &[1]), (vec![1], 1));
    }

    #[test]
    fn a_shop_that_fails_for_everything_is_not_asked_for_each() {
        let all: Vec<u32> = (1..=250).collect();
        assert_eq!(read(250, &all), (all, 15));
        let even: Vec<u32> = (1..=250).filter(|one| one % 2 == 0).collect();
        let (failed, calls) = read(250, &even);
        assert!(failed.len() >= even.len() && calls <= 2 * HALVINGS_MAX + 1, "{calls}");
    }

    #[test]
    fn a_shop_that_breaks_down_in_the_middle_is_noticed() {
        let mut halving = Halving::default();
        halving.answered();
        (0..15).for_each(|_| halving.failed_alone());
        assert!(!halving.is_hopeless(), "it may fail for each of these");
        halving.failed_alone();
        assert!(halving.is_hopeless());
        halving.answered();
        assert!(!halving.is_hopeless());
    }
}
