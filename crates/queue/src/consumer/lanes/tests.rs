//! Lanes over time.

use super::*;

const PREFETCH: u16 = 512;

fn filled(lane: &str, messages: usize, now: Instant) -> Lanes<usize> {
    let mut lanes = Lanes::new(PREFETCH);
    (0..messages).for_each(|message| lanes.put(lane, false, now, message));
    lanes
}

/// Three notices of each order are one subject.
fn orders(batch: &[usize]) -> usize {
    batch.iter().map(|notice| notice / 3).collect::<std::collections::HashSet<_>>().len()
}

fn start(lanes: &mut Lanes<usize>, lane: &str, now: Instant) -> Option<Vec<usize>> {
    lanes.start(lane, now, orders)
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn a_lane_works_one_batch_at_a_time_in_the_order_of_arrival() {
    let now = Instant::now();
    let mut lanes = filled("a", 150, now);
    assert_eq!(start(&mut lanes, "a", now).unwrap(), (0..100).collect::<Vec<_>>());
    assert_eq!(start(&mut lanes, "a", now), None);
    lanes.finish("a", now);
    assert_eq!(start(&mut lanes, "a", now).unwrap(), (100..150).collect::<Vec<_>>());
    lanes.finish("a", now);
    assert_eq!(start(&mut lanes, "a", now), None);
    assert!(lanes.lanes.is_empty());
}

#[test]
fn a_batch_keeps_its_lane_when_the_connection_is_lost() {
    let now = Instant::now();
    let mut lanes = filled("a", 150, now);
    start(&mut lanes, "a", now).unwrap();
    lanes.forget_waiting(now);
    lanes.put("a", false, now, 7);
    assert_eq!(start(&mut lanes, "a", now), None);
    lanes.finish("a", now);
    assert_eq!(start(&mut lanes, "a", now), Some(vec![7]));
}

#[test]
fn a_slow_lane_alone_keeps_half_of_the_prefetch_and_spills_its_newest() {
    let now = Instant::now();
    let mut lanes = filled("a", 300, now);
    start(&mut lanes, "a", now).unwrap();
    assert_eq!(lanes.spill(now), Vec::<usize>::new(), "it may yet get on");
    assert_eq!(lanes.spill(now + secs(2)), (256..300).collect::<Vec<_>>());
    assert_eq!(lanes.spill(now + secs(3)), Vec::<usize>::new());
}

#[test]
fn many_stuck_lanes_leave_room_for_one_more() {
    let now = Instant::now();
    let mut lanes = Lanes::new(PREFETCH);
    for name in (0..20).map(|lane| lane.to_string()) {
        lanes.put(&name, false, now, 0);
        start(&mut lanes, &name, now).unwrap();
        (1..400).for_each(|message| lanes.put(&name, false, now, message));
    }
    lanes.spill(now + secs(2));
    let held: usize = lanes.lanes.values().map(Lane::held).sum();
    assert!(held <= usize::from(PREFETCH) - lanes.share(), "{held} held");
}

#[test]
fn what_waits_too_long_is_spilled_and_what_is_handled_is_not() {
    let then = Instant::now();
    let mut lanes = filled("a", 150, then);
    start(&mut lanes, "a", then).unwrap();
    let later = then + secs(WAIT_SECS_MAX + 1);
    lanes.put("a", false, later, 150);
    assert_eq!(lanes.spill(later), (100..150).collect::<Vec<_>>());
}

/// Puts notices that come at this pace into a lane that gathers, has each batch handled in no time, and returns when each began
/// and how many orders were in it.
fn batches(notices: usize, each: Duration) -> Vec<(Duration, usize)> {
    let begin = Instant::now();
    let mut lanes = Lanes::new(4_096);
    let mut batches = Vec::new();
    let mut work = |lanes: &mut Lanes<usize>, from: Instant, until: Instant| {
        while let Some(due) = lanes.due().filter(|due| *due <= until) {
            let now = due.max(from);
            assert_eq!(lanes.ready(now), ["a"]);
            let batch = start(lanes, "a", now).unwrap();
            assert!(batch.len() <= GATHERED_MAX);
            batches.push((now - begin, orders(&batch)));
            lanes.finish("a", now);
        }
    };
    for notice in 0..notices {
        let now = begin + each * u32::try_from(notice).unwrap();
        work(&mut lanes, begin, now);
        lanes.put("a", true, now, notice);
        assert_eq!(lanes.spill(now), Vec::<usize>::new(), "a lane that gathers is not slow");
        work(&mut lanes, now, now);
    }
    work(&mut lanes, begin, begin + secs(1_000_000));
    batches
}

#[test]
fn a_thousand_orders_in_a_minute_are_seven_batches_that_a_shop_lists_in_one_call_each() {
    let batches = batches(3_000, millis(20));
    assert_eq!(batches[0], (Duration::ZERO, 1), "the first notice goes at once");
    assert_eq!(batches[1], (secs(1), 17), "the pace is known");
    assert_eq!(batches.len(), 7, "{batches:?}");
    assert!(batches.iter().all(|(_, orders)| *orders <= 250), "{batches:?}");
    let last = batches.last().unwrap().0;
    assert!(last <= secs(61), "a second after the last notice: {batches:?}");
}

#[test]
fn a_thousand_orders_at_once_wait_for_nothing_but_full_batches() {
    let batches = batches(3_000, millis(1));
    assert!(batches.len() <= 7, "{batches:?}");
    assert!(batches.last().unwrap().0 <= secs(4), "a second after the last notice: {batches:?}");
}

#[test]
fn a_few_orders_a_second_wait_a_second_at_most() {
    let batches = batches(300, millis(100));
    let longest = batches.windows(2).map(|pair| pair[1].0.abs_diff(pair[0].0)).max();
    assert_eq!(longest, Some(secs(1)), "{batches:?}");
}

#[test]
fn orders_that_come_alone_go_at_once() {
    let batches = batches(9, millis(1_500));
    assert_eq!(batches.len(), 9, "{batches:?}");
    assert!((0..).zip(&batches).all(|(n, (began, _))| *began == millis(1_500) * n), "{batches:?}");
}

#[test]
fn a_batch_that_takes_long_is_not_waited_for_twice() {
    let now = Instant::now();
    let mut lanes = Lanes::new(PREFETCH);
    lanes.put("a", true, now, 0);
    start(&mut lanes, "a", now).unwrap();
    lanes.put("a", true, now, 1);
    assert_eq!(lanes.due(), None, "one is being handled");
    lanes.finish("a", now + secs(20));
    assert_eq!(start(&mut lanes, "a", now + secs(20)), Some(vec![1]));
}

#[test]
fn a_lane_that_gathers_begins_when_others_need_its_room() {
    let now = Instant::now();
    let mut lanes = Lanes::new(PREFETCH);
    (0..201).for_each(|message| lanes.put("a", true, now, message));
    lanes.start("a", now, |_| 1).unwrap();
    lanes.finish("a", now);
    (0..200).for_each(|message| lanes.put("a", true, now, message));
    assert_eq!(lanes.ready(now), Vec::<String>::new(), "its share is half");
    for name in ["b", "c"] {
        lanes.put(name, false, now, 0);
        start(&mut lanes, name, now).unwrap();
    }
    assert_eq!(lanes.ready(now), ["a"], "its share is a quarter");
}

#[test]
fn lanes_without_need_for_it_never_gather() {
    let now = Instant::now();
    let mut lanes = filled("a", 1, now);
    start(&mut lanes, "a", now).unwrap();
    lanes.finish("a", now);
    lanes.put("a", false, now, 1);
    assert_eq!(start(&mut lanes, "a", now), Some(vec![1]));
}
