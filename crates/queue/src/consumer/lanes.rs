//! Which messages wait in which lane, and which lane may work next. Pure: time and messages come from outside.

use std::collections::{HashMap, HashSet, VecDeque};
use std::time::{Duration, Instant};

use super::gather::{QUIET, gather};

/// Most messages handed to a handler at once.
const BATCH_MAX: usize = 100;

/// Most different subjects in a batch of a lane that gathers: four lists of the 250 orders that a shop gives in one call. However
/// often a shop tells of an order, it counts once.
const SUBJECTS_MAX: usize = 1_000;

/// Different subjects with which a lane that gathers is full: twice as many as a batch takes. The notices of a rush come in no order; by
/// then most of those about the first half have come, so that few of these are read once more with the next.
const SUBJECTS_FULL: usize = 2 * SUBJECTS_MAX;

/// Longest that a message waits in its lane before it is put off, in seconds.
///
/// With the limit on a batch this stays below RabbitMQ's `consumer_timeout` (30 minutes since 3.8.17), after which it closes
/// the channel on which a message was not answered for, and with it every other lane's.
const WAIT_SECS_MAX: u64 = 10 * 60;

/// How long a lane's batch must have run before what waits behind it is spilled, in seconds: a lane that gets on needs no help.
const SLOW_SECS_MIN: u64 = 1;

/// Lanes with something in them, and those that gather and whose latest batch began a moment ago.
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
    waiting: VecDeque<Waiting<T>>,
    /// What the waiting messages are about, if it gathers.
    subjects: HashSet<Option<String>>,
}

struct Waiting<T> {
    since: Instant,
    subject: Option<String>,
    message: T,
}

impl<T> Lane<T> {
    fn new(gathers: bool) -> Self {
        Self { gathers, running: 0, began: None, waiting: VecDeque::new(), subjects: HashSet::new() }
    }

    fn held(&self) -> usize {
        self.running + self.waiting.len()
    }

    /// When its next batch may begin; none if one is being handled, or nothing waits. A lane that nothing more comes into need not
    /// gather any longer.
    fn due(&self, share: usize) -> Option<Instant> {
        let (oldest, newest) = (self.waiting.front()?.since, self.waiting.back()?.since);
        let full = self.subjects.len() >= SUBJECTS_FULL || self.waiting.len() >= share;
        let gathers = self.began.filter(|_| self.gathers && !full);
        let due = gathers.map_or(oldest, |began| (began + gather(self.subjects.len())).min(newest + QUIET));
        (self.running == 0).then_some(due.max(oldest))
    }

    /// Takes the next batch off what waits, oldest first; of a lane that gathers, all about the same subjects.
    fn take(&mut self, share: usize) -> Vec<T> {
        let most = share.min(if self.gathers { usize::MAX } else { BATCH_MAX });
        let mut batch = Vec::new();
        let mut about = HashSet::new();
        for waiting in std::mem::take(&mut self.waiting) {
            let known = !self.gathers || about.contains(&waiting.subject);
            if batch.len() < most && (known || about.len() < SUBJECTS_MAX) {
                if !known {
                    about.insert(waiting.subject);
                }
                batch.push(waiting.message);
            } else {
                self.waiting.push_back(waiting);
            }
        }
        self.count_subjects();
        batch
    }

    fn count_subjects(&mut self) {
        if self.gathers {
            self.subjects = self.waiting.iter().map(|waiting| waiting.subject.clone()).collect();
        }
    }

    /// Whether a message that comes now goes at once: no batch has just begun.
    fn is_quiet(&self, now: Instant) -> bool {
        self.began.is_none_or(|began| now >= began + gather(1))
    }
}

impl<T> Lanes<T> {
    pub(super) fn new(prefetch: u16) -> Self {
        Self { prefetch: prefetch.into(), lanes: HashMap::new() }
    }

    /// Adds a message about this subject at the end of its lane, which gathers or does not.
    pub(super) fn put(&mut self, lane: &str, gathers: bool, now: Instant, subject: Option<&str>, message: T) {
        if !self.lanes.contains_key(lane) {
            self.lanes.insert(lane.to_owned(), Lane::new(gathers));
        }
        if let Some(lane) = self.lanes.get_mut(lane) {
            let subject = subject.filter(|_| lane.gathers).map(str::to_owned);
            if lane.gathers && !lane.subjects.contains(&subject) {
                lane.subjects.insert(subject.clone());
            }
            lane.waiting.push_back(Waiting { since: now, subject, message });
        }
    }

    /// Takes the next batch of a lane, oldest first, if none of it is being handled and it need not gather any longer.
    pub(super) fn start(&mut self, lane: &str, now: Instant) -> Option<Vec<T>> {
        let share = self.share();
        let lane = self.lanes.get_mut(lane).filter(|lane| lane.due(share).is_some_and(|due| due <= now))?;
        let batch = lane.take(share);
        lane.running = batch.len();
        lane.began = Some(now);
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
        for lane in self.lanes.values_mut() {
            lane.waiting.clear();
            lane.count_subjects();
        }
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
            let old = lane.waiting.iter().take_while(|waiting| longer(waiting.since, WAIT_SECS_MAX)).count();
            spilled.extend(lane.waiting.drain(..old));
            if over + old > 0 {
                lane.count_subjects();
            }
        }
        self.forget_quiet(now);
        spilled.into_iter().map(|waiting| waiting.message).collect()
    }

    /// How many messages one lane may hold: as much as any other, and as much is left for a lane that is yet to come.
    /// A lane alone holds half of the prefetch.
    fn share(&self) -> usize {
        let lanes = self.lanes.values().filter(|lane| lane.held() > 0).count();
        (self.prefetch / (lanes + 1).max(2)).max(1)
    }

    /// A lane that holds nothing is kept as long as its pace matters.
    fn forget_quiet(&mut self, now: Instant) {
        self.lanes.retain(|_, lane| lane.held() > 0 || lane.gathers && !lane.is_quiet(now));
    }
}

#[cfg(test)]
mod tests;
