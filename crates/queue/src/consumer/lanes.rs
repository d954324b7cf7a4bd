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

/// Lanes with something in them.
pub(super) struct Lanes<T> {
    lanes: HashMap<String, Lane<T>>,
}

struct Lane<T> {
    /// Messages in the batch that is being handled; 0 if none is.
    running: usize,
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
            self.lanes.insert(lane.to_owned(), Lane { running: 0, waiting: VecDeque::new() });
        }
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.waiting.push_back((now, message));
        }
    }

    /// Takes the next batch of a lane, oldest first, if none of it is being handled.
    pub(super) fn start(&mut self, lane: &str) -> Option<Vec<T>> {
        let most = BATCH_MAX.min(self.share());
        let lane = self.lanes.get_mut(lane).filter(|lane| lane.running == 0 && !lane.waiting.is_empty())?;
        lane.running = most.min(lane.waiting.len());
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

    /// Takes out what must not be kept: of a lane that holds more than its share the newest, and what has waited too long.
    pub(super) fn spill(&mut self, now: Instant) -> Vec<T> {
        let share = self.share();
        let too_long = |since: Instant| now.duration_since(since) > Duration::from_secs(WAIT_SECS_MAX);
        let mut spilled = Vec::new();
        for lane in self.lanes.values_mut() {
            let over = lane.held().saturating_sub(share).min(lane.waiting.len());
            spilled.extend(lane.waiting.drain(lane.waiting.len() - over..));
            let old = lane.waiting.iter().take_while(|(since, _)| too_long(*since)).count();
            spilled.extend(lane.waiting.drain(..old));
        }
        self.forget_empty();
        spilled.into_iter().map(|(_, message)| message).collect()
    }

    /// How many messages one lane may hold: as much as any other, and as much is left for a lane that is yet to come.
    /// A lane alone holds half of the prefetch.
    fn share(&self) -> usize {
        usize::from(PREFETCH) / (self.lanes.len() + 1).max(2)
    }

    fn forget_empty(&mut self) {
        self.lanes.retain(|_, lane| lane.held() > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(lane: &str, messages: usize) -> Lanes<usize> {
        let mut lanes = Lanes::new();
        (0..messages).for_each(|message| lanes.put(lane, Instant::now(), message));
        lanes
    }

    #[test]
    fn a_lane_works_one_batch_at_a_time_in_the_order_of_arrival() {
        let mut lanes = filled("a", 150);
        assert_eq!(lanes.start("a").unwrap(), (0..100).collect::<Vec<_>>());
        assert_eq!(lanes.start("a"), None);
        lanes.finish("a");
        assert_eq!(lanes.start("a").unwrap(), (100..150).collect::<Vec<_>>());
        lanes.finish("a");
        assert_eq!(lanes.start("a"), None);
        assert!(lanes.lanes.is_empty());
    }

    #[test]
    fn a_batch_keeps_its_lane_when_the_connection_is_lost() {
        let mut lanes = filled("a", 150);
        lanes.start("a").unwrap();
        lanes.forget_waiting();
        lanes.put("a", Instant::now(), 7);
        assert_eq!(lanes.start("a"), None);
        lanes.finish("a");
        assert_eq!(lanes.start("a"), Some(vec![7]));
    }

    #[test]
    fn a_lane_alone_keeps_half_of_the_prefetch_and_spills_its_newest() {
        let mut lanes = filled("a", 300);
        lanes.start("a").unwrap();
        assert_eq!(lanes.spill(Instant::now()), (256..300).collect::<Vec<_>>());
        assert_eq!(lanes.spill(Instant::now()), Vec::<usize>::new());
    }

    #[test]
    fn many_stuck_lanes_leave_room_for_one_more() {
        let mut lanes = Lanes::new();
        for lane in 0..20 {
            (0..400).for_each(|message| lanes.put(&lane.to_string(), Instant::now(), message));
            lanes.spill(Instant::now());
        }
        let held: usize = lanes.lanes.values().map(Lane::held).sum();
        assert!(held <= usize::from(PREFETCH) - usize::from(PREFETCH) / 21, "{held} held");
    }

    #[test]
    fn what_waits_too_long_is_spilled_and_what_is_handled_is_not() {
        let mut lanes = Lanes::new();
        let then = Instant::now();
        (0..150).for_each(|message| lanes.put("a", then, message));
        lanes.start("a").unwrap();
        let later = then + Duration::from_secs(WAIT_SECS_MAX + 1);
        lanes.put("a", later, 150);
        assert_eq!(lanes.spill(later), (100..150).collect::<Vec<_>>());
    }
}
