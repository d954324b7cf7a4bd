//! Lanes over time.

use super::*;

const PREFETCH: u16 = 512;

fn filled(lane: &str, messages: usize, now: Instant) -> Lanes<usize> {
    let mut lanes = Lanes::new(PREFETCH);
    (0..messages).for_each(|message| put(&mut lanes, lane, now, message));
    lanes
}

/// Puts a message into a lane that does not gather.
fn put(lanes: &mut Lanes<usize>, lane: &str, now: Instant, message: usize) {
    lanes.put(lane, false, now, None, message);
}

/// Puts a message about this subject into lane `a`, which gathers.
fn tell(lanes: &mut Lanes<usize>, now: Instant, subject: usize, message: usize) {
    lanes.put("a", true, now, Some(&subject.to_string()), message);
}

fn start(lanes: &mut Lanes<usize>, lane: &str, now: Instant) -> Option<Vec<usize>> {
    lanes.start(lane, now)
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
    put(&mut lanes, "a", now, 7);
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
        put(&mut lanes, &name, now, 0);
        start(&mut lanes, &name, now).unwrap();
        (1..400).for_each(|message| put(&mut lanes, &name, now, message));
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
    put(&mut lanes, "a", later, 150);
    assert_eq!(lanes.spill(later), (100..150).collect::<Vec<_>>());
}

/// Puts orders that come at this pace, each told so many times, into a lane that gathers, has each batch handled in no time, and
/// returns when each batch began and how many orders were in it.
fn batches(orders: usize, notices: usize, pace: Duration) -> Vec<(Duration, usize)> {
    let begin = Instant::now();
    let mut lanes = Lanes::new(12_288);
    let mut batches = Vec::new();
    let mut work = |lanes: &mut Lanes<usize>, from: Instant, until: Instant| {
        while let Some(due) = lanes.due().filter(|due| *due <= until) {
            let now = due.max(from);
            assert_eq!(lanes.ready(now), ["a"]);
            let batch = start(lanes, "a", now).unwrap();
            batches.push((now - begin, batch.into_iter().collect::<HashSet<_>>().len()));
            lanes.finish("a", now);
        }
    };
    for order in 0..orders {
        let now = begin + pace * u32::try_from(order).unwrap();
        work(&mut lanes, begin, now);
        for _ in 0..notices {
            tell(&mut lanes, now, order, order);
            work(&mut lanes, now, now);
        }
        assert_eq!(lanes.spill(now), Vec::<usize>::new(), "a lane that gathers is not slow");
    }
    work(&mut lanes, begin, begin + secs(1_000_000));
    batches
}

/// Calls in which a shop lists these batches, 250 orders in each.
fn calls(batches: &[(Duration, usize)]) -> usize {
    batches.iter().map(|(_, orders)| orders.div_ceil(250)).sum()
}

#[test]
fn a_thousand_orders_in_a_minute_cost_six_calls_however_often_each_is_told() {
    for notices in 1..=3 {
        let batches = batches(1_000, notices, millis(60));
        assert_eq!(batches[0], (Duration::ZERO, 1), "the first notice goes at once");
        assert!(batches.iter().all(|(_, orders)| *orders <= SUBJECTS_MAX), "{batches:?}");
        assert!(calls(&batches) <= 6, "{notices} notices: {batches:?}");
        let last = batches.last().unwrap().0;
        assert!(last <= secs(62), "two seconds after the last notice: {batches:?}");
    }
}

#[test]
fn a_thousand_orders_at_once_cost_five_calls_and_wait_for_the_last_of_them() {
    for notices in 1..=3 {
        let batches = batches(1_000, notices, millis(3));
        assert!(calls(&batches) <= 5, "{notices} notices: {batches:?}");
        assert!(batches.last().unwrap().0 <= secs(5), "two seconds after the last notice: {batches:?}");
    }
}

#[test]
fn a_rush_that_does_not_end_is_worked_in_full_batches() {
    let batches = batches(5_000, 3, millis(2));
    assert!(batches[1].0 <= secs(5), "2,000 orders wait by then: {batches:?}");
    assert_eq!(batches[1..].iter().map(|(_, orders)| orders).collect::<Vec<_>>(), [&1_000; 5], "{batches:?}");
}

#[test]
fn a_few_orders_a_second_wait_a_second_at_most() {
    for pace in [200, 300, 500] {
        let batches = batches(100, 3, millis(pace));
        let longest = batches.windows(2).map(|pair| pair[1].0.abs_diff(pair[0].0)).max().unwrap();
        assert!(longest <= millis(1_200), "every {pace} ms: {batches:?}");
    }
}

#[test]
fn orders_that_come_alone_go_at_once() {
    let batches = batches(9, 1, millis(1_500));
    assert_eq!(batches.len(), 9, "{batches:?}");
    assert!((0..).zip(&batches).all(|(n, (began, _))| *began == millis(1_500) * n), "{batches:?}");
}

#[test]
fn a_batch_takes_along_all_that_waits_about_its_subjects_and_no_more_subjects_than_a_full_one() {
    let now = Instant::now();
    let mut lanes = Lanes::new(12_288);
    tell(&mut lanes, now, 0, 0);
    start(&mut lanes, "a", now).unwrap();
    // While that is handled.
    for message in 0..2 * SUBJECTS_MAX {
        tell(&mut lanes, now, message % (SUBJECTS_MAX + 10), message);
    }
    lanes.finish("a", now);
    let batch = start(&mut lanes, "a", now + secs(2)).unwrap();
    let about: HashSet<usize> = batch.iter().map(|message| message % (SUBJECTS_MAX + 10)).collect();
    assert_eq!(about, (0..SUBJECTS_MAX).collect());
    assert_eq!(batch.len(), 2 * SUBJECTS_MAX - 10, "both messages about most of them");
    lanes.finish("a", now);
    assert_eq!(start(&mut lanes, "a", now + secs(3)).unwrap().len(), 10);
}

#[test]
fn a_batch_that_takes_long_is_not_waited_for_twice() {
    let now = Instant::now();
    let mut lanes = Lanes::new(PREFETCH);
    tell(&mut lanes, now, 0, 0);
    start(&mut lanes, "a", now).unwrap();
    tell(&mut lanes, now, 1, 1);
    assert_eq!(lanes.due(), None, "one is being handled");
    lanes.finish("a", now + secs(20));
    assert_eq!(start(&mut lanes, "a", now + secs(20)), Some(vec![1]));
}

#[test]
fn a_lane_that_gathers_begins_when_others_need_its_room() {
    let now = Instant::now();
    let mut lanes = Lanes::new(PREFETCH);
    tell(&mut lanes, now, 0, 0);
    start(&mut lanes, "a", now).unwrap();
    lanes.finish("a", now);
    (0..200).for_each(|message| tell(&mut lanes, now, message, message));
    assert_eq!(lanes.ready(now), Vec::<String>::new(), "its share is half");
    for name in ["b", "c"] {
        put(&mut lanes, name, now, 0);
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
    put(&mut lanes, "a", now, 1);
    assert_eq!(start(&mut lanes, "a", now), Some(vec![1]));
}
