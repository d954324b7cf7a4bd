//! What the desk does, said simply: in memory, letter by letter.

mod acts;
mod sending;

use std::collections::{BTreeMap, BTreeSet};

use crossdock_ledger::DeadLetterState;
use crossdock_ledger::DeadLetterState::{Dead, Discarded, Done, Queued, Waiting};

/// How far a replay has come with one letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Queued,
    Sent,
    Done,
    Dead,
    Left,
}

/// A letter's place in the model, and the round of a sending of it.
pub(super) type Sending = (usize, u32);

/// A failure, as it comes off the queue.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) store: &'static str,
    pub(super) subject: Option<&'static str>,
    pub(super) minute: i64,
    pub(super) waits: bool,
    pub(super) replay: Option<Sending>,
}

#[derive(Debug)]
pub(super) struct Letter {
    pub(super) message: String,
    pub(super) store: &'static str,
    pub(super) subject: Option<&'static str>,
    pub(super) state: DeadLetterState,
    pub(super) edited: bool,
    /// The minutes at which it failed, by which failures are told apart.
    failed: BTreeSet<i64>,
    pub(super) failures: u32,
    round: u32,
    answered: bool,
    confirmed: bool,
    changed_at: i64,
    replay: Option<usize>,
    discarding: Option<usize>,
    was: DeadLetterState,
}

impl Letter {
    fn first_failed_at(&self) -> Option<&i64> {
        self.failed.first()
    }

    fn is_about(&self, other: &Self) -> bool {
        self.subject.is_some() && (self.store, self.subject) == (other.store, other.subject)
    }

    fn becomes(&mut self, state: DeadLetterState, now: i64) {
        if self.state != state {
            (self.state, self.changed_at) = (state, now);
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Replay {
    pub(super) outcomes: BTreeMap<usize, Outcome>,
    pub(super) cancelled: bool,
}

/// A message that fell, and whether it still lies.
#[derive(Debug)]
struct Fall {
    message: String,
    subject: &'static str,
    lies: bool,
    /// Whether its failure came off the queue.
    came: bool,
}

#[derive(Debug, Default)]
pub(super) struct Desk {
    pub(super) letters: Vec<Letter>,
    pub(super) replays: Vec<Replay>,
    falls: Vec<Fall>,
    discardings: usize,
}

impl Desk {
    pub(super) fn bury(&mut self, failure: &Failure, now: i64) {
        self.take(failure, now);
        let lies = self.is_open(&failure.message);
        for fall in self.falls.iter_mut().filter(|fall| fall.message == failure.message) {
            (fall.came, fall.lies) = (true, lies);
        }
    }

    fn is_open(&self, message: &str) -> bool {
        let letter = self.letters.iter().find(|letter| letter.message == message);
        letter.is_some_and(|letter| !matches!(letter.state, Done | Discarded))
    }

    fn take(&mut self, failure: &Failure, now: i64) {
        let state = if failure.waits { Waiting } else { Dead };
        let Some(which) = self.letters.iter().position(|letter| letter.message == failure.message) else {
            self.letters.push(Letter {
                message: failure.message.clone(),
                store: failure.store,
                subject: failure.subject,
                state,
                edited: false,
                failed: BTreeSet::from([failure.minute]),
                failures: 1,
                round: 0,
                answered: true,
                confirmed: true,
                changed_at: now,
                replay: None,
                discarding: None,
                was: Dead,
            });
            return;
        };
        let letter = &mut self.letters[which];
        let is_news = match failure.replay {
            Some((_, round)) => round == letter.round && !letter.answered,
            None => !letter.failed.contains(&failure.minute),
        };
        if !is_news {
            return;
        }
        letter.failed.insert(failure.minute);
        letter.failures += 1;
        if letter.state == Queued {
            letter.answered |= failure.replay.is_some();
            return;
        }
        letter.becomes(state, now);
        if !std::mem::replace(&mut letter.answered, true) {
            self.outcome(which, Outcome::Dead);
        }
    }

    fn outcome(&mut self, which: usize, outcome: Outcome) {
        if let Some(replay) = self.letters[which].replay
            && let Some(stands) = self.replays[replay].outcomes.get_mut(&which)
            && !matches!(stands, Outcome::Done | Outcome::Dead)
        {
            *stands = outcome;
        }
    }

    pub(super) fn revive(&mut self, (which, round): Sending, now: i64) {
        let letter = &mut self.letters[which];
        if letter.round == round && !letter.answered {
            letter.answered = true;
            letter.becomes(Done, now);
            let message = letter.message.clone();
            self.outcome(which, Outcome::Done);
            self.falls.retain(|fall| fall.message != message || !fall.came);
        }
    }

    pub(super) fn falls(&mut self, message: &str, subject: &'static str) {
        self.falls.retain(|fall| fall.message != message || fall.lies);
        match self.falls.iter_mut().find(|fall| fall.message == message) {
            Some(fall) => fall.came = false,
            None => self.falls.push(Fall { message: message.to_owned(), subject, lies: true, came: false }),
        }
    }

    pub(super) fn falls_about(&self, subject: &str) -> Vec<&str> {
        let about = self.falls.iter().filter(|fall| fall.lies && fall.subject == subject);
        about.map(|fall| fall.message.as_str()).collect()
    }

    pub(super) fn missing(&self) -> Vec<&str> {
        let missing =
            self.falls.iter().filter(|fall| fall.lies && !fall.came && !self.is_open(&fall.message));
        missing.map(|fall| fall.message.as_str()).collect()
    }

    /// Those that are said to fall, and of which nothing came.
    pub(super) fn not_come(&self) -> Vec<String> {
        self.falls.iter().filter(|fall| !fall.came).map(|fall| fall.message.clone()).collect()
    }

    pub(super) fn rises(&mut self, message: &str) {
        self.falls.retain(|fall| fall.message != message);
    }

    pub(super) fn falls_behind(&self, message: &str, subject: &str) -> Option<&str> {
        let lying = self.falls.iter().filter(|fall| fall.lies);
        let before = lying.take_while(|fall| fall.message != message);
        before.filter(|fall| fall.subject == subject).map(|fall| fall.message.as_str()).next()
    }

    fn lies(&mut self, which: usize, lies: bool) {
        let message = &self.letters[which].message;
        self.falls.iter_mut().filter(|fall| fall.message == *message).for_each(|fall| fall.lies = lies);
    }
}
