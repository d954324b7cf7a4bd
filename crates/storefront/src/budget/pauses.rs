//! Whether a shop may be asked at all: pauses after a 429 or a refusal of the credentials, kept by all processes together.

mod known;

use std::fmt;
use std::sync::{Mutex as SyncMutex, MutexGuard};
use std::time::Duration;

use crossdock_ledger::{Ledger, LedgerError, Pause, PauseCause};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::{Account, SharedLedger};
use crate::{ShopMetrics, StorefrontError};
use known::{Known, Standing};

/// Time between two tries whether a shop takes credentials again that it has refused, in seconds; by all processes together.
///
/// Ecwid blocks a dead token after 20 requests a minute, and after 600 the whole IP address, other shops included
/// (docs.ecwid.com, API reference, 2026-01-14). BigCommerce names no number.
const PROBE_SECS: u64 = 60;

/// How long a look at the ledger holds, in milliseconds: what one process is told, the others know by then.
const LOOK_MS: u64 = 1_000;

/// Longest wait for the ledger, in seconds. Without it, this process keeps its own pauses.
const LEDGER_SECS_MAX: u64 = 2;

/// The pauses of one shop.
#[derive(Default)]
pub(super) struct Pauses {
    shared: Option<Shared>,
    known: SyncMutex<Known>,
    /// One looks at the ledger or writes to it at a time: a look never undoes what was put down while it lasted.
    turn: Mutex<()>,
}

/// With whom they are kept.
struct Shared {
    account: Account,
    ledger: SharedLedger,
    metrics: ShopMetrics,
}

impl Pauses {
    pub(super) fn shared(account: Account, ledger: SharedLedger, metrics: ShopMetrics) -> Self {
        let shared = Some(Shared { account, ledger, metrics });
        Self { shared, ..Self::default() }
    }

    /// Whether a request that needs this scope may be made now. If the shop is throttled, the moment until which it is.
    ///
    /// Of those that wait for the shop to take the credentials again, one is let through each time that it may be tried.
    pub(super) async fn way(&self, scope: &str) -> Result<Option<Instant>, StorefrontError> {
        self.look().await;
        if let Some(throttled) = self.find(&PauseCause::Throttled)
            && throttled.until > Instant::now()
        {
            return Ok(Some(throttled.until));
        }
        for cause in [PauseCause::Credentials, PauseCause::Scope(scope.to_owned())] {
            if let Some(refused) = self.find(&cause)
                && !self.may_probe(&cause).await
            {
                return Err(refused.error());
            }
        }
        Ok(None)
    }

    /// The shop asked to be left alone for so long.
    pub(super) async fn throttled(&self, wait: Duration) {
        let news = self.begin(PauseCause::Throttled, wait, "429").await;
        if news {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(store.id = self.store(), wait_ms, "the shop asks to be left alone");
        }
    }

    /// The shop refused the credentials, or this scope of them.
    pub(super) async fn refused(&self, cause: PauseCause, answer: &str) {
        let scope = match &cause {
            PauseCause::Scope(scope) => Some(scope.clone()),
            PauseCause::Credentials | PauseCause::Throttled => None,
        };
        if self.begin(cause, Duration::from_secs(PROBE_SECS), answer).await {
            tracing::error!(
                store.id = self.store(),
                scope,
                answer,
                "the shop refuses our credentials; nothing that needs them is asked until it takes them, but once every {PROBE_SECS} s. \
                 Mend them there, or put new ones into the settings and reload"
            );
        }
    }

    /// The shop has taken the credentials, for a request of this scope that was sent at that moment.
    pub(super) async fn taken(&self, scope: &str, sent_at: Instant) {
        self.credentials_taken(sent_at).await;
        let scope = |cause: &PauseCause| matches!(cause, PauseCause::Scope(of) if of == scope);
        self.end_if(scope, sent_at).await;
    }

    /// The shop knew the credentials, whatever they are good for.
    pub(super) async fn credentials_taken(&self, sent_at: Instant) {
        self.end_if(|cause| *cause == PauseCause::Credentials, sent_at).await;
    }

    async fn end_if(&self, concerned: impl Fn(&PauseCause) -> bool, sent_at: Instant) {
        let over = |standing: &Standing| concerned(&standing.cause) && standing.known_since < sent_at;
        let ended = self.lock().standing.iter().find(|standing| over(standing)).map(|one| one.cause.clone());
        if let Some(cause) = ended {
            self.end(&cause).await;
        }
    }

