//! Which messages wait in which lane, and which lane may work next. Pure: time and messages come from outside.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use super::gather::{QUIET, gather};

/// Most messages handed to a handler at once.
const BATCH_MAX: usize = 100;

/// Most messages of a lane that gathers handed to a handler at once.
///
/// A shop tells of a new order three times, so this is 234 orders: fewer than the 250 that a shop lists in one call, also with
/// those whose notices fall into two batches.
const GATHERED_MAX: usize = 700;

/// Longest that a message waits in its lane before it is put off, in seconds.
///
/// With the limit on a batch this stays below RabbitMQ's `consumer_timeout` (30 minutes since 3.8.17), after which it closes
/// the channel on which a message was not answered for, and with it every other lane's.
const WAIT_SECS_MAX: u64 = 10 * 60;

/// How long a lane's batch must have run before what waits behind it is spilled, in seconds: a lane that gets on needs no help.
const SLOW_SECS_MIN: u64 = 1;

/// Lanes with something in them, and those whose latest batch began a moment ago.
pub(super) struct Lanes<T> {
    /// Most messages taken and not yet answered for, over all lanes.
    prefetch: usize,
    lanes: HashMap<String, Lane<T>>,
}

struct Lane<T> {
    /// Whether it gathers between its batches.
    gathers: bool,
    /// Messages in the batch that is being handled; 0 if none is.
    running: usize,
    /// When its latest batch began; none before the first.
    began: Option<Instant>,
    /// The next batch begins then, unless the lane holds a full one before.
    gathers_until: Option<Instant>,
    waiting: VecDeque<(Instant, T)>,
}

impl<T> Lane<T> {
    fn new(gathers: bool) -> Self {
        Self { gathers, running: 0, began: None, gathers_until: None, waiting: VecDeque::new() }
    }

    fn held(&self) -> usize {
        self.running + self.waiting.len()
    }

    /// Messages of a full batch.
    fn most(&self, share: usize) -> usize {
        share.min(if self.gathers { GATHERED_MAX } else { BATCH_MAX })
    }

    /// When its next batch may begin; none if one is being handled, or nothing waits. A lane that nothing more comes into need not
    /// gather any longer.
    fn due(&self, share: usize) -> Option<Instant> {
        let (oldest, newest) = (self.waiting.front()?.0, self.waiting.back()?.0);
        let full = self.waiting.len() >= self.most(share);
        let due = self.gathers_until.filter(|_| !full).map_or(oldest, |until| until.min(newest + QUIET));
        (self.running == 0).then_some(due.max(oldest))
    }

    fn gathers_at(&self, now: Instant) -> bool {
        self.gathers_until.is_some_and(|until| until > now)
    }
}

impl<T> Lanes<T> {
    pub(super) fn new(prefetch: u16) -> Self {
        Self { prefetch: prefetch.into(), lanes: HashMap::new() }
    }

    /// Adds a message at the end of its lane, which gathers or does not.
    pub(super) fn put(&mut self, lane: &str, gathers: bool, now: Instant, message: T) {
        if !self.lanes.contains_key(lane) {
            self.lanes.insert(lane.to_owned(), Lane::new(gathers));
        }
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.waiting.push_back((now, message));
        }
    }

    /// Takes the next batch of a lane, oldest first, if none of it is being handled and it need not gather any longer. `subjects`
    /// counts how many different things a batch is about.
    pub(super) fn start(
        &mut self,
        lane: &str,
        now: Instant,
        subjects: impl FnOnce(&[T]) -> usize,
    ) -> Option<Vec<T>> {
        let share = self.share();
        let lane = self.lanes.get_mut(lane).filter(|lane| lane.due(share).is_some_and(|due| due <= now))?;
        lane.running = lane.most(share).min(lane.waiting.len());
        let batch: Vec<T> = lane.waiting.drain(..lane.running).map(|(_, message)| message).collect();
        let before = lane.began.replace(now);
        if lane.gathers {
            let before = before.map(|before| now.duration_since(before));
            lane.gathers_until = Some(now + gather(subjects(&batch), before));
        }
        Some(batch)
    }

    /// When the first lane that only gathers may begin its next batch.
    pub(super) fn due(&self) -> Option<Instant> {
        let share = self.share();
        self.lanes.values().filter_map(|lane| lane.due(share)).min()
    }

    /// The lanes that may begin a batch.
    pub(super) fn ready(&self, now: Instant) -> Vec<String> {
        let share = self.share();
        let ready = |lane: &Lane<T>| lane.due(share).is_some_and(|due| due <= now);
        self.lanes.iter().filter(|(_, lane)| ready(lane)).map(|(name, _)| name.clone()).collect()
    }

    /// The lane's batch is answered for.
    pub(super) fn finish(&mut self, lane: &str, now: Instant) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.running = 0;
        }
        self.forget_quiet(now);
    }

    /// Drops what waits: its connection is lost, and it comes back on the next. Batches keep their lanes.
    pub(super) fn forget_waiting(&mut self, now: Instant) {
        self.lanes.values_mut().for_each(|lane| lane.waiting.clear());
        self.forget_quiet(now);
    }

    /// Takes out what must not be kept: of a slow lane that holds more than its share the newest, and what has waited too long.
    /// A lane that only gathers is not slow; holding its share, it begins.
    pub(super) fn spill(&mut self, now: Instant) -> Vec<T> {
        let share = self.share();
        let longer = |since: Instant, secs| now.duration_since(since) > Duration::from_secs(secs);
        let mut spilled = Vec::new();
        for lane in self.lanes.values_mut() {
            let slow = lane.running > 0 && lane.began.is_some_and(|began| longer(began, SLOW_SECS_MIN));
            let over = if slow { lane.held().saturating_sub(share).min(lane.waiting.len()) } else { 0 };
            spilled.extend(lane.waiting.drain(lane.waiting.len() - over..));
            let old = lane.waiting.iter().take_while(|(since, _)| longer(*since, WAIT_SECS_MAX)).count();
            spilled.extend(lane.waiting.drain(..old));
        }
        self.forget_quiet(now);
        spilled.into_iter().map(|(_, message)| message).collect()
    }

    /// How many messages one lane may hold: as much as any other, and as much is left for a lane that is yet to come.
    /// A lane alone holds half of the prefetch.
    fn share(&self) -> usize {
        let lanes = self.lanes.values().filter(|lane| lane.held() > 0).count();
        (self.prefetch / (lanes + 1).max(2)).max(1)
    }

    /// A lane that holds nothing is kept as long as its pace matters.
    fn forget_quiet(&mut self, now: Instant) {
        self.lanes.retain(|_, lane| lane.held() > 0 || lane.gathers_at(now));
    }
}

#[cfg(test)]
mod tests;
