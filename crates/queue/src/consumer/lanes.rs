//! Which messages wait in which lane, and which lane may work next. Pure: time and messages come from outside.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// Most messages taken and not yet answered for, over all lanes.
pub(super) const PREFETCH: u16 = 512;

/// Most messages handed to a handler at once.
const BATCH_MAX: usize = 100;

/// Longest that a message waits in its lane before it is put off, in seconds.
///
/// With the limit on a batch this stays below RabbitMQ's `consumer_timeout` (30 minutes since 3.8.17), after which it closes
/// the channel on which a message was not answered for, and with it every other lane's.
const WAIT_SECS_MAX: u64 = 10 * 60;

/// How long a lane's batch must have run before what waits behind it is spilled, in seconds: a lane that gets on needs no help.
const SLOW_SECS_MIN: u64 = 1;

/// Lanes with something in them.
pub(super) struct Lanes<T> {
    lanes: HashMap<String, Lane<T>>,
}

struct Lane<T> {
    /// Messages in the batch that is being handled; 0 if none is.
    running: usize,
    /// When that batch began.
    began: Instant,
    waiting: VecDeque<(Instant, T)>,
}

impl<T> Lane<T> {
    fn held(&self) -> usize {
        self.running + self.waiting.len()
    }
}

impl<T> Lanes<T> {
    pub(super) fn new() -> Self {
        Self { lanes: HashMap::new() }
    }

    /// Adds a message at the end of its lane.
    pub(super) fn put(&mut self, lane: &str, now: Instant, message: T) {
        if !self.lanes.contains_key(lane) {
            self.lanes.insert(lane.to_owned(), Lane { running: 0, began: now, waiting: VecDeque::new() });
        }
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.waiting.push_back((now, message));
        }
    }

    /// Takes the next batch of a lane, oldest first, if none of it is being handled.
    pub(super) fn start(&mut self, lane: &str, now: Instant) -> Option<Vec<T>> {
        let most = BATCH_MAX.min(self.share());
        let lane = self.lanes.get_mut(lane).filter(|lane| lane.running == 0 && !lane.waiting.is_empty())?;
        lane.running = most.min(lane.waiting.len());
        lane.began = now;
        Some(lane.waiting.drain(..lane.running).map(|(_, message)| message).collect())
    }

    /// The lane's batch is answered for.
    pub(super) fn finish(&mut self, lane: &str) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.running = 0;
        }
        self.forget_empty();
    }

    /// Drops what waits: its connection is lost, and it comes back on the next. Batches keep their lanes.
    pub(super) fn forget_waiting(&mut self) {
        self.lanes.values_mut().for_each(|lane| lane.waiting.clear());
        self.forget_empty();
    }

    /// Takes out what must not be kept: of a slow lane that holds more than its share the newest, and what has waited too long.
    pub(super) fn spill(&mut self, now: Instant) -> Vec<T> {
        let share = self.share();
        let longer = |since: Instant, secs| now.duration_since(since) > Duration::from_secs(secs);
        let mut spilled = Vec::new();
        for lane in self.lanes.values_mut() {
            let slow = longer(lane.began, SLOW_SECS_MIN);
            let over = if slow { lane.held().saturating_sub(share).min(lane.waiting.len()) } else { 0 };
            spilled.extend(lane.waiting.drain(lane.waiting.len() - over..));
            let old = lane.waiting.iter().take_while(|(since, _)| longer(*since, WAIT_SECS_MAX)).count();
            spilled.extend(lane.waiting.drain(..old));
        }
        self.forget_empty();
        spilled.into_iter().map(|(_, message)| message).collect()
    }

    /// How many messages one lane may hold: as much as any other, and as much is left for a lane that is yet to come.
    /// A lane alone holds half of the prefetch.
    fn share(&self) -> usize {
        (usize::from(PREFETCH) / (self.lanes.len() + 1).max(2)).max(1)
    }

    fn forget_empty(&mut self) {
        self.lanes.retain(|_, lane| lane.held() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(lane: &str, messages: usize, now: Instant) -> Lanes<usize> {
        let mut lanes = Lanes::new();
        (0..messages).for_each(|message| lanes.put(lane, now, message));
        lanes
    }

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn a_lane_works_one_batch_at_a_time_in_the_order_of_arrival() {
        let now = Instant::now();
        let mut lanes = filled("a", 150, now);
        assert_eq!(lanes.start("a", now).unwrap(), (0..100).collect::<Vec<_>>());
        assert_eq!(lanes.start("a", now), None);
        lanes.finish("a");
        assert_eq!(lanes.start("a", now).unwrap(), (100..150).collect::<Vec<_>>());
        lanes.finish("a");
        assert_eq!(lanes.start("a", now), None);
        assert!(lanes.lanes.is_empty());
    }

    #[test]
    fn a_batch_keeps_its_lane_when_the_connection_is_lost() {
        let now = Instant::now();
        let mut lanes = filled("a", 150, now);
        lanes.start("a", now).unwrap();
        lanes.forget_waiting();
        lanes.put("a", now, 7);
        assert_eq!(lanes.start("a", now), None);
        lanes.finish("a");
        assert_eq!(lanes.start("a", now), Some(vec![7]));
    }

    #[test]
    fn a_slow_lane_alone_keeps_half_of_the_prefetch_and_spills_its_newest() {
        let now = Instant::now();
        let mut lanes = filled("a", 300, now);
        lanes.start("a", now).unwrap();
        assert_eq!(lanes.spill(now), Vec::<usize>::new(), "it may yet get on");
        assert_eq!(lanes.spill(now + secs(2)), (256..300).collect::<Vec<_>>());
        assert_eq!(lanes.spill(now + secs(3)), Vec::<usize>::new());
    }

    #[test]
    fn many_stuck_lanes_leave_room_for_one_more() {
        let now = Instant::now();
        let mut lanes = Lanes::new();
        for name in (0..20).map(|lane| lane.to_string()) {
            (0..400).for_each(|message| lanes.put(&name, now, message));
        }
        lanes.spill(now + secs(2));
        let held: usize = lanes.lanes.values().map(Lane::held).sum();
        assert!(held <= usize::from(PREFETCH) - lanes.share(), "{held} held");
    }

    #[test]
    fn what_waits_too_long_is_spilled_and_what_is_handled_is_not() {
        let then = Instant::now();
        let mut lanes = filled("a", 150, then);
        lanes.start("a", then).unwrap();
        let later = then + secs(WAIT_SECS_MAX + 1);
        lanes.put("a", later, 150);
        assert_eq!(lanes.spill(later), (100..150).collect::<Vec<_>>());
    }
}
