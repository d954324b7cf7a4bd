//! The pauses of one shop, as this process knows them.

use std::mem;
use std::time::Duration;

use crossdock_ledger::{Pause, PauseCause};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::StorefrontError;

/// What this process knows.
#[derive(Default)]
pub(super) struct Known {
    /// When it was last compared with the ledger.
    pub(super) looked_at: Option<Instant>,
    pub(super) standing: Vec<Standing>,
}

/// A pause.
#[derive(Debug, Clone)]
pub(super) struct Standing {
    pub(super) cause: PauseCause,
    pub(super) answer: String,
    pub(super) until: Instant,
    /// Since when this process knows of it: answers to requests that were sent earlier do not end it.
    pub(super) known_since: Instant,
    /// Whether the ledger was told. Until it is, what others know does not shorten the pause.
    written: bool,
}

impl Standing {
    pub(super) fn error(&self) -> StorefrontError {
        let answer = self.answer.clone();
        match &self.cause {
            PauseCause::Credentials => StorefrontError::CredentialsRefused { answer },
            PauseCause::Scope(scope) => StorefrontError::MissingScope { scope: scope.clone(), answer },
            PauseCause::Throttled => {
                StorefrontError::Throttled { wait: self.until.saturating_duration_since(Instant::now()) }
            }
        }
    }
}

impl Known {
    /// Returns whether it is new.
    pub(super) fn put(&mut self, cause: &PauseCause, wait: Duration, answer: &str) -> bool {
        let now = Instant::now();
        self.forget_past();
        if let Some(standing) = self.standing.iter_mut().find(|standing| standing.cause == *cause) {
            standing.until = standing.until.max(now + wait);
            answer.clone_into(&mut standing.answer);
            standing.written = false;
            return false;
        }
        let (cause, answer) = (cause.clone(), answer.to_owned());
        self.standing.push(Standing { cause, answer, until: now + wait, known_since: now, written: false });
        true
    }

    /// Whether this caller may try whether the pause is over. Nobody else in this process may, then, for so long.
    pub(super) fn take_probe(&mut self, cause: &PauseCause, pause: Duration) -> bool {
        let now = Instant::now();
        let due = self.standing.iter_mut().find(|standing| standing.cause == *cause && standing.until <= now);
        let Some(due) = due else { return false };
        due.until = now + pause;
        due.written = false;
        true
    }

    /// The ledger was told of this pause.
    pub(super) fn written(&mut self, cause: &PauseCause) {
        if let Some(standing) = self.standing.iter_mut().find(|standing| standing.cause == *cause) {
            standing.written = true;
        }
    }

    /// What the ledger knows takes the place of what was known here, but for what it was not told of: of that, the longer counts.
    pub(super) fn replace(&mut self, told: Vec<Pause>, at: Timestamp) {
        let now = Instant::now();
        let own = mem::take(&mut self.standing);
        let known_since = |cause: &PauseCause| {
            let known = own.iter().find(|standing| standing.cause == *cause);
            known.map_or(now, |standing| standing.known_since)
        };
        let standing = |pause: Pause| {
            let left = Duration::try_from(pause.until.duration_since(at)).unwrap_or_default();
            let known_since = known_since(&pause.cause);
            Standing {
                cause: pause.cause,
                answer: pause.answer,
                until: now + left,
                known_since,
                written: true,
            }
        };
        self.standing = told.into_iter().map(standing).collect();
        for own in own.into_iter().filter(|own| !own.written && own.until > now) {
            match self.standing.iter_mut().find(|told| told.cause == own.cause) {
                Some(told) if told.until >= own.until => {}
                Some(told) => *told = own,
                None => self.standing.push(own),
            }
        }
        self.forget_past();
    }

    /// A 429 is over when its time is.
    pub(super) fn forget_past(&mut self) {
        let now = Instant::now();
        self.standing.retain(|standing| standing.cause != PauseCause::Throttled || standing.until > now);
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// As a process that writes to the ledger would have put it down, so many seconds from now.
    fn told(cause: &PauseCause, at: Timestamp, until_secs: i64) -> Vec<Pause> {
        let until = at + SignedDuration::from_secs(until_secs);
        vec![Pause { cause: cause.clone(), since: at, until, answer: "told".to_owned() }]
    }

    fn left_secs(known: &Known) -> Option<u64> {
        let standing = known.standing.first()?;
        Some(standing.until.saturating_duration_since(Instant::now()).as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_that_the_ledger_could_not_be_told_of_stands_until_it_is_past() {
        for cause in [PauseCause::Throttled, PauseCause::Credentials] {
            let (mut known, at) = (Known::default(), Timestamp::now());
            known.put(&cause, MINUTE, "own");
            known.replace(Vec::new(), at);
            assert_eq!(left_secs(&known), Some(60));
            known.replace(told(&cause, at, 30), at);
            assert_eq!(left_secs(&known), Some(60), "the longer counts");
            tokio::time::advance(MINUTE).await;
            known.replace(Vec::new(), at);
            assert_eq!(left_secs(&known), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_the_ledger_was_told_of_is_as_the_ledger_has_it() {
        let (mut known, at) = (Known::default(), Timestamp::now());
        known.put(&PauseCause::Credentials, MINUTE, "own");
        known.written(&PauseCause::Credentials);
        known.replace(told(&PauseCause::Credentials, at, 30), at);
        assert_eq!(left_secs(&known), Some(30));
        known.put(&PauseCause::Credentials, MINUTE, "own");
        known.replace(told(&PauseCause::Credentials, at, 90), at);
        assert_eq!(left_secs(&known), Some(90), "the longer counts");
        known.replace(Vec::new(), at);
        assert_eq!(left_secs(&known), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_probe_that_could_not_be_put_down_is_not_repeated_at_once() {
        let (mut known, at) = (Known::default(), Timestamp::now());
        let cause = PauseCause::Credentials;
        known.replace(told(&cause, at, -10), at);
        for _ in 0..2 {
            assert!(known.take_probe(&cause, MINUTE));
            known.replace(told(&cause, at, -10), at);
            assert!(!known.take_probe(&cause, MINUTE));
            tokio::time::advance(MINUTE).await;
        }
    }
}
