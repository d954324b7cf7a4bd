//! What is sent next.

use std::collections::HashSet;

use crossdock_ledger::DeadLetterState::{Queued, Sent, Waiting};

use super::super::courses::STORES;
use super::{Desk, Letter, Outcome, Sending};

impl Desk {
    /// Of one role, in the order in which they come.
    pub(in super::super) fn next(&mut self, most: usize, paused: &[&str], now: i64) -> Vec<Sending> {
        let mut next: Vec<usize> = Vec::new();
        for store in STORES {
            let is_under_way =
                |it: &&Letter| it.store == store && it.state == Sent && it.changed_at >= now - 60;
            let under_way = self.letters.iter().filter(is_under_way).count();
            if paused.contains(&store) {
                continue;
            }
            let mut candidates = self.by_first_failure();
            candidates.retain(|which| self.letters[*which].store == store && self.may_go(*which));
            candidates.truncate(most.saturating_sub(under_way));
            let mut subjects = HashSet::new();
            candidates.retain(|which| self.letters[*which].subject.is_none_or(|it| subjects.insert(it)));
            for which in &candidates {
                self.send(*which, now);
            }
            next.extend(candidates);
        }
        next.into_iter().map(|which| (which, self.letters[which].round)).collect()
    }

    pub(in super::super) fn unconfirmed(&self) -> Vec<Sending> {
        let open = (0..self.letters.len()).filter_map(|which| self.under_way(which));
        open.filter(|(which, _)| !self.letters[*which].confirmed).collect()
    }

    /// Where it stands among those about its subject.
    fn place(&self, letter: &Letter) -> (usize, Option<i64>) {
        let fell = self.falls.iter().position(|fall| fall.message == letter.message);
        (fell.unwrap_or(usize::MAX), letter.first_failed_at().copied())
    }

    fn by_first_failure(&self) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.letters.len()).collect();
        all.sort_by_key(|which| self.letters[*which].first_failed_at().copied());
        all
    }

    fn may_go(&self, which: usize) -> bool {
        let letter = &self.letters[which];
        let others = || self.letters.iter().filter(|other| other.is_about(letter));
        let under_way = others().any(|other| other.state == Sent);
        match letter.state {
            Queued => {
                let earlier = |it: &Letter| it.state == Queued && self.place(it) < self.place(letter);
                !under_way && !others().any(earlier)
            }
            Waiting => {
                let own = self.falls.iter().find(|fall| fall.message == letter.message);
                !under_way
                    && own.is_none_or(|own| {
                        let before = self.falls.iter().take_while(|fall| fall.message != own.message);
                        !before.into_iter().any(|fall| fall.lies && fall.subject == own.subject)
                    })
            }
            _ => false,
        }
    }

    fn send(&mut self, which: usize, now: i64) {
        let letter = &mut self.letters[which];
        letter.replay = letter.replay.filter(|_| letter.state == Queued);
        letter.round += 1;
        (letter.answered, letter.confirmed) = (false, false);
        letter.becomes(Sent, now);
        self.outcome(which, Outcome::Sent);
    }

    pub(in super::super) fn under_way(&self, which: usize) -> Option<Sending> {
        let letter = &self.letters[which];
        (letter.state == Sent).then_some((which, letter.round))
    }

    pub(in super::super) fn sent(&mut self, (which, round): Sending) {
        let letter = &mut self.letters[which];
        letter.confirmed |= letter.round == round && letter.state == Sent;
    }
}
