//! The pauses of one shop, as this process knows them.

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
            return false;
        }
        let (cause, answer) = (cause.clone(), answer.to_owned());
        self.standing.push(Standing { cause, answer, until: now + wait, known_since: now });
        true
    }

    /// What the ledger knows takes the place of what was known here.
    pub(super) fn replace(&mut self, told: Vec<Pause>, at: Timestamp) {
        let now = Instant::now();
        let known_since = |cause: &PauseCause| {
            let known = self.standing.iter().find(|standing| standing.cause == *cause);
            known.map_or(now, |standing| standing.known_since)
        };
        let standing = |pause: Pause| {
            let left = Duration::try_from(pause.until.duration_since(at)).unwrap_or_default();
            let known_since = known_since(&pause.cause);
            Standing { cause: pause.cause, answer: pause.answer, until: now + left, known_since }
        };
        self.standing = told.into_iter().map(standing).collect();
        self.forget_past();
    }

    /// A 429 is over when its time is.
    pub(super) fn forget_past(&mut self) {
        let now = Instant::now();
        self.standing.retain(|standing| standing.cause != PauseCause::Throttled || standing.until > now);
    }
}
