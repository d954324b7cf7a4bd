//! The messages on a channel that RabbitMQ has not answered for, by their delivery tags.
//!
//! RabbitMQ counts the messages of a channel from 1, and answers for them one by one or for all up to a tag. A message that no
//! queue took is returned first, and confirmed after that. Source: rabbitmq.com, Consumer Acknowledgements and Publisher Confirms.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::WireError;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// A quorum of the queue's nodes has it.
    Confirmed,
    /// A queue would not have it.
    Refused,
    /// No queue is bound for it.
    Returned,
    /// Nothing is known: RabbitMQ takes no messages now, or the connection is lost, and why.
    Unknown(String),
}

/// The messages in flight, in the order of their tags.
#[derive(Debug)]
pub(super) struct Window {
    /// The tag of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
}

#[derive(Debug)]
struct Slot {
    /// The message's id, by which a returned one is known.
    id: String,
    since: Instant,
    returned: bool,
    /// None once it was answered, by RabbitMQ or in its stead.
    waiting: Option<oneshot::Sender<Answer>>,
    /// Whether RabbitMQ has answered: a slot before it may still be open.
    settled: bool,
    /// Given back with RabbitMQ's answer.
    place: Option<OwnedSemaphorePermit>,
}

impl Window {
    pub(super) fn new() -> Self {
        Self { first: 1, slots: VecDeque::new() }
    }

    /// Takes the next message, in the order in which they are written; `place` is its place among all that are in flight.
    pub(super) fn push(
        &mut self,
        id: String,
        since: Instant,
        place: Option<OwnedSemaphorePermit>,
    ) -> oneshot::Receiver<Answer> {
        let (waiting, answer) = oneshot::channel();
        self.slots.push_back(Slot {
            id,
            since,
            returned: false,
            waiting: Some(waiting),
            settled: false,
            place,
        });
        answer
    }

    /// RabbitMQ has answered for this tag, or for all up to it; tag 0 then means all.
    ///
    /// # Errors
    /// It is in flight no more, or never was: nothing on this connection can be trusted.
    pub(super) fn settle(&mut self, tag: u64, multiple: bool, taken: bool) -> Result<(), WireError> {
        let last = match tag.checked_sub(self.first) {
            None if multiple && tag == 0 => self.slots.len().saturating_sub(1),
            // An answer for all up to here may follow the answers for each.
            None if multiple => return Ok(()),
            None => return Err(WireError::Stray),
            Some(index) => usize::try_from(index).map_err(|_| WireError::Stray)?,
        };
        let first = if multiple { 0 } else { last };
        if last >= self.slots.len() && !(multiple && tag == 0) {
            return Err(WireError::Stray);
        }
        for slot in self.slots.range_mut(first..self.slots.len().min(last + 1)) {
            slot.settle(taken);
        }
        while self.slots.front().is_some_and(|slot| slot.settled) {
            self.slots.pop_front();
            self.first += 1;
        }
        Ok(())
    }

    /// RabbitMQ has returned the message with this id; its answer is still to come.
    ///
    /// # Errors
    /// As for [`Window::settle`].
    pub(super) fn returned(&mut self, id: &str) -> Result<(), WireError> {
        let mut known = false;
        for slot in self.slots.iter_mut().filter(|slot| !slot.settled && slot.id == id) {
            slot.returned = true;
            known = true;
        }
        if known { Ok(()) } else { Err(WireError::Stray) }
    }

    /// Tells all who wait that nothing is known. RabbitMQ may still answer for their messages.
    pub(super) fn give_up(&mut self, why: &str) {
        for waiting in self.slots.iter_mut().filter_map(|slot| slot.waiting.take()) {
            // Who does not wait any more does not need to know.
            let _ = waiting.send(Answer::Unknown(why.to_owned()));
        }
    }

    /// Messages in flight, about: one that was answered before an older one still counts.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Forgets all: no answer will come.
    pub(super) fn clear(&mut self) {
        self.slots.clear();
    }

    /// The message that somebody has waited for longest, and how long.
    pub(super) fn oldest(&self, now: Instant) -> Option<(Duration, &str)> {
        let oldest = self.slots.iter().find(|slot| slot.waiting.is_some())?;
        Some((now.duration_since(oldest.since), oldest.id.as_str()))
    }
}

