//! Signs of life of a consumer's parts, for whoever looks from outside.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::connection::Scissors;

/// Time between two looks, as a part of how long silence may last.
const LOOKS: u32 = 10;

/// How long a part may be silent before it counts as stuck.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// What takes messages and starts batches: it never waits for anything.
    pub intake: Duration,
    /// A batch, until each of its messages is answered for.
    pub batch: Duration,
}

/// The parts of one session. All parts that work are alive; those that are over are not here.
pub(super) struct Pulse {
    pub patience: Patience,
    parts: Mutex<Parts>,
}

#[derive(Default)]
struct Parts {
    begun: u64,
    alive: HashMap<u64, Part>,
    scissors: Option<Scissors>,
}

struct Part {
    name: String,
    heard: Instant,
    patience: Duration,
}

/// A part that works, as long as this lives.
pub(super) struct Beat {
    pulse: Arc<Pulse>,
    part: u64,
}

impl Pulse {
    pub(super) fn new(patience: Patience) -> Arc<Self> {
        Arc::new(Self { patience, parts: Mutex::default() })
    }

    /// A part begins to work.
    pub(super) fn begin(self: &Arc<Self>, name: String, patience: Duration) -> Beat {
        let mut parts = self.lock();
        parts.begun += 1;
        let part = parts.begun;
        parts.alive.insert(part, Part { name, heard: Instant::now(), patience });
        Beat { pulse: Arc::clone(self), part }
    }

    /// The session's connection from now on.
    pub(super) fn over(&self, connection: Scissors) {
        self.lock().scissors = Some(connection);
    }

    /// Waits until a part is silent for too long, and returns its name.
    pub(super) async fn silence(&self) -> String {
        let look = self.patience.intake.min(self.patience.batch) / LOOKS;
        loop {
            let began = Instant::now();
            sleep(look).await;
            let now = Instant::now();
            // Where the whole process stood still, its parts are heard first.
            if now - began > look * 2 {
                continue;
            }
            if let Some(name) = self.silent(now) {
                return name;
            }
        }
    }

    /// Waits until no part works any more.
    pub(super) async fn end(&self) {
        while !self.lock().alive.is_empty() {
            sleep(self.patience.intake / LOOKS).await;
        }
    }

    /// Ends the session's connection, whatever its parts do: what they hold returns to its queue.
    pub(super) async fn cut(&self) {
        let scissors = self.lock().scissors.take();
        if let Some(scissors) = scissors {
            scissors.cut().await;
        }
    }

    fn silent(&self, now: Instant) -> Option<String> {
        let parts = self.lock();
        let silent = parts.alive.values().find(|part| now.duration_since(part.heard) > part.patience);
        silent.map(|part| part.name.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Beat {
    /// It gets on.
    pub(super) fn beat(&self) {
        if let Some(part) = self.pulse.lock().alive.get_mut(&self.part) {
            part.heard = Instant::now();
        }
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.pulse.lock().alive.remove(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { intake: Duration::from_mins(1), batch: Duration::from_mins(10) };

    #[tokio::test(start_paused = true)]
    async fn who_is_silent_for_too_long_is_named_and_who_gets_on_or_is_over_is_not() {
        let pulse = Pulse::new(PATIENCE);
        let intake = pulse.begin("intake".to_owned(), PATIENCE.intake);
        let batch = pulse.begin("acme-au".to_owned(), PATIENCE.batch);
        drop(pulse.begin("over".to_owned(), Duration::ZERO));
        let began = Instant::now();
        let silent = tokio::spawn({
            let pulse = Arc::clone(&pulse);
            async move { (pulse.silence().await, Instant::now()) }
        });
        for _ in 0..30 {
            sleep(Duration::from_secs(20)).await;
            intake.beat();
        }
        batch.beat();
        for _ in 0..20 {
            sleep(Duration::from_secs(20)).await;
            intake.beat();
        }
        assert!(!silent.is_finished(), "both get on");
        let (name, at) = silent.await.unwrap();
        assert_eq!(name, "intake");
        assert!(at - began > Duration::from_secs(1_060), "{:?}", at - began);
        drop((intake, batch));
        pulse.end().await;
    }
}
