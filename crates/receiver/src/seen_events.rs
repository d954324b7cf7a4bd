//! Ecwid's events that were seen: what they were about, for Ecwid signs an event's id and not that; and whether they are stored.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use crate::recent::Recent;

/// Events remembered. With more than half of it within [`SEEN_SECS`], earlier ones are forgotten sooner; it takes 9 MiB at most.
const EVENTS_MAX: usize = 224 * 1024;

/// How long an event is remembered, at least, in seconds: Ecwid's 24 hours of retries, and what a clock or a retry may be off.
///
/// Afterwards its signature is outside of the time window, so there is nothing left to refuse.
const SEEN_SECS: u64 = 25 * 60 * 60;

/// Enough of a SHA-256 to tell events apart, in bytes.
const DIGEST_BYTES: usize = 16;

type Digest = [u8; DIGEST_BYTES];

/// Events that were seen, each with what was taken on from it the first time, and whether it is stored.
///
/// Of one process, in memory: after a restart, and at another receiver beside this one, a captured request can be sent with
/// another body once more. All that it brings about is that one order (or product) is read anew from its shop.
#[derive(Debug)]
pub(crate) struct SeenEvents(Mutex<Recent<Digest, Seen>>);

#[derive(Debug, Clone, Copy)]
struct Seen {
    about: Digest,
    stored: bool,
}

/// What is known of an event that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sighting {
    /// It is to be stored: it is new, or nobody knows that it was stored. Afterwards, that is to be told under this name.
    Due(Name),
    /// It was stored before.
    Stored,
    /// It was seen before, about something else.
    Altered,
}

/// An event by what its signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name(Digest);

impl SeenEvents {
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new(Recent::new(EVENTS_MAX, Duration::from_secs(SEEN_SECS), now)))
    }

    /// What is known of this event. `signed` is what its signature covers, `about` what is taken on from the rest. Ask only
    /// of verified events: nobody else may fill it.
    ///
    /// Not the bytes are compared: a retry may have its keys in another order.
    pub(crate) fn see(&self, signed: &[&str], about: &[&str], now: Instant) -> Sighting {
        let (signed, about) = (digest(signed), digest(about));
        match *self.lock().get_or_insert(signed, now, || Seen { about, stored: false }) {
            seen if seen.about != about => Sighting::Altered,
            Seen { stored: true, .. } => Sighting::Stored,
            Seen { stored: false, .. } => Sighting::Due(Name(signed)),
        }
    }

    /// Takes down that this event is stored, if it is still remembered.
    pub(crate) fn stored(&self, Name(signed): Name) {
        if let Some(seen) = self.lock().get_mut(&signed) {
            seen.stored = true;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Recent<Digest, Seen>> {
        self.0.lock().expect("nobody panics while holding the events seen")
    }
}

/// Of the parts and where each ends: `ab`, `c` is not `a`, `bc`.
fn digest(parts: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let whole: [u8; 32] = hash.finalize().into();
    *whole.first_chunk().expect("a SHA-256 is longer")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(sighting: Sighting) -> bool {
        matches!(sighting, Sighting::Due(_))
    }

    #[test]
    fn an_event_is_about_what_it_was_about_at_first() {
        let now = Instant::now();
        let seen = SeenEvents::new(now);
        assert!(due(seen.see(&["e-1", "100"], &["acme", "order.created", "X1"], now)));
        assert!(due(seen.see(&["e-1", "100"], &["acme", "order.created", "X1"], now)), "a retry");
        for altered in [
            ["acme", "order.created", "X2"],
            ["acme", "order.updated", "X1"],
            ["other", "order.created", "X1"],
        ] {
            assert_eq!(seen.see(&["e-1", "100"], &altered, now), Sighting::Altered, "{altered:?}");
        }
        for other in [["e-2", "100"], ["e-1", "101"], ["e-1100", ""]] {
            assert!(due(seen.see(&other, &["acme", "order.created", "X2"], now)), "another signature's");
        }
    }

    #[test]
    fn an_event_is_stored_once_that_is_told_and_still_about_the_same() {
        let now = Instant::now();
        let seen = SeenEvents::new(now);
        let Sighting::Due(name) = seen.see(&["e-1"], &["X1"], now) else { panic!("it is new") };
        assert_eq!(seen.see(&["e-1"], &["X1"], now), Sighting::Due(name), "it is on its way, or failed");
        seen.stored(name);
        assert_eq!(seen.see(&["e-1"], &["X1"], now), Sighting::Stored);
        assert_eq!(seen.see(&["e-1"], &["X2"], now), Sighting::Altered);
        assert!(due(seen.see(&["e-2"], &["X1"], now)));
    }

    #[test]
    fn an_event_is_remembered_for_the_whole_window_and_the_number_is_bounded() {
        let began = Instant::now();
        let seen = SeenEvents::new(began);
        let Sighting::Due(name) = seen.see(&["e-1"], &["X1"], began) else { panic!("it is new") };
        seen.stored(name);
        let late = began + Duration::from_secs(SEEN_SECS - 1);
        assert_eq!(seen.see(&["e-1"], &["X2"], late), Sighting::Altered);
        assert_eq!(seen.see(&["e-1"], &["X1"], late), Sighting::Stored);
        for number in 0..=EVENTS_MAX {
            seen.see(&[&number.to_string()], &["X"], began);
        }
        assert!(seen.lock().len() <= EVENTS_MAX);
        seen.stored(name);
        assert!(due(seen.see(&["e-1"], &["X2"], began)), "forgotten for newer ones");
    }
}