impl Slot {
    fn settle(&mut self, taken: bool) {
        self.settled = true;
        self.place = None;
        let answer = match (self.returned, taken) {
            (true, _) => Answer::Returned,
            (false, true) => Answer::Confirmed,
            (false, false) => Answer::Refused,
        };
        if let Some(waiting) = self.waiting.take() {
            let _ = waiting.send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::sync::oneshot::error::TryRecvError;

    use super::*;

    fn window(messages: usize) -> (Window, Vec<oneshot::Receiver<Answer>>) {
        let mut window = Window::new();
        let answers =
            (1..=messages).map(|tag| window.push(format!("m{tag}"), Instant::now(), None)).collect();
        (window, answers)
    }

    fn told(answers: &mut [oneshot::Receiver<Answer>]) -> Vec<Option<Answer>> {
        answers.iter_mut().map(|answer| answer.try_recv().ok()).collect()
    }

    #[test]
    fn each_is_told_what_became_of_it_in_whatever_order_the_answers_come() {
        let (mut window, mut answers) = window(5);
        window.settle(2, false, true).unwrap();
        window.returned("m4").unwrap();
        window.settle(5, false, false).unwrap();
        window.settle(4, true, true).unwrap();
        let confirmed = Some(Answer::Confirmed);
        assert_eq!(
            told(&mut answers),
            [confirmed.clone(), confirmed.clone(), confirmed, Some(Answer::Returned), Some(Answer::Refused)]
        );
        assert_eq!((window.first, window.slots.len()), (6, 0));
    }

    #[test]
    fn tag_0_answers_for_all() {
        let (mut window, mut answers) = window(3);
        window.settle(0, true, true).unwrap();
        assert_eq!(told(&mut answers), vec![Some(Answer::Confirmed); 3]);
        window.settle(0, true, true).unwrap();
        window.settle(3, true, true).unwrap();
    }

    #[test]
    fn what_is_not_in_flight_is_no_answer() {
        let (mut window, mut answers) = window(2);
        window.settle(1, false, true).unwrap();
        for stray in
            [window.settle(1, false, true), window.settle(3, false, true), window.settle(3, true, true)]
        {
            assert!(matches!(stray, Err(WireError::Stray)));
        }
        assert!(matches!(window.returned("m1"), Err(WireError::Stray)));
        assert!(matches!(window.settle(0, false, true), Err(WireError::Stray)));
        assert_eq!(told(&mut answers), [Some(Answer::Confirmed), None]);
    }

    #[test]
    fn those_who_were_told_that_nothing_is_known_are_answered_for_later_all_the_same() {
        let (mut window, mut answers) = window(2);
        window.give_up("no memory");
        assert_eq!(told(&mut answers), vec![Some(Answer::Unknown("no memory".to_owned())); 2]);
        let later = Instant::now() + Duration::from_secs(9);
        assert_eq!(window.oldest(later), None);
        let mut third = window.push("m3".to_owned(), Instant::now(), None);
        let (waited, id) = window.oldest(later).unwrap();
        assert!(waited > Duration::from_secs(8) && id == "m3", "{id} for {waited:?}");
        window.settle(3, true, true).unwrap();
        assert_eq!((third.try_recv(), window.slots.len()), (Ok(Answer::Confirmed), 0));
    }

    proptest! {
        #[test]
        fn nobody_is_told_of_a_confirm_before_it_came_and_nobody_is_forgotten(
            steps in prop::collection::vec((any::<bool>(), any::<bool>(), any::<prop::sample::Index>()), 1..60)
        ) {
            let (mut window, mut answers) = window(40);
            let mut settled = [false; 40];
            for (multiple, taken, index) in steps {
                let open: Vec<usize> = (0..40).filter(|at| !settled[*at]).collect();
                if open.is_empty() { break }
                let at = *index.get(&open);
                window.settle(at as u64 + 1, multiple, taken).unwrap();
                let first = if multiple { 0 } else { at };
                for other in first..=at {
                    if settled[other] { continue }
                    settled[other] = true;
                    let expected = if taken { Answer::Confirmed } else { Answer::Refused };
                    prop_assert_eq!(answers[other].try_recv(), Ok(expected));
                }
                for other in (0..40).filter(|other| !settled[*other]) {
                    prop_assert!(matches!(answers[other].try_recv(), Err(TryRecvError::Empty)));
                }
            }
        }
    }
}
