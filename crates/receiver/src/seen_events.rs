//! Ecwid's events that were seen, with what they were about: Ecwid signs an event's id, but not what it is about.

use std::sync::Mutex;
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

/// Events that were seen, each with what was taken on from it the first time.
///
/// Of one process, in memory: after a restart, and at another receiver beside this one, a captured request can be sent with
/// another body once more. All that it brings about is that one order (or product) is read anew from its shop.
#[derive(Debug)]
pub(crate) struct SeenEvents(Mutex<Recent<Digest, Digest>>);

impl SeenEvents {
    pub(crate) fn new(now: Instant) -> Self {
        Self(Mutex::new(Recent::new(EVENTS_MAX, Duration::from_secs(SEEN_SECS), now)))
    }

    /// Whether this event is new, or about the same as when it was first seen. `signed` is what its signature covers, `about`
    /// what is taken on from the rest. Ask only of verified events: nobody else may fill it.
    ///
    /// Not the bytes are compared: a retry may have its keys in another order.
    pub(crate) fn same(&self, signed: &[&str], about: &[&str], now: Instant) -> bool {
        let (signed, about) = (digest(signed), digest(about));
        let mut seen = self.0.lock().expect("nobody panics while holding the events seen");
        *seen.get_or_insert(signed, now, || about) == about
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

    #[test]
    fn an_event_is_about_what_it_was_about_at_first() {
        let now = Instant::now();
        let seen = SeenEvents::new(now);
        assert!(seen.same(&["e-1", "100"], &["acme", "order.created", "X1"], now));
        assert!(seen.same(&["e-1", "100"], &["acme", "order.created", "X1"], now), "a retry");
        for altered in [
            ["acme", "order.created", "X2"],
            ["acme", "order.updated", "X1"],
            ["other", "order.created", "X1"],
        ] {
            assert!(!seen.same(&["e-1", "100"], &altered, now), "{altered:?}");
        }
        assert!(seen.same(&["e-2", "100"], &["acme", "order.created", "X2"], now));
        assert!(seen.same(&["e-1", "101"], &["acme", "order.created", "X2"], now), "another signature's");
        assert!(
            seen.same(&["e-1100", ""], &["acme", "order.created", "X2"], now),
            "parts do not run together"
        );
    }

    #[test]
    fn an_event_is_remembered_for_the_whole_window_and_the_number_is_bounded() {
        let began = Instant::now();
        let seen = SeenEvents::new(began);
        assert!(seen.same(&["e-1"], &["X1"], began));
        assert!(!seen.same(&["e-1"], &["X2"], began + Duration::from_secs(SEEN_SECS - 1)));
        for number in 0..=EVENTS_MAX {
            seen.same(&[&number.to_string()], &["X"], began);
        }
        assert!(seen.0.lock().unwrap().len() <= EVENTS_MAX);
        assert!(seen.same(&["e-1"], &["X2"], began), "forgotten for newer ones");
    }
}
