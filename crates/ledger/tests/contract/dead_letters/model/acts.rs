//! What people do at the desk.

use crossdock_ledger::DeadLetterState::{Dead, Discarded, Queued, Sent, Waiting};

use super::{Desk, Letter, Outcome, Replay};

impl Desk {
    pub(in super::super) fn begin(&mut self, wanted: &[usize], by_id: bool, now: i64) -> bool {
        let replayed = |letter: &Letter| match letter.state {
            Dead => true,
            Sent => by_id && letter.changed_at < now - 60,
            _ => false,
        };
        let these: Vec<usize> =
            wanted.iter().copied().filter(|which| replayed(&self.letters[*which])).collect();
        for which in &these {
            if self.letters[*which].state == Sent {
                self.outcome(*which, Outcome::Left);
            }
            self.letters[*which].becomes(Queued, now);
            self.letters[*which].replay = Some(self.replays.len());
        }
        if !these.is_empty() {
            let outcomes = these.iter().map(|which| (*which, Outcome::Queued)).collect();
            self.replays.push(Replay { outcomes, cancelled: false });
        }
        !these.is_empty()
    }

    pub(in super::super) fn cancel(&mut self, replay: usize, now: i64) -> bool {
        let stands = &mut self.replays[replay];
        let runs = stands.outcomes.values().any(|it| matches!(it, Outcome::Queued | Outcome::Sent));
        if stands.cancelled || !runs {
            return false;
        }
        stands.cancelled = true;
        for (which, outcome) in stands.outcomes.iter_mut().filter(|(_, it)| **it == Outcome::Queued) {
            *outcome = Outcome::Left;
            self.letters[*which].becomes(Dead, now);
        }
        true
    }

    pub(in super::super) fn resume(&mut self, replay: usize, now: i64) -> bool {
        let stands = &mut self.replays[replay];
        let was_cancelled = std::mem::replace(&mut stands.cancelled, false);
        if was_cancelled {
            for (which, outcome) in stands.outcomes.iter_mut().filter(|(_, it)| **it == Outcome::Left) {
                let letter = &mut self.letters[*which];
                if letter.state == Dead && letter.replay == Some(replay) {
                    *outcome = Outcome::Queued;
                    letter.becomes(Queued, now);
                }
            }
        }
        was_cancelled
    }

    pub(in super::super) fn edit(&mut self, which: usize, edited: bool) -> bool {
        let letter = &mut self.letters[which];
        let may = matches!(letter.state, Dead | Waiting);
        letter.edited = if may { edited } else { letter.edited };
        may
    }

    pub(in super::super) fn discard(&mut self, wanted: &[usize], by_id: bool, now: i64) -> bool {
        let mut any = false;
        for which in wanted.iter().copied() {
            let state = self.letters[which].state;
            let may = matches!(state, Dead | Waiting) || (state == Sent && by_id);
            if !may {
                continue;
            }
            if state == Sent {
                self.outcome(which, Outcome::Left);
            }
            self.lies(which, false);
            let letter = &mut self.letters[which];
            letter.was = state;
            letter.discarding = Some(self.discardings);
            letter.becomes(Discarded, now);
            any = true;
        }
        self.discardings += usize::from(any);
        any
    }

    pub(in super::super) fn undo(&mut self, discarding: usize, now: i64) -> u64 {
        let mut restored = 0;
        for which in 0..self.letters.len() {
            let letter = &mut self.letters[which];
            if letter.state == Discarded && letter.discarding == Some(discarding) {
                letter.becomes(letter.was, now);
                if letter.state == Sent {
                    self.outcome(which, Outcome::Sent);
                }
                self.lies(which, true);
                restored += 1;
            }
        }
        restored
    }
}