    /// Looks at what the other processes know, if that was not done a moment ago.
    pub(super) async fn look(&self) {
        let Some(shared) = &self.shared else { return };
        let Some(ledger) = shared.ledger.get() else { return };
        if self.has_just_looked() {
            return;
        }
        let _turn = self.turn.lock().await;
        if self.has_just_looked() {
            return;
        }
        let Account { store, fingerprint } = &shared.account;
        let now = Timestamp::now();
        let told = within(ledger.pauses(store, fingerprint, now)).await;
        let mut known = self.lock();
        known.looked_at = Some(Instant::now());
        match told {
            Some(told) => known.replace(told, now),
            None => known.forget_past(),
        }
        self.show(&known);
    }

    fn has_just_looked(&self) -> bool {
        self.lock().looked_at.is_some_and(|at| at.elapsed() < Duration::from_millis(LOOK_MS))
    }

    /// Whether this caller may try, now, whether the pause is over.
    async fn may_probe(&self, cause: &PauseCause) -> bool {
        let pause = Duration::from_secs(PROBE_SECS);
        if !self.lock().take_probe(cause, pause) {
            return false;
        }
        let Some((Account { store, fingerprint }, ledger)) = self.ledger() else { return true };
        let now = Timestamp::now();
        let asked = ledger.probe_pause(store, fingerprint, cause, now, later(now, pause));
        let Some(may_probe) = within(asked).await else { return true };
        self.lock().written(cause);
        may_probe
    }

    /// Returns whether it is new.
    async fn begin(&self, cause: PauseCause, wait: Duration, answer: &str) -> bool {
        let new_here = self.lock().put(&cause, wait, answer);
        let Some((Account { store, fingerprint }, ledger)) = self.ledger() else { return new_here };
        let _turn = self.turn.lock().await;
        // Once more: a look that began before may have removed it.
        self.lock().put(&cause, wait, answer);
        let since = Timestamp::now();
        let throttled = cause == PauseCause::Throttled;
        let pause = Pause { cause, since, until: later(since, wait), answer: answer.to_owned() };
        let new = within(ledger.begin_pause(store, fingerprint, &pause)).await;
        let mut known = self.lock();
        if new.is_some() {
            known.written(&pause.cause);
        }
        self.show(&known);
        // A row of a 429 stays for a while when its time is over.
        new.filter(|_| !throttled).unwrap_or(new_here)
    }

    async fn end(&self, cause: &PauseCause) {
        let _turn = self.turn.lock().await;
        let mut stood = true;
        if let Some((Account { store, fingerprint }, ledger)) = self.ledger() {
            stood = within(ledger.end_pause(store, fingerprint, cause)).await.unwrap_or(true);
        }
        {
            let mut known = self.lock();
            known.standing.retain(|standing| standing.cause != *cause);
            self.show(&known);
        }
        if stood {
            tracing::info!(store.id = self.store(), "the shop takes our credentials again");
        }
    }

    fn ledger(&self) -> Option<(&Account, &dyn Ledger)> {
        let shared = self.shared.as_ref()?;
        Some((&shared.account, shared.ledger.get()?.as_ref()))
    }

    fn store(&self) -> Option<&str> {
        self.shared.as_ref().map(|shared| shared.account.store.as_str())
    }

    fn find(&self, cause: &PauseCause) -> Option<Standing> {
        self.lock().standing.iter().find(|standing| standing.cause == *cause).cloned()
    }

    fn show(&self, known: &Known) {
        if let Some(shared) = &self.shared {
            let causes: Vec<&PauseCause> = known.standing.iter().map(|standing| &standing.cause).collect();
            shared.metrics.show(&shared.account.store, &causes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nobody panics while holding the pauses")
    }
}

/// None if the ledger does not answer.
async fn within<T>(asked: impl Future<Output = Result<T, LedgerError>>) -> Option<T> {
    tokio::time::timeout(Duration::from_secs(LEDGER_SECS_MAX), asked).await.ok()?.ok()
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    now.saturating_add(wait).unwrap_or(Timestamp::MAX)
}

impl fmt::Debug for Pauses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pauses").field("store", &self.store()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
