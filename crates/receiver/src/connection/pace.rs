//! What a connection is waiting for, and since when.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Parting;
use crate::limits::Limits;

/// Bits of the state that hold the phase.
const PHASE_BITS: u32 = 2;

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The rest of a head. So begins each connection: who says nothing at all is slow too.
    Head,
    /// The next request, or for its peer to take the last answer.
    Idle,
    /// Our answer.
    Answer,
    /// The rest of a body, which is not whole yet.
    Body,
}

/// What a connection is waiting for, and since when; and whether it is to end.
#[derive(Debug)]
pub(crate) struct Pace {
    began: Instant,
    /// Microseconds since then, and the phase in the lowest bits.
    state: AtomicU64,
    word: Notify,
    gives_way: AtomicBool,
}

impl Default for Pace {
    /// Of a connection that begins now.
    fn default() -> Self {
        let (word, gives_way) = (Notify::new(), AtomicBool::new(false));
        Self { began: Instant::now(), state: AtomicU64::new(Phase::Head as u64), word, gives_way }
    }
}

impl Pace {
    /// Takes down what it waits for from now on. Tells the connection's age.
    pub(super) fn enter(&self, phase: Phase) -> Duration {
        let age = self.began.elapsed();
        let micros = u64::try_from(age.as_micros()).unwrap_or(u64::MAX >> PHASE_BITS);
        self.state.store(micros << PHASE_BITS | phase as u64, Ordering::Relaxed);
        age
    }

    /// Bytes have come: of the next head, if that was waited for.
    pub(super) fn heard(&self) {
        if self.phase().0 == Phase::Idle {
            self.enter(Phase::Head);
        }
    }

    /// The body of its request is not whole yet. However slowly it comes, it is waited for since it was first.
    pub(crate) fn lacks_body(&self) {
        if self.phase().0 == Phase::Answer {
            self.enter(Phase::Body);
        }
    }

    /// The body of its request is waited for no longer. One that came with its head never was.
    pub(crate) fn has_body(&self) {
        if self.phase().0 == Phase::Body {
            self.enter(Phase::Answer);
        }
    }

    pub(super) fn phase(&self) -> (Phase, Instant) {
        let state = self.state.load(Ordering::Relaxed);
        let phase = [Phase::Head, Phase::Idle, Phase::Answer, Phase::Body][(state & 3) as usize];
        (phase, self.began + Duration::from_micros(state >> PHASE_BITS))
    }

    /// Since when it waits for its peer; none while the peer waits for us.
    pub(super) fn waiting(&self) -> Option<Instant> {
        let (phase, since) = self.phase();
        (phase != Phase::Answer).then_some(since)
    }

    /// Ends it now if it waits for its peer, and after its answer if not.
    pub(super) fn give_way(&self) {
        self.gives_way.store(true, Ordering::Relaxed);
        self.word.notify_one();
    }

    /// Ends it after its answer.
    pub(super) fn finish(&self) {
        self.word.notify_one();
    }

    /// Waits until the connection must end, and says why; none: nothing speaks against its current request.
    pub(super) async fn over(&self, limits: &Limits) -> Option<Parting> {
        let aged = self.began + limits.connection_age;
        loop {
            let ((phase, since), now) = (self.phase(), Instant::now());
            let (due, parting) = match phase {
                Phase::Head => (since + limits.head, Some(Parting::SlowHead)),
                Phase::Idle => (since + limits.idle, Some(Parting::Idle)),
                // Bounded by the limits on bodies and confirms.
                Phase::Answer | Phase::Body => (aged, None),
            };
            if due <= now {
                return parting;
            }
            if aged <= now {
                return None;
            }
            // A head may begin meanwhile: it is looked after in time for its own limit.
            let look = due.min(aged).min(now + limits.head);
            tokio::select! {
                () = self.word.notified() => return self.asked(),
                () = sleep_until(look) => {}
            }
        }
    }

    fn asked(&self) -> Option<Parting> {
        let gives_way = self.gives_way.load(Ordering::Relaxed);
        (gives_way && self.waiting().is_some()).then_some(Parting::GaveWay)
    }
}
